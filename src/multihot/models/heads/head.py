"""What all heads are.

Shapes: B samples in a batch, D features, h w height and width of feature maps, L labels.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]


class Head(nn.Module, ABC):
    """Features (B, D) or feature maps (B, D, h, w) to logits (B, L), after bringing features to one scale.

    Args:
        features: D.
    """

    takes: ClassVar[Literal["vectors", "maps"]] = "vectors"
    """What the head is made for. Maps are averaged for a head of vectors; a vector is a map of one place."""

    convex: ClassVar[bool] = False
    """Whether a convex loss of the logits is convex in the weights, so that a full-batch solver finds the optimum."""

    sparse: ClassVar[bool] = False
    """Whether vectors may be sparse in rows."""

    mean: Tensor
    std: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))

    @abstractmethod
    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """Logits of features that are at scale already, in the shape that `takes` names."""

    def forward(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """Features (B, D) or (B, D, h, w) to logits (B, L).

        Args:
            features: as they come from the encoder.
            targets: (B, L), NaN unknown: given in training to heads that predict labels from other labels.
        """
        return self.score(self.at_scale(features), targets)

    def at_scale(self, features: Tensor) -> Tensor:
        """Features less their mean, over their standard deviation, as (B, D) or (B, D, h, w), whichever is taken.

        Sparse vectors (B, D) are at scale as they come: without their zeros they would not fit into memory.
        """
        if features.layout is torch.sparse_csr:
            return features
        if self.takes == "vectors":
            vectors = features.mean((2, 3)) if features.ndim == 4 else features
            return (vectors - self.mean) / self.std
        maps = features[:, :, None, None] if features.ndim == 2 else features
        return (maps - self.mean[:, None, None]) / self.std[:, None, None]

    def training_loss(self, features: Tensor, targets: Tensor, loss: Loss) -> Tensor:
        """A scalar to make small, of features at scale and targets (B, L, NaN unknown)."""
        return loss(self.score(features, targets).float(), targets)

    def learn_scale(self, features: Tensor) -> None:
        """Take mean and standard deviation of each feature from training features (N, D) or (N, D, h, w)."""
        if len(features):
            places = (0, 2, 3) if features.ndim == 4 else 0
            self.mean.copy_(features.mean(places, dtype=torch.float32))
            std = _std(features, self.mean)
            # A feature that never changes says nothing: it becomes 0, and stays small on data where it does change.
            self.std.copy_(torch.where(std > 1e-6 * std.max().clamp(min=1e-6), std, torch.ones_like(std)))

    def learn_labels(self, targets: Tensor) -> None:
        """Take what the head needs to know of the labels from training targets (N, L, NaN unknown)."""

    def start_at_base_rates(self, bias: Tensor, targets: Tensor) -> None:
        """Set biases (L,) so that training starts at each label's share of present cells, not at one half.

        Labels are rare: otherwise the first epochs do little but learn that (Lin et al. 2017, "Focal loss for dense
        object detection", section 4.1).
        """
        known = ~targets.isnan()
        rates = ((targets == 1).sum(0) + 1) / (known.sum(0) + 2)  # of one present and one absent cell more
        with torch.no_grad():
            bias.copy_(rates.logit())


class LocatingHead(Head):
    """A head that tells the places of feature maps apart, and so where each label is seen."""

    label_maps_are: ClassVar[Literal["exact", "attention"]]
    """What `label_maps` gives: what each place adds to the logit, or how much is looked at it."""

    @abstractmethod
    def label_maps(self, places: Tensor, labels: Tensor) -> Tensor:
        """Where in feature maps each label is seen.

        Args:
            places: (B, D, h, w) features at scale.
            labels: (K,) indices of the labels that are asked for.

        Returns:
            (B, K, h, w). Exact ones are what each place says for the label: their mean over places plus the label's
            bias is the logit. Attention is positive, and sums to 1 over places.
        """


def _std(features: Tensor, mean: Tensor) -> Tensor:
    if features.ndim == 2:
        return features.float().std(0, unbiased=False)
    # Maps are many: a few hundred samples at a time.
    squares = sum((part.float() - mean[:, None, None]).square().sum((0, 2, 3)) for part in torch.split(features, 256))
    return torch.as_tensor(squares / (features.numel() / features.shape[1])).sqrt()
