from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from multihot.data.stored_images import StoredImages
from multihot.data.stores import find_files, locate
from multihot.errors import DataError, ImageError

NAMES = ("a/1.jpg", "a/b/2.png", "a/b/3.jpg", "a/.hidden/4.jpg", "notes.txt", "c d/5%.jpg")


@pytest.fixture
def memory() -> Iterator[str]:
    files = fsspec.filesystem("memory")
    for name in NAMES:
        files.pipe_file(f"/bucket/{name}", name.encode())
    yield "memory://bucket"
    files.store.clear()


@pytest.fixture
def disk(tmp_path: Path) -> str:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return f"file://{tmp_path}"


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_files_folders_and_patterns(store: str, request: pytest.FixtureRequest) -> None:
    top = request.getfixturevalue(store)

    def found(pattern: str) -> list[str]:
        names = find_files(f"{top}{pattern}")
        assert all(name.startswith(f"{top}/") for name in names)
        return [name.removeprefix(f"{top}/") for name in names]

    assert found("") == found("/") == ["a/1.jpg", "a/b/2.png", "a/b/3.jpg", "c d/5%.jpg"]
    assert found("/a/b/2.png") == ["a/b/2.png"]
    assert found("/a/*.jpg") == ["a/1.jpg"]
    assert found("/a/**/*.jpg") == ["a/.hidden/4.jpg", "a/1.jpg", "a/b/3.jpg"]
    assert found("/*/b/[23].*") == ["a/b/2.png", "a/b/3.jpg"]
    assert found("/c d/?%.jpg") == ["c d/5%.jpg"]
    assert found("/gone.jpg") == ["gone.jpg"]
    assert found("/*.gif") == found("/nowhere/*.jpg") == []
    assert StoredImages([f"{top}/c d/5%.jpg"]).read(0) == b"c d/5%.jpg"


def test_pictures_in_a_store(tmp_path: Path) -> None:
    Image.new("RGB", (4, 3), (255, 0, 0)).save(tmp_path / "a.png")
    images = StoredImages([f"file://{tmp_path}/gone.png", f"file://{tmp_path}/a.png", str(tmp_path / "a.png")])
    assert len(images) == 3
    assert np.array_equal(images.decode(1), np.full((3, 4, 3), (255, 0, 0)))
    assert images.take([2]).read(0) == images.read(1)
    with pytest.raises(ImageError, match=r"cannot be read: .*No such file or directory"):
        images.read(0)


def test_a_store_that_is_not_known_is_one_line() -> None:
    with pytest.raises(DataError, match=r"nonsense://bucket/: cannot be opened: Protocol not known: nonsense"):
        locate("nonsense://bucket/a.jpg")
