"""The search finds what trying every distinct threshold finds, for any weights of the samples and unknown cells."""

import itertools
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multihot.decisions.objectives import Objective, objective_of, value_of
from multihot.decisions.settings import DecisionSettings, ObjectiveName
from multihot.decisions.threshold.ranking import Ranking
from multihot.decisions.threshold.search import Search
from multihot.errors import ArgumentError

MICRO = ["micro_f1", "micro_jaccard", "hamming_loss", "cost"]
MACRO = ["macro_f1", "macro_jaccard", "macro_balanced_accuracy", "precision", "recall"]
SAMPLES = ["samples_f1", "samples_jaccard", "exact_match"]
TINY = 1e-9


def objective_named(name: str) -> Objective:
    return objective_of(
        DecisionSettings(objective=name, beta=2.0, at_least=0.6, false_positive_cost=1.0, false_negative_cost=3.0)
    )


@st.composite
def problems(draw: st.DrawFn, labels: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with many ties, targets with unknown cells, weights with zeros; each label has a positive that counts."""
    count = draw(st.integers(1, 7))
    generator = np.random.default_rng(draw(st.integers(0, 2**20)))
    scores = generator.integers(-3, 4, (count, labels)).astype(float)
    targets = generator.choice([0.0, 1.0, np.nan], (count, labels), p=[0.5, 0.35, 0.15])
    targets[0] = 1
    weights = generator.integers(0, 3, count).astype(float)
    weights[0] = 1
    return scores, targets, weights


def candidates(scores: np.ndarray) -> np.ndarray:
    distinct = np.unique(scores)
    return np.concatenate([[distinct[0] - 1], (distinct[1:] + distinct[:-1]) / 2, [distinct[-1] + 1]])


def test_every_objective_is_searched_here() -> None:
    assert {*MICRO, *MACRO, *SAMPLES, "fixed"} == set(get_args(ObjectiveName))
    assert {objective_named(name).average for name in MICRO} == {"micro"}
    assert {objective_named(name).average for name in MACRO} == {"macro"}
    assert {objective_named(name).average for name in SAMPLES} == {"samples"}


@pytest.mark.parametrize("name", MICRO + MACRO)
@given(problems())
@settings(max_examples=15, deadline=None)
def test_own_thresholds_are_the_best_of_all_combinations(name: str, problem: tuple[np.ndarray, ...]) -> None:
    scores, targets, weights = problem
    objective = objective_named(name)
    found = Search.of(scores, targets).run(objective, weights)
    combinations = itertools.product(*(candidates(column) for column in scores.T))
    best = max(value_of(objective, scores >= np.array(chosen), targets, weights) for chosen in combinations)
    assert value_of(objective, scores >= found.own, targets, weights) == pytest.approx(best, abs=TINY)
    np.testing.assert_array_equal(found.support, weights @ (targets == 1))


@pytest.mark.parametrize("name", MICRO + MACRO + SAMPLES)
@given(problems())
@settings(max_examples=15, deadline=None)
def test_the_common_threshold_is_the_best_of_all(name: str, problem: tuple[np.ndarray, ...]) -> None:
    scores, targets, weights = problem
    objective = objective_named(name)
    found = Search.of(scores, targets).run(objective, weights)
    best = max(value_of(objective, scores >= chosen, targets, weights) for chosen in candidates(scores))
    assert value_of(objective, scores >= found.common, targets, weights) == pytest.approx(best, abs=TINY)


@pytest.mark.parametrize("name", SAMPLES)
@given(problems())
@settings(max_examples=25, deadline=None)
def test_ascent_ends_where_no_single_threshold_can_be_improved(name: str, problem: tuple[np.ndarray, ...]) -> None:
    scores, targets, weights = problem
    objective = objective_named(name)
    found = Search.of(scores, targets).run(objective, weights)
    reached = value_of(objective, scores >= found.own, targets, weights)
    assert reached >= value_of(objective, scores >= found.common, targets, weights) - TINY
    for label, column in enumerate(scores.T):
        for chosen in candidates(column):
            moved = found.own.copy()
            moved[label] = chosen
            assert value_of(objective, scores >= moved, targets, weights) <= reached + TINY


def test_a_plateau_is_cut_in_the_middle_and_the_widest_is_taken() -> None:
    scores = np.array([[6.0], [5.0], [2.0], [1.0], [0.0]])
    ranking = Ranking.of(scores, np.array([[1.0], [1.0], [0.0], [0.0], [0.0]]))
    f1 = objective_named("macro_f1")
    assert ranking.best(f1.value(ranking.counts(np.ones(5)))) == 3.5
    assert ranking.best(np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0])) == 1.0


def test_weight_zero_is_as_good_as_absent() -> None:
    scores, targets = np.array([[3.0], [2.0], [1.0], [0.0]]), np.array([[1.0], [0.0], [1.0], [0.0]])
    f1 = objective_named("macro_f1")
    found = Search.of(scores, targets).run(f1, np.array([1.0, 0.0, 1.0, 1.0]))
    assert found.own == Search.of(scores[[0, 2, 3]], targets[[0, 2, 3]]).run(f1, np.ones(3)).own == [0.5]


def test_a_micro_average_without_its_fraction_is_refused() -> None:
    bare = objective_named("macro_balanced_accuracy").pooled()
    search = Search.of(np.zeros((1, 1)), np.ones((1, 1)))
    with pytest.raises(ArgumentError, match="needs its fraction"):
        search.run(bare, np.ones(1))


def test_fixed_is_no_objective_to_search() -> None:
    with pytest.raises(ArgumentError, match="'fixed' is not fitted"):
        objective_of(DecisionSettings(objective="fixed"))
