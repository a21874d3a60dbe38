import numpy as np
from scipy import sparse

from multihot.data.split.folds import Folds
from multihot.data.split.spread import _lacks, spread


def spread_out(labels, folds, shares):
    """The folds after spreading, from labels (U, L) and given folds (U,)."""
    amounts = sparse.csr_array(np.append(labels, np.ones((len(labels), 1)), axis=1).astype(float))
    state = Folds(amounts, np.array(shares))
    state.place(np.arange(len(labels)), np.array(folds))
    spread(state, amounts.tocsc(), np.random.default_rng(0))
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


def test_where_not_all_labels_can_be_spread_the_best_state_is_kept():
    triangle = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]])
    state = spread_out(triangle, [0, 0, 0], [0.5, 0.5])
    assert _lacks(state.units, 0).sum() == 1


def test_a_label_in_two_units_reaches_train_and_one_other_part():
    state = spread_out([[1], [1], [0], [0], [0]], [1, 2, 0, 0, 0], [0.6, 0.2, 0.2])
    assert state.units[0, 0] == 1


def test_what_is_spread_already_stays():
    given = [0, 1, 2, 0, 0]
    assert spread_out([[1], [1], [1], [0], [0]], given, [0.6, 0.2, 0.2]).fold.tolist() == given
