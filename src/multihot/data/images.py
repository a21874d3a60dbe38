"""Pictures: decoded one at a time, by content and never by extension.

Shapes: H, W height and width in pixels; a decoded picture is (H, W, 3) uint8 RGB.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from multihot.data.decoding import decode_bytes
from multihot.errors import ArgumentError, ImageError

_HASH_BYTES = 16


class Images(Protocol):
    """N pictures, wherever they are held."""

    def __len__(self) -> int: ...

    def read(self, row: int) -> bytes:
        """One picture as bytes that `decode_bytes` takes; raises `ImageError` where there are none to be had."""
        ...

    def decode(self, row: int) -> NDArray[np.uint8]:
        """One picture as (H, W, 3) RGB; raises `ImageError` with the reason where it cannot be decoded."""
        ...

    def take(self, rows: Sequence[int]) -> Self:
        """The pictures with these indices, in their order."""
        ...


def content_hash(content: bytes) -> str:
    """The name of a content, 32 hexadecimal digits: equal for byte-identical files, wherever they lie.

    >>> content_hash(b"")
    'cae66941d9efbd404e4d88758ea67670'
    """
    return hashlib.blake2b(content, digest_size=_HASH_BYTES).hexdigest()


class ImageFiles:
    """N picture files on disk; each is opened when asked for and closed at once.

    Args:
        paths: where they lie; nothing is checked until a file is read.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self._names = tuple(os.fspath(path) for path in paths)  # a million Path objects would take half a gigabyte

    def __len__(self) -> int:
        return len(self._names)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the files lie."""
        return tuple(map(Path, self._names))

    def path(self, row: int) -> Path:
        """Where one file lies."""
        return Path(self._names[row])

    def absolute(self) -> list[str]:
        """Where the files lie, from any working folder; links to folders are followed."""
        starts = [name[: name.rfind(os.sep) + 1] for name in self._names]
        # Each folder is looked at once: a million files are slow to resolve.
        folders = {start: f"{str(Path(start).resolve()).rstrip(os.sep)}{os.sep}" for start in set(starts)}
        return [folders[start] + name[len(start) :] for start, name in zip(starts, self._names, strict=True)]

    def read(self, row: int) -> bytes:
        """The file's bytes; raises `ImageError` where it cannot be read."""
        try:
            return self.path(row).read_bytes()
        except OSError as error:
            raise ImageError(f"cannot be read: {error.strerror or error}") from error

    def decode(self, row: int) -> NDArray[np.uint8]:
        """One picture as (H, W, 3) RGB; raises `ImageError` with the reason where it cannot be decoded."""
        return decode_bytes(self.read(row))

    def take(self, rows: Sequence[int]) -> Self:
        """The files with these indices, in their order."""
        return type(self)([self._names[row] for row in rows])


class ImageArrays:
    """N pictures of one size, held in one array.

    Args:
        pixels: (M, H, W), (M, H, W, 1) or (M, H, W, 3) uint8; grey is repeated to three channels when decoded.
        rows: (N,) which of the M pictures, in which order; all of them where it is not given.

    Raises:
        ArgumentError: another shape or type.

    >>> images = ImageArrays(np.zeros((2, 28, 28), np.uint8))
    >>> len(images), images.decode(0).shape
    (2, (28, 28, 3))
    """

    def __init__(self, pixels: NDArray[np.uint8], rows: Sequence[int] | NDArray[np.intp] | None = None) -> None:
        shaped = pixels[..., np.newaxis] if pixels.ndim == 3 else pixels
        if shaped.ndim != 4 or shaped.shape[3] not in (1, 3) or 0 in shaped.shape[1:] or shaped.dtype != np.uint8:
            raise ArgumentError(
                "pictures must be uint8 of the shape (samples, height, width) or (samples, height, width, 1 or 3), "
                f"got {pixels.dtype} of the shape {pixels.shape}"
            )
        self.pixels = shaped
        self.rows = np.arange(len(shaped)) if rows is None else np.asarray(rows, dtype=np.intp)

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, row: int) -> bytes:
        """One picture as a PGM or PPM file: raw pixels after a line of header."""
        height, width, channels = self.pixels.shape[1:]
        kind = "P5" if channels == 1 else "P6"
        pixels: bytes = self.pixels[self.rows[row]].tobytes()
        return f"{kind} {width} {height} 255\n".encode() + pixels

    def decode(self, row: int) -> NDArray[np.uint8]:
        """One picture as (H, W, 3) RGB."""
        height, width = self.pixels.shape[1:3]
        return np.ascontiguousarray(np.broadcast_to(self.pixels[self.rows[row]], (height, width, 3)))

    def batch(self, rows: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Some pictures as (B, H, W, 3) RGB."""
        pixels = self.pixels[self.rows[rows]]
        return pixels if pixels.shape[3] == 3 else np.repeat(pixels, 3, axis=3)

    def take(self, rows: Sequence[int]) -> Self:
        """The pictures with these indices, in their order; the array itself is shared."""
        return type(self)(self.pixels, self.rows[np.asarray(rows, dtype=np.intp)])
