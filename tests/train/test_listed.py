"""Runs on large label sets, from samples to the command line."""

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import sparse

from multihot.data import Features, Samples, read, write
from multihot.errors import ArgumentError, DataError, LabelError, MissingExtraError, RecipeError, RunError
from multihot.evaluate import evaluate
from multihot.labels import LabelSpace, Targets
from multihot.recipe import Recipe
from multihot.report import write_report
from multihot.run import ListedRun, Run, load_results, load_run
from multihot.train import listed, train

LABELS, WIDTH = 25, 100
ONE_VS_REST = Recipe.parse({"encoder": {"name": "one_vs_rest", "c": 1.0}})


def made(samples: int, seed: int = 0) -> Samples:
    random = np.random.default_rng(seed)
    present = random.random((samples, LABELS)) < 0.1
    values = np.repeat(present, 4, axis=1) * (random.random((samples, WIDTH)) < 0.7)
    values = np.maximum(values, random.random((samples, WIDTH)) < 0.03).astype(float)
    return Samples(
        tuple(f"s{row}" for row in range(samples)),
        Features(sparse.csr_array(values)),
        LabelSpace(tuple(f"label {label}" for label in range(LABELS))),
        Targets.from_dense(present),
        source="made",
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ListedRun:
    trained = train(made(400), ONE_VS_REST, tmp_path_factory.mktemp("runs") / "run")
    assert isinstance(trained, ListedRun)
    return trained


def test_a_run_is_what_its_folder_says(run: ListedRun) -> None:
    loaded, fresh = load_run(run.folder), made(30, seed=1)
    assert isinstance(loaded, ListedRun)
    assert list(loaded.label_sets(fresh.ids, fresh.features)) == list(run.label_sets(fresh.ids, fresh.features))
    assert loaded.metrics()["test"]["precision_at_1"]["value"] > 0.8
    assert loaded.metrics()["test"]["micro_f1"]["value"] > 0.7
    assert loaded.trained_on + sum(len(loaded.scores().part(part)) for part in ("validation", "test")) == 400
    np.testing.assert_array_equal(loaded.positives, run.positives)


def test_scores_are_kept_as_they_were(run: ListedRun) -> None:
    scores, samples = run.scores().part("test"), made(400)
    rows = [int(name[1:]) for name in scores.ids]
    np.testing.assert_array_equal(scores.targets.dense(), samples.targets.take(rows).dense())
    ranked = run.rank(samples.features.take(rows))
    np.testing.assert_array_equal(scores.ranked.labels, ranked.labels)
    np.testing.assert_array_equal(scores.decided, run.decision.decide(run.decision.probabilities(ranked.scores)))
    figures = scores.report(run.space.names, run.propensities).to_dict()
    assert figures == run.metrics()["test"]


def test_the_decision_was_fitted_on_validation_alone(run: ListedRun) -> None:
    validation = run.scores().part("validation")
    assert run.decision.fitted_on == len(validation)
    split = run.split()
    parts = dict(zip(split["id"].to_pylist(), split["part"].to_pylist(), strict=True))
    assert {parts[name] for name in validation.ids} == {"validation"}


def test_label_sets_name_the_best_first(run: ListedRun) -> None:
    fresh = made(20, seed=1)
    for label_set in run.predict(fresh.features):
        values = list(label_set.probabilities.values())
        assert values == sorted(values, reverse=True)
        assert len(values) == 20
        assert label_set.labels == tuple(label_set.probabilities)[: len(label_set.labels)]


def test_evaluating_the_test_part_gives_its_figures(run: ListedRun) -> None:
    samples = made(400)
    rows = [int(name[1:]) for name in run.scores().part("test").ids]
    found = evaluate(run, samples.take(rows)).report.to_dict()
    expected = run.metrics()["test"]
    assert found.keys() == expected.keys()
    for name, figure in expected.items():
        assert found[name]["value"] == pytest.approx(figure["value"]), name
    with pytest.raises(DataError, match="expected 100 features a sample, got 99"):
        evaluate(run, replace(samples, inputs=Features(samples.features.dense()[:, :99])))


def test_the_page_is_whole(run: ListedRun, seen_on: Callable[[str], str]) -> None:
    said = seen_on(write_report(run).read_text())
    assert "25 labels · one_vs_rest" in said
    assert "the best label is right for about" in said
    assert "P@5" in said
    assert {path.name for path in (run.folder / "plots").iterdir()} == {"by_frequency.png", "reliability.png"}


def test_a_run_without_held_out_samples(tmp_path: Path, seen_on: Callable[[str], str]) -> None:
    recipe = Recipe.parse({"encoder": {"name": "one_vs_rest"}, "split": {"train": 1.0, "validation": 0.0, "test": 0.0}})
    alone = train(made(60), recipe, tmp_path / "run")
    assert alone.metrics()["test"]["precision_at_1"]["value"] is None
    assert "No labelled samples were held out" in seen_on(write_report(alone).read_text())


def test_runs_of_the_two_kinds_are_told_apart(run: ListedRun, shapes_run: Run, tmp_path: Path) -> None:
    assert isinstance(load_run(shapes_run.folder), Run)
    assert isinstance(load_results(run.folder), ListedRun)
    with pytest.raises(RunError, match="lists the best labels, and this needs a score for every label"):
        Run.load(run.folder)
    with pytest.raises(DataError, match="takes feature vectors"):
        run.predict(["a.jpg"])
    other = tmp_path / "labels.json"
    other.write_text(json.dumps(LabelSpace(run.space.names[::-1]).to_dict()))
    with pytest.raises(LabelError, match="another label order"):
        type(run.decision).from_dict(run.decision.to_dict(), LabelSpace.load(other))


def test_large_sets_choose_their_scorer_and_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "multihot")
    samples = made(400)
    assert listed.scorer_for(samples) is None
    monkeypatch.setattr(listed, "LARGE", 10_000)
    monkeypatch.setattr(listed, "MANY", 20)
    assert listed.scorer_for(made(399)) is None
    assert getattr(listed.scorer_for(samples), "name", None) == "one_vs_rest"
    assert "400 samples x 25 labels are 1e+04 cells" in caplog.text
    chosen = train(samples, None, tmp_path / "chosen")
    assert chosen.recipe.encoder.name == "one_vs_rest"
    named = train(samples, Recipe.parse({"encoder": "identity"}), tmp_path / "named")
    assert isinstance(named, Run)
    monkeypatch.setattr(listed, "ONE_VS_REST_WORK", 10)
    assert getattr(listed.scorer_for(samples), "name", None) == "label_trees"
    dense = samples.targets.dense()
    dense[0, 0] = np.nan
    hidden = replace(samples, targets=Targets.from_dense(dense))
    assert getattr(listed.scorer_for(hidden), "name", None) == "one_vs_rest"


def test_rare_labels_are_split_at_random(tmp_path: Path) -> None:
    """Every label on every side would leave less than half of the samples to train on."""
    random = np.random.default_rng(0)
    samples, labels = 300, 200
    present = np.zeros((samples, labels), bool)
    present[np.arange(samples).repeat(3), random.integers(0, labels, 3 * samples)] = True
    rare = Samples(
        tuple(map(str, range(samples))),
        Features(sparse.csr_array(np.eye(samples))),
        LabelSpace(tuple(map(str, range(labels)))),
        Targets.from_dense(present),
    )
    run = train(rare, Recipe.parse({"encoder": {"name": "one_vs_rest", "c": 1.0}}), tmp_path / "run")
    counts = run.split()["part"].to_pylist()
    assert [counts.count(part) for part in ("train", "validation", "test")] == [210, 30, 60]
    assert any("drawn at random, as half of the labels have fewer than 20 samples" in note for note in run.notes())


def test_what_lists_cannot_give_is_refused_before_training(tmp_path: Path) -> None:
    recipe = Recipe.parse({"encoder": "one_vs_rest", "decision": {"calibration": "isotonic"}})
    with pytest.raises(ArgumentError, match="needs a score for every label"):
        train(made(50), recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_would_be_ignored_is_refused(tmp_path: Path) -> None:
    for setting in ({"head": "chain"}, {"loss": "asymmetric"}):
        with pytest.raises(RecipeError, match="one_vs_rest brings its own head and loss"):
            train(made(50), Recipe.parse({"encoder": "one_vs_rest", **setting}), tmp_path / "run")


def test_nothing_is_begun_without_omikuji(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "omikuji", None)
    with pytest.raises(MissingExtraError, match=r"multihot\[extreme\]"):
        train(made(50), Recipe.parse({"encoder": "label_trees"}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_pictures_are_refused(shapes: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="one_vs_rest takes feature vectors"):
        train(read(shapes), ONE_VS_REST, tmp_path / "run")


def test_label_trees_from_end_to_end(tmp_path: Path) -> None:
    pytest.importorskip("omikuji", reason="omikuji is not installed (extra `extreme`)")
    run = train(made(400), Recipe.parse({"encoder": "label_trees"}), tmp_path / "run")
    assert run.metrics()["test"]["precision_at_1"]["value"] > 0.8
    fresh = made(20, seed=1)
    loaded = load_run(run.folder)
    assert isinstance(loaded, ListedRun)
    assert loaded.predict(fresh.features) == run.predict(fresh.features)


def test_from_the_command_line(tmp_path: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    write(made(300), tmp_path / "data.svm")
    out = tmp_path / "run"
    assert call("train", tmp_path / "data.svm", "--encoder", "one_vs_rest", "--set", "encoder.c=1", "--out", out) == 0
    assert "precision_at_5" in capsys.readouterr().out
    assert call("evaluate", out, tmp_path / "data.svm", "--json") == 0
    assert json.loads(capsys.readouterr().out)["ndcg_at_5"]["value"] > 0.7
    for ending in ("jsonl", "csv", "parquet"):
        assert call("predict", out, tmp_path / "data.svm", "--out", tmp_path / f"sets.{ending}") == 0
    first = json.loads((tmp_path / "sets.jsonl").read_text().splitlines()[0])
    row = pq.read_table(tmp_path / "sets.parquet").slice(0, 1).to_pylist()[0]
    assert (row["id"], row["labels"], row["listed"]) == (first["id"], first["labels"], list(first["probabilities"]))
    assert (tmp_path / "sets.csv").read_text().splitlines()[0] == "id,labels,error,listed"
    assert call("report", out) == 0
    assert call("train", tmp_path / "data.svm", "--out", out, "--resume") == 0
