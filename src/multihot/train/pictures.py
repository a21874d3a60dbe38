"""Every picture read once: encoded where the encoder stays as it is, else seen to be readable.

Shapes: N samples.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multihot import processes
from multihot.data import Images, Samples
from multihot.data.feature_cache import FeatureCache
from multihot.data.loading import load
from multihot.errors import DataError
from multihot.models import Encoder
from multihot.models.encode import encode
from multihot.progress import logger, track
from multihot.recipe import Recipe


@dataclass(frozen=True)
class Pictures:
    """Samples whose pictures can be read, with content hashes, and features or maps where a head is fitted on them."""

    samples: Samples
    contents: tuple[str, ...]
    features: NDArray[np.floating[Any]] | None


def read_pictures(samples: Samples, encoder: Encoder, recipe: Recipe) -> Pictures:
    """Read every picture once: encode it, or where the encoder will change, see that it can be decoded.

    Several processes read a share each, and the features of all are in the first.
    """
    if not len(samples):
        reason = f": {samples.set_aside[0].id}: {samples.set_aside[0].reason}" if samples.set_aside else ""
        raise DataError(f"{samples.source}: no usable sample{reason}")
    own = np.array_split(np.arange(len(samples)), processes.count())[processes.rank()]
    images = samples.images if processes.count() == 1 else samples.images.take(own.tolist())
    read = _decoded(images, encoder) if recipe.tune == "full" else _encoded(images, encoder, recipe)
    facts = processes.from_all((read.contents, {int(own[row]): reason for row, reason in read.bad.items()}))
    contents = [content for of_one, _ in facts for content in of_one]
    bad = {row: reason for _, of_one in facts for row, reason in of_one.items()}
    kept = np.array([row for row in range(len(samples)) if row not in bad], dtype=np.intp)
    readable = samples.without(bad)
    _require_enough(readable, len(samples), recipe)
    features = None if read.features is None else processes.rows_at_first(read.features)
    return Pictures(readable, tuple(contents[row] for row in kept), None if features is None else features[kept])


class _Read(NamedTuple):
    """Some pictures: content hashes, reasons of those that cannot be decoded, and features or maps."""

    contents: tuple[str, ...]
    bad: dict[int, str]
    features: NDArray[np.floating[Any]] | None


def _decoded(images: Images, encoder: Encoder) -> _Read:
    loaded = load(images, range(len(images)), encoder.spec.size, skip=())
    checked = [picture._replace(pixels=None) for picture in track(loaded, "reading pictures", len(images))]
    bad = {picture.row: picture.error for picture in checked if picture.error is not None}
    return _Read(tuple(picture.content for picture in checked), bad, None)


def _encoded(images: Images, encoder: Encoder, recipe: Recipe) -> _Read:
    cache, batch_size = FeatureCache(encoder.fingerprint()), recipe.head_fit.encode_batch_size
    encoded = encode(encoder, images, cache, batch_size, recipe.runtime)
    pictures, fresh = np.sum(processes.from_all((len(images), encoded.fresh)), axis=0)
    by = f" by {encoded.runtime}" if encoded.runtime else ""
    logger.info("encoded %d pictures at %d pixels (%d new%s)", pictures, encoder.spec.size, fresh, by)
    return _Read(encoded.contents, encoded.bad, encoded.outputs)


def _require_enough(readable: Samples, before: int, recipe: Recipe) -> None:
    aside = before - len(readable)
    if not len(readable) or aside > recipe.bad_limit * before:
        first = readable.set_aside[-aside]
        raise DataError(
            f"{readable.source}: {aside} of {before} pictures cannot be read (limit: bad_limit={recipe.bad_limit:g}); "
            f"the first is {first.id}: {first.reason}"
        )
