"""Ranking metrics against scikit-learn, and against transcriptions that try every order of equal scores."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import metrics as sk

from multihot import metrics

TOLERANCE = 1e-9
Case = tuple[np.ndarray, np.ndarray]


@st.composite
def rankings(draw: st.DrawFn, *, unknown: bool, labels: int = 6) -> Case:
    """(N, L) targets and scores, with many ties, infinities and constant rows, or with none."""
    shape = (draw(st.integers(1, 8)), draw(st.integers(2, labels)))
    cells = shape[0] * shape[1]
    states = [0.0, 1.0, math.nan] if unknown else [0.0, 1.0]
    targets = draw(st.lists(st.sampled_from(states), min_size=cells, max_size=cells))
    coarse = st.sampled_from([-math.inf, -1.0, 0.0, 0.5, math.inf] if unknown else [-1.0, 0.0, 0.5])
    values = draw(st.sampled_from([coarse, st.floats(-5, 5)]))
    scores = draw(st.lists(values, min_size=cells, max_size=cells))
    return np.array(targets).reshape(shape), np.array(scores).reshape(shape)


def close(got: float, expected: float) -> bool:
    return abs(got - expected) <= TOLERANCE or (math.isnan(got) and math.isnan(expected))


def mean(values: list[float]) -> float:
    values = [value for value in values if not math.isnan(value)]
    return sum(values) / len(values) if values else math.nan


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """At every present cell, the precision of the cut at its score."""
    cuts = [truth[scores >= score].mean() for score in scores[truth == 1]]
    return float(np.mean(cuts)) if cuts else math.nan


def auroc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Every pair, ties counting half."""
    pairs = [(p > n) + 0.5 * (p == n) for p in scores[truth == 1] for n in scores[truth == 0]]
    return float(np.mean(pairs)) if pairs else math.nan


def lrap(truth: np.ndarray, scores: np.ndarray) -> float:
    return average_precision(truth, scores) if truth.any() else 1.0


def coverage(truth: np.ndarray, scores: np.ndarray) -> float:
    return float((scores >= scores[truth == 1].min()).sum()) if truth.any() else 0.0


def ranking_loss(truth: np.ndarray, scores: np.ndarray) -> float:
    pairs = [float(p <= n) for p in scores[truth == 1] for n in scores[truth == 0]]
    return float(np.mean(pairs)) if pairs else 0.0


def orders(scores: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Every order of the cells from the highest score to the lowest."""
    for order in permutations(range(len(scores))):
        if all(scores[a] >= scores[b] for a, b in pairwise(order)):
            yield order


def expected_over_ties(of_order: Callable[[np.ndarray], float]) -> Callable[[np.ndarray, np.ndarray], float]:
    def value(truth: np.ndarray, scores: np.ndarray) -> float:
        return float(np.mean([of_order(truth[list(order)]) for order in orders(scores)]))

    return value


def dcg(truth: np.ndarray, k: int) -> float:
    return sum(y / math.log2(place + 2) for place, y in enumerate(truth[:k]))


def at_k(k: int) -> dict[str, Callable[[np.ndarray], float]]:
    return {
        f"precision_at_{k}": lambda y: y[:k].sum() / k,
        f"recall_at_{k}": lambda y: y[:k].sum() / y.sum() if y.any() else math.nan,
        f"ndcg_at_{k}": lambda y: dcg(y, k) / dcg(np.sort(y)[::-1], k) if y.any() else 0.0,
    }


BY_SAMPLE: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "samples_average_precision": average_precision,
    "label_ranking_average_precision": lrap,
    "coverage_error": coverage,
    "ranking_loss": ranking_loss,
    "one_error": expected_over_ties(lambda y: 1 - y[0]),
    **{name: expected_over_ties(value) for k in (1, 3) for name, value in at_k(k).items()},
}
BY_LABEL = {"mean_average_precision": average_precision, "macro_auroc": auroc}
OVER_ALL = {"micro_average_precision": average_precision, "micro_auroc": auroc}


def transcribed(name: str, targets: np.ndarray, scores: np.ndarray) -> float:
    known = ~np.isnan(targets)
    if name in OVER_ALL:
        return OVER_ALL[name](targets[known], scores[known])
    if name in BY_LABEL:
        columns = zip(targets.T, scores.T, known.T, strict=True)
        return mean([BY_LABEL[name](y[where], s[where]) for y, s, where in columns if where.any()])
    rows = zip(targets, scores, known, strict=True)
    return mean([BY_SAMPLE[name](y[where], s[where]) for y, s, where in rows if where.any()])


@pytest.mark.parametrize("name", [*OVER_ALL, *BY_LABEL, *BY_SAMPLE])
@given(case=rankings(unknown=True, labels=5))
@settings(max_examples=25, deadline=None)
def test_equals_its_definition(name: str, case: Case) -> None:
    targets, scores = case
    if name.endswith("_at_3") and targets.shape[1] < 3:
        return
    hidden = np.where(np.isnan(targets), math.nan, scores)  # nobody may look at the scores of unknown cells
    assert close(metrics.REGISTRY[name].function(targets, hidden), transcribed(name, targets, scores))


@pytest.mark.filterwarnings("ignore:Only one class is present")
@given(case=rankings(unknown=False))
@settings(max_examples=60, deadline=None)
def test_equals_scikit_learn(case: Case) -> None:
    targets, scores = case
    targets[0, 0], targets[0, 1] = 1, 0
    assert close(
        metrics.label_ranking_average_precision(targets, scores),
        sk.label_ranking_average_precision_score(targets, scores),
    )
    assert close(metrics.coverage_error(targets, scores), sk.coverage_error(targets, scores))
    assert close(metrics.ranking_loss(targets, scores), sk.label_ranking_loss(targets, scores))
    assert close(metrics.ndcg_at_k(targets, scores, k=2), sk.ndcg_score(targets, scores, k=2))
    flat = (targets.ravel(), scores.ravel())
    assert close(metrics.micro_average_precision(targets, scores), sk.average_precision_score(*flat))
    assert close(metrics.micro_auroc(targets, scores), sk.roc_auc_score(*flat))
    kept = targets.any(0)
    columns = [sk.average_precision_score(y, s) for y, s in zip(targets.T[kept], scores.T[kept], strict=True)]
    assert close(metrics.mean_average_precision(targets, scores), float(np.mean(columns)))
    assert close(metrics.mean_average_precision(targets, scores, keep_absent=True), np.sum(columns) / len(kept))
    both = kept & ~targets.all(0)
    if both.any():
        areas = [sk.roc_auc_score(y, s) for y, s in zip(targets.T[both], scores.T[both], strict=True)]
        assert close(metrics.macro_auroc(targets, scores), float(np.mean(areas)))


def propensity_scored(targets: np.ndarray, scores: np.ndarray, inverse: np.ndarray, k: int, discount: bool) -> float:
    """The gain of the top k, expected over ties, over that of the best order; both summed over samples."""
    discounts = 1 / np.log2(np.arange(k) + 2) if discount else np.ones(k)

    def gain(weights: np.ndarray) -> float:
        return float((weights[:k] * discounts).sum())

    got = best = 0.0
    for y, s in zip(targets, scores, strict=True):
        known = ~np.isnan(y)
        truth, weights = y[known], (y * inverse)[known]
        if not truth.any():
            continue
        scale = discounts[: int(min(k, truth.sum()))].sum() if discount else 1.0
        padded = [np.append(weights[list(order)], np.zeros(k)) for order in orders(s[known])]
        got += np.mean([gain(weights) for weights in padded]) / scale
        best += gain(np.append(np.sort(weights)[::-1], np.zeros(k))) / scale
    return got / best if best else math.nan


@given(case=rankings(unknown=True, labels=5), k=st.integers(1, 2), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_propensity_scored_figures(case: Case, k: int, seed: int) -> None:
    targets, scores = case
    propensities = np.random.default_rng(seed).uniform(0.1, 1, targets.shape[1])
    for name, discount in (("precision", False), ("ndcg", True)):
        got = getattr(metrics, f"propensity_scored_{name}_at_k")(targets, scores, propensities, k=k)
        assert close(got, propensity_scored(targets, scores, 1 / propensities, k, discount)), name


@given(case=rankings(unknown=True), k=st.integers(1, 2), order=st.booleans(), seed=st.integers(0, 9))
@settings(max_examples=80, deadline=None)
def test_lists_of_the_best_labels_equal_dense_scores(case: Case, k: int, order: bool, seed: int) -> None:
    targets, scores = case
    propensities = np.random.default_rng(seed).uniform(0.1, 1, targets.shape[1])
    if order:  # labels from best to worst say the same as scores without ties
        scores = np.argsort(np.argsort(scores, axis=1, kind="stable"), axis=1).astype(float)
        lists = metrics.TopK(np.argsort(-scores, axis=1))
    else:
        indices = np.random.default_rng(seed).permuted(np.tile(np.arange(targets.shape[1]), (len(targets), 1)), axis=1)
        lists = metrics.TopK(indices, np.take_along_axis(scores, indices, axis=1))
    for made in (targets, sparse.csr_array(targets)):
        for name in ("precision_at_k", "recall_at_k", "ndcg_at_k"):
            metric = getattr(metrics, name)
            assert close(metric(made, lists, k=k), metric(targets, scores, k=k)), name
        for name in ("propensity_scored_precision_at_k", "propensity_scored_ndcg_at_k"):
            metric = getattr(metrics, name)
            expected = metric(targets, scores, propensities, k=k)
            assert close(metric(made, lists, propensities, k=k), expected), name


@given(case=rankings(unknown=True))
@settings(max_examples=40, deadline=None)
def test_curves_hold_the_areas(case: Case) -> None:
    targets, scores = case
    for curve, y, s in zip(metrics.curves(targets, scores), targets.T, scores.T, strict=True):
        known = ~np.isnan(y)
        if not (y[known].any() and (y[known] == 0).any()):
            continue
        steps = np.diff(curve.recall) * curve.precision[1:]
        assert close(float(steps.sum()), average_precision(y[known], s[known]))
        area = np.trapezoid(curve.recall, curve.false_positive_rate)
        assert close(float(area), auroc(y[known], s[known]))


@given(case=rankings(unknown=False), beta=st.sampled_from([0.5, 1.0, 2.0]))
@settings(max_examples=40, deadline=None)
def test_curves_are_decisions_at_their_thresholds(case: Case, beta: float) -> None:
    targets, scores = case
    for label, curve in enumerate(metrics.curves(targets, scores)):
        truth = targets[:, [label]]
        for place, threshold in enumerate(curve.thresholds):
            decided = scores[:, [label]] >= threshold
            assert close(curve.f_beta(beta)[place], metrics.f_beta(truth, decided, beta=beta, average="micro"))
            if truth.any() and decided.any():
                assert close(curve.recall[place], metrics.micro_recall(truth, decided))
                assert close(curve.precision[place], metrics.micro_precision(truth, decided))
