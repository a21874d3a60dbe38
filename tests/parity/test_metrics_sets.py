"""Set metrics against scikit-learn, and against a transcription of their definitions where cells are unknown."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from multihot import metrics

TOLERANCE = 1e-9
AVERAGES = ("micro", "macro", "weighted", "samples")


@st.composite
def decisions(draw: st.DrawFn, *, unknown: bool) -> tuple[np.ndarray, np.ndarray]:
    """(N, L) targets and decided, often with empty rows and columns."""
    shape = (draw(st.integers(1, 9)), draw(st.integers(1, 5)))
    states = [0.0, 1.0, math.nan] if unknown else [0.0, 1.0]
    cells = shape[0] * shape[1]
    targets = draw(st.lists(st.sampled_from(states), min_size=cells, max_size=cells))
    decided = draw(st.lists(st.booleans(), min_size=cells, max_size=cells))
    return np.array(targets).reshape(shape), np.array(decided).reshape(shape)


def close(got: float, expected: float) -> bool:
    return abs(got - expected) <= TOLERANCE or (math.isnan(got) and math.isnan(expected))


SKLEARN: dict[str, Callable[..., float]] = {
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "f2": partial(sk.fbeta_score, beta=2),
    "jaccard": sk.jaccard_score,
}


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("measure", SKLEARN)
@given(case=decisions(unknown=False))
@settings(max_examples=25, deadline=None)
def test_equals_scikit_learn_with_its_conventions(
    measure: str, average: str, case: tuple[np.ndarray, np.ndarray]
) -> None:
    targets, decided = case
    options = {} if average in ("micro", "samples") else {"keep_absent": True}
    got = getattr(metrics, f"{average}_{measure}")(targets, decided, empty=0.0, **options)
    if average == "micro":  # scikit-learn takes a single column for a binary question, so both are made one
        expected = SKLEARN[measure](targets.ravel(), decided.ravel(), zero_division=0)
    elif average == "samples":
        rows = [SKLEARN[measure](row, made, zero_division=0) for row, made in zip(targets, decided, strict=True)]
        expected = np.mean(rows)
    else:
        columns = [SKLEARN[measure](y, d, zero_division=0) for y, d in zip(targets.T, decided.T, strict=True)]
        if average == "weighted" and not targets.any():
            expected = math.nan
        else:
            expected = np.average(columns, weights=targets.sum(0) if average == "weighted" else None)
    assert close(got, expected)


@pytest.mark.filterwarnings("ignore:A single label was found")
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@given(case=decisions(unknown=False))
@settings(max_examples=40, deadline=None)
def test_equals_scikit_learn_on_the_rest(case: tuple[np.ndarray, np.ndarray]) -> None:
    targets, decided = case
    assert close(metrics.hamming_loss(targets, decided), sk.hamming_loss(targets.ravel(), decided.ravel()))
    assert close(metrics.exact_match(targets, decided), float(np.mean((targets == decided).all(1))))
    assert close(metrics.micro_matthews(targets, decided), sk.matthews_corrcoef(targets.ravel(), decided.ravel()))
    expected = sk.balanced_accuracy_score(targets.ravel(), decided.ravel())
    assert close(metrics.micro_balanced_accuracy(targets, decided), expected)


# A transcription of the definitions, cell by cell, for everything with unknown cells.


def measure_of(name: str, truth: list[bool], made: list[bool], empty: float) -> float:
    """One measure over known cells."""
    pairs = list(zip(truth, made, strict=True))
    tp, fp = pairs.count((True, True)), pairs.count((False, True))
    fn, tn = pairs.count((True, False)), pairs.count((False, False))

    def share(part: float, whole: float, otherwise: float) -> float:
        return part / whole if whole else otherwise

    both_empty = empty if tp + fp + fn == 0 else 0.0
    complete = empty if tn + fp + fn == 0 else 0.0
    precision, recall = share(tp, tp + fp, both_empty), share(tp, tp + fn, both_empty)
    specificity = share(tn, tn + fp, complete)
    sides = [share(tp, tp + fn, math.nan), share(tn, tn + fp, math.nan)]
    defined = [side for side in sides if not math.isnan(side)]
    values = {
        "precision": precision,
        "recall": recall,
        "f1": share(2 * tp, 2 * tp + fp + fn, both_empty),
        "f2": share(5 * tp, 5 * tp + 4 * fn + fp, both_empty),
        "jaccard": share(tp, tp + fp + fn, both_empty),
        "specificity": specificity,
        "balanced_accuracy": sum(defined) / len(defined) if defined else math.nan,
        "matthews": share(tp * tn - fp * fn, math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)), 0.0),
    }
    return values[name]


def known_pairs(truth: np.ndarray, made: np.ndarray) -> tuple[list[bool], list[bool]]:
    known = ~np.isnan(truth)
    return (truth[known] == 1).tolist(), made[known].tolist()


def mean(values: list[float]) -> float:
    values = [value for value in values if not math.isnan(value)]
    return sum(values) / len(values) if values else math.nan


def transcribed(name: str, average: str, targets: np.ndarray, decided: np.ndarray, empty: float, keep: bool) -> float:
    if average == "micro":
        truth, made = known_pairs(targets, decided)
        return measure_of(name, truth, made, empty) if truth else math.nan
    if average == "samples":
        rows = [known_pairs(y, d) for y, d in zip(targets, decided, strict=True)]
        return mean([measure_of(name, truth, made, empty) for truth, made in rows if truth])
    columns = [known_pairs(y, d) for y, d in zip(targets.T, decided.T, strict=True)]
    if average == "macro":
        return mean([measure_of(name, y, d, empty) for y, d in columns if (y if keep else any(y))])
    support = sum(sum(y) for y, _ in columns)
    return sum(sum(y) * measure_of(name, y, d, empty) for y, d in columns if any(y)) / support if support else math.nan


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("measure", [*SKLEARN, "specificity", "balanced_accuracy", "matthews"])
@given(case=decisions(unknown=True), empty=st.sampled_from([0.0, 1.0]), keep=st.booleans())
@settings(max_examples=25, deadline=None)
def test_equals_its_definition_where_cells_are_unknown(
    measure: str, average: str, case: tuple[np.ndarray, np.ndarray], empty: float, keep: bool
) -> None:
    options = {"empty": empty} if average == "samples" else {"empty": empty, "keep_absent": keep}
    got = getattr(metrics, f"{average}_{measure}")(*case, **options)
    assert close(got, transcribed(measure, average, *case, empty, keep))


@given(case=decisions(unknown=True))
@settings(max_examples=40, deadline=None)
def test_counts_of_wrong_cells_skip_what_is_unknown(case: tuple[np.ndarray, np.ndarray]) -> None:
    targets, decided = case
    known = ~np.isnan(targets)
    rows = known.any(1)
    wrong = known & (decided != (targets == 1))
    assert close(metrics.hamming_loss(targets, decided), wrong.sum() / known.sum() if known.any() else math.nan)
    assert close(metrics.exact_match(targets, decided), mean((~wrong[rows].any(1)).astype(float).tolist()))
    error = np.abs((decided & known).sum(1) - (targets == 1).sum(1))[rows]
    assert close(metrics.cardinality_error(targets, decided), mean(error.astype(float).tolist()))


@given(case=decisions(unknown=True), beta=st.sampled_from([0.5, 1.0, 2.0, 3.0]))
@settings(max_examples=25, deadline=None)
def test_f_beta_is_the_weighted_harmonic_mean(case: tuple[np.ndarray, np.ndarray], beta: float) -> None:
    precision, recall = metrics.micro_precision(*case), metrics.micro_recall(*case)
    weighted = beta**2 * precision + recall
    expected = (1 + beta**2) * precision * recall / weighted if weighted else 0.0
    assert close(metrics.f_beta(*case, beta=beta, average="micro"), expected)


def coco_transcribed(targets: np.ndarray, decided: np.ndarray) -> dict[str, float]:
    """From the evaluation that papers with COCO tables share, without labels that have no positive."""
    kept = (targets == 1).any(0)
    right = (decided & (targets == 1))[:, kept].sum(0)
    made, true = decided[:, kept].sum(0), (targets == 1)[:, kept].sum(0)
    cp, cr = np.mean(right / np.maximum(made, 1)), np.mean(right / true)
    everything = (decided & (targets == 1)).sum(), decided.sum(), (targets == 1).sum()
    op, orr = everything[0] / max(everything[1], 1), everything[0] / everything[2]
    f1s = [2 * p * r / (p + r) if p + r else 0.0 for p, r in ((cp, cr), (op, orr))]
    return dict(zip(("cp", "cr", "cf1", "op", "or", "of1"), (cp, cr, f1s[0], op, orr, f1s[1]), strict=True))


@given(case=decisions(unknown=False), seed=st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_figures_of_coco_tables(case: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    targets, decided = case
    targets[0, 0] = 1  # one positive at least, as these tables need
    scores = np.random.default_rng(seed).permuted(np.arange(float(targets.size)).reshape(targets.shape), axis=1)
    top = np.argsort(np.argsort(-scores, axis=1), axis=1) < 3
    for name, expected in coco_transcribed(targets, decided).items():
        assert close(getattr(metrics, f"coco_{name}")(targets, decided), expected), name
    for name, expected in coco_transcribed(targets, decided & top).items():
        assert close(getattr(metrics, f"coco_{name}_top3")(targets, decided, scores), expected), name
