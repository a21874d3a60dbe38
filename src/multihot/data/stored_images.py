"""Pictures in object stores."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from multihot.data.decoding import decode_bytes
from multihot.data.images import ImageFiles, Images
from multihot.data.picture_names import is_address
from multihot.data.stores import locate, reason_of
from multihot.errors import ImageError


class StoredImages:
    """N pictures at addresses (`s3://bucket/a.jpg`) or paths; each is fetched when asked for.

    Args:
        names: where they lie; nothing is checked until a picture is read.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    def __len__(self) -> int:
        return len(self._names)

    def read(self, row: int) -> bytes:
        """The picture's bytes; raises `ImageError` where it cannot be fetched."""
        try:
            file_system, path = locate(self._names[row])
            with file_system.open_input_stream(path) as stream:
                content: bytes = stream.read()
        except Exception as error:  # each store has errors of its own
            raise ImageError(f"cannot be read: {reason_of(error)}") from error
        return content

    def decode(self, row: int) -> NDArray[np.uint8]:
        """One picture as (H, W, 3) RGB; raises `ImageError` with the reason where it cannot be decoded."""
        return decode_bytes(self.read(row))

    def take(self, rows: Sequence[int]) -> Self:
        """The pictures with these indices, in their order."""
        return type(self)([self._names[row] for row in rows])


def images_at(names: Sequence[str]) -> Images:
    """The pictures at these paths or addresses."""
    return StoredImages(names) if any(map(is_address, names)) else ImageFiles(names)
