import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from multihot.data.split.folds import Folds


def wanted(amounts, shares):
    """(K, L + 1) amounts each fold wants: what it lacks while it is empty."""
    return -Folds(sparse.csr_array(np.array(amounts, dtype=float)), np.array(shares)).excess


def test_common_labels_and_sizes_are_wanted_by_share():
    assert wanted([[1, 1]] * 20, [0.7, 0.1, 0.2])[:, 0] == pytest.approx([14, 2, 4])


def test_a_rare_label_is_wanted_once_everywhere():
    amounts = [[1, 1]] * 3 + [[0, 1]] * 17
    assert wanted(amounts, [0.7, 0.1, 0.2]) == pytest.approx(np.array([[1, 14], [1, 2], [1, 4]]))


def test_a_label_in_fewer_units_than_folds_is_wanted_where_the_first_fold_trains():
    assert wanted([[1, 1]] * 2 + [[0, 1]] * 8, [0.7, 0.1, 0.2])[:, 0] == pytest.approx([1.4, 0.2, 0.4])
    assert wanted([[1, 1]] * 2 + [[0, 1]] * 8, [0.2, 0.2, 0.6])[:, 0] == pytest.approx([1, 0.25, 0.75])
    assert wanted([[1, 1]] + [[0, 1]] * 9, [0.7, 0.1, 0.2])[:, 0] == pytest.approx([1, 0, 0])
    assert wanted([[1, 1]] + [[0, 1]] * 9, [0.25] * 4)[:, 0] == pytest.approx([0.25] * 4)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(2, 5))
def test_what_is_wanted_adds_up(seed, count, folds):
    generator = np.random.default_rng(seed)
    amounts = np.append(generator.integers(0, 3, (count, 4)), np.full((count, 1), 3), axis=1)
    totals = amounts.sum(axis=0)
    portions = wanted(amounts, generator.dirichlet(np.ones(folds)))
    assert portions.sum(axis=0) == pytest.approx(totals)
    assert portions.min() >= -1e-9


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_placing_and_moving_keep_the_accounts(seed):
    generator = np.random.default_rng(seed)
    amounts = np.append(generator.integers(0, 3, (8, 4)), np.full((8, 1), 2), axis=1).astype(float)
    folds = Folds(sparse.csr_array(amounts), np.array([0.6, 0.4]))
    empty = folds.excess.copy()
    folds.place(np.array([5, 0, 3, 1]), np.array([0, 1, 1, 0]))
    folds.place(np.array([2, 4, 6, 7]), generator.integers(0, 2, 4))
    for row in range(8):
        folds.move(row, int(generator.integers(0, 2)))
    for fold in (0, 1):
        inside = amounts[folds.fold == fold]
        assert folds.excess[fold] - empty[fold] == pytest.approx(inside.sum(axis=0))
        assert folds.units[fold].tolist() == (inside > 0).sum(axis=0).tolist()
