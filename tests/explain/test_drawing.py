import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from multihot.explain import heat, over, shades


@given(arrays.arrays(np.float32, (3, 4), elements=st.floats(-1e6, 1e6, width=32)))
def test_heat_is_a_share_of_the_hottest(label_map: np.ndarray) -> None:
    found = heat(label_map)
    assert found.min() >= 0
    assert found.max() == (1 if label_map.max() > 0 else 0)
    assert (found[label_map <= 0] == 0).all()


def test_what_is_cold_is_clear() -> None:
    found = shades(np.array([[0.0, 0.5, 1.0]], np.float32))
    assert found.shape == (1, 3, 4)
    alpha = found[0, :, 3].tolist()
    assert alpha[0] == 0 < alpha[1] < alpha[2] < 255
    assert found[0, 2, :3].mean() > found[0, 1, :3].mean()


@pytest.mark.parametrize("level", [0, 255])
def test_hot_and_cold_differ_on_dark_and_light_pictures(level: int) -> None:
    picture = np.full((60, 90, 3), level, np.uint8)
    warm = np.zeros((4, 6), np.float32)
    warm[1, 4] = 1
    drawn = np.asarray(over(picture, warm, 800)).astype(int)
    assert drawn.shape == (60, 90, 3)
    hot, cold = drawn[22, 67], drawn[50, 10]
    assert abs(hot - cold).max() > 60
    assert cold[0] == cold[1] == cold[2]
    hottest = np.unravel_index((drawn - cold).__abs__().sum(2).argmax(), (60, 90))
    assert abs(hottest[0] - 22) <= 8
    assert abs(hottest[1] - 67) <= 8


def test_large_pictures_are_drawn_smaller() -> None:
    assert over(np.zeros((600, 1200, 3), np.uint8), np.zeros((2, 2), np.float32), 400).size == (400, 200)
