from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from multihot import demo
from multihot.data import read
from multihot.demo import COMPANIONS, ENEMIES, MOST_DIGITS, compose, random_digits, write_scenes

FEW = {"train": 90, "validation": 30, "test": 30}


def test_digits_keep_their_company() -> None:
    random = np.random.default_rng(0)
    scenes = [set(random_digits(random)) for _ in range(3000)]
    assert {len(scene) for scene in scenes} == set(range(MOST_DIGITS + 1))
    assert not any(set(pair) <= scene for scene in scenes for pair in ENEMIES)
    for digit, companion in COMPANIONS.items():
        having = [companion in scene for scene in scenes if digit in scene]
        lacking = [companion in scene for scene in scenes if digit not in scene]
        assert np.mean(having) > 1.5 * np.mean(lacking)


def test_digits_do_not_hide_each_other() -> None:
    random = np.random.default_rng(0)
    solid = [np.full((1, 8, 8), 255, dtype=np.uint8)] * 10
    for _ in range(50):
        scene = compose([1, 2, 3, 4, 5], solid, random)
        assert scene.shape == (64, 64)
        assert (scene == 255).sum() == 5 * 16 * 16


def test_scenes_are_a_source_with_a_declared_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SCENES", FEW)
    samples = read(write_scenes(tmp_path))
    assert len(samples) == 150
    assert samples.split is not None
    assert {part: samples.split.count(part) for part in FEW} == FEW
    assert set(samples.space) == set(demo.NAMES)


def test_the_demo_ends_with_label_sets_and_a_report(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    call: Callable[..., int],
) -> None:
    short = demo.RECIPE.full.model_copy(update={"epochs": 1})
    monkeypatch.setattr(demo, "SCENES", FEW)
    monkeypatch.setattr(demo, "RECIPE", demo.RECIPE.model_copy(update={"full": short}))
    for expected in ("run", "run-2"):
        assert call("demo", "--out", tmp_path / "demo") == 0
        said = capsys.readouterr().out
        assert "test-0000.png" in said
        assert str(tmp_path / "demo" / expected / "report.html") in said
        assert (tmp_path / "demo" / expected / "report.html").is_file()
