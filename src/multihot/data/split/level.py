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
_MOST_EXCHANGES = 128


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
    best = promising[_best(changes[promising], max(64, len(rows) // 16))]
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
    """Make the best exchanges between random pairs of folds, best first; returns how many paid."""
    changes = _changes(folds, rows, pull)
    made = 0
    for one, other in _pairs(len(folds.shares), generator):
        there, back = _leaving(folds, rows, changes, one, other), _leaving(folds, rows, changes, other, one)
        if len(there) and len(back):
            # What both units have stays in both folds, but was counted as moving twice.
            both = _overlap(folds, rows[there], rows[back], pull[one] + pull[other])
            joint = changes[there, other][:, None] + changes[back, one] - 2 * both
            made += _exchange_all(folds, rows[there], rows[back], joint, pull)
    return made


def _exchange_all(
    folds: Folds, rows: NDArray[np.intp], partners: NDArray[np.intp], joint: NDArray[np.float64], pull: Pull
) -> int:
    """Try to exchange each unit with its best partner, from the changes of cost (units, partners)."""
    partner, change = joint.argmin(axis=1), joint.min(axis=1)
    order = np.argsort(change, kind="stable")
    pairs = [(int(rows[at]), int(partners[partner[at]])) for at in order if change[at] < -_LEAST_GAIN]
    return _successes(_exchange(folds, row, other, pull) for row, other in pairs)


def _overlap(
    folds: Folds, rows: NDArray[np.intp], others: NDArray[np.intp], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(M, M') the weighted products of amounts that two units both have."""
    weighted = folds.amounts[rows].multiply(weights).tocsr()
    both: NDArray[np.float64] = (weighted @ folds.amounts[others].T).toarray()
    return both


def _pairs(count: int, generator: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Random pairs of folds, each fold in two of them (in both orders if there are only two folds)."""
    order = generator.permutation(count)
    return zip(order.tolist(), np.roll(order, 1).tolist(), strict=True)


def _leaving(
    folds: Folds, rows: NDArray[np.intp], changes: NDArray[np.float64], here: int, to: int
) -> NDArray[np.intp]:
    """The positions of the units that would best go from one fold to another, best first."""
    inside = np.flatnonzero(folds.fold[rows] == here)
    inside = inside[_free(folds, rows[inside])]
    return inside[_best(changes[inside, to], _MOST_EXCHANGES)]


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


def _best(changes: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """The positions of the lowest changes, lowest first: few of many, as each made spoils the others' figures."""
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
