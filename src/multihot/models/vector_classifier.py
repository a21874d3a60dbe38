"""Classifiers of feature vectors: preparation, encoder and head as one module.

Shapes: B samples in a batch, D features, D' features that the encoder gives, L labels.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from multihot.models.encoders import VectorEncoder, VectorEncoderSettings, build_vector_encoder
from multihot.models.encoders.preparation import Preparation
from multihot.models.heads import DirectHead, Head, HeadSettings, build_head


class VectorModel(nn.Module):
    """Vectors (B, D), NaN where a value is missing, or sparse in rows, to logits (B, L)."""

    width: int
    """D."""

    labels: int
    """L."""


class VectorClassifier(VectorModel):
    """Vectors (B, D) to logits (B, L).

    Args:
        preparation: missing values and scale.
        encoder: prepared vectors to features.
        head: features to logits.
    """

    def __init__(self, preparation: Preparation, encoder: VectorEncoder, head: Head) -> None:
        super().__init__()
        self.width, self.labels = preparation.width, encoder.labels
        self.preparation = preparation
        self.encoder = encoder
        self.head = head

    def prepare(self, values: Tensor) -> Tensor:
        """Vectors (B, D), NaN where a value is missing, as the encoder takes them."""
        return dense_unless(self.encoder.sparse, self.preparation(values))

    def encode(self, values: Tensor) -> Tensor:
        """(B, D), NaN where a value is missing, to (B, D')."""
        features: Tensor = self.encoder(self.prepare(values))
        return dense_unless(self.head.sparse, features)

    def forward(self, values: Tensor) -> Tensor:
        """(B, D) float32 or float64, NaN where a value is missing, or sparse in rows, to (B, L)."""
        logits: Tensor = self.head(self.encode(values))
        return logits


def dense_unless(sparse: bool, values: Tensor) -> Tensor:
    """Values for what takes sparse ones, or for what takes dense ones only."""
    return values if sparse or values.layout is torch.strided else values.to_dense()


def head_after(encoder: VectorEncoder, head: HeadSettings) -> Head:
    """The head that follows an encoder: the one that settings name, none where the encoder gives logits."""
    return DirectHead(encoder.labels) if encoder.direct else build_head(head, encoder.dimension, encoder.labels)


def load_vector_classifier(
    encoder: VectorEncoderSettings, head: HeadSettings, width: int, labels: int, tensors: Mapping[str, Tensor]
) -> VectorClassifier:
    """The classifier that settings name, with the weights of a trained one.

    What was learned decides shapes, so each part is loaded before the next is built.

    Args:
        encoder: settings of its encoder.
        head: settings of its head.
        width: D.
        labels: L.
        tensors: of its `state_dict`.

    Raises:
        RuntimeError: the weights are another classifier's.
    """
    parts = {name: below(tensors, f"{name}.") for name in ("preparation", "encoder", "head")}
    preparation = Preparation(width)
    preparation.load_state_dict(parts["preparation"])
    built = build_vector_encoder(encoder, preparation.dimension, labels)
    built.load_state_dict(parts["encoder"])
    last = head_after(built, head)
    last.load_state_dict(parts["head"])
    return VectorClassifier(preparation, built, last).eval()


def below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with the prefix, by what follows it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
