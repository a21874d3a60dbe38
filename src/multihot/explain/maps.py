"""The places that labels were seen at, by what the classifier allows.

Shapes: B pictures, S height and width in pixels, K labels, h w height and width of maps.
"""

import importlib.util
from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from multihot.errors import DataError
from multihot.explain.exact import exact_maps
from multihot.explain.gradient import gradient_maps, pixel_maps
from multihot.models import AnyClassifier, Classifier, Encoder
from multihot.models.heads import AffineHead, LocatingHead

Method = Literal["exact", "attention", "gradient"]


class LabelMaps(NamedTuple):
    """What was found for some pictures.

    Args:
        method: what the maps are.
        maps: (B, K, h, w), h rows from top to bottom and w columns of the whole picture.
    """

    method: Method
    maps: Tensor


def method_of(classifier: AnyClassifier) -> Method:
    """What the maps of a classifier are.

    `exact`: what each place adds to the logit, of heads that weigh feature maps. `attention`: how much a label's query
    looks at each place. `gradient`: integrated gradients, for all others.

    Raises:
        DataError: it takes feature vectors.
    """
    if not isinstance(classifier, Classifier):
        raise DataError("the run was trained on feature vectors: heat maps are of pictures")
    head = _locating_head(classifier)
    return "gradient" if head is None else head.label_maps_are


def can_explain(classifier: AnyClassifier) -> bool:
    """Whether there are maps of a classifier, with what is installed here."""
    if not isinstance(classifier, Classifier):
        return False
    return method_of(classifier) != "gradient" or importlib.util.find_spec("captum") is not None


def label_maps(
    classifier: Classifier, images: Tensor, labels: Tensor, maps: Sequence[Tensor] | None = None
) -> LabelMaps:
    """Where in pictures labels were seen.

    Args:
        classifier: in evaluation mode.
        images: (B, 3, S, S) RGB, uint8 or float in [0, 255], where the classifier's weights are.
        labels: (K,) indices.
        maps: what `encoder.maps` gave of the pictures, where that is known.

    Raises:
        MissingExtraError: only gradients tell of this classifier, and captum is not installed.
    """
    if not has_places(classifier):
        return LabelMaps("gradient", pixel_maps(classifier, images, labels))
    head = _locating_head(classifier)
    with torch.no_grad():
        maps = classifier.encoder.maps(images) if maps is None else maps
        if head is not None:
            return LabelMaps(head.label_maps_are, _of_head(classifier.encoder, head, maps, labels))
    return LabelMaps("gradient", gradient_maps(classifier, maps, labels))


def _locating_head(classifier: Classifier) -> LocatingHead | None:
    """The head, where it can tell the places of the encoder's maps apart."""
    encoder, head = classifier.encoder, classifier.head
    gets_places = has_places(classifier) and (head.takes == "vectors" or encoder.pooling == "none")
    return head if gets_places and isinstance(head, LocatingHead) else None


def _of_head(encoder: Encoder, head: LocatingHead, maps: Sequence[Tensor], labels: Tensor) -> Tensor:
    if isinstance(head, AffineHead):
        return exact_maps(encoder, head, maps, labels)
    return head.label_maps(head.at_scale(encoder.pooled(maps)), labels)


def has_places(classifier: Classifier) -> bool:
    """Whether the encoder's maps are laid out as the picture is."""
    return min(classifier.encoder.grid) > 1
