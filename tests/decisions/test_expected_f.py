"""Expected-F sets: equal to trying every set against every outcome."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multihot.decisions import expected_f_sets, joint_f_sets, joint_of_sets
from multihot.errors import ArgumentError


def f_of(decided: np.ndarray, true: np.ndarray, beta: float) -> float:
    size = beta**2 * true.sum() + decided.sum()
    return 1.0 if size == 0 else (1 + beta**2) * (decided & true).sum() / size


def expectations(outcomes: np.ndarray, chances: np.ndarray, beta: float) -> dict[tuple[bool, ...], float]:
    """The expected F of every label set."""
    labels = outcomes.shape[1]
    sets = [np.array(chosen) for chosen in itertools.product([False, True], repeat=labels)]
    return {tuple(s): sum(c * f_of(s, o, beta) for o, c in zip(outcomes, chances, strict=True)) for s in sets}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.sampled_from([1.0, 2.0, 0.5, 1.5]))
@settings(max_examples=60, deadline=None)
def test_independent_labels(probabilities: list[float], beta: float) -> None:
    p = np.array(probabilities)
    outcomes = np.array(list(itertools.product([False, True], repeat=len(p))))
    chances = np.prod(np.where(outcomes, p, 1 - p), axis=1)
    expected = expectations(outcomes, chances, beta)
    (decided,) = expected_f_sets([probabilities], beta)
    assert expected[tuple(decided)] == pytest.approx(max(expected.values()), abs=1e-9)


@given(st.integers(1, 4), st.integers(0, 2**20), st.sampled_from([1.0, 2.0, 0.5]))
@settings(max_examples=40, deadline=None)
def test_dependent_labels(labels: int, seed: int, beta: float) -> None:
    draws = np.random.default_rng(seed).integers(0, 2, (2, 6, labels)).astype(bool)
    decided = joint_f_sets(*joint_of_sets(draws), beta)
    for own, outcomes in zip(decided, draws, strict=True):
        expected = expectations(outcomes, np.full(6, 1 / 6), beta)
        assert expected[tuple(own)] == pytest.approx(max(expected.values()), abs=1e-9)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    probabilities = np.random.default_rng(0).random((40, 6))
    whole = expected_f_sets(probabilities)
    monkeypatch.setattr("multihot.decisions.select.expected_f.CELLS", 1)
    np.testing.assert_array_equal(expected_f_sets(probabilities), whole)


def test_nothing_in_nothing_out() -> None:
    assert expected_f_sets(np.zeros((0, 3))).shape == (0, 3)
    assert expected_f_sets(np.zeros((2, 0))).shape == (2, 0)


def test_shapes_are_checked() -> None:
    with pytest.raises(ArgumentError, match=r"\(samples, labels\), got \(3,\)"):
        expected_f_sets([0.1, 0.2, 0.3])
    with pytest.raises(ArgumentError, match=r"got \(2, 3, 4\), \(2,\)"):
        joint_f_sets(np.zeros((2, 3, 4)), np.zeros(2))
    with pytest.raises(ArgumentError, match=r"\(samples, draws, labels\)"):
        joint_of_sets(np.zeros((2, 3)))
