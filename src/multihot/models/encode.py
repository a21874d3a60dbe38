"""Every picture through the encoder, once.

Shapes: N samples, B batch, D features, L labels, S height and width in pixels.
"""

from collections.abc import Iterator
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
from multihot.progress import track


@dataclass(frozen=True)
class Encoded:
    """What became of N pictures.

    Args:
        outputs: (N, D) float32, or maps (N, D, h, w) float16; NaN for pictures that could not be decoded.
        contents: content hash of each picture.
        bad: index of each picture that could not be decoded, with the reason.
        fresh: how many were encoded now, and not found in the cache.
    """

    outputs: NDArray[np.floating[Any]]
    contents: tuple[str, ...]
    bad: dict[int, str]
    fresh: int


def encode(encoder: Encoder, images: Images, cache: FeatureCache, batch_size: int = 16) -> Encoded:
    """Features or maps of all pictures; equal contents are encoded once, and kept in the cache."""
    contents = [""] * len(images)
    bad: dict[int, str] = {}
    before = len(cache)
    loaded = track(load(images, range(len(images)), encoder.spec.size, skip=cache), "encoding pictures", len(images))
    pending: dict[str, Tensor] = {}
    for picture in loaded:
        contents[picture.row] = picture.content
        if picture.error is not None:
            bad[picture.row] = picture.error
        elif picture.pixels is not None:
            pending.setdefault(picture.content, picture.pixels)
        if len(pending) >= batch_size:
            _encode_pending(encoder, pending, cache)
    _encode_pending(encoder, pending, cache)
    cache.flush()
    features = np.full((len(images), *encoder.shape), np.nan, dtype=_kept_as(encoder))
    for row, content in enumerate(contents):
        if row not in bad:
            features[row] = cache[content]
    return Encoded(features, tuple(contents), bad, len(cache) - before)


def _encode_pending(encoder: Encoder, pending: dict[str, Tensor], cache: FeatureCache) -> None:
    missing = [content for content in pending if content not in cache]
    if missing:
        outputs = infer(encoder, stack([pending[content] for content in missing]))
        for content, features in zip(missing, outputs, strict=True):
            cache.add(content, features.astype(_kept_as(encoder)))
    pending.clear()


def _kept_as(encoder: Encoder) -> type[np.floating[Any]]:
    """Maps are large, and half precision is finer than what they mean."""
    return np.float16 if len(encoder.shape) > 1 else np.float32


def infer(model: nn.Module, pictures: Tensor) -> NDArray[np.float32]:
    """A model's outputs for pictures (B, 3, S, S) uint8, computed where its weights are."""
    device = next(model.parameters()).device
    with torch.inference_mode():
        outputs: Tensor = model(pictures.to(device, non_blocking=True))
    return outputs.float().cpu().numpy()


def infer_batches(
    model: nn.Module, loaded: Iterator[Loaded], batch_size: int = 16
) -> Iterator[tuple[list[Loaded], NDArray[np.float32]]]:
    """Batches of loaded pictures with the model's outputs; NaN rows where a picture could not be decoded."""
    while batch := list(islice(loaded, batch_size)):
        good = [index for index, picture in enumerate(batch) if picture.pixels is not None]
        outputs = np.empty((0, 0), dtype=np.float32)
        if good:
            pixels = [picture.pixels for picture in batch if picture.pixels is not None]
            outputs = infer(model, stack(pixels))
        rows = np.full((len(batch), outputs.shape[1]), np.nan, dtype=np.float32)
        rows[good] = outputs
        yield batch, rows
