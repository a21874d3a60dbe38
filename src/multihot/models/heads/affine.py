"""What the heads have in common whose logits are linear in the features.

Shapes: B samples in a batch, D features, K labels of L, h w height and width of feature maps.
"""

from abc import abstractmethod

import torch
from torch import Tensor

from multihot.models.heads.head import LocatingHead


class AffineHead(LocatingHead):
    """A head that weighs features: logits are W x + b, so that each place of maps has a share in them."""

    label_maps_are = "exact"

    @abstractmethod
    def weights(self, labels: Tensor) -> Tensor:
        """(K, D): what features at scale count for the labels with the indices (K,)."""

    def label_maps(self, places: Tensor, labels: Tensor) -> Tensor:
        """Class-activation maps (Zhou et al. 2016, "Learning deep features for discriminative localization")."""
        return torch.einsum("kd,bdhw->bkhw", self.weights(labels), places)
