"""Pictures from wherever they are to tensors of one size, several at a time and in order.

Shapes: B samples in a batch, S height and width in pixels.
"""

import contextlib
import statistics
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from multihot.data.ahead import ahead
from multihot.data.decoding import decode_bytes, stored_size
from multihot.data.images import Images, content_hash
from multihot.errors import ImageError

PREPARED = 2
"""The version of what decoding and resizing make of a file: raised where either changes a pixel, so that nothing kept
from before, features or pictures, is taken for the same."""


class Loaded(NamedTuple):
    """One picture, or why there is none.

    Args:
        row: its index in the images.
        content: its content hash; empty where it could not be read, or was not asked for.
        pixels: (3, S, S) uint8, channels last in memory; None where it was skipped or could not be decoded.
        error: the reason where it could not be decoded.
    """

    row: int
    content: str = ""
    pixels: Tensor | None = None
    error: str | None = None


def prepare(encoded: bytes, size: int) -> Tensor:
    """A picture file's bytes as all models take it: (3, size, size) uint8, channels last in memory.

    Raises:
        ImageError: it cannot be decoded.
    """
    return resize(decode_bytes(encoded, size), size)


def resize(picture: NDArray[np.uint8], size: int) -> Tensor:
    """(H, W, 3) uint8 to (3, size, size) uint8: the whole picture, squeezed; labels at its edges are kept.

    Bilinear with antialiasing, as Pillow's to within one grey level.
    """
    # Pillow hands out arrays that must not be written to, which torch does not know of.
    writable = picture if picture.flags.writeable else picture.copy()
    # Permuted after the batch dimension is there, torch sees that channels come last, and takes its faster path.
    tensor = torch.from_numpy(writable)[None].permute(0, 3, 1, 2)
    return functional.interpolate(tensor, (size, size), mode="bilinear", antialias=True)[0]


def stack(pictures: Sequence[Tensor]) -> Tensor:
    """Pictures (3, S, S) as (B, 3, S, S), channels last in memory, as encoders compute."""
    return torch.stack([picture.permute(1, 2, 0) for picture in pictures]).permute(0, 3, 1, 2)


def median_shorter_side(images: Images, most: int = 200) -> float:
    """The median shorter side in pixels of up to `most` pictures, evenly spaced; 0 where no header can be read."""
    rows = np.unique(np.linspace(0, max(len(images) - 1, 0), min(most, len(images)), dtype=int))
    sides = []
    for row in rows.tolist():
        with contextlib.suppress(ImageError):
            size = stored_size(images.read(row))
            sides += [min(size)] if size else []
    return statistics.median(sides) if sides else 0.0


def load(images: Images, rows: Iterable[int], size: int, skip: Container[str] | None = None) -> Iterator[Loaded]:
    """Read, decode and resize pictures in threads, ahead of the one who asks; in the order of `rows`.

    Args:
        images: where they are.
        rows: which, in which order.
        size: S.
        skip: content hashes of pictures that need not be decoded; None where nobody asks for content hashes.
    """

    def one(row: int) -> Loaded:
        content = ""
        try:
            encoded = images.read(row)
            if skip is not None:
                content = content_hash(encoded)
                if content in skip:
                    return Loaded(row, content)
            return Loaded(row, content, prepare(encoded, size))
        except ImageError as error:
            return Loaded(row, content, error=str(error))

    return ahead(one, rows)
