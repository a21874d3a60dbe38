"""The guarantee: a label in enough units stands in every fold.

Iterative stratification serves the rarest label first, so a label whose samples all carry rarer ones can end up
missing from a fold. Finding folds for all labels at once is hypergraph colouring, which has no fast exact answer and
sometimes none at all (three labels on three samples, each on two of them, and two folds): a walk of least conflicts
with some random steps (WalkSAT: Selman, Kautz and Cohen 1994) looks for one, and the best state it saw is kept.

Shapes: K folds, L labels, E entries.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.data.split.folds import Folds

_MOST_STEPS = 20_000
_MOST_HOLDERS = 64
_RANDOM_STEPS = 0.4


def spread(folds: Folds, by_label: sparse.csc_array, generator: np.random.Generator) -> None:
    """Move units until no label lacks a fold, or the steps are used up; then back to the best state seen.

    Args:
        folds: all units placed.
        by_label: the amounts of `folds`, by column.
        generator: the source of randomness.
    """
    lacking = _lacks(folds.units, folds.first)
    fewest = lacks = int(lacking.sum())
    # Labels that may lack a fold: every one that does, some more than once, and some that no longer do.
    suspects = np.flatnonzero(lacking).tolist()
    undo: list[tuple[int, int]] = []
    for _ in range(min(500 + 50 * lacks, _MOST_STEPS)):
        label = _draw_lacking(folds, suspects, generator)
        if label is None:
            break
        row, to, change = _choose(folds, by_label, label, generator)
        undo.append((row, int(folds.fold[row])))
        folds.move(row, to)
        columns, _ = folds.row(row)
        suspects += columns[_lacks(folds.units[:, columns], folds.first) > 0].tolist()
        lacks += change
        if lacks < fewest:
            fewest, undo = lacks, []
    for row, back in reversed(undo):
        folds.move(row, back)


def _draw_lacking(folds: Folds, suspects: list[int], generator: np.random.Generator) -> int | None:
    """A random label that lacks a fold, or None; suspects that lack none are struck off on the way."""
    while suspects:
        at = int(generator.integers(len(suspects)))
        if _lacks(folds.units[:, [suspects[at]]], folds.first)[0]:
            return suspects[at]
        suspects[at] = suspects[-1]
        suspects.pop()
    return None


def _choose(
    folds: Folds, by_label: sparse.csc_array, label: int, generator: np.random.Generator
) -> tuple[int, int, int]:
    """The unit to move for one label's sake, the fold it moves to, and how that changes the number of lacks."""
    holders = by_label.indices[slice(*by_label.indptr[label : label + 2])].astype(np.intp)
    to = int(generator.choice(np.flatnonzero(_wanting(folds.units[:, [label]], folds.first))))
    holders = generator.permutation(holders[folds.fold[holders] != to])[:_MOST_HOLDERS]
    changes = _changes(folds, holders, to)
    pick = int(changes.argmin())
    if generator.random() < _RANDOM_STEPS:
        pick = int(generator.integers(len(holders)))
    return int(holders[pick]), to, int(changes[pick])


def _changes(folds: Folds, rows: NDArray[np.intp], to: int) -> NDArray[np.intp]:
    """How the number of lacks would change if each of these units alone moved."""
    entries = folds.entries(rows)
    before = folds.units[:, entries.columns]
    after = before.copy()
    after[entries.each(folds.fold[rows]), np.arange(len(entries.columns))] -= 1
    after[to] += 1
    change = _lacks(after, folds.first) - _lacks(before, folds.first)
    return np.add.reduceat(change, entries.starts)


def _wanting(units: NDArray[np.intp], first: int | None) -> NDArray[np.bool_]:
    """(K, E) the folds that want a unit of a label to keep the guarantee, from the units (K, E) they have.

    In K or more units a label wants to be in every fold; in fewer, but at least 2, in two folds, of which one is the
    first where that trains.
    """
    without, total = units == 0, units.sum(axis=0)
    few = (total > 1) & (total < len(units))
    in_one = (~without).sum(axis=0) == 1
    wanting: NDArray[np.bool_] = without & ((total >= len(units)) | few & in_one)
    if first is not None:
        wanting[:, few & without[first]] = False
        wanting[first] |= few & without[first]
    return wanting


def _lacks(units: NDArray[np.intp], first: int | None) -> NDArray[np.intp]:
    """(E,) how many folds each label still has to reach."""
    lacks: NDArray[np.intp] = _wanting(units, first).sum(axis=0)
    few = units.sum(axis=0) < len(units)
    lacks[few] = np.minimum(lacks[few], 1)
    return lacks
