"""No head at all, where an encoder gives logits."""

from torch import Tensor

from multihot.models.heads.head import Head


class DirectHead(Head):
    """Logits (B, L) as they come.

    Args:
        labels: L.
    """

    def __init__(self, labels: int) -> None:
        super().__init__(labels)

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """The same."""
        return features
