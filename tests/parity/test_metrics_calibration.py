"""Calibration metrics against scikit-learn, and against a transcription of their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from multihot import metrics

TOLERANCE = 1e-9
Case = tuple[np.ndarray, np.ndarray]


@st.composite
def forecasts(draw: st.DrawFn, *, unknown: bool) -> Case:
    """(N, L) targets and probabilities, with many ties or with none."""
    shape = (draw(st.integers(1, 30)), draw(st.integers(1, 4)))
    seed, coarse = draw(st.integers(0, 2**32 - 1)), draw(st.booleans())
    generator = np.random.default_rng(seed)
    probabilities = generator.integers(0, 5, shape) / 4 if coarse else generator.random(shape)
    targets = (generator.random(shape) < probabilities).astype(float)
    if unknown:
        targets[generator.random(shape) < draw(st.sampled_from([0.0, 0.3, 1.0]))] = math.nan
    return targets, probabilities


def close(got: float, expected: float) -> bool:
    return abs(got - expected) <= TOLERANCE or (math.isnan(got) and math.isnan(expected))


def mean(values: list[float]) -> float:
    values = [value for value in values if not math.isnan(value)]
    return sum(values) / len(values) if values else math.nan


def bins_of(probabilities: np.ndarray, bins: int) -> np.ndarray:
    """The bin of every cell: where the middle of its tie falls when all are in order."""
    below = (probabilities[:, None] > probabilities[None, :]).sum(1)
    tied = (probabilities[:, None] == probabilities[None, :]).sum(1)
    return (bins * (2 * below + tied)) // (2 * len(probabilities))


def calibration_error(truth: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    if not len(truth):
        return math.nan
    of = bins_of(probabilities, bins)
    gaps = [abs((probabilities[of == b] - truth[of == b]).sum()) for b in range(bins)]
    return sum(gaps) / len(truth)


@given(case=forecasts(unknown=True), bins=st.sampled_from([1, 2, 5, 15]))
@settings(max_examples=80, deadline=None)
def test_equals_its_definition(case: Case, bins: int) -> None:
    targets, probabilities = case
    known = ~np.isnan(targets)
    hidden = np.where(known, probabilities, math.nan)
    y, p = targets[known], probabilities[known]
    assert close(metrics.expected_calibration_error(targets, hidden, bins=bins), calibration_error(y, p, bins))
    columns = zip(targets.T, probabilities.T, known.T, strict=True)
    expected = mean([calibration_error(y[where], p[where], bins) for y, p, where in columns])
    assert close(metrics.macro_expected_calibration_error(targets, hidden, bins=bins), expected)
    assert close(metrics.brier_score(targets, hidden), mean(((p - y) ** 2).tolist()))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(case=forecasts(unknown=False))
@settings(max_examples=40, deadline=None)
def test_equals_scikit_learn(dtype: type, case: Case) -> None:
    targets, probabilities = case[0], case[1].astype(dtype)
    flat = (targets.ravel(), probabilities.ravel())
    tolerance = TOLERANCE if dtype is np.float64 else 1e-6
    assert abs(metrics.log_loss(targets, probabilities) - sk.log_loss(*flat, labels=[0, 1])) <= tolerance
    if flat[0].any() and not flat[0].all():
        assert abs(metrics.brier_score(targets, probabilities) - sk.brier_score_loss(*flat)) <= tolerance


@given(case=forecasts(unknown=True), bins=st.sampled_from([1, 3, 15]))
@settings(max_examples=60, deadline=None)
def test_reliability_table_holds_the_bins(case: Case, bins: int) -> None:
    targets, probabilities = case
    known = ~np.isnan(targets)
    table = metrics.reliability(targets, probabilities, bins=bins)
    of = bins_of(probabilities[known], bins) if known.any() else np.array([])
    for b in range(bins):
        assert table.cells[b] == (of == b).sum()
        assert close(table.mean_probability[b], mean(probabilities[known][of == b].tolist()))
        assert close(table.share_present[b], mean(targets[known][of == b].tolist()))
    by_label = metrics.reliability(targets, probabilities, bins=bins, by_label=True)
    assert by_label.cells.shape == (targets.shape[1], bins)
    assert (by_label.cells.sum(1) == known.sum(0)).all()
