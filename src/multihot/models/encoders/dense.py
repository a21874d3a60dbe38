"""A dense net.

Shapes: B samples in a batch, D features in, W units.
"""

import math

from torch import Tensor, nn

from multihot.models.encoders.settings import DenseSettings
from multihot.models.encoders.vectors import VectorEncoder


class DenseEncoder(VectorEncoder):
    """Prepared vectors (B, D) to features (B, W): a layer, and more that each add to their input.

    As the residual net for tables of Gorishniy et al. 2021, "Revisiting deep learning models for tabular data".

    Args:
        settings: of this encoder; a width of None is `default_width`.
        features: D.
        labels: L.
    """

    by_gradient = True

    def __init__(self, settings: DenseSettings, features: int, labels: int) -> None:
        super().__init__(features, labels)
        width = settings.width or default_width(features, labels)
        self.first = nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Dropout(settings.dropout))
        self.blocks = nn.ModuleList(_block(width, settings.dropout) for _ in range(settings.layers - 1))
        self.last = nn.LayerNorm(width)

    @property
    def dimension(self) -> int:
        """W."""
        return self.last.normalized_shape[0]

    def learn(self, values: Tensor, targets: Tensor, seed: int = 0) -> None:
        """Nothing: it is trained together with the head."""

    def forward(self, values: Tensor) -> Tensor:
        """(B, D) to (B, W)."""
        hidden: Tensor = self.first(values)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        features: Tensor = self.last(hidden)
        return features


def default_width(features: int, labels: int) -> int:
    """A power of two about twice the geometric mean of what goes in and what comes out, from 64 to 1024.

    >>> default_width(features=72, labels=6), default_width(features=1836, labels=159)
    (64, 1024)
    """
    return int(min(max(2 ** round(math.log2(2 * math.sqrt(features * labels))), 64), 1024))


def _block(width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(width, width),
        nn.Dropout(dropout),
    )
