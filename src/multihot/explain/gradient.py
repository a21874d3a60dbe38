"""Heat maps of any classifier of pictures, by integrated gradients.

The way from the average picture of training to this one is gone in steps; what each place adds to the logit on it are
its changes times the gradients (Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks"). It begins
at the encoder's maps, which are cheap to go back to and not as noisy as pixels; at the pixels where there are no maps.
Of heads that predict labels from other labels the other labels are unknown: what is asked is what the picture says.

Shapes: B pictures, D' channels, h w height and width of maps, K labels, S height and width in pixels.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from multihot.errors import MissingExtraError
from multihot.models import Classifier

STEPS = 20
PIXEL_STEPS_AT_ONCE = 4
CELLS = 14


def gradient_maps(classifier: Classifier, maps: Sequence[Tensor], labels: Tensor) -> Tensor:
    """(B, K, h, w), the mean over places of which is about the logit less that of the average picture.

    Args:
        classifier: in evaluation mode.
        maps: (B, D', h, w) as `encoder.maps` gives them, those of the mirror images second.
        labels: (K,) indices.

    Raises:
        MissingExtraError: captum is not installed.
    """
    encoder, head = classifier.encoder, classifier.head

    def logits(*maps: Tensor) -> Tensor:
        unknown = maps[0].new_full((len(maps[0]), count), torch.nan)
        found: Tensor = head(encoder.pooled(maps), unknown)
        return found

    count = head(encoder.pooled(maps)).shape[1]
    inputs = tuple(each.detach().requires_grad_() for each in maps)
    baseline = _average(classifier, maps[0])
    owed = _integrated(logits, inputs, tuple(baseline for _ in maps), labels)
    summed = owed[0] if len(owed) == 1 else owed[0] + owed[1].flip(-1)
    return summed * (summed.shape[2] * summed.shape[3])


def pixel_maps(classifier: Classifier, images: Tensor, labels: Tensor) -> Tensor:
    """(B, K, 14, 14) of pictures (B, 3, S, S) in [0, 255], from a picture of the encoder's mean colour."""
    pictures = images.to(classifier.encoder.mean.dtype).requires_grad_()
    colour = classifier.encoder.mean.expand(1, 3, 1, 1).expand_as(pictures)
    (summed,) = _integrated(classifier, (pictures,), (colour,), labels, PIXEL_STEPS_AT_ONCE * len(pictures))
    cells: Tensor = functional.adaptive_avg_pool2d(summed, CELLS)
    return cells * (summed.shape[2] * summed.shape[3])


def _average(classifier: Classifier, maps: Tensor) -> Tensor:
    """(B, D', h, w) maps of the means that the head learned its scale by, equal everywhere where these are pooled."""
    mean = classifier.head.mean
    if classifier.encoder.pooling == "flatten":
        return mean.view(maps.shape[1:]).expand_as(maps)
    return mean[: maps.shape[1], None, None].expand_as(maps)


def _integrated(
    logits: Callable[..., Tensor],
    inputs: tuple[Tensor, ...],
    baselines: tuple[Tensor, ...],
    labels: Tensor,
    at_once: int | None = None,
) -> list[Tensor]:
    """(B, K, h, w) for each input (B, D', h, w): what it is owed by each label, the sum over channels."""
    attribute: Any = require_captum().IntegratedGradients(logits).attribute
    owed = [each.new_empty((len(each), len(labels), *each.shape[2:])) for each in inputs]
    for place, label in enumerate(labels.tolist()):
        found = attribute(inputs, baselines, target=label, n_steps=STEPS, internal_batch_size=at_once)
        for own, of_label in zip(owed, found, strict=True):
            own[:, place] = of_label.sum(1).detach()
    return owed


def require_captum() -> Any:
    """Captum's attributions; raises `MissingExtraError` where it is not installed."""
    try:
        from captum import attr
    except ImportError as error:
        raise MissingExtraError("A heat map of this head or encoder", "explain") from error
    return attr
