"""The report on the hard cells: a documented value for each, and never a warning (pytest turns them into errors)."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

from multihot import metrics
from multihot.errors import ArgumentError
from multihot.labels import LabelSpace, Targets

nan = math.nan


def values(*given: Any, **named: Any) -> dict[str, float]:
    return {name: figure.value for name, figure in metrics.report(*given, **named).figures.items()}


def everything(targets: Any, probabilities: Any) -> dict[str, float]:
    probabilities = np.asarray(probabilities)
    return values(targets, probabilities=probabilities, decided=probabilities >= 0.5)


def test_a_sample_with_nothing_present_and_nothing_decided() -> None:
    targets, probabilities = np.array([[1.0, 0], [0, 0]]), np.array([[0.9, 0.1], [0.2, 0.1]])
    figures = everything(targets, probabilities)
    for name in ("exact_match", "samples_f1", "samples_jaccard", "samples_precision", "samples_recall"):
        assert figures[name] == 1, name
    settled = values(targets, decided=probabilities >= 0.5, empty=0.0)
    assert settled["samples_f1"] == settled["samples_jaccard"] == 0.5
    assert settled["exact_match"] == 1


def test_a_sample_with_nothing_present_in_rankings() -> None:
    figures = everything(np.array([[0.0, 0]]), [[0.9, 0.1]])
    expected = {"label_ranking_average_precision": 1, "coverage_error": 0, "ranking_loss": 0, "one_error": 1,
                "precision_at_1": 0, "ndcg_at_1": 0, "recall_at_1": nan, "samples_average_precision": nan}  # fmt: skip
    np.testing.assert_equal({name: figures[name] for name in expected}, expected)


def test_labels_with_no_positive_are_left_out_and_noted() -> None:
    targets, probabilities = np.array([[1.0, 0], [0, 0]]), np.array([[0.9, 0.8], [0.2, 0.1]])
    found = metrics.report(targets, probabilities=probabilities, decided=probabilities >= 0.5, names=["red", "blue"])
    assert found.figures["macro_f1"].value == found.figures["mean_average_precision"].value == 1
    assert found.notes == ["1 of 2 labels have no known positive: blue"]
    kept = values(targets, probabilities=probabilities, decided=probabilities >= 0.5, keep_absent=True)
    assert kept["macro_f1"] == kept["mean_average_precision"] == 0.5
    assert kept["weighted_f1"] == 1


def test_all_unknown_samples_count_nowhere() -> None:
    targets, probabilities = np.array([[1.0, 0], [nan, nan]]), np.array([[0.9, 0.1], [0.9, 0.9]])
    found = metrics.report(targets, probabilities=probabilities, decided=probabilities >= 0.5)
    alone = metrics.report(targets[:1], probabilities=probabilities[:1], decided=probabilities[:1] >= 0.5)
    np.testing.assert_equal(found.to_dict(), alone.to_dict())
    assert "2 of 4 cells are unknown and count nowhere" in found.notes


def test_constant_scores() -> None:
    targets = np.array([[1.0, 0, 0, 1], [0, 1, 0, 0]])
    figures = values(targets, scores=np.zeros((2, 4)))
    assert figures["micro_auroc"] == figures["macro_auroc"] == 0.5
    assert figures["micro_average_precision"] == 3 / 8
    assert figures["precision_at_1"] == figures["precision_at_3"] == 3 / 8
    assert figures["one_error"] == 5 / 8
    assert figures["coverage_error"] == 4
    assert figures["ranking_loss"] == 1


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("state", [0.0, 1.0, nan])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1)])
def test_every_figure_of_the_smallest_cases_is_in_its_range(
    shape: tuple[int, int], state: float, probability: float
) -> None:
    figures = everything(np.full(shape, state), np.full(shape, probability))
    for name, value in figures.items():
        metric = metrics.REGISTRY[name]
        assert math.isnan(value) or metric.low <= value <= metric.high, name
        assert not math.isnan(state) or math.isnan(value), name


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_no_samples_or_no_labels_have_no_figures(shape: tuple[int, int]) -> None:
    probabilities = np.zeros(shape)
    found = metrics.report(np.zeros(shape), probabilities=probabilities, decided=probabilities > 0.5, replicates=5)
    assert all(math.isnan(figure.value) for figure in found.figures.values())
    assert len(found.table["support"]) == shape[1]
    assert metrics.curves(np.zeros(shape), probabilities) is not None


def test_one_sample_and_intervals() -> None:
    found = metrics.report(np.array([[1.0, 0]]), decided=np.array([[True, False]]), replicates=10)
    assert found.figures["exact_match"] == (1, 1, 1)


def test_undefined_is_null_in_json() -> None:
    found = metrics.report(np.array([[nan]]), decided=np.array([[True]]), replicates=10)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["exact_match"] == {
        "value": None,
        "low": None,
        "high": None,
    }


def test_without_replicates_bounds_are_undefined() -> None:
    figure = metrics.report(np.array([[1.0]]), decided=np.array([[True]])).figures["exact_match"]
    assert figure.value == 1
    assert math.isnan(figure.low)
    assert figure.to_dict() == {"value": 1.0, "low": None, "high": None}


def test_intervals_cover_the_value_and_follow_the_seed() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.random((200, 5))
    given = (generator.random((200, 5)) < probabilities).astype(float), None, probabilities, probabilities > 0.5
    first, again, other = (metrics.report(*given, replicates=100, seed=seed).figures for seed in (1, 1, 2))
    assert first == again
    assert first["micro_f1"] != other["micro_f1"]
    for name in ("micro_f1", "exact_match", "mean_average_precision", "log_loss"):
        assert first[name].low < first[name].value < first[name].high, name


def test_the_table_has_a_row_a_label() -> None:
    targets = np.array([[1.0, 0], [1, nan], [0, 1]])
    probabilities = np.array([[0.9, 0.2], [0.4, 0.9], [0.3, 0.8]])
    table = metrics.report(targets, probabilities=probabilities, decided=probabilities > 0.5, names=["a", "b"]).table
    assert table["label"].tolist() == ["a", "b"]
    assert table["support"].tolist() == [2, 1]
    assert table["known"].tolist() == [3, 2]
    assert table["decided"].tolist() == [1, 1]
    assert table["recall"].tolist() == [0.5, 1]
    assert table["average_precision"].tolist() == table["auroc"].tolist() == [1, 1]
    assert {name: column.shape for name, column in table.items()} == dict.fromkeys(table, (2,))


def test_figures_follow_what_was_given() -> None:
    targets, booleans, numbers = np.eye(6), np.eye(6, dtype=bool), np.eye(6)
    for given, takes in (
        ({"decided": booleans}, {"targets", "decided"}),
        ({"scores": numbers}, {"targets", "scores"}),
        ({"probabilities": numbers}, {"targets", "scores", "probabilities"}),
        ({"scores": numbers, "propensities": np.ones(6)}, {"targets", "scores", "propensities"}),
        ({}, {"targets"}),
    ):
        expected = {name for name, metric in metrics.REGISTRY.items() if set(metric.inputs) <= takes}
        assert set(metrics.report(targets, **given).figures) == expected


def test_depths_beyond_the_labels_are_left_out() -> None:
    figures = values(np.eye(4), scores=np.eye(4))
    assert "precision_at_3" in figures
    assert "precision_at_5" not in figures
    with pytest.raises(ArgumentError, match="k must be from 1 to the number of labels, 4, got 5"):
        metrics.precision_at_k(np.eye(4), np.eye(4), k=5)


def test_the_space_names_labels() -> None:
    found = metrics.report(np.eye(2), decided=np.eye(2, dtype=bool), space=LabelSpace(("a", "b")))
    assert found.table["label"].tolist() == ["a", "b"]
    assert found.figures["relation_violations"].value == 0
    with pytest.raises(ArgumentError, match="3 names for 2 labels"):
        metrics.report(np.eye(2), names=["a", "b", "c"])


def test_targets_object_equals_dense() -> None:
    dense = np.array([[1.0, 0, nan], [0, 1, 1]])
    scores = np.array([[0.3, 0.2, 0.1], [0.5, 0.5, 0.1]])
    expected = metrics.report(dense, scores=scores, replicates=20).to_dict()
    for targets in (Targets.from_dense(dense), sparse.coo_array(dense), torch.from_numpy(dense)):
        np.testing.assert_equal(metrics.report(targets, scores=scores, replicates=20).to_dict(), expected)


def test_lists_of_the_best_labels_make_what_they_can() -> None:
    targets = sparse.csr_array(np.eye(6))
    figures = values(targets, metrics.TopK(np.tile(np.arange(5), (6, 1))), propensities=np.ones(6))
    assert set(figures) == {name for name in metrics.REGISTRY if name[-2:] in ("_1", "_3", "_5")}
    with pytest.raises(ArgumentError, match="top-k scores come alone"):
        metrics.report(targets, metrics.TopK(np.zeros((6, 1), int)), decided=np.eye(6, dtype=bool))
