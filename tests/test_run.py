import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from multihot.data import ImageFiles
from multihot.errors import LabelError, RunError
from multihot.run import Run, free_name, write_json


@pytest.fixture
def copy(shapes_run: Run, tmp_path: Path) -> Path:
    """A run directory to spoil."""
    return Path(shutil.copytree(shapes_run.folder, tmp_path / "run"))


def test_a_loaded_run_predicts_what_the_trained_one_did(shapes: Path, shapes_run: Run) -> None:
    pictures = sorted(map(str, shapes.glob("*/1*.png")))
    expected = shapes_run.predict(pictures)
    assert Run.load(shapes_run.folder).predict(pictures) == expected
    right = sum(set(found.labels) == set(Path(found.id).parent.name.split("_")) for found in expected)
    assert right / len(expected) > 0.8


def test_scores_are_those_of_the_model_on_the_same_pictures(shapes: Path, shapes_run: Run) -> None:
    scores = shapes_run.scores().part("test")
    found = shapes_run.predict([shapes / name for name in scores.ids])
    probabilities = np.array([[row.probabilities[name] for name in shapes_run.space] for row in found])
    np.testing.assert_allclose(probabilities, scores.probabilities, atol=1e-4)


def test_bad_pictures_keep_their_place(shapes: Path, shapes_run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    good = shapes / "red" / "0.png"
    first, second, third = shapes_run.predict([tmp_path / "bad.png", good, "gone.png"])
    assert str(first.error).startswith("not a picture")
    assert first.labels == ()
    assert second.error is None
    assert "cannot be read" in str(third.error)


def test_arrays_and_files_are_seen_alike(shapes: Path, shapes_run: Run) -> None:
    path = shapes / "blue_disc" / "3.png"
    pixels = ImageFiles([path]).decode(0)
    (from_file,), (from_array,) = shapes_run.predict([path]), shapes_run.predict(pixels[np.newaxis])
    assert from_array.labels == from_file.labels
    assert from_array.probabilities == from_file.probabilities


def test_one_path_is_one_picture(shapes: Path, shapes_run: Run) -> None:
    path = shapes / "red" / "0.png"
    assert shapes_run.predict(path) == shapes_run.predict(str(path)) == shapes_run.predict([path])


def test_no_inputs_no_label_sets(shapes_run: Run) -> None:
    assert shapes_run.predict([]) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("metrics.json", "training did not finish"),
        ("model.safetensors", "training did not finish"),
        ("recipe.yaml", "not a run directory"),
    ],
)
def test_incomplete_runs_are_refused(copy: Path, name: str, message: str) -> None:
    (copy / name).unlink()
    with pytest.raises(RunError, match=message):
        Run.load(copy)


@pytest.mark.parametrize("name", ["model.safetensors", "decision.json", "labels.json"])
def test_damaged_files_are_named(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"\x00damaged")
    with pytest.raises((RunError, LabelError), match=name):
        Run.load(copy)


def test_no_such_run() -> None:
    with pytest.raises(RunError, match="no such run directory"):
        Run.load("nowhere")


def test_json_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}


def test_free_names_count_up(tmp_path: Path) -> None:
    for expected in ("run", "run-2", "run-3"):
        assert free_name(tmp_path / "run").name == expected
        (tmp_path / expected).mkdir()
