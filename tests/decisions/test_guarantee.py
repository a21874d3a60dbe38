"""Promises: the thresholds are what their definitions say, and hold on new samples as often as they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import binom

from multihot.decisions import guarantee
from multihot.errors import ArgumentError
from multihot.labels import Targets


def missed_shares(decided: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(N,) the share of each sample's labels that are missed; 0 for samples without labels."""
    present = targets == 1
    return (present & ~decided).sum(axis=1) / np.maximum(present.sum(axis=1), 1)


def wrong_shares(decided: np.ndarray, targets: np.ndarray) -> np.ndarray:
    wrong, right = (decided & (targets == 0)).sum(axis=1), (decided & (targets == 1)).sum(axis=1)
    return wrong / np.maximum(wrong + right, 1)


def scored(count: int, labels: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores that rank imperfectly; some samples have no label, some cells are unknown."""
    generator = np.random.default_rng(seed)
    targets = (generator.random((count, labels)) < 0.3).astype(float)
    scores = generator.normal(targets * 1.5, 1)
    targets[generator.random(targets.shape) < 0.05] = np.nan
    return scores, targets


@given(st.integers(0, 30), st.integers(0, 2**20), st.sampled_from([0.05, 0.1, 0.3, 0.5]))
@settings(max_examples=60, deadline=None)
def test_the_highest_threshold_that_keeps_the_promise(count: int, seed: int, level: float) -> None:
    scores, targets = scored(count, seed=seed)
    scores = scores.round()
    found = guarantee.missed_threshold(scores, targets, level)

    def promised(threshold: float) -> bool:
        return (missed_shares(scores >= threshold, targets).sum() + 1) / (count + 1) <= level + 1e-9

    if found == -np.inf:
        assert not promised(-np.inf)
        return
    assert promised(found)
    assert not any(promised(higher) for higher in [*np.unique(scores), np.inf] if higher > found)


def test_each_label_is_missed_as_rarely_as_promised() -> None:
    scores, targets = scored(300)
    targets[:, 0], targets[5:, 1] = 0, 0
    found = guarantee.missed_thresholds_by_label(scores, targets, 0.1)
    assert found[0] == -np.inf
    for label in range(2, 6):
        own = np.sort(scores[targets[:, label] == 1, label])
        assert found[label] == own[int(0.1 * (len(own) + 1)) - 1]


def test_sparse_and_dense_agree_even_where_a_present_label_has_no_score() -> None:
    generator = np.random.default_rng(0)
    targets = (generator.random((400, 30)) < 0.1).astype(float)
    scores = np.where(generator.random(targets.shape) < 0.7, generator.random(targets.shape), 0).astype(np.float32)
    thin, present = sparse.csr_array(scores), Targets.from_dense(targets)
    for level in (0.05, 0.2, 0.5):
        expected = guarantee.missed_threshold(scores, targets, level)
        assert guarantee.missed_threshold(thin, present, level) == expected
        np.testing.assert_array_equal(
            guarantee.missed_thresholds_by_label(thin, present, level),
            guarantee.missed_thresholds_by_label(scores, targets, level),
        )


def test_groups_are_promised_apart() -> None:
    scores, targets = scored(200)
    groups = ["north" if row % 3 else "south" for row in range(200)]
    found = guarantee.missed_thresholds_by_group(scores, targets, groups, 0.2)
    for name in ("north", "south"):
        rows = [row for row in range(200) if groups[row] == name]
        assert found[name] == guarantee.missed_threshold(scores[rows], targets[rows], 0.2)
    with pytest.raises(ArgumentError, match="1 groups for 200 samples"):
        guarantee.missed_thresholds_by_group(scores, targets, ["north"], 0.2)


def test_too_few_samples_promise_nothing_by_giving_all_or_none() -> None:
    scores, targets = scored(5)
    assert guarantee.missed_threshold(scores, targets, 0.1) == -np.inf
    assert guarantee.wrong_threshold(scores, targets, 0.1) == np.inf
    assert guarantee.large_threshold(scores, 2, 0.1) == np.inf
    for count in (0, 1):
        assert guarantee.missed_threshold(scores[:count], targets[:count], 0.1) == -np.inf
        assert guarantee.wrong_threshold(scores[:count], targets[:count], 0.1) == np.inf


def test_samples_without_labels_count_as_kept() -> None:
    scores, targets = np.zeros((50, 2)), np.zeros((50, 2))
    assert guarantee.missed_threshold(scores, targets, 0.1) == np.inf


@pytest.mark.parametrize("level", [0.1, 0.3])
def test_the_walk_stops_where_the_p_value_says(level: float) -> None:
    scores, targets = scored(400)
    found = guarantee.wrong_threshold(scores, targets, level, confidence=0.8)
    known = np.unique(scores[~np.isnan(targets)])[::-1]
    values = [guarantee.hoeffding_bentkus(wrong_shares(scores >= t, targets).mean(), 400, level).item() for t in known]
    stopped = next(position for position, value in enumerate(values) if value > 0.2)
    assert known[stopped] < found <= known[stopped - 1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sets_are_as_small_as_tested(dtype: type) -> None:
    scores = scored(300)[0].astype(dtype)
    found = guarantee.large_threshold(scores, 2, 0.1, confidence=0.95)
    large = int(((scores >= found).sum(axis=1) > 2).sum())
    assert binom.cdf(large, 300, 0.1) <= 0.05 < binom.cdf(large + 1, 300, 0.1)
    below = scores[scores < found].max()
    assert ((scores >= below).sum(axis=1) > 2).sum() == large + 1
    assert guarantee.large_threshold(scores, 6, 0.1) == -np.inf


def test_p_values_are_those_of_the_bounds() -> None:
    assert guarantee.hoeffding_bentkus(0.0, 20, 0.1).item() == pytest.approx(0.9**20)
    assert guarantee.hoeffding_bentkus(0.5, 20, 0.1).item() == 1
    # a mean of 1/10 + 2/10, three times over, is 0.9000000000000001 of nine samples' sum
    assert guarantee.hoeffding_bentkus(3 * (0.1 + 0.2) / 9, 9, 0.3).item() < 1


@pytest.mark.parametrize("level", [0.05, 0.1, 0.2])
def test_the_promises_hold_on_new_samples(level: float) -> None:
    """Over many splits of one population: in expectation, by label, and with the stated confidence."""
    scores, targets = scored(6000, seed=1)
    population = missed_shares, wrong_shares
    generator = np.random.default_rng(2)
    missed, by_label, broken = [], [], 0
    for _ in range(60):
        order = generator.permutation(len(scores))
        calibration, fresh = order[:300], order[300:]
        threshold = guarantee.missed_threshold(scores[calibration], targets[calibration], level)
        missed.append(population[0](scores[fresh] >= threshold, targets[fresh]).mean())
        own = guarantee.missed_thresholds_by_label(scores[calibration], targets[calibration], level)
        decided, present = scores[fresh] >= own, targets[fresh] == 1
        by_label.append(1 - (decided & present).sum(axis=0) / present.sum(axis=0))
        threshold = guarantee.wrong_threshold(scores[calibration], targets[calibration], level, confidence=0.9)
        broken += population[1](scores[fresh] >= threshold, targets[fresh]).mean() > level
    noise = 3 * np.std(missed) / np.sqrt(60)
    assert level - 1 / 301 - noise < np.mean(missed) <= level + noise
    assert np.all(np.mean(by_label, axis=0) <= level + 3 * np.std(by_label, axis=0) / np.sqrt(60))
    assert broken <= binom.ppf(0.999, 60, 0.1)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_levels_are_checked(level: float) -> None:
    with pytest.raises(ArgumentError, match="level must be above 0 and below 1"):
        guarantee.missed_threshold(np.zeros((1, 1)), np.zeros((1, 1)), level)
    with pytest.raises(ArgumentError, match="level must be above 0 and below 1"):
        guarantee.wrong_threshold(np.zeros((1, 1)), np.zeros((1, 1)), level)


def test_shapes_are_checked() -> None:
    with pytest.raises(ArgumentError, match=r"scores are \(2, 3\), targets \(3, 2\)"):
        guarantee.missed_threshold(np.zeros((2, 3)), np.zeros((3, 2)), 0.1)
