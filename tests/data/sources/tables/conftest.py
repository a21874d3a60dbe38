"""What the tests of tables share: a folder of three pictures, and a way to write a table."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def folder(pictures: Callable[..., Path]) -> Path:
    """Holds a.png, b.png and c.png."""
    return pictures("a.png", "b.png", "c.png")


@pytest.fixture(scope="session")
def table() -> Callable[..., Path]:
    """Writes a table's content as text or bytes into a folder, and returns its path."""

    def write(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
