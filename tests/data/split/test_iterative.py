import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multihot.data.split.iterative import _deal, _pour, stratify
from multihot.errors import ArgumentError
from multihot.labels import Targets

SHARES = {"parts": [0.7, 0.1, 0.2], "holdout": [0.8, 0.2], "folds": [0.2] * 5}


def deviations(labels, folds, shares):
    """The LD and ED of Sechidis et al. (2011): of labels' odds in each fold, and of folds' sizes."""
    sizes = np.bincount(folds, minlength=len(shares))
    held = np.array([labels[folds == fold].sum(axis=0) for fold in range(len(shares))])
    odds, expected = held / (sizes[:, None] - held), labels.sum(axis=0) / (len(labels) - labels.sum(axis=0))
    return np.abs(odds - expected).mean(), np.abs(sizes - np.array(shares) * len(labels)).mean()


def one_by_one(labels, shares, generator):
    """Iterative stratification as published: the rarest label's samples one after the other."""
    folds = np.full(len(labels), -1)
    room = np.array(shares) * len(labels)
    desired = np.outer(shares, labels.sum(axis=0))
    while (folds < 0).any():
        left = labels[folds < 0].sum(axis=0)
        label = np.where(left > 0, left, len(labels) + 1).argmin()
        rows = np.flatnonzero((folds < 0) & (labels[:, label] if left[label] else True))
        for row in rows:
            keys = desired[:, label] if left[label] else room
            folds[row] = np.lexsort((generator.random(len(shares)), room, np.round(keys, 9)))[-1]
            desired[folds[row], labels[row]] -= 1
            room[folds[row]] -= 1
    return folds


def correlated(seed, count=400, labels=20):
    """Labels by hidden topics, each from rare to common."""
    generator = np.random.default_rng(seed)
    rates = generator.dirichlet(np.full(labels, 0.3), size=5) * 3
    return generator.random((count, labels)) < np.minimum(rates[generator.integers(0, 5, count)], 0.9)


@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES)
def test_more_balanced_than_the_algorithm_sample_by_sample(shares):
    ours, theirs = [], []
    for seed in range(5):
        labels = correlated(seed)
        folds = stratify(Targets.from_dense(labels), shares, seed=seed)
        ours.append(deviations(labels, folds, shares))
        theirs.append(deviations(labels, one_by_one(labels, shares, np.random.default_rng(seed)), shares))
    assert (np.mean(ours, axis=0) <= np.mean(theirs, axis=0)).all()


@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES)
def test_real_labels(shares, shared_data):
    with (shared_data / "scenes" / "miml_labels_1.csv").open(newline="") as file:
        labels = np.array([row[1:] for row in list(csv.reader(file))[1:]]).astype(float)
    folds = stratify(Targets.from_dense(labels), shares, seed=0)
    held = np.array([labels[folds == fold].sum(axis=0) for fold in range(len(shares))])
    assert np.abs(held - np.outer(shares, labels.sum(axis=0))).max() < 3
    assert np.abs(np.bincount(folds) - np.array(shares) * 2000).max() < 1


def test_pairs_of_labels_are_spread_too():
    labels = np.zeros((400, 3))
    labels[:200, 0] = labels[100:300, 1] = labels[::2, 2] = 1
    folds = stratify(Targets.from_dense(labels), [0.5, 0.5], seed=0)
    both = [(labels[folds == fold].T @ labels[folds == fold]) for fold in (0, 1)]
    assert np.abs(both[0] - both[1]).max() <= 4


def test_a_share_of_zero_gets_nothing():
    folds = stratify(Targets.from_dense([[1]] * 10), [0.5, 0, 0.5], seed=0)
    assert np.bincount(folds).tolist() == [5, 0, 5]
    assert stratify(Targets.from_dense([[1]] * 3), [0, 1], seed=0).tolist() == [1, 1, 1]


def test_no_samples_and_no_labels():
    assert stratify(Targets.from_dense(np.zeros((0, 3))), [0.5, 0.5], seed=0).tolist() == []
    assert np.bincount(stratify(Targets.from_dense(np.zeros((10, 0))), [0.7, 0.1, 0.2], seed=0)).tolist() == [7, 1, 2]


def test_any_numbers_name_the_blocks():
    blocks = np.array([90, -4, 90, 7, 7, -4])
    folds = stratify(Targets.from_dense([[1], [1], [0], [0], [1], [1]]), [0.5, 0.5], seed=0, blocks=blocks)
    assert folds[0] == folds[2]
    assert folds[1] == folds[5]
    assert folds[3] == folds[4]


@pytest.mark.parametrize("shares", [[], [0.5, 0.4], [1.5, -0.5], [float("nan"), 1]])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(ArgumentError, match="shares must be at least 0 and sum to 1"):
        stratify(Targets.from_dense([[1]]), shares, seed=0)


def test_blocks_of_another_length_are_refused():
    with pytest.raises(ArgumentError, match="one number a sample"):
        stratify(Targets.from_dense([[1], [0]]), [0.5, 0.5], seed=0, blocks=np.array([1]))


def test_large_amounts_are_dealt_first():
    assert _deal(np.array([4.0, 2.0]), np.array([1, 1, 4]), np.zeros(2)).tolist() == [1, 1, 0]


def test_between_equal_desires_room_decides():
    assert _pour(np.array([2.0, 2.0, 1.0]), 1, np.array([3.0, 5.0, 9.0])).tolist() == [0, 1, 0]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-3, 20), st.integers(0, 9)), min_size=1, max_size=6, unique_by=lambda pair: pair[1]),
    st.integers(0, 40),
)
def test_pouring_is_choosing_the_greatest_desire_again_and_again(folds, count):
    desired, room = np.array(folds, dtype=float).round(3).T
    counts = np.zeros(len(desired), dtype=int)
    for _ in range(count):
        counts[np.lexsort((room, np.round(desired - counts, 6)))[-1]] += 1
    poured = _pour(desired, count, room)
    assert poured.sum() == count
    assert np.abs(poured - counts).max() <= 1
    assert np.sort(desired - poured) == pytest.approx(np.sort(desired - counts), abs=1e-6)
