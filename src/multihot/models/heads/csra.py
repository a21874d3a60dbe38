"""Class-specific residual attention: each label looks at the places that show it.

Shapes: B samples in a batch, D channels, P = h w places, L labels, T temperatures.
"""

import math

import torch
from torch import Tensor, nn

from multihot.models.heads.head import LocatingHead
from multihot.models.heads.settings import CSRASettings


class CSRAHead(LocatingHead):
    """Maps (B, D, h, w) to logits (B, L): the average over places plus what label-wise attention adds.

    With s_pl the logit of label l at place p, the label's logit is mean_p s_pl + λ mean_t Σ_p softmax_p(t s_pl) s_pl
    (Zhu and Wu 2021, "Residual attention: a simple but effective method for multi-label recognition", which gives each
    temperature weights of its own; here all share them, so that λ = 0 is the linear head on averages).

    Args:
        settings: temperatures and λ.
        features: D.
        labels: L.
    """

    takes = "maps"
    label_maps_are = "exact"

    def __init__(self, settings: CSRASettings, features: int, labels: int) -> None:
        super().__init__(features)
        self.temperatures = settings.temperatures
        self.attention_weight = settings.attention_weight
        self.dropout = nn.Dropout1d(settings.dropout)
        self.linear = nn.Linear(features, labels)

    def learn_labels(self, targets: Tensor) -> None:
        """Start at the base rates of training targets (N, L, NaN unknown)."""
        self.start_at_base_rates(self.linear.bias, targets)

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """(B, D, h, w) at scale to (B, L)."""
        places = self.dropout(features.flatten(2))
        scores = torch.einsum("ld,bdp->blp", self.linear.weight, places)
        attended = (scores * self._looks(scores)).sum(2)
        return scores.mean(2) + self.attention_weight * attended + self.linear.bias

    def label_maps(self, places: Tensor, labels: Tensor) -> Tensor:
        """The score at each place, times what it counts: 1 for the average, and λ P times the mean attention."""
        scores = torch.einsum("kd,bdp->bkp", self.linear.weight[labels], places.flatten(2))
        counted = scores * (1 + self.attention_weight * scores.shape[2] * self._looks(scores))
        return counted.view(*counted.shape[:2], *places.shape[2:])

    def _looks(self, scores: Tensor) -> Tensor:
        """(B, L, P): the attention that each label pays to each place, the mean over temperatures."""
        return torch.stack([_attention(scores, temperature) for temperature in self.temperatures]).mean(0)


def _attention(scores: Tensor, temperature: float) -> Tensor:
    """(B, L, P) to (B, L, P), each row's sum 1; equal places share."""
    if math.isinf(temperature):
        best = (scores == scores.amax(2, keepdim=True)).to(scores.dtype)
        return best / best.sum(2, keepdim=True)
    return torch.softmax(temperature * scores, dim=2)
