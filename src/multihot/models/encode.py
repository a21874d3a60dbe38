"""Every picture through the encoder, once.

Shapes: N samples, B batch, D features, L labels, S height and width in pixels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from multihot.data.feature_cache import FeatureCache
from multihot.data.images import Images
from multihot.data.loading import Loaded, load, stack
from multihot.models.encoders import Encoder
from multihot.models.runtime import Forward, RuntimeName
from multihot.progress import track


@dataclass(frozen=True)
class Encoded:
    """What became of N pictures.

    Args:
        outputs: (N, D) float32, or maps (N, D, h, w) float16; NaN for pictures that could not be decoded.
        contents: content hash of each picture.
        bad: index of each picture that could not be decoded, with the reason.
        fresh: how many were encoded now, and not found in the cache.
        runtime: what computed these; None where all were found.
    """

    outputs: NDArray[np.floating[Any]]
    contents: tuple[str, ...]
    bad: dict[int, str]
    fresh: int
    runtime: str | None


def encode(
    encoder: Encoder, images: Images, cache: FeatureCache, batch_size: int = 16, runtime: RuntimeName = "auto"
) -> Encoded:
    """Features or maps of all pictures; equal contents are encoded once, and kept in the cache.

    Args:
        encoder: in evaluation mode.
        images: what is encoded.
        cache: the encoder's.
        batch_size: pictures encoded at a time.
        runtime: what computes.

    Raises:
        MissingExtraError: a runtime that was named is not installed.
        RecipeError: it cannot take the encoder, or its outputs are not torch's.
    """
    forward = Forward(encoder, runtime)
    contents = [""] * len(images)
    bad: dict[int, str] = {}
    before = len(cache)
    loaded = track(load(images, range(len(images)), encoder.spec.size, skip=cache), "encoding pictures", len(images))
    pending: dict[str, Tensor] = {}

    def encode_pending(coming: int) -> None:
        missing = [content for content in pending if content not in cache]
        if missing:
            outputs = forward(stack([pending[content] for content in missing]), coming).float().cpu().numpy()
            for content, features in zip(missing, outputs, strict=True):
                cache.add(content, features.astype(_kept_as(encoder)))
        pending.clear()

    for picture in loaded:
        contents[picture.row] = picture.content
        if picture.error is not None:
            bad[picture.row] = picture.error
        elif picture.pixels is not None:
            pending.setdefault(picture.content, picture.pixels)
        if len(pending) >= batch_size:
            encode_pending(len(images) - picture.row)
    encode_pending(len(pending))
    cache.flush()
    features = np.full((len(images), *encoder.shape), np.nan, dtype=_kept_as(encoder))
    for row, content in enumerate(contents):
        if row not in bad:
            features[row] = cache[content]
    return Encoded(features, tuple(contents), bad, len(cache) - before, forward.runtime)


def _kept_as(encoder: Encoder) -> type[np.floating[Any]]:
    """Maps are large, and half precision is finer than what they mean."""
    return np.float16 if len(encoder.shape) > 1 else np.float32


def infer(model: nn.Module, pictures: Tensor) -> NDArray[np.float32]:
    """A model's outputs for pictures (B, 3, S, S) uint8, computed by torch where its weights are."""
    device = next(model.parameters()).device
    with torch.inference_mode():
        outputs: Tensor = model(pictures.to(device, non_blocking=True))
    return outputs.float().cpu().numpy()


def infer_batches(
    outputs_of: Callable[[Tensor], NDArray[np.float32]], loaded: Iterator[Loaded], batch_size: int = 16
) -> Iterator[tuple[list[Loaded], NDArray[np.float32]]]:
    """Batches of loaded pictures with what a function makes of them; NaN rows where a picture could not be decoded.

    Args:
        outputs_of: pictures (B, 3, S, S) uint8 to (B, L).
        loaded: pictures in their order.
        batch_size: B, at most.
    """
    while batch := list(islice(loaded, batch_size)):
        good = [index for index, picture in enumerate(batch) if picture.pixels is not None]
        outputs = np.empty((0, 0), dtype=np.float32)
        if good:
            pixels = [picture.pixels for picture in batch if picture.pixels is not None]
            outputs = outputs_of(stack(pixels))
        rows = np.full((len(batch), outputs.shape[1]), np.nan, dtype=np.float32)
        rows[good] = outputs
        yield batch, rows
