"""Encoder and head trained together.

Shapes: B samples in a batch, D features, L labels.
"""

from torch import Tensor

from multihot.models import Head, VectorClassifier
from multihot.models.heads.head import Loss


class Joint(Head):
    """An encoder and a head as one head, for fits by gradient: prepared vectors (B, D) to logits (B, L).

    Args:
        classifier: whose encoder and head they are, and stay.
    """

    def __init__(self, classifier: VectorClassifier) -> None:
        super().__init__(classifier.preparation.dimension)
        self.encoder = classifier.encoder
        self.head = classifier.head

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """(B, D) prepared to (B, L)."""
        return self.head.score(self._encoded(features), targets)

    def training_loss(self, features: Tensor, targets: Tensor, loss: Loss) -> Tensor:
        """The head's, of what the encoder makes of prepared vectors (B, D)."""
        return self.head.training_loss(self._encoded(features), targets, loss)

    def _encoded(self, values: Tensor) -> Tensor:
        return self.head.at_scale(self.encoder(values))


def trained_part(classifier: VectorClassifier) -> Head:
    """What is fitted in steps: the head, with the encoder where that is trained by gradient."""
    return Joint(classifier) if classifier.encoder.by_gradient else classifier.head


def frozen_part(classifier: VectorClassifier, values: Tensor) -> Tensor:
    """(B, D'), what the trained part is given of vectors (B, D)."""
    if classifier.encoder.by_gradient:
        return classifier.prepare(values)
    return classifier.encode(values)
