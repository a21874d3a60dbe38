"""Cross-validators and the split in two."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from multihot.errors import ArgumentError
from multihot.estimators import (
    SCORERS,
    BinaryRelevance,
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    multilabel_split,
)
from multihot.labels import Targets


def sampled(count: int = 101) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    y = (generator.random((count, 4)) < [0.5, 0.3, 0.1, 0.06]).astype(float)
    y[generator.random(y.shape) < 0.1] = np.nan
    return generator.normal(size=(count, 2)), y


def test_folds_are_a_partition_with_every_label_in_each() -> None:
    X, y = sampled()
    tests = []
    for train, test in MultilabelStratifiedKFold(3).split(X, y):
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(101))
        shares = np.nansum(y[test], axis=0) / np.nansum(y, axis=0)
        assert np.abs(shares - 1 / 3).max() < 0.12
        assert (np.nansum(y[test], axis=0) > 0).all()
        tests.append(test)
    assert np.array_equal(np.sort(np.concatenate(tests)), np.arange(101))
    assert MultilabelStratifiedKFold(3).get_n_splits() == 3


def test_every_form_of_y_is_split_alike() -> None:
    X, y = sampled()
    expected = [test.tolist() for _, test in MultilabelStratifiedKFold().split(X, y)]
    row, column = np.nonzero(np.isnan(y) | (y == 1))
    stored = sparse.csr_array((y[row, column], (row, column)), shape=y.shape)
    sets = [[f"label {label}" for label in np.flatnonzero(row == 1)] for row in y]
    for form in (stored, Targets.from_dense(y), y.tolist(), sets):
        assert [test.tolist() for _, test in MultilabelStratifiedKFold().split(X, form)] == expected


def test_shuffle_draws_other_folds_and_a_seed_the_same() -> None:
    X, y = sampled()

    def folds(**settings: Any) -> list[list[int]]:
        return [test.tolist() for _, test in MultilabelStratifiedKFold(2, **settings).split(X, y)]

    assert folds() == folds()
    assert folds(shuffle=True, random_state=1) == folds(shuffle=True, random_state=1)
    assert folds(shuffle=True, random_state=1) != folds(shuffle=True, random_state=2)


def test_groups_stay_together() -> None:
    X, y = sampled()
    groups = np.arange(101) // 4
    for train, test in MultilabelStratifiedGroupKFold(4).split(X, y, groups):
        assert not set(groups[train]) & set(groups[test])
        assert 15 <= len(test) <= 35
    scores = cross_val_score(
        BinaryRelevance(LogisticRegression()),
        X,
        y,
        groups=groups,
        cv=MultilabelStratifiedGroupKFold(3),
        scoring=SCORERS["hamming_loss"],
    )
    assert (scores < 0).all()


@pytest.mark.parametrize(
    ("splitter", "groups", "message"),
    [
        (MultilabelStratifiedKFold(1), None, "from 2 to the 101 samples or groups, got 1"),
        (MultilabelStratifiedKFold(102), None, "got 102"),
        (MultilabelStratifiedGroupKFold(3), np.arange(101) % 2, "from 2 to the 2 samples or groups, got 3"),
        (MultilabelStratifiedGroupKFold(3), None, "groups must be given"),
        (MultilabelStratifiedGroupKFold(3), [1, 2], "one entry a sample: got 2 for 101"),
    ],
)
def test_what_cannot_be_split_is_refused(splitter: Any, groups: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        list(splitter.split(*sampled(), groups))


@pytest.mark.parametrize("test_size", [0.2, 20])
def test_the_split_in_two_splits_all_columns_alike(test_size: float) -> None:
    X, y = sampled()
    ids = [f"sample {row}" for row in range(101)]
    X_train, X_test, y_train, y_test, ids_train, ids_test = multilabel_split(X, y, ids, test_size=test_size)
    assert len(X_test) == len(y_test) == len(ids_test) == 20
    assert len(X_train) == len(y_train) == len(ids_train) == 81
    rows = [int(name.split()[1]) for name in ids_test]
    np.testing.assert_array_equal(X[rows], X_test)
    np.testing.assert_array_equal(y[rows], y_test)
    assert (np.nansum(y_test, axis=0) > 0).all()


def test_the_split_in_two_keeps_types_groups_and_seeds() -> None:
    X, y = sampled()
    groups = np.arange(101) // 2
    parts = multilabel_split(sparse.coo_array(X), Targets.from_dense(y), groups, groups=groups)
    assert sparse.issparse(parts[0])
    assert isinstance(parts[3], Targets)
    assert not set(parts[4]) & set(parts[5])
    one, again, other = (multilabel_split(X, y, random_state=seed)[1] for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("test_size", [0.0, 1.0, 101, -3])
def test_a_split_needs_both_sides(test_size: float) -> None:
    with pytest.raises(ArgumentError, match="test_size must leave samples on both sides"):
        multilabel_split(*sampled(), test_size=test_size)
