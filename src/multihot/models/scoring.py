"""Logits of samples, whatever their inputs are, batch by batch.

Shapes: B samples in a batch, L labels.
"""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.data import Features
from multihot.data.images import Images
from multihot.data.loading import load
from multihot.errors import DataError
from multihot.models.classifier import Classifier
from multihot.models.encode import infer_batches
from multihot.models.encoders.preparation import as_tensor
from multihot.models.heads import Head
from multihot.models.runtime import Forward
from multihot.models.vector_classifier import VectorModel

AnyClassifier = Classifier | VectorModel
PICTURES_AT_A_TIME = 16
VECTORS_AT_A_TIME = 1024


class Scored(NamedTuple):
    """Some samples that follow each other.

    Args:
        errors: why a sample has no logits; None where it has.
        logits: (B, L), NaN where there is an error.
    """

    errors: list[str | None]
    logits: NDArray[np.float32]


def count_batches(inputs: Images | Features) -> int:
    """How many batches `score_samples` makes of these."""
    return math.ceil(len(inputs) / (VECTORS_AT_A_TIME if isinstance(inputs, Features) else PICTURES_AT_A_TIME))


def score_samples(
    classifier: AnyClassifier, inputs: Images | Features, forward: Forward | None = None
) -> Iterator[Scored]:
    """Logits of all samples in their order, as batches are done.

    Args:
        classifier: of pictures or of vectors.
        inputs: what it takes.
        forward: of the classifier's encoder of pictures, where it has scored samples before.

    Raises:
        DataError: pictures for a classifier of vectors, vectors for one of pictures, or vectors of another width.
    """
    if isinstance(classifier, VectorModel):
        if not isinstance(inputs, Features):
            raise DataError("the run was trained on feature vectors, and cannot take pictures")
        yield from _score_vectors(classifier, inputs)
        return
    if isinstance(inputs, Features):
        raise DataError("the run was trained on pictures, and cannot take feature vectors")
    forward = forward or Forward(classifier.encoder)
    loaded = load(inputs, range(len(inputs)), classifier.encoder.spec.size)
    logits_of = partial(picture_logits, classifier.head, forward, coming=len(inputs))
    for batch, logits in infer_batches(logits_of, loaded, PICTURES_AT_A_TIME):
        yield Scored([picture.error for picture in batch], logits)


def picture_logits(head: Head, forward: Forward, pictures: Tensor, coming: int) -> NDArray[np.float32]:
    """(B, L) logits of pictures.

    Args:
        head: of a classifier.
        forward: of its encoder.
        pictures: (B, 3, S, S) uint8.
        coming: how many there are to do, about, with these.
    """
    features = forward(pictures, coming)
    with torch.inference_mode():
        logits: NDArray[np.float32] = head(features).float().cpu().numpy()
    return logits


def _score_vectors(classifier: VectorModel, features: Features) -> Iterator[Scored]:
    if features.width != classifier.width:
        raise DataError(f"the run was trained on {classifier.width} features a sample, got {features.width}")
    for start in range(0, len(features), VECTORS_AT_A_TIME):
        logits = vector_logits(classifier, features.values[start : start + VECTORS_AT_A_TIME])
        yield Scored([None] * len(logits), logits)


def vector_logits(classifier: VectorModel, values: Any) -> NDArray[np.float32]:
    """(B, L) logits of vectors (B, D), dense or sparse in rows."""
    device = next(classifier.buffers()).device
    with torch.inference_mode():
        logits = classifier(as_tensor(values).to(device))
    scored: NDArray[np.float32] = logits.float().cpu().numpy()
    return scored
