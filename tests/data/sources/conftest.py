"""Small sources that the tests of this folder make, and what they read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st
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


@st.composite
def _mangled(draw: st.DrawFn, content: bytes, likely: bytes = b"") -> bytes:
    byte = st.one_of(st.integers(0, 255), *([st.sampled_from(list(likely))] if likely else []))
    changed = bytearray(content)
    for _ in range(draw(st.integers(0, 5))):
        changed[draw(st.integers(0, len(changed) - 1))] = draw(byte)
    return bytes(changed[: draw(st.integers(0, len(changed)))])


@pytest.fixture(scope="session")
def mangled() -> Callable[..., st.SearchStrategy[bytes]]:
    """Gives a strategy of damaged files: some bytes changed, to any or to one of `likely`, and cut off somewhere."""
    return _mangled
