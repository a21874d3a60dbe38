"""What all tests share: real data, a small source of pictures, and a run on it."""

import os
import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch
from PIL import Image

from multihot.cli import main
from multihot.data import read
from multihot.progress import logger
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


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A function that runs `multihot ARGUMENTS` and gives the exit status."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["multihot", *map(str, arguments)])
        monkeypatch.setattr(logger, "handlers", [])  # what it writes to is gone after the test
        try:
            main()
        except SystemExit as stop:
            return int(stop.code or 0)
        return 0

    return run


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


@pytest.fixture(scope="session")
def exported(shapes_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run on the shapes as an ONNX file."""
    from multihot.export import export  # its libraries take seconds to load

    path = tmp_path_factory.mktemp("exported") / "shapes.onnx"
    export(shapes_run, path)
    return path


class _Page(HTMLParser):
    """What a browser would see: open tags, ids, addresses and text."""

    VOID = frozenset({"meta", "img", "br", "link", "input", "hr", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "action", "srcset", "poster", "data"):
                self.links.append(value or "")
            assert not name.startswith("on"), f"{tag} runs a script: {name}"
            assert tag != "img" or dict(attrs).get("alt"), "a picture has no text"
            assert tag != "th" or "scope" in dict(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _seen_on(text: str) -> str:
    page = _Page(text)
    assert not page.open
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert all(link.startswith(("#", "data:image/")) for link in page.links)
    assert page.tags.count("script") == 1
    assert "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert set(re.findall(r"https?://[\w./-]+", text)) <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b|Undefined", page.text)
    return " ".join(page.text.split())


@pytest.fixture(scope="session")
def seen_on() -> Callable[[str], str]:
    """A function that checks that a page of HTML is whole and asks for nothing outside it, and gives its text."""
    return _seen_on
