from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from multihot.data import read
from multihot.data.loading import resize
from multihot.export.resize import resize_graph

Resize = Callable[[np.ndarray], np.ndarray]


def resized(side: int) -> Resize:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(resize_graph(side, 10).SerializeToString(), options)
    return lambda pixels: session.run(None, {"pixels": pixels})[0]


@pytest.mark.parametrize("side", [7, 28, 96])
def test_pixels_are_those_of_the_loader(side: int) -> None:
    graph = resized(side)
    random = np.random.default_rng(side)
    for height, width in [(28, 28), (96, 96), (1, 1), (1, 300), (33, 29), (200, 131), (641, 97), (12, 250)]:
        picture = random.integers(0, 256, (height, width, 3), np.uint8)
        np.testing.assert_array_equal(graph(picture[None])[0], resize(picture, side).numpy())


def test_extremes_stay_extremes() -> None:
    for value in (0, 255):
        assert (resized(28)(np.full((1, 131, 57, 3), value, np.uint8)) == value).all()


def test_pictures_of_a_batch_do_not_mix() -> None:
    batch = np.random.default_rng(0).integers(0, 256, (3, 40, 50, 3), np.uint8)
    graph = resized(32)
    np.testing.assert_array_equal(graph(batch), np.concatenate([graph(picture[None]) for picture in batch]))


def test_photographs(shared_data: Path) -> None:
    images = read(shared_data / "voc2007").images
    graph = resized(224)
    for row in range(0, len(images), 250):
        picture = images.decode(row)
        np.testing.assert_array_equal(graph(picture[None])[0], resize(picture, 224).numpy())
