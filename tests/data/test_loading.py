from pathlib import Path

import numpy as np
import torch
from PIL import Image

from multihot.data import ImageArrays, ImageFiles, content_hash, decode_bytes
from multihot.data.loading import load, median_shorter_side, prepare, resize, stack

PIXELS = np.random.default_rng(0).integers(0, 256, (70, 10, 12, 3), dtype=np.uint8)


def test_resize_agrees_with_pillow_to_one_level() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(picture).resize((24, 24), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(resize(picture, 24).permute(1, 2, 0).numpy().astype(int) - expected).max() <= 1


def test_a_photograph_decoded_small_looks_the_same(shared_data: Path) -> None:
    files = sorted((shared_data / "voc2007" / "JPEGImages").iterdir())[:8]
    for content in (path.read_bytes() for path in files):
        full, reduced = resize(decode_bytes(content), 60), prepare(content, 60)
        assert decode_bytes(content, 60).shape[0] < decode_bytes(content).shape[0]
        assert (full.int() - reduced.int()).abs().float().mean() < 2


def test_pictures_lie_channels_last_one_by_one_and_together() -> None:
    one, other = (resize(picture, 8) for picture in PIXELS[:2])
    together = stack([one, other])
    assert one.stride() == (1, 24, 3)
    assert together.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(together, torch.stack([one, other]))


def test_contents_are_hashed_only_for_the_one_who_asks() -> None:
    images = ImageArrays(PIXELS[:1])
    assert [picture.content for picture in load(images, [0], 8)] == [""]
    assert [picture.content for picture in load(images, [0], 8, skip=())] == [content_hash(images.read(0))]


def test_order_is_that_of_the_rows() -> None:
    rows = np.random.default_rng(1).permutation(70).tolist()
    assert [picture.row for picture in load(ImageArrays(PIXELS), rows, 8)] == rows


def test_skipped_pictures_are_not_decoded() -> None:
    images = ImageArrays(PIXELS[:2])
    content = content_hash(images.read(0))
    first, second = load(images, [0, 1], 8, skip={content})
    assert first.pixels is None
    assert first.error is None
    assert second.pixels is not None
    assert second.pixels.shape == (3, 8, 8)


def test_median_shorter_side() -> None:
    assert median_shorter_side(ImageArrays(PIXELS)) == 10
    assert median_shorter_side(ImageFiles([Path("gone.png")])) == 0
