import itertools

import numpy as np
import pytest
from scipy import sparse

from multihot.data.split.folds import Folds
from multihot.data.split.spread import _lacks, _wanting, spread


def spread_out(labels, folds, shares, seed=0):
    """The folds after spreading, from labels (U, L) and given folds (U,)."""
    amounts = sparse.csr_array(np.append(labels, np.ones((len(labels), 1)), axis=1).astype(float))
    state = Folds(amounts, np.array(shares))
    state.place(np.arange(len(labels)), np.array(folds))
    spread(state, amounts.tocsc(), np.random.default_rng(seed))
    return state


def test_a_label_on_one_side_is_brought_to_the_other():
    state = spread_out([[1], [1], [0], [0]], [0, 0, 1, 1], [0.5, 0.5])
    assert state.units[:, 0].tolist() == [1, 1]


def test_a_chain_of_labels_needs_more_than_one_move():
    # Units 0-1-2-3-4 share labels pairwise, so their folds must alternate.
    chain = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
    state = spread_out(chain, [0, 0, 0, 1, 1], [0.5, 0.5])
    assert (state.units > 0).all()
    assert state.fold.tolist() in ([0, 1, 0, 1, 0], [1, 0, 1, 0, 1])


@pytest.mark.parametrize("seed", range(20))
def test_where_not_all_labels_can_be_spread_the_best_state_is_kept(seed):
    triangle = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]])
    state = spread_out(triangle, [0, 0, 0], [0.5, 0.5], seed)
    assert _lacks(state.units, None).sum() == 1


@pytest.mark.parametrize("seed", range(20))
def test_the_walk_ends_in_the_best_state_it_saw(seed):
    # Each pair of four units has a label of its own: two of six are one-sided at best, three after any further move.
    pairs = np.array([[unit in pair for pair in itertools.combinations(range(4), 2)] for unit in range(4)])
    state = spread_out(pairs, [0, 0, 0, 0], [0.5, 0.5], seed)
    assert _lacks(state.units, None).sum() == 2


@pytest.mark.parametrize("seed", range(3))
def test_a_ring_has_two_solutions_and_one_is_found(seed):
    ring = np.eye(12) + np.roll(np.eye(12), 1, axis=1)
    state = spread_out(ring, [0] * 6 + [1] * 6, [0.5, 0.5], seed)
    assert (np.diff(state.fold) != 0).all()


def test_which_folds_want_a_label():
    units = np.array([[0, 1, 2, 0, 0, 0], [1, 1, 0, 1, 2, 0], [2, 1, 0, 1, 0, 1]])
    trains_first = [[1, 0, 0, 1, 1, 0], [0, 0, 1, 0, 0, 0], [0, 0, 1, 0, 0, 0]]
    assert _wanting(units, 0).astype(int).tolist() == trains_first
    assert _lacks(units, 0).tolist() == [1, 0, 1, 1, 1, 0]
    all_alike = [[1, 0, 0, 0, 1, 0], [0, 0, 1, 0, 0, 0], [0, 0, 1, 0, 1, 0]]
    assert _wanting(units, None).astype(int).tolist() == all_alike
    assert _lacks(units, None).tolist() == [1, 0, 1, 0, 1, 0]


def test_a_label_in_two_units_reaches_train_and_one_other_part():
    state = spread_out([[1], [1], [0], [0], [0]], [1, 2, 0, 0, 0], [0.6, 0.2, 0.2])
    assert state.units[0, 0] == 1


def test_what_is_spread_already_stays():
    given = [0, 1, 2, 0, 0]
    assert spread_out([[1], [1], [1], [0], [0]], given, [0.6, 0.2, 0.2]).fold.tolist() == given
