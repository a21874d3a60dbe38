from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from multihot.data.decoding import decode_bytes
from multihot.data.images import ImageArrays, ImageFiles
from multihot.errors import ArgumentError, ImageError


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    colours = [(255, 0, 0), (0, 255, 0), (255, 0, 0)]
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path, colour in zip(paths, colours, strict=True):
        Image.new("RGB", (3, 2), colour).save(path)
    return ImageFiles(paths)


def test_files_are_read_and_decoded(files: ImageFiles) -> None:
    assert files.read(0) == files.paths[0].read_bytes() == files.read(2) != files.read(1)
    assert files.decode(1)[0, 0].tolist() == [0, 255, 0]


def test_taking_keeps_the_order_asked_for(files: ImageFiles) -> None:
    taken = files.take([2, 1])
    assert (len(taken), taken.paths) == (2, (files.paths[2], files.paths[1]))


def test_where_files_lie_is_said_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "deep")
    monkeypatch.chdir(tmp_path)
    files = ImageFiles(["a.png", "deep/../b.png", tmp_path / "link" / "c.png", "/d.png"])
    assert files.absolute() == [f"{tmp_path}/a.png", f"{tmp_path}/b.png", f"{tmp_path}/deep/c.png", "/d.png"]


def test_a_file_that_is_gone_says_so(files: ImageFiles) -> None:
    files.paths[0].unlink()
    with pytest.raises(ImageError, match=r"^cannot be read: No such file or directory$"):
        files.decode(0)


@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4, 3, 1)])
def test_grey_arrays_are_repeated_to_three_channels(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    decoded = ImageArrays(pixels).decode(2)
    assert decoded.shape == (4, 3, 3)
    for channel in range(3):
        np.testing.assert_array_equal(decoded[..., channel], pixels[2].reshape(4, 3))


@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4, 3, 1), (5, 4, 2, 3)])
def test_what_an_array_reads_decodes_to_the_same_pixels(shape: tuple[int, ...]) -> None:
    images = ImageArrays(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    for row in range(5):
        np.testing.assert_array_equal(decode_bytes(images.read(row)), images.decode(row))


def test_what_an_array_reads_depends_on_its_shape() -> None:
    flat, tall = (ImageArrays(np.zeros((1, *shape), np.uint8)) for shape in [(2, 6), (6, 2)])
    assert flat.read(0) != tall.read(0)


def test_taking_from_arrays_keeps_the_order_asked_for() -> None:
    images = ImageArrays(np.arange(4, dtype=np.uint8).reshape(4, 1, 1))
    assert [int(images.take([3, 0]).decode(row)[0, 0, 0]) for row in range(2)] == [3, 0]
    assert len(images.take([])) == 0


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 4), np.uint8),
        np.zeros((2, 4, 4, 2), np.uint8),
        np.zeros((2, 0, 4), np.uint8),
        np.zeros((2, 4, 4), np.float32),
    ],
)
def test_arrays_of_another_shape_or_type_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match=r"pictures must be uint8 of the shape .*got "):
        ImageArrays(pixels)
