"""Encoders of feature vectors.

Shapes: B samples in a batch, N samples, D features in, D' features out, L labels.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from multihot.models.encoders.learned import Learned
from multihot.models.encoders.settings import IdentitySettings


class VectorEncoder(Learned, ABC):
    """Prepared vectors (B, D) to features (B, D'), about centred and of about unit variance.

    What is learned is in parameters and buffers, so that `state_dict` holds all of it.

    Args:
        features: D.
        labels: L.
    """

    direct: ClassVar[bool] = False
    """Whether the outputs are one logit a label already, so that no head follows."""

    by_gradient: ClassVar[bool] = False
    """Whether parameters are trained together with the head; otherwise `learn` is all it learns."""

    sparse: ClassVar[bool] = False
    """Whether vectors may be sparse."""

    def __init__(self, features: int, labels: int) -> None:
        super().__init__()
        self.features = features
        self.labels = labels

    @property
    @abstractmethod
    def dimension(self) -> int:
        """D', known when it has learned or is loaded."""

    @abstractmethod
    def learn(self, values: Tensor, targets: Tensor, seed: int = 0) -> None:
        """Take from the training part what is needed.

        Args:
            values: (N, D) float32, prepared.
            targets: (N, L) 1 present, 0 absent, NaN unknown.
            seed: decides what is random.
        """

    @abstractmethod
    def forward(self, values: Tensor) -> Tensor:
        """(B, D) float32, prepared, to (B, D')."""


class IdentityEncoder(VectorEncoder):
    """Vectors as they are."""

    sparse = True

    def __init__(self, settings: IdentitySettings, features: int, labels: int) -> None:
        super().__init__(features, labels)

    @property
    def dimension(self) -> int:
        """D."""
        return self.features

    def learn(self, values: Tensor, targets: Tensor, seed: int = 0) -> None:
        """Nothing."""

    def forward(self, values: Tensor) -> Tensor:
        """The same."""
        return values
