"""Every picture decoded once: whether it can be read, what it holds byte by byte, and how it looks.

Shapes: N pictures.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import convolve1d

from multihot.data import Images, content_hash, decode_bytes
from multihot.data.ahead import ahead
from multihot.errors import ImageError
from multihot.progress import track

SMALLEST = 40
"""Pixels of the shorter side below which a picture shows too little for its look to tell it from others."""

_COARSE, _FINE = 8, 16
_WORDS = 1 + _FINE * _FINE // 64
GRID = 24
_PLAIN = 2.0
"""Grey levels of standard deviation below which there is nothing to see."""


class Look(NamedTuple):
    """How pictures look.

    Args:
        bits: (N, 5) uint64: a perceptual hash of 64 bits, and one of 256.
        grid: (N, 24, 24, 3) uint8: colours, a little blurred.
    """

    bits: NDArray[np.uint64]
    grid: NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """N pictures, each decoded in full.

    Args:
        contents: N content hashes; empty where there was nothing to read.
        bad: row -> reason, of pictures that cannot be decoded.
        rows: (M,) which pictures have a look: readable, not tiny and not of one colour.
        look: of those M.
        tiny: how many are readable and smaller than `SMALLEST`.
    """

    contents: tuple[str, ...]
    bad: dict[int, str]
    rows: NDArray[np.intp]
    look: Look
    tiny: int


class _One(NamedTuple):
    content: str
    error: str | None = None
    tiny: bool = False
    bits: NDArray[np.uint64] | None = None
    grid: NDArray[np.uint8] | None = None


def see(images: Images) -> Seen:
    """Decode every picture, in threads; damaged ones are listed, nothing is raised for them."""

    def one(row: int) -> _One:
        content = ""
        try:
            encoded = images.read(row)
            content = content_hash(encoded)
            return _look(content, decode_bytes(encoded))
        except ImageError as error:
            return _One(content, str(error))

    seen = list(track(ahead(one, range(len(images))), "looking at pictures", len(images)))
    rows = [row for row, picture in enumerate(seen) if picture.bits is not None]
    bits = np.array([seen[row].bits for row in rows], np.uint64).reshape(-1, _WORDS)
    grid = np.array([seen[row].grid for row in rows], np.uint8).reshape(-1, GRID, GRID, 3)
    return Seen(
        tuple(picture.content for picture in seen),
        {row: picture.error for row, picture in enumerate(seen) if picture.error is not None},
        np.array(rows, np.intp),
        Look(bits, grid),
        sum(picture.tiny for picture in seen),
    )


def _look(content: str, pixels: NDArray[np.uint8]) -> _One:
    import imagehash

    if min(pixels.shape[:2]) < SMALLEST:
        return _One(content, tiny=True)
    picture = Image.fromarray(pixels)
    # The hashes look at no more than 64 x 64 pixels; shrinking once by whole factors is faster than four times in full.
    picture = picture.reduce(max(1, min(picture.size) // (8 * _FINE)))
    grid = np.asarray(picture.resize((GRID, GRID), Image.Resampling.BOX), np.float32)
    if grid.std() < _PLAIN:
        return _One(content)
    hashes = (imagehash.phash(picture, _COARSE), imagehash.phash(picture, _FINE))
    words = [np.packbits(hash_.hash.ravel()).view(np.uint64) for hash_ in hashes]
    return _One(content, bits=np.concatenate(words), grid=_blurred(grid))


def _blurred(grid: NDArray[np.float32]) -> NDArray[np.uint8]:
    for axis in (0, 1):
        grid = convolve1d(grid, (0.25, 0.5, 0.25), axis=axis, mode="nearest")
    return np.rint(grid).astype(np.uint8)
