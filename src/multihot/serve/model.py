"""What is served, whatever it was loaded from: a run of pictures, a run of feature vectors, or an exported file.

Shapes: n samples of one request's part (a picture is one), L labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.data import Features, FeatureSpace, decode_bytes
from multihot.data.decoding import stored_size
from multihot.data.loading import prepare, stack
from multihot.decisions import Decision
from multihot.errors import ImageError
from multihot.models import Classifier, Forward, VectorModel, picture_logits, vector_logits
from multihot.onnx import Predictor
from multihot.serve.rows import features_of
from multihot.serve.settings import ServeSettings

EXPECTED = 10_000
"""Pictures that a server is asked about in its life, at least: what the choice of a runtime may cost goes by it."""


class Judged(NamedTuple):
    """What a model says of n samples.

    Args:
        probabilities: (n, L) calibrated, float32.
        decided: (n, L) booleans.
    """

    probabilities: NDArray[np.float32]
    decided: NDArray[np.bool_]


class Model(Protocol):
    """Made ready in several threads, judged in one."""

    ahead: int
    """How many parts may be ready before they are judged."""

    def prepare(self, content: Any) -> Any:
        """A part of a request, made ready; a `MultihotError` says why it cannot be."""
        ...

    def judge(self, prepared: Sequence[Any]) -> Sequence[Judged]:
        """Parts that are ready, in their order."""
        ...


class ServedPictures:
    """A run of pictures.

    Args:
        classifier: its own.
        decision: its own.
        settings: the largest picture, how many are judged together, and by what.
    """

    def __init__(self, classifier: Classifier, decision: Decision, settings: ServeSettings) -> None:
        self.ahead = 2 * settings.batch_size
        self._head = classifier.head
        self._forward = Forward(classifier.encoder, settings.runtime)
        self._decision = decision
        self._max_pixels = settings.max_pixels
        self._size = classifier.encoder.spec.size
        noise = torch.Generator().manual_seed(0)
        shape = (settings.batch_size, 3, self._size, self._size)
        self._forward.settle(torch.randint(256, shape, dtype=torch.uint8, generator=noise), EXPECTED)

    def prepare(self, content: bytes) -> Tensor:
        """A picture file's bytes as (3, S, S) uint8."""
        require_within(content, self._max_pixels)
        return prepare(content, self._size)

    def judge(self, prepared: Sequence[Tensor]) -> Sequence[Judged]:
        """One `Judged` a picture."""
        logits = picture_logits(self._head, self._forward, stack(prepared), len(prepared))
        probabilities = self._decision.probabilities(logits)
        decided = self._decision.decide(probabilities)
        return [Judged(probabilities[[row]], decided[[row]]) for row in range(len(prepared))]


class ServedVectors:
    """A run of feature vectors.

    Args:
        classifier: its own.
        decision: its own.
        space: the features that it takes.
    """

    ahead = 64

    def __init__(self, classifier: VectorModel, decision: Decision, space: FeatureSpace) -> None:
        self._classifier = classifier
        self._decision = decision
        self._space = space

    def prepare(self, content: Sequence[Sequence[Any] | Mapping[str, Any]]) -> Features:
        """Rows of JSON as feature vectors."""
        return features_of(content, self._space)

    def judge(self, prepared: Sequence[Features]) -> Sequence[Judged]:
        """One `Judged` a request's rows."""
        values = np.concatenate([features.dense() for features in prepared])
        probabilities = self._decision.probabilities(vector_logits(self._classifier, values))
        decided = self._decision.decide(probabilities)
        ends = np.cumsum([len(features) for features in prepared])[:-1]
        return [Judged(*parts) for parts in zip(np.split(probabilities, ends), np.split(decided, ends), strict=True)]


class ServedFile:
    """An exported run of pictures. It resizes inside, so that pictures go through it one by one, at their own sizes.

    Args:
        predictor: the file.
        max_pixels: the largest picture.
    """

    ahead = 2  # decoded pictures are as large as their files say

    def __init__(self, predictor: Predictor, max_pixels: int) -> None:
        self._predictor = predictor
        self._max_pixels = max_pixels

    def prepare(self, content: bytes) -> NDArray[np.uint8]:
        """A picture file's bytes as (H, W, 3) uint8."""
        require_within(content, self._max_pixels)
        return decode_bytes(content, self._predictor.description.size)

    def judge(self, prepared: Sequence[NDArray[np.uint8]]) -> Sequence[Judged]:
        """One `Judged` a picture."""
        return [Judged(*self._predictor.run(pixels[None])) for pixels in prepared]


class ServedVectorsFile:
    """An exported run of feature vectors.

    Args:
        predictor: the file.
        space: the features that it takes.
    """

    ahead = 64

    def __init__(self, predictor: Predictor, space: FeatureSpace) -> None:
        self._predictor = predictor
        self._space = space

    def prepare(self, content: Sequence[Sequence[Any] | Mapping[str, Any]]) -> NDArray[np.float32]:
        """Rows of JSON as feature vectors (n, D)."""
        return features_of(content, self._space).dense().astype(np.float32)

    def judge(self, prepared: Sequence[NDArray[np.float32]]) -> Sequence[Judged]:
        """One `Judged` a request's rows."""
        return [Judged(*self._predictor.run(rows)) for rows in prepared]


def require_within(content: bytes, max_pixels: int) -> None:
    """Raise an `ImageError` where a picture's header says that it is larger, before it takes memory."""
    size = stored_size(content)
    if size is not None and size[0] * size[1] > max_pixels:
        raise ImageError(f"too large: {size[0]} x {size[1]} pixels, at most {max_pixels:,} are taken")
