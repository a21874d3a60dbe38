"""Pictures that lie inside larger files, tar shards for example: each is read with one seek, nothing is unpacked."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.data.decoding import decode_bytes
from multihot.errors import ImageError


class ImageRanges:
    """N pictures as ranges of bytes; no file stays open, so that workers and processes share nothing.

    Args:
        files: M files.
        numbers: (N,) which file each picture is in.
        offsets: (N,) where it begins there, in bytes.
        sizes: (N,) its length in bytes.
    """

    def __init__(self, files: Sequence[str | Path], numbers: ArrayLike, offsets: ArrayLike, sizes: ArrayLike) -> None:
        self.files = tuple(os.fspath(file) for file in files)
        self._numbers = np.asarray(numbers, dtype=np.int32)
        self._offsets = np.asarray(offsets, dtype=np.int64)
        self._sizes = np.asarray(sizes, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._numbers)

    def read(self, row: int) -> bytes:
        """The picture's bytes; raises `ImageError` where they cannot be read."""
        size = int(self._sizes[row])
        try:
            with Path(self.files[self._numbers[row]]).open("rb") as file:
                file.seek(int(self._offsets[row]))
                content = file.read(size)
        except OSError as error:
            raise ImageError(f"cannot be read: {error.strerror or error}") from error
        if len(content) < size:
            raise ImageError("truncated: the file that it is in was cut off since it was indexed")
        return content

    def decode(self, row: int) -> NDArray[np.uint8]:
        """One picture as (H, W, 3) RGB; raises `ImageError` with the reason where it cannot be decoded."""
        return decode_bytes(self.read(row))

    def take(self, rows: Sequence[int]) -> Self:
        """The pictures with these indices, in their order."""
        index = np.asarray(rows, dtype=np.intp)
        return type(self)(self.files, self._numbers[index], self._offsets[index], self._sizes[index])
