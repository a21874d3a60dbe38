import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from multihot.data.split.folds import Folds
from multihot.data.split.level import _change, _changes, _pull, level


def random_folds(seed, count=40, labels=5):
    generator = np.random.default_rng(seed)
    amounts = np.append(generator.integers(0, 3, (count, labels)), np.full((count, 1), 2), axis=1)
    state = Folds(sparse.csr_array(amounts.astype(float)), np.array([0.6, 0.1, 0.3]))
    state.place(np.arange(count), generator.integers(0, 3, count))
    return state


def cost(state, pull):
    return float((pull * state.excess**2).sum())


@given(st.integers(0, 2**32 - 1))
def test_the_change_of_cost_is_what_a_move_changes(seed):
    state = random_folds(seed)
    pull = _pull(state, 0.3)
    foreseen = _changes(state, np.arange(40), pull)
    row, to = seed % 40, seed % 3
    before = cost(state, pull)
    assert _change(state, row, to, pull) == pytest.approx(foreseen[row, to], abs=1e-6) or state.fold[row] == to
    state.move(row, to)
    assert cost(state, pull) - before == pytest.approx(foreseen[row, to], abs=1e-6)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_levelling_lowers_the_cost_and_loses_no_label(seed):
    state = random_folds(seed)
    pull = _pull(state, 1)
    before, held = cost(state, pull), state.units > 0
    level(state, np.random.default_rng(seed))
    assert cost(state, pull) <= before
    assert (state.units[held] > 0).all()


def test_an_exchange_balances_what_no_single_move_can():
    # Sizes are exact and every label is on one side: only a pair of units can change places.
    amounts = sparse.csr_array(np.array([[1, 0, 1]] * 4 + [[0, 1, 1]] * 4, dtype=float))
    state = Folds(amounts, np.array([0.5, 0.5]))
    state.place(np.arange(8), np.repeat([0, 1], 4))
    level(state, np.random.default_rng(0))
    assert state.units.tolist() == [[2, 2, 4], [2, 2, 4]]
