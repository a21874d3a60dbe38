import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from multihot.explain import explain, write_heat_maps
from multihot.explain.files import free, safe
from multihot.run import Run

Call = Callable[..., int]


@given(st.text())
def test_any_name_is_safe(name: str) -> None:
    found = safe(name)
    assert found
    assert not found.startswith(".")
    assert "/" not in found
    assert "\0" not in found
    assert len(found.encode()) <= 90


def test_names_are_never_given_twice() -> None:
    taken: set[str] = set()
    names = [free(name, taken) for name in ["a-dog", "a-dog", "A-DOG", "a-dog-2"]]
    assert len({name.casefold() for name in names}) == 4


def test_every_label_has_a_file(shapes_run: Run, shapes: Path, tmp_path: Path) -> None:
    paths = [shapes / "red_disc" / "3.png", shapes / "blue_disc" / "3.png"]
    sets = list(write_heat_maps(explain(shapes_run, paths), tmp_path / "why"))
    assert [each.labels for each in sets] == [each.labels for each in shapes_run.predict(paths)]
    files = sorted((tmp_path / "why").iterdir())
    assert len(files) == sum(len(each.labels) for each in sets)
    with Image.open(tmp_path / "why" / "3-red.png") as image:
        assert image.size == (32, 32)
        assert image.info["Title"] == str(paths[0])
        assert (image.info["Label"], image.info["Method"]) == ("red", "exact")
        assert float(image.info["Probability"]) == pytest.approx(sets[0].probabilities["red"], rel=1e-5)


def test_the_command_writes_maps_and_predictions(
    call: Call, shapes_run: Run, shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    arguments = ["predict", shapes_run.folder, shapes / "red" / "3.png", bad, "--explain", tmp_path / "why"]
    assert call(*arguments, "--out", tmp_path / "sets.jsonl") == 0
    assert "1 of 2 pictures could not be read" in capsys.readouterr().err
    assert len((tmp_path / "sets.jsonl").read_text().splitlines()) == 2
    assert (tmp_path / "why" / "3-red.png").is_file()
    assert call(*arguments) == 2
    assert "is not empty" in capsys.readouterr().err
    assert call(*arguments, "--overwrite") == 0


def test_a_file_name_that_is_no_text_has_its_maps(shapes_run: Run, shapes: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    shutil.copy(shapes / "red" / "0.png", odd)
    list(write_heat_maps(explain(shapes_run, [odd]), tmp_path / "why"))
    assert [path.name for path in (tmp_path / "why").iterdir()] == ["caf_udce9-red.png"]


def test_what_has_no_maps_is_one_line(
    call: Call, exported: Path, shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("predict", exported, shapes / "red" / "3.png", "--explain", tmp_path / "why") == 2
    said = capsys.readouterr().err.strip()
    assert "has no maps in it; name the run directory" in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "why").exists()
