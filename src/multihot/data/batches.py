"""Batches of pictures for training, decoded or read from where they are kept.

Shapes: B samples in a batch, S height and width in pixels.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.data.ahead import ahead
from multihot.data.images import ImageArrays, ImageFiles, Images, content_hash
from multihot.data.loading import prepare, stack
from multihot.data.picture_cache import PictureCache
from multihot.errors import ImageError


def load_batches(
    images: Images,
    rows: Sequence[int] | NDArray[np.intp],
    size: int,
    batch_size: int,
    cache: PictureCache | None = None,
) -> Iterator[tuple[NDArray[np.intp], Tensor]]:
    """Batches of (rows, pictures (B, 3, S, S) uint8, channels last), for pictures known to be readable.

    They come in the order of `rows`, however many threads there are.

    Args:
        images: where the pictures are.
        rows: which, in which order.
        size: S.
        batch_size: B; the last batch may be smaller.
        cache: of all images, at this size; what is not in it yet is added.

    Raises:
        ImageError: a picture is not readable any more.
        DataError: the disk of the cache is full.
    """

    def one(row: int) -> Tensor:
        kept = None if cache is None else cache.get(row)
        if kept is not None:
            return kept
        try:
            encoded = images.read(row)
            pixels = prepare(encoded, size)
        except ImageError as error:
            where = images.path(row) if isinstance(images, ImageFiles) else f"picture {row}"
            raise ImageError(f"{where}: was readable before, and is not now: {error}") from error
        if cache is not None:
            cache.add(row, content_hash(encoded), pixels)
        return pixels

    order = np.asarray(rows, dtype=np.intp)
    if isinstance(images, ImageArrays) and images.pixels.shape[1:3] == (size, size):
        # They are as models take them already: handing them to threads would take longer than the copy.
        for start in range(0, len(order), batch_size):
            own = order[start : start + batch_size]
            yield own, torch.from_numpy(images.batch(own)).permute(0, 3, 1, 2)
        return
    pictures = ahead(one, order.tolist())
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size], stack(list(islice(pictures, batch_size)))
