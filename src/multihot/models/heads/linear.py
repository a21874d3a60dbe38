"""Linear heads: one weight vector and one bias a label, free or through few dimensions.

Shapes: B samples in a batch, D features, L labels, R rank.
"""

from typing import Any

import torch
from torch import Tensor, nn

from multihot.models.heads.affine import AffineHead
from multihot.models.heads.settings import LinearSettings, LowRankSettings
from multihot.models.heads.sparse_linear import SparseLinear, turn


class LinearHead(AffineHead):
    """Features (B, D) to logits (B, L), every label on its own.

    Args:
        settings: of this head.
        features: D.
        labels: L.
    """

    convex = True
    sparse = True

    def __init__(self, settings: LinearSettings, features: int, labels: int) -> None:
        super().__init__(features)
        self.dropout = nn.Dropout(settings.dropout)
        self.linear = nn.Linear(features, labels)
        self._turned: tuple[Tensor, Tensor] | None = None

    def learn_labels(self, targets: Tensor) -> None:
        """Start at the base rates of training targets (N, L, NaN unknown)."""
        self.start_at_base_rates(self.linear.bias, targets)

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """(B, D) at scale to (B, L)."""
        if features.layout is torch.sparse_csr and torch.is_grad_enabled():
            product: Tensor = SparseLinear.apply(features, self._turn(features), self.linear.weight)
            return product + self.linear.bias
        logits: Tensor = self.linear(self.dropout(features))
        return logits

    def weights(self, labels: Tensor) -> Tensor:
        """Rows of the weight matrix."""
        return self.linear.weight[labels]

    def __getstate__(self) -> dict[str, Any]:
        """A copy turns its own features, and PyTorch cannot copy sparse ones."""
        return {**self.__dict__, "_turned": None}

    def _turn(self, features: Tensor) -> Tensor:
        """The transpose, made once for features that are gone through many times."""
        if self._turned is None or self._turned[0] is not features:
            self._turned = (features, turn(features))
        return self._turned[1]


class LowRankHead(AffineHead):
    """Features (B, D) to logits (B, L) through R dimensions that all labels share: R (D + L) weights instead of D L.

    Yu, Jain, Kar and Dhillon 2014, "Large-scale multi-label learning with missing labels".

    Args:
        settings: of this head; a rank above D or L is cut to it.
        features: D.
        labels: L.
    """

    def __init__(self, settings: LowRankSettings, features: int, labels: int) -> None:
        super().__init__(features)
        rank = min(settings.rank, features, labels)
        self.dropout = nn.Dropout(settings.dropout)
        self.down = nn.Linear(features, rank, bias=False)
        self.up = nn.Linear(rank, labels)

    def learn_labels(self, targets: Tensor) -> None:
        """Start at the base rates of training targets (N, L, NaN unknown)."""
        self.start_at_base_rates(self.up.bias, targets)

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """(B, D) at scale to (B, L)."""
        logits: Tensor = self.up(self.down(self.dropout(features)))
        return logits

    def weights(self, labels: Tensor) -> Tensor:
        """Rows of the product of both matrices."""
        return self.up.weight[labels] @ self.down.weight
