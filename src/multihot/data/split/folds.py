"""Folds being filled: what each holds, and by how much that exceeds what it should hold.

Shapes: N samples, L labels, K folds, U units (a unit is what is placed whole: a sample or a block of samples).
A unit's size is kept as one more column after its labels: sizes are balanced like any label.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

UNPLACED = -1


class Entries(NamedTuple):
    """The entries of some units' rows, one after the other."""

    columns: NDArray[np.intp]
    amounts: NDArray[np.float64]
    lengths: NDArray[np.intp]
    """How many entries each unit has: at least one, its size."""

    def each(self, folds: NDArray[np.intp]) -> NDArray[np.intp]:
        """One fold a unit, repeated for each of its entries."""
        return np.repeat(folds, self.lengths)

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where each unit's entries begin, as `reduceat` takes it."""
        return np.cumsum(self.lengths) - self.lengths


class Folds:
    """U units to be placed in K folds.

    Args:
        amounts: (U, L + 1) how many samples of a unit have each label, and how many it has.
        shares: (K,) positive shares that sum to 1.

    Attributes:
        fold: (U,) the fold of each unit, `UNPLACED` at first.
        excess: (K, L + 1) amounts held less amounts wanted.
        units: (K, L + 1) how many units hold each label.
        total_units: (L + 1,) how many units have each label, wherever they are.
        total_size: how many samples there are.
        first: the fold that trains (the first one), or None where all folds are alike.
    """

    def __init__(self, amounts: sparse.csr_array, shares: NDArray[np.float64]) -> None:
        self.amounts = amounts
        self.shares = shares
        self.first = None if np.allclose(shares, shares[0]) else 0
        self.fold = np.full(amounts.shape[0], UNPLACED, dtype=np.intp)
        self.total_units = np.bincount(amounts.indices, minlength=amounts.shape[1])
        totals = np.bincount(amounts.indices, weights=amounts.data, minlength=amounts.shape[1])
        self.total_size = float(totals[-1])
        self.excess = -totals * _fractions(self.total_units, shares, self.first)
        self.units = np.zeros(self.excess.shape, dtype=np.intp)

    def entries(self, rows: NDArray[np.intp]) -> Entries:
        """The labels and amounts of some units."""
        starts = self.amounts.indptr[rows]
        lengths = self.amounts.indptr[rows + 1] - starts
        ends = np.cumsum(lengths)
        at = np.repeat(starts - ends + lengths, lengths) + np.arange(ends[-1] if len(rows) else 0)
        return Entries(self.amounts.indices[at], self.amounts.data[at], lengths)

    def place(self, rows: NDArray[np.intp], folds: NDArray[np.intp]) -> Entries:
        """Place units that are in no fold yet; returns their entries."""
        entries = self.entries(rows)
        self.fold[rows] = folds
        cells = (entries.each(folds), entries.columns)
        np.add.at(self.excess, cells, entries.amounts)
        np.add.at(self.units, cells, 1)
        return entries

    def row(self, row: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The columns and amounts of one unit."""
        inside = slice(*self.amounts.indptr[row : row + 2])
        return self.amounts.indices[inside].astype(np.intp), self.amounts.data[inside]

    def move(self, row: int, to: int) -> None:
        """Take one placed unit to another fold."""
        columns, amounts = self.row(row)
        for fold, sign in ((self.fold[row], -1), (to, 1)):
            self.excess[fold, columns] += sign * amounts
            self.units[fold, columns] += sign
        self.fold[row] = to


def _fractions(total_units: NDArray[np.intp], shares: NDArray[np.float64], first: int | None) -> NDArray[np.float64]:
    """(K, L + 1) the part of each label that each fold wants: its share, but no less than one unit.

    A label in fewer units than folds wants one unit in the first fold, if that trains, and shares out the others.
    """
    least = np.zeros((len(shares), len(total_units)))
    many = total_units >= len(shares)
    least[:, many] = 1 / total_units[many]
    if first is not None:
        least[first, ~many] = 1 / np.maximum(total_units[~many], 1)
    fractions = np.repeat(shares[:, None], len(total_units), axis=1)
    raised = np.zeros_like(least, dtype=bool)
    for _ in shares:
        raised |= fractions < least
        free = np.where(raised, 0, shares[:, None])
        scale = (1 - np.where(raised, least, 0).sum(axis=0)) / np.maximum(free.sum(axis=0), np.finfo(float).tiny)
        fractions = np.where(raised, least, free * scale)
    return fractions
