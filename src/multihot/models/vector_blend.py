"""Several classifiers of feature vectors as one.

Shapes: B samples in a batch, D features, L labels, M members.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from multihot.models.encoders import BlendSettings, ChosenEncoderSettings
from multihot.models.heads import HeadSettings
from multihot.models.vector_classifier import VectorClassifier, VectorModel, below, load_vector_classifier


class VectorBlend(VectorModel):
    """Vectors (B, D) to logits (B, L): the weighed sum of the members' logits.

    Args:
        members: M classifiers of the same features and labels.
        weights: M.
    """

    weights: Tensor

    def __init__(self, members: Sequence[VectorClassifier], weights: Sequence[float]) -> None:
        super().__init__()
        self.width, self.labels = members[0].width, members[0].labels
        self.members = nn.ModuleList(members)
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(self, values: Tensor) -> Tensor:
        """(B, D) float32 or float64, NaN where a value is missing, or sparse in rows, to (B, L)."""
        logits = torch.stack([member(values) for member in self.members])
        blended: Tensor = torch.tensordot(self.weights, logits, dims=1)
        return blended


def load_vector_model(
    encoder: ChosenEncoderSettings, head: HeadSettings, width: int, labels: int, tensors: Mapping[str, Tensor]
) -> VectorModel:
    """The classifier, or the blend of several, that settings name, with the weights of a trained one.

    Args:
        encoder: settings of its encoder, or of its members.
        head: settings of its head, or of each member's.
        width: D.
        labels: L.
        tensors: of its `state_dict`.

    Raises:
        RuntimeError: the weights are another classifier's.
    """
    if not isinstance(encoder, BlendSettings):
        return load_vector_classifier(encoder, head, width, labels, tensors)
    members = [
        load_vector_classifier(member, head, width, labels, below(tensors, f"members.{number}."))
        for number, member in enumerate(encoder.members)
    ]
    blend = VectorBlend(members, [0.0] * len(members))
    blend.load_state_dict(dict(tensors))
    return blend.eval()
