"""The linear head: one weight vector and one bias a label."""

from torch import Tensor, nn


class LinearHead(nn.Module):
    """Features (B, D) to logits (B, L).

    Args:
        features: D.
        labels: L.
        dropout: share of features dropped in training.
    """

    def __init__(self, features: int, labels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(features, labels)

    def forward(self, features: Tensor) -> Tensor:
        """(B, D) to (B, L)."""
        logits: Tensor = self.linear(self.dropout(features))
        return logits
