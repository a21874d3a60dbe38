"""Pictures: decoded one at a time, by content and never by extension.

Shapes: H, W height and width in pixels; a decoded picture is (H, W, 3) uint8 RGB.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray


class Images(Protocol):
    """N pictures, wherever they are held."""

    def __len__(self) -> int: ...

    def read(self, row: int) -> tuple[bytes, str]:
        """The encoded or raw bytes of one picture and their content hash (32 hexadecimal digits)."""
        ...

    def decode(self, row: int) -> NDArray[np.uint8]:
        """One picture as (H, W, 3) RGB; raises `ImageError` with the reason where it cannot be decoded."""
        ...

    def take(self, rows: Sequence[int]) -> Self:
        """The pictures with these indices, in their order."""
        ...
