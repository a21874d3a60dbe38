import logging
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from multihot.data import Features, ImageArrays, Samples, read
from multihot.errors import DataError, RecipeError, RunError
from multihot.labels import LabelSpace, Targets
from multihot.recipe import FullSettings, Recipe
from multihot.run import RECIPE, Run, write_recipe
from multihot.train import session, train
from multihot.train.settle import settle

SMALL = Recipe.parse({"encoder": {"name": "cnn32", "pooling": "average+max"}, "tune": "head", "device": "cpu"})


def test_a_run_directory_holds_what_the_design_says(shapes_run: Run) -> None:
    assert {path.name for path in shapes_run.folder.iterdir()} == {
        "recipe.yaml",
        "labels.json",
        "model.safetensors",
        "decision.json",
        "split.parquet",
        "history.jsonl",
        "metrics.json",
        "scores.parquet",
    }


def test_it_learns_and_says_so_with_intervals(shapes_run: Run) -> None:
    test = shapes_run.metrics()["test"]
    assert test["mean_average_precision"]["value"] > 0.9
    loss = test["log_loss"]
    assert loss["low"] < loss["value"] < loss["high"]


def test_all_samples_are_accounted_for(shapes_run: Run) -> None:
    parts = shapes_run.split()["part"].to_pylist()
    assert len(parts) == 84
    assert {part: parts.count(part) for part in set(parts)} == {"train": 59, "validation": 8, "test": 17}
    scores = shapes_run.scores()
    assert sorted(scores.parts) == ["test"] * 17 + ["validation"] * 8


def test_the_recipe_has_every_choice_made(shapes_run: Run) -> None:
    recipe = Recipe.load(shapes_run.folder / "recipe.yaml")
    assert recipe == shapes_run.recipe
    assert recipe.encoder.size == 32
    assert recipe.provenance["source"].endswith("shapes")
    assert {"multihot", "torch", "python"} <= set(recipe.provenance)


def test_the_same_recipe_gives_the_same_numbers(shapes: Path, shapes_run: Run, tmp_path: Path) -> None:
    again = train(read(shapes), shapes_run.recipe, tmp_path / "again")
    for name in ("metrics.json", "scores.parquet", "split.parquet", "model.safetensors", "decision.json"):
        assert (again.folder / name).read_bytes() == (shapes_run.folder / name).read_bytes(), name


def test_bad_pictures_are_set_aside_by_name(shapes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = tmp_path / "shapes"
    shutil.copytree(shapes, source)
    (source / "red" / "empty.png").touch()
    (source / "red" / "words.png").write_text("no picture")
    good = (source / "blue" / "0.png").read_bytes()
    (source / "blue" / "cut.png").write_bytes(good[: len(good) // 2])
    with caplog.at_level(logging.INFO, logger="multihot"):
        run = train(read(source), SMALL, tmp_path / "run")
    assert "3 set aside" in caplog.text
    aside = [row for row in run.split().to_pylist() if row["part"] == "set aside"]
    reasons = {row["id"]: row["reason"] for row in aside}
    assert set(reasons) == {"red/empty.png", "red/words.png", "blue/cut.png"}
    assert reasons["red/empty.png"] == "empty file"
    assert "not a picture" in reasons["red/words.png"]
    assert "truncated" in reasons["blue/cut.png"]


def test_too_many_bad_pictures_end_the_run(shapes: Path, tmp_path: Path) -> None:
    source = tmp_path / "shapes"
    shutil.copytree(shapes, source)
    (source / "red" / "empty.png").touch()
    strict = SMALL.model_copy(update={"bad_limit": 0.0})
    with pytest.raises(DataError, match=r"1 of 85 pictures cannot be read .*bad_limit=0.*red/empty\.png: empty file"):
        train(read(source), strict, tmp_path / "run")


def arrays(count: int, labels: np.ndarray, **facts: object) -> Samples:
    pixels = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    names = tuple(f"label {number}" for number in range(labels.shape[1]))
    return Samples(
        tuple(map(str, range(count))),
        ImageArrays(pixels),
        LabelSpace(names),
        Targets.from_dense(labels),
        **facts,  # type: ignore[arg-type]
    )


def test_arrays_with_unknown_and_empty_cells(tmp_path: Path) -> None:
    labels = (np.random.default_rng(1).random((40, 3)) < 0.4).astype(float)
    labels[::5, 0] = np.nan
    labels[:, 1] = 0  # never present
    labels[::7] = 0
    labels[3] = np.nan
    recipe = Recipe.parse({"encoder": "cnn28", "tune": "head", "device": "cpu"})
    run = train(arrays(40, labels), recipe, tmp_path / "run")
    assert np.isnan(run.scores().targets).any()
    assert len(run.predict(np.zeros((2, 28, 28), dtype=np.uint8))) == 2


@pytest.mark.parametrize("shares", [(0.8, 0.0, 0.2), (0.8, 0.2, 0.0)])
def test_a_part_may_be_missing(tmp_path: Path, shares: tuple[float, float, float]) -> None:
    labels = (np.random.default_rng(1).random((30, 2)) < 0.5).astype(float)
    settings = dict(zip(("train", "validation", "test"), shares, strict=True))
    recipe = Recipe.parse({"encoder": "cnn28", "tune": "head", "device": "cpu", "split": settings})
    run = Run.load(train(arrays(30, labels), recipe, tmp_path / "run").folder)
    assert run.predict(np.zeros((1, 28, 28), dtype=np.uint8))[0].error is None


def test_what_was_noticed_is_kept_and_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    labels = np.zeros((20, 2))
    labels[::2, 0] = labels[0, 1] = 1
    recipe = Recipe.parse({"encoder": "cnn28", "tune": "head", "device": "cpu"})
    with caplog.at_level(logging.INFO, logger="multihot"):
        run = train(arrays(20, labels, notes=("two names differ by case",)), recipe, tmp_path / "run")
    assert run.notes() == [
        "two names differ by case",
        "split: no validation sample has label 1",
        "split: no test sample has label 1",
    ]
    assert all(note in caplog.text for note in run.notes())


@pytest.mark.parametrize(("tune", "message"), [("full", "there is one: start several"), ("head", "the head alone")])
def test_what_cannot_be_sharded_is_said(shapes: Path, tmp_path: Path, tune: str, message: str) -> None:
    recipe = Recipe.parse({"encoder": "cnn32", "tune": tune, "device": "cpu", "full": {"parallel": "sharded"}})
    with pytest.raises(RecipeError, match=f"full.parallel: sharded .*{message}"):
        train(read(shapes), recipe, tmp_path / "run")


def test_vectors_are_not_sharded(tmp_path: Path) -> None:
    space = LabelSpace(("a", "b"))
    samples = Samples(("0", "1"), Features(np.eye(2)), space, Targets.from_dense(np.eye(2)))
    with pytest.raises(RecipeError, match=r"full\.parallel: sharded is for encoders of pictures"):
        train(samples, Recipe.parse({"full": {"parallel": "sharded"}}), tmp_path / "run")


def test_how_weights_are_held_may_change_when_a_run_goes_on(shapes: Path, tmp_path: Path) -> None:
    recipe = Recipe.parse({"encoder": "cnn32", "tune": "full", "full": {"parallel": "sharded"}})
    begun = settle(recipe, read(shapes), tmp_path, resume=False)
    write_recipe(tmp_path / RECIPE, begun)
    replicated = recipe.model_copy(update={"full": FullSettings()})
    assert settle(replicated, read(shapes), tmp_path, resume=True) == begun.model_copy(update={"full": FullSettings()})
    assert settle(None, read(shapes), tmp_path, resume=True) == begun
    with pytest.raises(RunError, match="another recipe"):
        settle(recipe.model_copy(update={"full": FullSettings(epochs=7)}), read(shapes), tmp_path, resume=True)


def test_a_finished_run_is_not_taken_for_another(shapes: Path, shapes_run: Run) -> None:
    samples = read(shapes)
    with pytest.raises(RunError, match="another recipe"):
        train(samples, SMALL.model_copy(update={"seed": 9}), shapes_run.folder, resume=True)
    with pytest.raises(RunError, match="other samples"):
        train(samples.take(range(20)), SMALL, shapes_run.folder, resume=True)
    with pytest.raises(RunError, match="--out RUN"):
        train(samples, SMALL, resume=True)


def test_nothing_to_learn_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sample is known to have any of its 2 labels"):
        train(arrays(4, np.zeros((4, 2)), source="here"), SMALL, tmp_path / "run")
    with pytest.raises(DataError, match="no labels to learn"):
        train(arrays(4, np.empty((4, 0)), source="here"), SMALL, tmp_path / "run")
    with pytest.raises(DataError, match="no usable sample"):
        train(arrays(4, np.ones((4, 1)), source="here").take([]), SMALL, tmp_path / "run")


def test_a_folder_in_use_is_left_alone(shapes: Path, shapes_run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="already holds a run"):
        train(read(shapes), SMALL, shapes_run.folder)
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(RunError, match="not empty and not a run"):
        train(read(shapes), SMALL, tmp_path)
    assert train(read(shapes), SMALL, shapes_run.folder, resume=True).space == shapes_run.space


def test_a_place_that_no_run_can_be_written_to_is_said_before_pictures_are_read(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "train_pictures", None)
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "runs" / "a"):
        with pytest.raises(RunError, match=r"no run can be written there, as .*file is a file; choose another --out"):
            train(read(shapes), SMALL, out)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(RunError, match="may not be written to"):
        train(read(shapes), SMALL, tmp_path / "run")


def test_points_in_a_folders_name_are_kept(shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(shapes, tmp_path / "shapes.v2")
    assert train(read("shapes.v2"), SMALL).folder == Path("runs/shapes.v2")


def test_split_parquet_says_where_pictures_lie(shapes: Path, shapes_run: Run) -> None:
    table = pq.read_table(shapes_run.folder / "split.parquet").to_pylist()
    assert all(Path(row["path"]) == (shapes / row["id"]).resolve() for row in table)
