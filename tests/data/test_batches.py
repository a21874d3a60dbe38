from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from multihot.data import ImageArrays, ImageFiles, content_hash
from multihot.data.batches import load_batches
from multihot.data.picture_cache import PictureCache
from multihot.errors import ImageError

PIXELS = np.random.default_rng(0).integers(0, 256, (70, 10, 12, 3), dtype=np.uint8)
IMAGES = ImageArrays(PIXELS)


def test_batches_cover_the_rows_once() -> None:
    batches = list(load_batches(IMAGES, list(range(70)), 8, 32))
    assert [pixels.shape for _, pixels in batches] == [(32, 3, 8, 8), (32, 3, 8, 8), (6, 3, 8, 8)]
    assert np.concatenate([rows for rows, _ in batches]).tolist() == list(range(70))
    assert batches[0][1].dtype == torch.uint8
    assert batches[0][1].is_contiguous(memory_format=torch.channels_last)
    assert list(load_batches(IMAGES, [], 8, 32)) == []


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_order_is_that_of_the_rows_with_any_number_of_threads(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = np.random.default_rng(1).permutation(70)
    expected = torch.cat([pixels for _, pixels in load_batches(IMAGES, order, 8, 32)])
    monkeypatch.setattr("multihot.data.ahead.cores", lambda: threads)
    torch.testing.assert_close(torch.cat([pixels for _, pixels in load_batches(IMAGES, order, 8, 32)]), expected)


def test_from_the_second_epoch_on_no_file_is_read(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for path, picture in zip(paths, PIXELS, strict=False):
        Image.fromarray(picture).save(path)
    images = ImageFiles(paths)
    cache = PictureCache([content_hash(images.read(row)) for row in range(5)], 8, tmp_path)
    (first,) = load_batches(images, [3, 1, 4, 0, 2], 8, 5, cache)
    for path in paths:
        path.unlink()
    (second,) = load_batches(images, [3, 1, 4, 0, 2], 8, 5, cache)
    torch.testing.assert_close(second[1], first[1])


def test_a_picture_that_broke_since_stops_training_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"a\.png: was readable before, and is not now: not a picture"):
        list(load_batches(ImageFiles([tmp_path / "a.png"]), [0], 8, 2))
