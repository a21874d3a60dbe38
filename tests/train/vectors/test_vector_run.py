"""Runs on feature vectors: trained, written, loaded, predicted with."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

import multihot as mh
from multihot.data import Features
from multihot.errors import DataError, RecipeError, RunError
from multihot.labels import LabelSpace, Targets
from multihot.models.encoders import BlendSettings, ForestSettings, IdentitySettings, KernelSettings
from multihot.predict import predict
from multihot.train.vectors import blend, search

NAMES = ("height", "width", "colour=blue", "colour=red")


def made(samples: int = 80, seed: int = 0) -> mh.Samples:
    generator = np.random.default_rng(seed)
    red = generator.random(samples) < 0.5
    values = np.stack([*generator.normal(size=(2, samples)), ~red, red], axis=1).astype(np.float64)
    values[generator.random(samples) < 0.1, 0] = np.nan
    targets = np.stack([np.nan_to_num(values[:, 0]) > 0, red], axis=1)
    ids = tuple(f"s{row}" for row in range(samples))
    return mh.Samples(ids, Features(values, NAMES), LabelSpace(("tall", "red")), Targets.from_dense(targets))


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> mh.Run:
    return mh.train(made(), mh.Recipe(encoder="identity"), tmp_path_factory.mktemp("vectors") / "run")


def test_a_loaded_run_gives_what_the_trained_one_did(run) -> None:
    loaded = mh.Run.load(run.folder)
    new = made(seed=1)
    assert loaded.predict(new.features) == run.predict(new.features)
    assert loaded.features == new.features.space
    assert mh.evaluate(loaded, new, replicates=0).report.to_dict()["macro_f1"]["value"] > 0.9


def test_the_run_says_how_it_was_cross_fitted(run) -> None:
    assert run.recipe.cross_fit == 5
    assert any("by a classifier that has not seen it (5 folds)" in note for note in run.notes())
    parts = run.split()["part"].to_pylist()
    assert set(parts) == {"train", "test"}
    assert len(run.scores().part("validation")) == parts.count("train")
    assert set(json.loads((run.folder / "features.json").read_text())) == {"width", "names"}


def test_the_report_is_written(run) -> None:
    assert mh.write_report(run).stat().st_size > 10_000


def test_features_are_found_by_name(run) -> None:
    new = made(seed=2)
    turned = Features(new.features.dense()[:, ::-1].copy(), NAMES[::-1])
    assert run.predict(turned) == run.predict(new.features)
    with pytest.raises(DataError, match="features are missing: 'height'"):
        run.predict(Features(new.features.dense()[:, 1:], NAMES[1:]))
    with pytest.raises(DataError, match="expected 4 features a sample, got 3"):
        run.predict(new.features.dense()[:, 1:])


def test_a_table_without_labels_is_predicted(run, tmp_path) -> None:
    table = pa.table({"width": [0.5, 1.0], "colour": ["red", "red"], "note": ["x", "y"], "height": [2.0, None]})
    path = tmp_path / "new.csv"
    pyarrow.csv.write_csv(table, path)
    found = list(predict(run, path))
    rows = np.array([[2.0, 0.5, 0, 1], [np.nan, 1.0, 0, 1]])
    assert [one.labels for one in found] == [one.labels for one in run.predict(rows)]
    np.save(tmp_path / "new.npy", rows)
    assert [one.probabilities for one in predict(run, tmp_path / "new.npy")] == [one.probabilities for one in found]
    pyarrow.csv.write_csv(table.drop(["height"]), path)
    with pytest.raises(DataError, match=r"no column height"):
        list(predict(run, path))


def test_pictures_and_vectors_are_not_taken_for_each_other(run, tmp_path) -> None:
    pictures = mh.ImageArrays(np.zeros((1, 8, 8, 3), np.uint8))
    with pytest.raises(DataError, match="trained on feature vectors, and cannot take pictures"):
        list(run.label_sets(["a"], pictures))
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataError, match=r"a\.jpg: expected feature vectors: a table, "):
        list(predict(run, tmp_path / "a.jpg"))
    with pytest.raises(RecipeError, match="takes pictures, and the samples are feature vectors"):
        mh.train(made(), mh.Recipe(encoder="cnn28"), tmp_path / "a")
    with pytest.raises(RecipeError, match="tune: full is about encoders of pictures"):
        mh.train(made(), mh.Recipe(tune="full"), tmp_path / "b")
    samples = mh.Samples(("a",), pictures, LabelSpace(("x",)), Targets.from_dense([[1]]))
    with pytest.raises(RecipeError, match="identity takes feature vectors, and the samples are pictures"):
        mh.train(samples, mh.Recipe(encoder="identity"), tmp_path / "c")


def test_a_declared_validation_part_fits_the_decision(tmp_path) -> None:
    samples = made()
    split = tuple("validation" if row % 4 == 0 else "test" if row % 4 == 1 else "train" for row in range(len(samples)))
    declared = mh.Samples(samples.ids, samples.inputs, samples.space, samples.targets, split)
    run = mh.train(declared, mh.Recipe(encoder="identity"), tmp_path / "run")
    assert run.recipe.cross_fit == 0
    assert run.scores().part("validation").ids == samples.ids[::4]


def test_audit_doubts_labels_of_vectors(run) -> None:
    samples = made(200, seed=3)
    states = samples.targets.dense()
    states[[5, 50], 1] = 1 - states[[5, 50], 1]  # red is told by the colour
    found = mh.audit(replace(samples, targets=Targets.from_dense(states)), run)
    assert found.labels is not None
    doubted = zip(found.labels.wrong.rows.tolist(), found.labels.wrong.labels.tolist(), strict=True)
    assert {(5, 1), (50, 1)} == {cell for cell in doubted if cell[1] == 1}


def test_the_report_says_which_samples_the_second_column_is_of(run) -> None:
    page = mh.write_report(run).read_text(encoding="utf-8")
    assert "Out of fold <small>64</small>" in page
    assert "each scored by a classifier that has not seen it\n(5 folds)" in page
    assert "0 validation" not in page


def test_a_search_leaves_a_run_that_says_what_was_tried_and_loads(tmp_path, monkeypatch, seen_on) -> None:
    monkeypatch.setattr(search, "CANDIDATES", (KernelSettings(), ForestSettings(trees=30), IdentitySettings()))
    losses = iter([0.3, 0.4, 0.5, 0.2])
    monkeypatch.setattr(search.Judge, "log_loss", lambda self, logits: next(losses))
    monkeypatch.setattr(blend, "blend_weights", lambda logits, targets, seed: np.full(len(logits), 0.3))
    run, new = mh.train(made(), mh.Recipe(encoder="auto"), tmp_path / "run"), made(seed=1)
    loaded = mh.Run.load(run.folder)
    assert loaded.predict(new.features) == run.predict(new.features)
    assert isinstance(loaded.recipe.encoder, BlendSettings)
    tried = [record for record in loaded.history() if record["stage"] == "search"]
    assert [record["encoder"] for record in tried] == ["kernel", "forest (trees 30)", "identity", "blend"]
    text = seen_on(mh.write_report(run).read_text(encoding="utf-8"))
    assert "Encoders tried" in text
    assert "in the blend, weight" in text


@pytest.mark.parametrize("text", ["{}", '{"width": "many", "names": null}', '{"width": 4, "names": 4}', "[1"])
def test_a_damaged_list_of_features_is_named(run, tmp_path, text) -> None:
    shutil.copytree(run.folder, tmp_path / "copy")
    (tmp_path / "copy" / "features.json").write_text(text)
    with pytest.raises(RunError, match=r"features\.json: "):
        mh.Run.load(tmp_path / "copy")
