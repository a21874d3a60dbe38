"""What all tests share: real data, a small source of pictures, and a run on it."""

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch
from PIL import Image

from multihot.data import read
from multihot.recipe import Recipe
from multihot.run import Run
from multihot.train import train

# The machines are noisy: how long an example takes says nothing. The same examples on every run, so that a failure
# can be seen again.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, or a skip that says what is missing."""
    folder = Path(os.environ.get("MULTIHOT_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set MULTIHOT_DATA)")
    return folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or fills the user's feature cache."""
    monkeypatch.setenv("MULTIHOT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Each worker of the suite computes on one core: two workers that each spin on two are many times slower."""
    torch.set_num_threads(1)


COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220), "green": (30, 200, 30)}


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder source that a small net learns in a moment: a colour, and a disc or none: `red_disc/3.png`."""
    folder = tmp_path_factory.mktemp("data") / "shapes"
    random = np.random.default_rng(0)
    down, across = np.mgrid[:32, :32]
    for colour, value in COLOURS.items():
        for disc in (False, True):
            own = folder / (f"{colour}_disc" if disc else colour)
            own.mkdir(parents=True)
            for number in range(14):
                picture = np.full((32, 32, 3), value) + random.integers(-25, 25, (32, 32, 3))
                if disc:
                    centre = random.integers(10, 22, 2)
                    picture[(down - centre[0]) ** 2 + (across - centre[1]) ** 2 < 64] = 240
                Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(own / f"{number}.png")
    return folder


SMALL = {"encoder": {"name": "cnn32", "pooling": "average+max"}, "tune": "head", "device": "cpu"}


@pytest.fixture(scope="session")
def shapes_run(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on the shapes: a linear head on a random small net."""
    folder = tmp_path_factory.mktemp("runs") / "shapes"
    return train(read(shapes), Recipe.parse(SMALL), folder)
