"""Levelling: small changes that bring every fold nearer to what it wants.

Iterative stratification leaves the common labels, which it serves last, and the sizes of the folds off by what the
rarer labels forced on them. What is lowered here is the sum of squares over folds j and labels l

    cost = sum_jl p_jl e_jl^2,     p_jl = w_l / share_j, w_l = 1 for a label and a weight of its own for the size,

with the excess e: as in Pearson's chi-squared over folds, one sample too many weighs more in a small fold.

Shapes: K folds, L labels, U units, M units looked at.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from multihot.data.split.folds import Folds

Pull = NDArray[np.float64]
"""(K, L + 1) how strongly each excess counts: p above."""

_FIRST_SAMPLE = 256
_LEAST_GAIN = 1e-9
_PATIENCE = 16


def level(folds: Folds, generator: np.random.Generator) -> None:
    """Lower the cost until nothing is gained any more, or enough units were looked at; no label leaves a fold for good.

    Sizes first count little, so that they hinder no label, then enough to come out exact (or, with large units, to be
    off by a part of a unit); then units are exchanged, which keeps the sizes.

    Args:
        folds: all units placed.
        generator: the source of randomness.
    """
    mean_size = folds.total_size / len(folds.fold)
    gentle, exact = _pull(folds, 0.3), _pull(folds, 1000 / mean_size**2)
    _repeat(folds, generator, lambda rows: _move_best(folds, rows, gentle))
    _repeat(folds, generator, lambda rows: _move_best(folds, rows, exact))
    _repeat(folds, generator, lambda rows: _exchange_best(folds, rows, exact, generator))


def _pull(folds: Folds, size_weight: float) -> Pull:
    weights = np.ones(folds.excess.shape[1])
    weights[-1] = size_weight
    return weights / folds.shares[:, None]


def _repeat(folds: Folds, generator: np.random.Generator, change: Callable[[NDArray[np.intp]], int]) -> None:
    """Look for changes in ever larger random samples of the units.

    Few changes are needed next to the number of units, and most units offer a good one at first: so the best of a
    small sample are made, and the sample grows as they become rare, up to all units.
    """
    count = len(folds.fold)
    sample, budget = min(_FIRST_SAMPLE, count), 5 * count + 50_000
    while budget > 0:
        rows = generator.choice(count, sample, replace=False) if sample < count else np.arange(count)
        changed = change(rows)
        budget -= sample
        if sample == count and not changed:
            break
        if changed * 100 < sample:
            sample = min(2 * sample, count)


def _move_best(folds: Folds, rows: NDArray[np.intp], pull: Pull) -> int:
    """Make the best moves of these units, best first; returns how many still paid when their turn came."""
    changes = _changes(folds, rows, pull)
    to = changes.argmin(axis=1)
    changes = changes[np.arange(len(rows)), to]
    promising = np.flatnonzero(changes < -_LEAST_GAIN)
    promising = promising[_free(folds, rows[promising])]
    best = promising[_best(changes[promising], len(rows))]
    return _successes(_move(folds, int(rows[at]), int(to[at]), pull) for at in best)


def _move(folds: Folds, row: int, to: int, pull: Pull) -> bool:
    """Move a unit if, after what was done since this was found, it still lowers the cost and loses no label."""
    pays = _change(folds, row, to, pull) < -_LEAST_GAIN and bool(_free(folds, np.array([row]))[0])
    if pays:
        folds.move(row, to)
    return pays


def _successes(tries: Iterable[bool]) -> int:
    """How many of these succeed, up to too many failures in a row: the figures that chose them are then out of date."""
    made = failures = 0
    for success in tries:
        made, failures = (made + 1, 0) if success else (made, failures + 1)
        if failures == _PATIENCE:
            break
    return made


def _exchange_best(folds: Folds, rows: NDArray[np.intp], pull: Pull, generator: np.random.Generator) -> int:
    """Exchange units between random pairs of folds, the best of both first; returns how many exchanges paid."""
    labels_only = pull.copy()
    labels_only[:, -1] = 0
    changes = _changes(folds, rows, labels_only)
    made = 0
    for one, other in _pairs(len(folds.shares), generator):
        there, back = (_leaving(folds, rows, changes, *way) for way in ((one, other), (other, one)))
        made += _successes(
            _exchange(folds, int(rows[at]), int(rows[partner]), pull) for at, partner in zip(there, back, strict=False)
        )
    return made


def _pairs(count: int, generator: np.random.Generator) -> Iterator[tuple[int, int]]:
    order = generator.permutation(count).tolist()
    return zip(order[::2], order[1::2], strict=False)


def _leaving(
    folds: Folds, rows: NDArray[np.intp], changes: NDArray[np.float64], here: int, to: int
) -> NDArray[np.intp]:
    """The positions of the units that would best go from one fold to another, best first."""
    inside = np.flatnonzero(folds.fold[rows] == here)
    inside = inside[_free(folds, rows[inside])]
    return inside[_best(changes[inside, to], len(rows))]


def _exchange(folds: Folds, row: int, partner: int, pull: Pull) -> bool:
    """Let two units change places if that lowers the cost and loses no label."""
    here, there = int(folds.fold[row]), int(folds.fold[partner])
    if here == there or not _free(folds, np.array([row]))[0]:
        return False
    change = _change(folds, row, there, pull)
    folds.move(row, there)
    if change + _change(folds, partner, here, pull) < -_LEAST_GAIN and _free(folds, np.array([partner]))[0]:
        folds.move(partner, here)
        return True
    folds.move(row, here)
    return False


def _best(changes: NDArray[np.float64], looked_at: int) -> NDArray[np.intp]:
    """The positions of the lowest changes, lowest first: few of many, as each made spoils the others' figures."""
    most = max(64, looked_at // 16)
    lowest = np.argpartition(changes, most)[:most] if len(changes) > most else np.arange(len(changes))
    return lowest[np.argsort(changes[lowest], kind="stable")]


def _changes(folds: Folds, rows: NDArray[np.intp], pull: Pull) -> NDArray[np.float64]:
    """(M, K) the change of cost if each unit alone moved to each fold.

    Moving amounts x from fold a to b changes the cost by sum_l 2 x (p_b e_b - p_a e_a) + (p_a + p_b) x^2.
    """
    amounts = folds.amounts[rows]
    first = 2 * (amounts @ (pull * folds.excess).T)
    second = amounts.power(2) @ pull.T
    here = (np.arange(len(rows)), folds.fold[rows])
    changes: NDArray[np.float64] = first + second - (first[here] - second[here])[:, None]
    changes[here] = 0
    return changes


def _change(folds: Folds, row: int, to: int, pull: Pull) -> float:
    """The change of cost if one unit moved now."""
    columns, amounts = folds.row(row)
    here = folds.fold[row]
    arriving = pull[to, columns] * (2 * folds.excess[to, columns] + amounts)
    leaving = pull[here, columns] * (2 * folds.excess[here, columns] - amounts)
    return float(amounts @ (arriving - leaving))


def _free(folds: Folds, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(M,) whether each unit may leave its fold: no label of more than one unit would be lost there."""
    if not len(rows):
        return np.zeros(0, dtype=bool)
    entries = folds.entries(rows)
    last = folds.units[entries.each(folds.fold[rows]), entries.columns] < 2
    last &= folds.total_units[entries.columns] > 1
    return ~np.logical_or.reduceat(last, entries.starts)
