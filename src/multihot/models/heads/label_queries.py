"""Label queries: an attention decoder in which labels ask the feature maps for themselves.

Shapes: B samples in a batch, D channels, P = h w places, L labels, Q queries, W width, G = ⌈L / Q⌉ labels a query.
"""

import math

import torch
from torch import Tensor, nn

from multihot.errors import RecipeError
from multihot.models.heads.head import LocatingHead
from multihot.models.heads.settings import LabelQueriesSettings


class LabelQueriesHead(LocatingHead):
    """Maps (B, D, h, w) to logits (B, L) by Q learned queries.

    With a query a label and attention among queries it is Query2Label (Liu et al. 2021, "Query2Label: a simple
    transformer way to multi-label classification"); with fewer, that do not look at each other, ML-Decoder (Ridnik et
    al. 2023, "ML-Decoder: scalable and versatile classification head"). Places carry no code of where they are: labels
    are about what, and the encoder's padding tells the rest.

    Args:
        settings: of this head.
        features: D.
        labels: L.

    Raises:
        RecipeError: the width is no multiple of the attention heads.
    """

    takes = "maps"
    label_maps_are = "attention"

    def __init__(self, settings: LabelQueriesSettings, features: int, labels: int) -> None:
        super().__init__(features)
        if settings.width % settings.attention_heads:
            raise RecipeError(
                f"head.width: {settings.width} is not a multiple of head.attention_heads, {settings.attention_heads}"
            )
        queries = min(settings.queries or labels, labels)
        self.labels = labels
        self.embed = nn.Linear(features, settings.width)
        self.queries = nn.Parameter(torch.randn(queries, settings.width) * 0.02)
        self.layers = nn.ModuleList(_Layer(settings) for _ in range(settings.layers))
        # Each query has output weights of its own, for its group of labels.
        bound = 1 / math.sqrt(settings.width)
        self.weight = nn.Parameter(
            torch.empty(queries, settings.width, math.ceil(labels / queries)).uniform_(-bound, bound)
        )
        self.bias = nn.Parameter(torch.zeros(labels))

    def learn_labels(self, targets: Tensor) -> None:
        """Start at the base rates of training targets (N, L, NaN unknown)."""
        self.start_at_base_rates(self.bias, targets)

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """(B, D, h, w) at scale to (B, L)."""
        places = self._values(features)
        queries = self._asked(features)
        for layer in self.layers:
            queries = layer(queries, places)
        groups = torch.einsum("bqw,qwg->bqg", queries, self.weight)
        return groups.flatten(1)[:, : self.labels] + self.bias

    def label_maps(self, places: Tensor, labels: Tensor) -> Tensor:
        """The attention of each label's query, the mean over heads and layers; labels of one query have the same."""
        values, queries, looks = self._values(places), self._asked(places), []
        for layer in self.layers:
            assert isinstance(layer, _Layer)  # noqa: S101 - for mypy
            looks.append(layer.looks(queries, values))
            queries = layer(queries, values)
        own = torch.stack(looks).mean(0)[:, labels // self.weight.shape[2]]
        return own.view(*own.shape[:2], *places.shape[2:])

    def _values(self, features: Tensor) -> Tensor:
        """(B, D, h, w) to (B, P, W)."""
        return torch.relu(self.embed(features.flatten(2).transpose(1, 2)))

    def _asked(self, features: Tensor) -> Tensor:
        """(B, Q, W), the same for every sample."""
        return self.queries.expand(features.shape[0], -1, -1)  # len() would fix B in an exported graph


class _Attention(nn.Module):
    """Queries (B, Q, W) that take what they want from values (B, P, W), added and normalised."""

    def __init__(self, settings: LabelQueriesSettings) -> None:
        super().__init__()
        width, drop = settings.width, settings.dropout
        self.attention = nn.MultiheadAttention(width, settings.attention_heads, drop, batch_first=True)
        self.dropout = nn.Dropout(drop)
        self.norm = nn.LayerNorm(width)

    def forward(self, queries: Tensor, values: Tensor) -> Tensor:
        output: Tensor = self.norm(
            queries + self.dropout(self.attention(queries, values, values, need_weights=False)[0])
        )
        return output

    def looks(self, queries: Tensor, values: Tensor) -> Tensor:
        """(B, Q, P): what share of its attention each query gives to each value, the mean over heads."""
        shares: Tensor = self.attention(queries, values, values)[1]
        return shares


class _Layer(nn.Module):
    """Queries that look at each other, at the places, and think."""

    def __init__(self, settings: LabelQueriesSettings) -> None:
        super().__init__()
        width, drop = settings.width, settings.dropout
        self.among = _Attention(settings) if settings.self_attention else None
        self.across = _Attention(settings)
        self.think = nn.Sequential(
            nn.Linear(width, 4 * width), nn.ReLU(), nn.Dropout(drop), nn.Linear(4 * width, width), nn.Dropout(drop)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, queries: Tensor, places: Tensor) -> Tensor:
        queries = self.across(self._told(queries), places)
        output: Tensor = self.norm(queries + self.think(queries))
        return output

    def looks(self, queries: Tensor, places: Tensor) -> Tensor:
        """(B, Q, P): where each query looks."""
        return self.across.looks(self._told(queries), places)

    def _told(self, queries: Tensor) -> Tensor:
        """Queries after they looked at each other."""
        return queries if self.among is None else self.among(queries, queries)
