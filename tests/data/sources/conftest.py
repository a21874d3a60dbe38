"""Small sources that the tests of this folder make, and what they read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from multihot.data.samples import Samples


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small picture for each name into `tmp_path`, and returns that folder."""

    def write(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 3), (len(name), 0, 0)).save(path, "PNG")
        return tmp_path

    return write


@pytest.fixture
def present() -> Callable[[Samples], dict[str, tuple[str, ...]]]:
    """Gives each sample's labels that are present."""
    return lambda samples: {name: samples.targets.names(row, samples.space) for row, name in enumerate(samples.ids)}


@pytest.fixture
def unknown() -> Callable[[Samples], dict[str, tuple[str, ...]]]:
    """Gives each sample's labels that are unknown."""

    def read(samples: Samples) -> dict[str, tuple[str, ...]]:
        cells = samples.targets.unknown.toarray()
        return {
            name: tuple(label for label, hidden in zip(samples.space, cells[row], strict=True) if hidden)
            for row, name in enumerate(samples.ids)
        }

    return read
