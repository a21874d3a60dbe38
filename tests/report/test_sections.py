from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import binomtest

from multihot import metrics
from multihot.report import (
    CoOccurrence,
    Headline,
    PerLabel,
    PrecisionRecall,
    Reliability,
    Sections,
    Thresholds,
    TrainingCurves,
)
from multihot.report.candidates import Candidates
from multihot.report.precision_recall import envelope
from multihot.report.reliability import wilson
from multihot.run import Run

NAN = np.nan


def test_sections_show_test_samples(make_run: Callable[..., Run]) -> None:
    sections = Sections.of(make_run())
    assert sections.part == "test"
    assert sections.labels.targets.shape == (60, 5)
    assert isinstance(sections.thresholds.plot(), Figure)


def test_sections_fall_back_to_validation_samples(make_run: Callable[..., Run]) -> None:
    sections = Sections.of(make_run(test=0))
    assert sections.part == "validation"
    assert sections.labels.targets.shape == (40, 5)


def test_accounting_counts_every_sample(make_run: Callable[..., Run]) -> None:
    accounting = Sections.of(make_run()).accounting
    assert accounting.counts() == {"train": 20, "validation": 40, "test": 60, "set aside": 1}
    assert accounting.table().to_pylist() == [{"id": "broken.jpg", "reason": "truncated: 12 bytes are missing"}]


def figure(value: float | None, low: float | None = None, high: float | None = None) -> dict[str, float | None]:
    return {"value": value, "low": low, "high": high}


def test_headline_puts_parts_side_by_side() -> None:
    headline = Headline({"validation": {"hamming_loss": figure(0.1, 0.05, 0.2)}, "test": {"coco_cf1": figure(None)}})
    assert headline.table().to_pylist() == [
        {
            "figure": "hamming_loss", "better": "lower",
            "validation_value": 0.1, "validation_low": 0.05, "validation_high": 0.2,
            "test_value": None, "test_low": None, "test_high": None,
        },
        {
            "figure": "coco_cf1", "better": "higher",
            "validation_value": None, "validation_low": None, "validation_high": None,
            "test_value": None, "test_low": None, "test_high": None,
        },
    ]  # fmt: skip


def test_headline_knows_every_metric_and_keeps_those_it_does_not_know() -> None:
    headline = Headline({"test": {name: figure(0.5) for name in (*metrics.REGISTRY, "of_a_later_version")}})
    assert set(headline.table()["figure"].to_pylist()) == {*metrics.REGISTRY, "of_a_later_version"}


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({}, ""),
        ({"exact_match": figure(None)}, ""),
        (
            {"exact_match": figure(0.97, 0.95, 0.999)},
            (
                "Of 100 new samples like these, about 97 get exactly the right label set "
                "(95 to 99.9 with 95 % confidence)."
            ),
        ),
        (
            {"exact_match": figure(1.0), "micro_precision": figure(0.5), "micro_recall": figure(0.004)},
            (
                "Of 100 new samples like these, about 100 get exactly the right label set. "
                "Of 100 labels that it gives, 50 are right; of 100 that are there, it finds 0.4."
            ),
        ),
    ],
)
def test_headline_in_words(figures: dict[str, Any], expected: str) -> None:
    assert Headline({"test": figures}).sentence("test") == expected


def test_per_label_figures_skip_unknown_and_are_null_without_positives() -> None:
    targets = np.array([[1, 0], [1, 0], [0, NAN], [NAN, 0]], np.float32)
    scores = np.array([[2, 1], [-1, -1], [1, 5], [9, -2]], np.float32)
    rows = PerLabel(("a", "b"), np.array([0.5, 0.6]), targets, scores, scores > 0).table().to_pylist()
    assert rows[0]["support"] == 2
    assert rows[0]["known"] == 3
    assert rows[0]["decided"] == 2
    assert rows[0]["precision"] == 0.5
    assert rows[0]["recall"] == 0.5
    assert rows[0]["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert rows[1]["support"] == 0
    assert rows[1]["threshold"] == 0.6
    assert rows[1]["f1"] is None
    assert rows[1]["average_precision"] is None


def judged(loss: float, precision: float | None = 0.5) -> dict[str, float | None]:
    return {"loss": loss, "mean_average_precision": precision}


def test_training_shows_each_stage_and_the_record_whose_weights_were_kept() -> None:
    history = [
        *(
            {"stage": "head", "l2": l2, "train": judged(loss / 2), "validation": judged(loss), "kept": l2 == 0.1}
            for l2, loss in ((1.0, 0.3), (0.1, 0.2), (0.01, 0.4))
        ),
        *(
            {
                "stage": "full",
                "epoch": epoch,
                "train": judged(0.1),
                "validation": judged(0.2, precision),
                "kept": epoch == 3,
            }
            for epoch, precision in ((1, 0.7), (2, None), (3, 0.8))
        ),
    ]
    curves = TrainingCurves(history)
    kept = curves.table().filter(curves.table()["kept"]).to_pylist()
    assert [(row["stage"], row["step"]) for row in kept] == [("head", 0.1), ("full", 3.0)]
    assert curves.table()["validation_mean_average_precision"].null_count == 1
    assert len(curves.plot().axes) == 4
    assert "l2 0.1 was kept" in curves.describe()


def test_cooccurrence_counts_known_pairs_the_most_different_first() -> None:
    targets = np.array([[1, 1, 0], [1, NAN, 0], [1, 0, 1], [1, 1, 0]], np.float32)
    decided = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], bool)
    section = CoOccurrence(("a", "b", "c"), targets, decided)
    assert section.table().to_pylist() == [
        {"label": "b", "other": "c", "together_true": 0, "together_decided": 2},
        {"label": "a", "other": "b", "together_true": 2, "together_decided": 1},
        {"label": "a", "other": "c", "together_true": 1, "together_decided": 2},
    ]
    assert section.true_shares[0, 1] == pytest.approx(2 / 3)  # b is unknown in one of the four samples with a
    assert section.true_shares[1, 0] == 1


def test_cooccurrence_puts_labels_that_stand_together_side_by_side() -> None:
    pairs = np.kron(np.eye(3), np.ones((1, 2)))[:, [0, 2, 4, 1, 3, 5]]
    section = CoOccurrence("abcdef", pairs, pairs.astype(bool))
    order = "".join("abcdef"[label] for label in section.shown)
    assert {frozenset(order[place : place + 2]) for place in (0, 2, 4)} == set(map(frozenset, ("ad", "be", "cf")))


def test_cooccurrence_shows_the_most_frequent_of_many() -> None:
    targets = np.zeros((10, 60))
    targets[:, 20:] = 1
    assert sorted(CoOccurrence([str(label) for label in range(60)], targets, targets > 0).shown) == list(range(20, 60))


def test_reliability_by_hand() -> None:
    targets = np.array([[0, 1, 1], [NAN, 0, 1]], np.float32)
    probabilities = np.array([[0.05, 0.31, 1.0], [0.5, 0.39, 0.95]], np.float32)
    logits = np.linspace(-3, 3, 6, dtype=np.float32).reshape(2, 3)
    section = Reliability(targets, probabilities, logits)
    before = metrics.expected_calibration_error(targets, 1 / (1 + np.exp(-logits)))
    assert section.error_before_calibration == pytest.approx(before)
    table = section.table().to_pydict()
    assert table["count"] == [1, 2, 2]
    assert table["frequency"] == [0, 0.5, 1]
    assert table["probability"] == pytest.approx([0.05, 0.35, 0.975])
    assert table["from"] == pytest.approx([0.0, 0.3, 0.9])


@pytest.mark.parametrize(("right", "count"), [(0, 5), (3, 7), (40, 40), (1, 1)])
def test_wilson_is_that_of_scipy(right: int, count: int) -> None:
    low, high = wilson(np.array([right / count]), np.array([float(count)]))
    expected = binomtest(right, count).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_thresholds_tell_what_others_would_have_given() -> None:
    targets = np.array([[1, 0], [1, 0], [0, 0], [0, 0]], np.float32)
    probabilities = np.array([[0.9, 0.5], [0.4, 0.1], [0.3, 0.2], [0.1, 0.1]], np.float32)
    section = Thresholds(("a", "never"), np.array([0.6, 0.5]), targets, probabilities)
    first, never = section.table().to_pylist()
    assert first["f1"] == pytest.approx(2 / 3)
    assert first["best_f1"] == 1
    assert 0.3 < first["best_threshold"] <= 0.4
    assert never["f1"] != never["f1"]
    assert section.shown.tolist() == [0]
    assert "0.60 (a)" in section.describe()


def test_precision_recall_leaves_out_labels_without_positives() -> None:
    targets = np.array([[1, 0, NAN], [0, 0, 0], [1, 0, 1]], np.float32)
    scores = np.array([[3, 1, 2], [2, 2, 1], [1, 3, 3]], np.float32)
    section = PrecisionRecall(("a", "never", "c"), targets, scores)
    assert section.table().to_pylist() == [
        {"label": "a", "score": 3.0, "precision": 1.0, "recall": 0.5},
        {"label": "a", "score": 2.0, "precision": 0.5, "recall": 0.5},
        {"label": "a", "score": 1.0, "precision": pytest.approx(2 / 3), "recall": 1.0},
        {"label": "c", "score": 3.0, "precision": 1.0, "recall": 1.0},
        {"label": "c", "score": 1.0, "precision": 0.5, "recall": 1.0},
    ]
    values = envelope(section.curves["a"])
    assert values[[0, 50, 51, 100]] == pytest.approx([1, 1, 2 / 3, 2 / 3])


@pytest.mark.parametrize("labels", [1, 2, 300])
def test_nothing_to_plot_is_said_to_be_empty(labels: int) -> None:
    names = [str(label) for label in range(labels)]
    nothing = np.full((3, labels), NAN, np.float32)
    zeros = np.zeros_like(nothing)
    assert PrecisionRecall(names, nothing, zeros).empty
    assert Thresholds(names, np.full(labels, 0.5), nothing, zeros).empty
    assert Reliability(nothing, zeros, zeros).empty
    assert TrainingCurves([]).empty
    assert CoOccurrence(names, nothing, zeros > 0).empty == (labels == 1)


def test_training_curves_of_a_head_trained_in_epochs() -> None:
    judged = {"loss": 0.5, "mean_average_precision": 0.7}
    history = [
        {
            "stage": "head",
            "epoch": 1,
            "train": {**judged, "mean_average_precision": None},
            "validation": judged,
            "kept": 1,
        },
        {"stage": "head", "epoch": 2, "train": None, "validation": judged, "kept": 0},
    ]
    curves = TrainingCurves([{**record, "kept": bool(record["kept"])} for record in history])
    assert curves.table()["step"].to_pylist() == [1, 2]
    assert "epoch 1 was kept" in curves.describe()
    assert curves.plot() is not None
    assert TrainingCurves([{"stage": "encoder", "kept": True}]).empty


def test_candidates_are_those_of_the_search_alone() -> None:
    tried = {"stage": "search", "loss": 0.4, "objective": {"micro_f1": 0.7}, "seconds": 2.0}
    history = [
        {**tried, "encoder": "kernel", "kept": False, "weight": 0.5},
        {"stage": "search", "encoder": "dense", "skipped": "there is no time left", "kept": False},
        {**tried, "encoder": "blend", "kept": True},
        {"stage": "head", "l2": 1.0, "train": None, "validation": {"loss": 0.4}, "kept": True},
    ]
    rows = Candidates(history).table().to_pylist()
    assert [row["encoder"] for row in rows] == ["kernel", "dense", "blend"]
    assert [row["value"] for row in rows] == [0.7, None, 0.7]
    assert [row["skipped"] for row in rows] == [None, "there is no time left", None]
    assert not TrainingCurves(history[:3]).table().num_rows
    assert Candidates(history[3:]).table().num_rows == 0
