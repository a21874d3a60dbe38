import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multihot import decisions
from multihot.data import Features, Samples
from multihot.data.split import stratify
from multihot.decisions import DecisionSettings
from multihot.errors import ArgumentError, DataError, LabelError, RunError
from multihot.labels import LabelSpace, Targets
from multihot.report import write_report
from multihot.run import ScoreEvaluation, load_results
from multihot.scores import (
    ScoreTable,
    evaluate_scores,
    predict_from_scores,
    read_score_table,
    read_targets,
    write_evaluation,
)

SPACE = LabelSpace(("red", "blue", "dress"))
N = 120


def made(seed: int = 0, unknown: float = 0.1) -> tuple[ScoreTable, Samples]:
    """Scores that tell a good deal about the targets, which are listed in another order of samples and labels."""
    random = np.random.default_rng(seed)
    present = random.random((N, 3)) < [0.5, 0.3, 0.2]
    logits = 2.0 * present + random.normal(0, 1, (N, 3)) - 1
    dense = np.where(random.random((N, 3)) < unknown, np.nan, present)
    ids = tuple(f"s{row}" for row in range(N))
    rows, columns = random.permutation(N), [2, 0, 1]
    samples = Samples(
        tuple(ids[row] for row in rows),
        Features(np.zeros((N, 0), np.float32)),
        LabelSpace(tuple(SPACE.names[column] for column in columns)),
        Targets.from_dense(dense[rows][:, columns]),
        exhaustive=False,
    )
    return ScoreTable(ids, SPACE, logits, "logits"), samples


def test_samples_and_labels_are_brought_into_the_order_of_the_scores() -> None:
    table, samples = made()
    found = evaluate_scores(table, samples, replicates=0)
    by_position = evaluate_scores(table, found.samples.targets, replicates=0)
    assert found.report.to_dict() == by_position.report.to_dict()
    assert found.report.figures["micro_f1"].value > 0.7
    assert found.samples.ids == table.ids


def test_no_sample_decides_about_itself() -> None:
    table, samples = made(unknown=0)
    settings = DecisionSettings(objective="macro_f1")
    found = evaluate_scores(table, samples, settings, replicates=0)
    targets = found.samples.targets
    fold = stratify(targets, [0.2] * 5, seed=0)
    for held in range(5):
        others = decisions.fit(table.logits[fold != held], targets.dense()[fold != held], settings, SPACE)
        expected = others.probabilities(table.logits[fold == held])
        np.testing.assert_array_equal(found.scores.probabilities[fold == held], expected)
        np.testing.assert_array_equal(found.scores.decided[fold == held], others.decide(expected))
    assert found.folds == 5
    kept = decisions.fit(table.logits, targets.dense(), settings, SPACE)
    np.testing.assert_array_equal(found.decision.cuts, kept.cuts)
    assert (found.scores.decided != kept.decide(kept.probabilities(table.logits))).any()


def test_a_declared_split_is_kept() -> None:
    table, samples = made()
    parts = tuple(("validation", "test", "train")[row % 3] for row in range(N))
    found = evaluate_scores(replace(table, parts=parts), samples, replicates=0)
    assert found.folds is None
    assert set(found.reports) == {"validation", "test"}
    assert found.decision.fitted_on.samples == N // 3
    assert len(found.scores) == 2 * N // 3
    assert "training samples take no part" in found.notes[0]
    by_targets = dict(zip(table.ids, parts, strict=True))
    declared = replace(samples, split=tuple(by_targets[name] for name in samples.ids))
    again = evaluate_scores(table, declared, replicates=0)
    assert again.report.to_dict() == found.report.to_dict()
    swapped = tuple("test" if part == "validation" else part for part in parts)
    with pytest.raises(DataError, match="sample s0 is in test by the scores and in validation by the targets"):
        evaluate_scores(replace(table, parts=swapped), declared)
    cross_fitted = tuple("validation" if part == "train" else part for part in parts)
    assert len(evaluate_scores(replace(table, parts=cross_fitted), declared, replicates=0).scores) == N


def test_groups_are_not_divided_by_folds() -> None:
    table, samples = made()
    numbers = [int(name[1:]) for name in samples.ids]
    of_two = replace(samples, groups=tuple(str(number // 2) for number in numbers))
    grouped = evaluate_scores(table, of_two, DecisionSettings(calibration="temperature"), replicates=0)
    logits = grouped.scores.logits[:, 0].astype(np.float64)
    probability = grouped.scores.probabilities[:, 0].astype(np.float64)
    slopes = (np.log(probability / (1 - probability)) / logits).round(2)
    assert len(set(slopes)) > 1
    np.testing.assert_allclose(slopes[::2], slopes[1::2], atol=0.02)


@pytest.mark.parametrize("calibration", ["platt", "isotonic"])
def test_scores_that_only_rank_are_calibrated_whatever_their_scale(calibration: str) -> None:
    table, samples = made()
    settings = DecisionSettings.model_validate({"calibration": calibration})
    probabilities = []
    for scale, shift in ((0.001, 0.5), (1, 0), (1000, -1e4)):
        scaled = ScoreTable(table.ids, SPACE, scale * table.values + shift, "scores")
        found = evaluate_scores(scaled, samples, settings, replicates=0)
        assert found.report.figures["log_loss"].value < 0.3
        probabilities.append(found.scores.probabilities)
    np.testing.assert_allclose(probabilities[0], probabilities[1], atol=1e-4)
    np.testing.assert_allclose(probabilities[2], probabilities[1], atol=1e-4)
    with pytest.raises(ArgumentError, match="only rank become probabilities by calibration"):
        evaluate_scores(scaled, samples, DecisionSettings(calibration="none"))


def test_names_that_do_not_match_are_named() -> None:
    table, samples = made()
    with pytest.raises(DataError, match="1 samples have scores and no targets: s0"):
        evaluate_scores(table, samples.take([row for row in range(N) if samples.ids[row] != "s0"]))
    fewer = ScoreTable(table.ids[1:], SPACE, table.values[1:], "logits")
    with pytest.raises(DataError, match="1 samples have targets and no scores: s0"):
        evaluate_scores(fewer, samples)
    with pytest.raises(LabelError, match="1 labels have targets and no scores: dress"):
        evaluate_scores(ScoreTable(table.ids, LabelSpace(("red", "blue")), table.values[:, :2], "logits"), samples)
    more = ScoreTable(table.ids, LabelSpace((*SPACE.names, "hat")), np.c_[table.values, table.values[:, 0]], "logits")
    with pytest.raises(LabelError, match="1 labels have scores and no targets: hat"):
        evaluate_scores(more, samples)
    absent = evaluate_scores(more, replace(samples, exhaustive=True), replicates=0)
    assert absent.samples.targets.known()[3] == N
    assert absent.samples.targets.positives()[3] == 0
    with pytest.raises(ArgumentError, match="arrays without names must have the same shape"):
        evaluate_scores(table, np.zeros((N, 2)))


def test_too_few_samples() -> None:
    with pytest.raises(DataError, match="1 samples in 1 groups"):
        evaluate_scores(ScoreTable.from_array([[1.0]], "logits"), np.ones((1, 1)))
    with pytest.raises(DataError, match="all samples are training samples"):
        evaluate_scores(replace(ScoreTable.from_array([[1.0]], "logits"), parts=("train",)), np.ones((1, 1)))
    two = evaluate_scores(ScoreTable.from_array([[1.0], [-1.0]], "logits"), np.array([[1.0], [np.nan]]), replicates=0)
    assert two.folds == 2


def test_the_folder_is_shown_and_decides_new_scores(tmp_path: Path, seen_on: Callable[[str], str]) -> None:
    table, samples = made()
    found = evaluate_scores(replace(table, source="model.parquet"), samples, replicates=20)
    folder = tmp_path / "evaluated"
    written = write_evaluation(found, folder)
    loaded = load_results(folder)
    assert isinstance(loaded, ScoreEvaluation)
    assert loaded.metrics() == written.metrics()
    np.testing.assert_array_equal(loaded.scores().decided, found.scores.decided)
    said = seen_on(write_report(loaded).read_text())
    assert "logits of another tool" in said
    assert "120 measured, each decided by a fit on others (5 folds)" in said
    assert "Training" not in said
    swapped = ScoreTable(table.ids[:2], LabelSpace(SPACE.names[::-1]), table.values[:2, ::-1], "logits")
    sets = list(predict_from_scores(loaded, swapped))
    decided = loaded.decision.decide(loaded.decision.probabilities(table.logits[:2]))
    assert [label_set.labels for label_set in sets] == [
        tuple(name for name, is_in in zip(SPACE, row, strict=True) if is_in) for row in decided
    ]
    with pytest.raises(ArgumentError, match="the decision was fitted for logits, got scores"):
        list(predict_from_scores(loaded, replace(swapped, kind="scores")))
    with pytest.raises(RunError, match="exists already"):
        write_evaluation(found, folder)
    with pytest.raises(RunError, match=r"it has no evaluation.json"):
        ScoreEvaluation.load(tmp_path)


def test_scores_that_only_rank_have_no_error_before_calibration(tmp_path: Path, seen_on: Callable[[str], str]) -> None:
    table, samples = made()
    for kind, said in (("scores", False), ("logits", True)):
        own = ScoreTable(table.ids, SPACE, table.values, kind)  # type: ignore[arg-type]
        found = evaluate_scores(own, samples, replicates=0)
        page = seen_on(write_report(write_evaluation(found, tmp_path / kind)).read_text())
        assert ("before calibration" in page) == said


def write_files(folder: Path) -> tuple[Path, Path]:
    table, samples = made(unknown=0)
    columns = {f"logit.{name}": table.values[:, at] for at, name in enumerate(SPACE)}
    pq.write_table(pa.table({"id": table.ids, **columns}), folder / "scores.parquet")
    lists = [list(samples.targets.names(row, samples.space)) for row in range(N)]
    pq.write_table(pa.table({"id": samples.ids, "labels": lists}), folder / "targets.parquet")
    return folder / "scores.parquet", folder / "targets.parquet"


def test_from_the_command_line(tmp_path: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    scores, targets = write_files(tmp_path)

    given = ("evaluate", "--scores", scores, "--targets", targets)
    assert call(*given, "--objective", "macro_f1", "--set", "calibration=temperature", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    settings = DecisionSettings(objective="macro_f1", calibration="temperature")
    expected = evaluate_scores(read_score_table(scores), read_targets(targets), settings).report
    assert figures["macro_f1"]["value"] == pytest.approx(expected.figures["macro_f1"].value)

    out = tmp_path / "out"
    assert call(*given, "--out", out) == 0
    assert (out / "report.html").is_file()
    (out / "report.html").unlink()
    assert call("report", out) == 0
    assert call("predict", out, "--scores", scores, "--out", tmp_path / "sets.jsonl") == 0
    assert len((tmp_path / "sets.jsonl").read_text().splitlines()) == N
    capsys.readouterr()
    for wrong, said in (
        (("evaluate", "--scores", scores), "needs --scores and --targets"),
        (("evaluate", out, targets, "--scores", scores, "--targets", targets), "and neither RUN nor SOURCE"),
        (("evaluate",), "name a run and labelled samples"),
        (("evaluate", out, targets, "--objective", "macro_f1"), "belong to --scores"),
        (("predict", out, "--kind", "logits"), "belong to --scores"),
    ):
        assert call(*wrong) == 2
        assert said in capsys.readouterr().err
