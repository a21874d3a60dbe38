"""Prepared pictures, kept on disk by content: from the second epoch on, nothing is decoded.

One file a data set and size: a checksum (n,) uint32 of each of the n different contents, 0 where it is not there yet,
then their pixels (n, S, S, 3) uint8, both in the order of the hashes. All of that names the file: it never holds a
picture of other data, of another size, or of an earlier way to decode. A stopped run goes on where it was; several
processes may fill one file, as they write the same.

Shapes: N pictures, n different contents, S height and width in pixels.
"""

import hashlib
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.data.feature_cache import cache_folder, cannot_keep
from multihot.data.loading import PREPARED
from multihot.errors import DataError
from multihot.progress import logger

_CHECKSUM_BYTES = 4


class PictureCache:
    """The prepared pictures of one data set.

    Args:
        contents: the content hash of each of the N pictures, at least one.
        size: S.
        folder: the root of caches; `cache_folder()` by default.

    Raises:
        DataError: the disk has no room for all of them, or the folder cannot be written.
    """

    def __init__(self, contents: Sequence[str], size: int, folder: Path | None = None) -> None:
        self._contents = contents
        names, self._places = np.unique(np.array(contents, dtype="S32"), return_inverse=True)
        key = hashlib.blake2b(repr((PREPARED, size)).encode() + names.tobytes(), digest_size=16).hexdigest()
        self.path = (folder or cache_folder()) / "pictures" / key
        self._first = len(names) * _CHECKSUM_BYTES
        self._picture_bytes = size * size * 3
        self.nbytes = self._first + len(names) * self._picture_bytes
        try:
            self._reserve()
        except OSError as error:
            raise cannot_keep(self.path.parent, error) from error
        # Nothing is written through these maps: where a disk is full, that would end the process without a word.
        self._sums = np.memmap(self.path, np.uint32, "r+", shape=len(names))
        self._pixels = np.memmap(self.path, np.uint8, "r+", self._first, (len(names), size, size, 3))
        self._trusted = np.zeros(len(names), dtype=bool)
        there = int(np.count_nonzero(self._sums))
        logger.info("keeping %d pictures (%s, %d there): %s", len(names), _size(self.nbytes), there, self.path)

    def _reserve(self) -> None:
        """The file at its full length; what is not written yet takes no room."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        taken = self.path.stat().st_blocks * 512 if self.path.exists() else 0
        free = shutil.disk_usage(self.path.parent).free
        if self.nbytes - taken > free:
            raise DataError(
                f"{self.path.parent}: {_size(self.nbytes - taken)} are needed to keep the pictures and {_size(free)} "
                "are free: train without picture_cache, or set MULTIHOT_CACHE to a folder with more room"
            )
        with self.path.open("ab") as file:
            file.truncate(self.nbytes)

    def get(self, row: int) -> Tensor | None:
        """One picture as (3, S, S), not to be written to; None where it is not there."""
        place = self._places[row]
        if not self._sums[place]:
            return None
        pixels = self._pixels[place]
        if not self._trusted[place]:
            if _checksum(pixels) != self._sums[place]:
                return None  # a damaged cache costs time, never a wrong picture
            self._trusted[place] = True
        return torch.from_numpy(pixels).permute(2, 0, 1)

    def add(self, row: int, content: str, pixels: Tensor) -> None:
        """Keep one picture (3, S, S), unless its content is another by now.

        Raises:
            DataError: it cannot be written.
        """
        if content != self._contents[row]:
            return
        place = int(self._places[row])
        values = np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())
        try:
            with self.path.open("r+b", buffering=0) as file:
                file.seek(self._first + place * self._picture_bytes)
                file.write(values.data)
                file.seek(place * _CHECKSUM_BYTES)
                file.write(_checksum(values).tobytes())
        except OSError as error:
            raise cannot_keep(self.path.parent, error) from error


def _checksum(pixels: NDArray[np.uint8]) -> np.uint32:
    """Never 0, which says that there is no picture."""
    return np.uint32(zlib.crc32(pixels.data) or 1)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
