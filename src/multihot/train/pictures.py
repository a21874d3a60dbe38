"""Every picture read once: encoded where the encoder stays as it is, else seen to be readable.

Shapes: N samples.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multihot.data import Samples
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
    """Read every picture once: encode it, or where the encoder will change, see that it can be decoded."""
    if not len(samples):
        reason = f": {samples.set_aside[0].id}: {samples.set_aside[0].reason}" if samples.set_aside else ""
        raise DataError(f"{samples.source}: no usable sample{reason}")
    if recipe.tune == "full":
        loaded = load(samples.images, range(len(samples)), encoder.spec.size, skip=())
        checked = [picture._replace(pixels=None) for picture in track(loaded, "reading pictures", len(samples))]
        bad = {picture.row: picture.error for picture in checked if picture.error is not None}
        features, contents = None, tuple(picture.content for picture in checked)
    else:
        encoded = encode(
            encoder, samples.images, FeatureCache(encoder.fingerprint()), recipe.head_fit.encode_batch_size
        )
        logger.info("encoded %d pictures at %d pixels (%d new)", len(samples), encoder.spec.size, encoded.fresh)
        features, contents, bad = encoded.outputs, encoded.contents, encoded.bad
    kept = np.array([row for row in range(len(samples)) if row not in bad], dtype=np.intp)
    readable = samples.without(bad)
    _require_enough(readable, len(samples), recipe)
    return Pictures(readable, tuple(contents[row] for row in kept), None if features is None else features[kept])


def _require_enough(readable: Samples, before: int, recipe: Recipe) -> None:
    aside = before - len(readable)
    if not len(readable) or aside > recipe.bad_limit * before:
        first = readable.set_aside[-aside]
        raise DataError(
            f"{readable.source}: {aside} of {before} pictures cannot be read (limit: bad_limit={recipe.bad_limit:g}); "
            f"the first is {first.id}: {first.reason}"
        )
