import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from multihot.data.split.folds import Folds
from multihot.data.split.level import (
    _change,
    _changes,
    _exchange,
    _exchange_best,
    _move,
    _overlap,
    _pull,
    level,
)


def random_folds(seed, count=40, labels=5):
    generator = np.random.default_rng(seed)
    amounts = np.append(generator.integers(0, 3, (count, labels)), np.full((count, 1), 2), axis=1)
    state = Folds(sparse.csr_array(amounts.astype(float)), np.array([0.6, 0.1, 0.3]))
    state.place(np.arange(count), generator.integers(0, 3, count))
    return state


def cost(state, pull):
    return float((pull * state.excess**2).sum())


@settings(deadline=None)
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


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_change_of_cost_is_what_an_exchange_changes(seed):
    state = random_folds(seed)
    pull = _pull(state, 7)
    row = seed % 40
    partner = int(np.flatnonzero(state.fold != state.fold[row])[0])
    here, there = state.fold[[row, partner]]
    before = cost(state, pull)
    changes = _changes(state, np.array([row, partner]), pull)
    both = _overlap(state, np.array([row]), np.array([partner]), pull[here] + pull[there])[0, 0]
    state.move(row, there)
    state.move(partner, here)
    assert cost(state, pull) - before == pytest.approx(changes[0, there] + changes[1, here] - 2 * both, abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_levelling_lowers_the_cost_and_loses_no_label(seed):
    state = random_folds(seed)
    pull = _pull(state, 1)
    before, held = cost(state, pull), state.units > 0
    level(state, np.random.default_rng(seed))
    assert cost(state, pull) <= before
    assert (state.units[held] > 0).all()


def placed(rows, folds):
    """Units with these labels (U, L), one sample each, in these folds of the same size."""
    amounts = np.append(rows, np.ones((len(rows), 1)), axis=1).astype(float)
    state = Folds(sparse.csr_array(amounts), np.array([0.5, 0.5]))
    state.place(np.arange(len(rows)), np.array(folds))
    return state


def test_exchanges_balance_labels_and_keep_sizes():
    state = placed([[1, 0]] * 4 + [[0, 1]] * 4, [0] * 4 + [1] * 4)
    generator = np.random.default_rng(0)
    while _exchange_best(state, np.arange(8), _pull(state, 1000), generator):
        assert state.units[:, -1].tolist() == [4, 4]
    assert state.units.tolist() == [[2, 2, 4], [2, 2, 4]]


def test_levelling_exchanges_where_sizes_allow_no_move(monkeypatch):
    monkeypatch.setattr("multihot.data.split.level._move_best", lambda *_: 0)
    state = placed([[1, 0]] * 4 + [[0, 1]] * 4, [0] * 4 + [1] * 4)
    level(state, np.random.default_rng(0))
    assert state.units.tolist() == [[2, 2, 4], [2, 2, 4]]


def test_the_last_unit_of_a_label_stays_even_if_moving_it_pays():
    labels = [[1, 1]] + [[0, 1]] * 6 + [[1, 0]]
    state = placed(labels, [0] * 7 + [1])
    pull = _pull(state, 1)
    assert _change(state, 0, 1, pull) < 0
    assert not _move(state, 0, 1, pull)
    assert _move(state, 1, 1, pull)
    assert state.fold.tolist() == [0, 1, 0, 0, 0, 0, 0, 1]


def test_an_exchange_that_loses_a_label_is_undone():
    labels = [[0, 1, 0]] * 4 + [[1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 1]]
    state = placed(labels, [0, 0, 0, 0, 1, 1, 1, 0])
    before = state.fold.copy(), state.units.copy(), state.excess.copy()
    pull = _pull(state, 1)
    assert _change(state, 0, 1, pull) + _change(state, 5, 0, pull) < 0
    assert not _exchange(state, 0, 5, pull)
    assert not _exchange(state, 5, 0, pull)
    assert [now.tolist() for now in (state.fold, state.units, state.excess)] == [then.tolist() for then in before]
    assert _exchange(state, 0, 4, pull)
