"""Calibration: never worse than none on samples left out, never reorders, follows the others where data is scarce."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from multihot.decisions.calibrate import Calibration, fit_calibration
from multihot.decisions.calibrate.logistic import IDENTITY, centre_of, fit
from multihot.labels import LabelSpace

METHODS = ["temperature", "platt", "isotonic"]


def drawn(count: int, slopes: list[float], intercepts: list[float], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and targets drawn from `sigmoid(slope * logit + intercept)`."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, len(slopes))) * 3
    targets = generator.random(logits.shape) < expit(logits * slopes + np.array(intercepts))
    return logits, targets.astype(float)


def space(labels: int) -> LabelSpace:
    return LabelSpace(tuple(f"l{i}" for i in range(labels)))


def summed_loss(calibration: Calibration, logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(L,) log loss over known cells."""
    p = calibration.probabilities(logits).astype(float)
    return -np.nansum(targets * np.log(p) + (1 - targets) * np.log1p(-p), axis=0)


def test_platt_finds_the_slope_and_shift_of_each_label() -> None:
    found = fit_calibration(*drawn(40_000, [0.5, 1.5], [-1.0, 0.5]), "platt", space(2))
    np.testing.assert_allclose(found.slopes, [0.5, 1.5], atol=0.05)
    np.testing.assert_allclose(found.intercepts, [-1.0, 0.5], atol=0.05)


def test_temperature_fits_slopes_only() -> None:
    found = fit_calibration(*drawn(40_000, [0.5, 2.0], [0.0, 0.0]), "temperature", space(2))
    np.testing.assert_allclose(found.slopes, [0.5, 2.0], atol=0.06)
    np.testing.assert_array_equal(found.intercepts, 0)


def test_isotonic_follows_what_no_line_does() -> None:
    generator = np.random.default_rng(0)
    logits = generator.uniform(-4, 4, (20_000, 1))
    truth = np.where(logits > 0, 0.8, 0.1)
    targets = (generator.random(logits.shape) < truth).astype(float)
    found = fit_calibration(logits, targets, "isotonic", space(1))
    np.testing.assert_allclose(found.probabilities([[-2.0], [2.0]]).ravel(), [0.1, 0.8], atol=0.03)
    straight = fit_calibration(logits, targets, "platt", space(1))
    assert summed_loss(found, logits, targets) < summed_loss(straight, logits, targets) - 400


@pytest.mark.parametrize("method", METHODS)
@given(st.integers(0, 60), st.integers(0, 2**20))
@settings(max_examples=25, deadline=None)
def test_never_worse_than_none_and_never_reorders(method: str, count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, 4)) * 4
    targets = (generator.random(logits.shape) < 0.3).astype(float)
    targets[generator.random(targets.shape) < 0.2] = np.nan
    targets[:, 0] = np.nan
    found = fit_calibration(logits, targets, method, space(4))
    none = Calibration.linear("none", np.ones(4), np.zeros(4))
    if count:
        assert (summed_loss(found, logits, targets) <= summed_loss(none, logits, targets) + 1e-4).all()
    if found.log_loss is not None:
        assert found.log_loss[1] <= found.log_loss[0] + 1e-12
    ladder = np.linspace(-20, 20, 801)
    assert (np.diff(found.logits(np.tile(ladder[:, None], 4)), axis=0) > 0).all()


def test_perfect_separation_keeps_a_finite_slope() -> None:
    logits = np.concatenate([np.full(100, 5.0), np.full(100, -5.0)])[:, None]
    found = fit_calibration(logits, (logits > 0).astype(float), "platt", space(1))
    assert 1 <= found.slopes[0] < 3


def test_a_rare_label_follows_the_others() -> None:
    logits, targets = drawn(4000, [0.4, 0.4, 0.4], [-1.0, -1.0, -1.0])
    targets[20:, 2] = np.nan
    found = fit_calibration(logits, targets, "platt", space(3))
    assert abs(found.slopes[2] - 0.4) < 0.1


def test_a_label_whose_scores_run_the_wrong_way_keeps_its_order() -> None:
    logits, targets = drawn(500, [1.0, -2.0], [0.0, 0.0])
    slopes, _ = fit(logits, targets, centre_of(logits, targets, IDENTITY), shift=True)
    assert slopes[1] == 1
    assert (fit_calibration(logits, targets, "platt", space(2)).slopes > 0).all()


def test_scarce_data_is_left_alone_and_said_so() -> None:
    logits, targets = np.zeros((8, 2)), np.zeros((8, 2))
    targets[0, 0] = 1
    found = fit_calibration(logits, targets, "platt", space(2))
    np.testing.assert_array_equal(found.slopes, 1)
    assert found.notes == ("calibration: only 1 positives and 15 negatives in all, probabilities stay as they are",)
    assert found.log_loss is None


@pytest.mark.parametrize("method", ["none", *METHODS])
def test_comes_back_from_json_the_same(method: str) -> None:
    generator = np.random.default_rng(0)
    logits = generator.uniform(-4, 4, (2000, 3))
    targets = (generator.random(logits.shape) < np.where(logits > 0, 0.8, 0.1)).astype(float)
    found = fit_calibration(logits, targets, method, space(3))
    loaded = Calibration.from_dict(json.loads(json.dumps(found.to_dict())), 3)
    np.testing.assert_array_equal(loaded.probabilities(logits), found.probabilities(logits))
    assert loaded.to_dict() == found.to_dict()
    assert any(len(knots) for knots in found.knots) == (method == "isotonic")


def test_probabilities_stay_strictly_inside() -> None:
    extreme = Calibration.linear("none", [1.0], [0.0]).probabilities([[-1000.0], [1000.0]])
    assert 0 < extreme.min() < extreme.max() < 1
