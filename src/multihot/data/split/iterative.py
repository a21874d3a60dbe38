"""Iterative stratification: folds in which every label has its share.

Shapes: N samples, L labels, K folds, U units (a unit is what is placed whole: a sample or a block of samples).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.data.split.folds import UNPLACED, Folds
from multihot.data.split.level import level
from multihot.data.split.spread import spread
from multihot.errors import ArgumentError
from multihot.labels import Targets


def stratify(
    targets: Targets, shares: Sequence[float], *, seed: int, blocks: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """Number a fold for each sample, so that every fold has its share of the samples and of each label.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data", ECML PKDD
    2011), with all samples of a label dealt at once; then moves that put each label on every side and level what the
    rarer labels forced on the common ones and on the sizes.

    A label in at least K samples (of different blocks) stands in every fold. One in fewer, but at least two, stands in
    two folds; where the shares differ, one of them is the first fold, which is taken to train. As many labels as the
    search can serve have this: three labels on three samples, each on two of them, cannot all stand in two folds.
    The order of the labels does not matter.

    Args:
        targets: (N, L); unknown cells count neither as present nor as absent.
        shares: K shares of the samples, at least 0, that sum to 1; `[1 / K] * K` makes folds for cross-validation.
        seed: the same seed, targets and blocks give the same folds.
        blocks: (N,) block numbers; samples of one block go to the same fold, whatever that does to the shares.

    Returns:
        (N,) fold numbers from 0 to K - 1.

    Raises:
        ArgumentError: the shares are not at least 0 with the sum 1, or blocks do not match the targets.

    >>> targets = Targets.from_dense([[1, 0], [1, 0], [1, 1], [0, 1], [0, 1], [0, 0]])
    >>> folds = stratify(targets, [0.5, 0.5], seed=0)
    >>> [targets.take(np.flatnonzero(folds == fold)).positives().min() for fold in (0, 1)]
    [np.int64(1), np.int64(1)]
    """
    portions = _checked(shares)
    if blocks is not None and blocks.shape != (len(targets),):
        raise ArgumentError(f"blocks must have one number a sample: got {blocks.shape} for {len(targets)} samples")
    used = np.flatnonzero(portions)
    if not len(targets) or len(used) == 1:
        return np.full(len(targets), used[0])
    generator = np.random.default_rng(seed)
    units = None if blocks is None else np.unique(blocks, return_inverse=True)[1]
    folds = Folds(_amounts(targets.present, units, generator), portions[used])
    _fill(folds, generator)
    chosen = used[folds.fold]
    return chosen if units is None else chosen[units]


def _checked(shares: Sequence[float]) -> NDArray[np.float64]:
    portions = np.asarray(shares, dtype=np.float64)
    if portions.ndim != 1 or not len(portions) or (portions < 0).any() or not math.isclose(portions.sum(), 1):
        raise ArgumentError(f"shares must be at least 0 and sum to 1, got {list(shares)}")
    return portions


def _amounts(
    present: sparse.csr_array, units: NDArray[np.intp] | None, generator: np.random.Generator
) -> sparse.csr_array:
    """(U, L + 1) how many samples of each unit have each label, and how many it has.

    Columns come in an order of their own content, rare first, so that the caller's order of labels plays no part.
    """
    counts = present.astype(np.float64)
    sizes = np.ones(counts.shape[0])
    if units is not None:
        sizes = np.bincount(units).astype(np.float64)
        members = sparse.csr_array((np.ones(len(units)), (units, np.arange(len(units)))))
        counts = members @ counts
    marks = np.repeat(generator.random(counts.shape[0]), np.diff(counts.indptr))
    content = np.bincount(counts.indices, weights=marks, minlength=counts.shape[1])
    held = np.bincount(counts.indices, minlength=counts.shape[1])
    counts = sparse.csr_array(counts[:, np.lexsort((content, held))])
    counts.sort_indices()
    ends = counts.indptr[1:]
    columns = np.insert(counts.indices, ends, counts.shape[1])
    starts = np.append(0, ends + np.arange(1, len(ends) + 1))
    return sparse.csr_array((np.insert(counts.data, ends, sizes), columns, starts))


def _fill(folds: Folds, generator: np.random.Generator) -> None:
    by_label = folds.amounts.tocsc()
    _deal_labels(folds, by_label, generator)
    spread(folds, by_label, generator)
    level(folds, generator)


def _deal_labels(folds: Folds, by_label: sparse.csc_array, generator: np.random.Generator) -> None:
    """Place all units: the label with the fewest units left comes first, and the units of no label last, by size."""
    left = folds.total_units.astype(np.float64)
    left[left == 0] = np.inf
    while np.isfinite(left[label := int(left.argmin())]):
        rows = by_label.indices[slice(*by_label.indptr[label : label + 2])].astype(np.intp)
        rows = _alike_together(folds, generator.permutation(rows[folds.fold[rows] == UNPLACED]), label)
        entries = folds.entries(rows)
        amounts = entries.amounts[entries.columns == label]
        folds.place(rows, _deal(-folds.excess[:, label], amounts, -folds.excess[:, -1]))
        np.subtract.at(left, entries.columns, 1)
        left[entries.columns[left[entries.columns] == 0]] = np.inf


def _alike_together(folds: Folds, rows: NDArray[np.intp], label: int) -> NDArray[np.intp]:
    """One label's units ordered by their rarest other label, so that dealing them in turn spreads pairs of labels."""
    entries = folds.entries(rows)
    others = np.where(entries.columns == label, len(folds.total_units), entries.columns)
    rarest = np.minimum.reduceat(others, entries.starts)
    return rows[np.argsort(rarest, kind="stable")]


def _deal(desired: NDArray[np.float64], amounts: NDArray[np.float64], room: NDArray[np.float64]) -> NDArray[np.intp]:
    """A fold for each of one label's units, large amounts first, in turn among equal ones.

    Args:
        desired: (K,) how much of the label each fold still desires.
        amounts: (n,) how much of it each unit has.
        room: (K,) how many samples each fold still desires; decides between equal desires.
    """
    chosen = np.empty(len(amounts), dtype=np.intp)
    for amount in np.unique(amounts)[::-1]:
        equal = np.flatnonzero(amounts == amount)
        counts = _pour(desired / amount, len(equal), room)
        chosen[equal] = _in_turn(counts)
        desired = desired - counts * amount
    return chosen


def _in_turn(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Each fold's number as often as counted, evenly mixed.

    >>> _in_turn(np.array([4, 1, 2])).tolist()
    [0, 2, 0, 1, 0, 2, 0]
    """
    folds = np.repeat(np.arange(len(counts)), counts)
    turns = np.arange(len(folds)) - np.repeat(np.cumsum(counts) - counts, counts)
    return folds[np.argsort((turns + 0.5) / counts[folds], kind="stable")]


def _pour(desired: NDArray[np.float64], count: int, room: NDArray[np.float64]) -> NDArray[np.intp]:
    """(K,) how many of `count` equal units each fold gets if each goes where the desire is then greatest.

    Desires sink to a common level, as water would rise to one; what the rounding leaves goes by the greatest desire.
    """
    falling = np.sort(desired)[::-1]
    levels = (np.cumsum(falling) - count) / np.arange(1, len(desired) + 1)
    bottom = levels[np.flatnonzero(falling >= levels)[-1]]
    counts: NDArray[np.intp] = np.floor(np.maximum(desired - bottom, 0) + 1e-9).astype(np.intp)
    most_desired = np.lexsort((-room, -np.round(desired - counts, 9)))
    counts[most_desired[: count - int(counts.sum())]] += 1
    return counts
