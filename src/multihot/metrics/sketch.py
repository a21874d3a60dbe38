"""Metrics of data that comes in batches, in memory that depends on the number of labels alone.

Everything kept is a sum of whole numbers: counts of decisions, fixed-point sums over samples, and cells counted on a
grid of probabilities. So the figures of merged streams are bit for bit those of one stream, in whatever order.
"""

import copy
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.metrics.arrays import ArrayLike
from multihot.metrics.assembly import MACRO_NAMES, MICRO_NAMES, Findings, Report
from multihot.metrics.cells import Block, TargetsLike, read_cells
from multihot.metrics.estimates import Estimate
from multihot.metrics.grid import Grid
from multihot.metrics.inputs import read_decided, read_probabilities
from multihot.metrics.measures.averages import mean_where
from multihot.metrics.passes import Given, pass_over_samples
from multihot.metrics.shares import Share
from multihot.metrics.streaming import Ids, read_batch_cells, read_ids, require_same_labels

# Sums over samples are kept in whole numbers of this size.
UNIT_BITS = 32


@dataclass(frozen=True)
class _Batch:
    """Samples that are not counted yet: their positions, targets and predictions."""

    ids: NDArray[np.int64]
    targets: Tensor
    probabilities: Tensor | None
    decided: Tensor | None

    @classmethod
    def of(cls, ids: NDArray[np.int64], block: Block, probabilities: Tensor | None, decided: Tensor | None) -> "_Batch":
        """A batch without the samples that it holds twice."""
        states = block.present.float()
        if block.known is not None:
            states = torch.where(block.known, states, torch.nan)
        once, first = np.unique(ids, return_index=True)
        whole = cls(ids, states, probabilities, decided)
        return whole if len(once) == len(ids) else whole.take(np.isin(np.arange(len(ids)), first))

    def take(self, kept: NDArray[np.bool_]) -> "_Batch":
        """Some of the samples."""
        index = torch.from_numpy(np.flatnonzero(kept))
        optional = (None if tensor is None else tensor[index] for tensor in (self.probabilities, self.decided))
        return _Batch(self.ids[kept], self.targets[index], *optional)

    def given(self) -> Given:
        """As a pass over samples takes it."""
        cells = read_cells(self.targets, self.targets.device)
        return Given(cells, self.probabilities, self.probabilities, self.decided, None, None)


@dataclass
class _Totals:
    """Whole numbers, all of which add up over samples.

    Args:
        samples: how many samples were counted.
        counts: (4, L) decisions by what is true, as in `Counts`.
        sums: per figure made sample by sample what stands above and below the line, in units of 2^-32.
        grid: the cells by probability; None where none were given.
    """

    samples: int
    counts: Tensor
    sums: dict[str, tuple[int, int]]
    grid: Grid | None

    def count(self, given: Given, empty: float) -> None:
        """Add the samples of a batch."""
        self.samples += given.cells.shape[0]
        for block in pass_over_samples(given, empty):
            self._add_sums({name: _in_units(share) for name, share in block.shares.items()})
            if "decided" in block.masks:
                self.counts += torch.stack(block.masks["decided"].by_label()).long()
        if given.probabilities is not None:
            self.grid = self.grid or Grid.empty(given.cells.shape[1])
            self.grid.add(given.probabilities, given.cells.rows(slice(None)))

    def merge(self, other: Self) -> None:
        """Add all that another one counted."""
        self.samples += other.samples
        self.counts += other.counts
        self._add_sums(other.sums)
        if other.grid is not None:
            self.grid = self.grid or Grid.empty(self.counts.shape[1])
            self.grid.merge(other.grid)

    def findings(self) -> Findings:
        """What a report is put together from."""
        counts, grid = self.counts.double(), self.grid
        return Findings(
            shape=(self.samples, counts.shape[1]),
            present=counts[0] + counts[2] if grid is None else grid.support()[0],
            known=counts.sum(0) if grid is None else grid.support()[1],
            counts={"decided": Estimate(counts)} if "exact_match" in self.sums else {},
            samples={name: Estimate(_ratio(*sums)) for name, sums in self.sums.items()},
            labels={} if grid is None else {name: Estimate(c) for name, c in grid.columns().items()},
            overall={} if grid is None else {name: Estimate(c[0]) for name, c in grid.over_all().columns().items()},
        )

    def _add_sums(self, sums: dict[str, tuple[int, int]]) -> None:
        for name, (numerator, denominator) in sums.items():
            before = self.sums.get(name, (0, 0))
            self.sums[name] = (before[0] + numerator, before[1] + denominator)


@dataclass
class _Seen:
    """Which positions of the data set were counted: a byte each."""

    flags: NDArray[np.bool_]

    def holds(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(b,) whether each was counted."""
        inside = ids < len(self.flags)
        known: NDArray[np.bool_] = np.append(self.flags, False)[np.where(inside, ids, -1)]
        return known

    def add(self, ids: NDArray[np.int64]) -> None:
        """Remember positions."""
        if len(ids) and ids.max() >= len(self.flags):
            self.flags = np.append(self.flags, np.zeros(2 * ids.max() + 1 - len(self.flags), dtype=bool))
        self.flags[ids] = True


class SketchStream:
    """Batches in, a report out, and nothing kept of the samples.

    Figures made from decisions or sample by sample are exact (sums over samples to 2^-32). Mean and micro average
    precision and AUROC come from counts on a grid: `bounds` says how far each can be from the exact value at most,
    which is below 1e-3 unless many of a label's cells crowd into a few slots of the grid without being equal.
    Calibration errors use bins made of whole slots. COCO figures at top 3 are left out.

    With `ids`, the samples' positions in the data set, a sample that a distributed sampler handed out twice counts
    once. The stream then also keeps a byte a sample, and its last batch, where samplers put what they double.

    Args:
        labels: L.
        empty: the value of F1, Jaccard and their kin where nothing is present and nothing decided.
        keep_absent: keep labels with no known positive in macro averages.
    """

    def __init__(self, labels: int, *, empty: float = 1.0, keep_absent: bool = False) -> None:
        self.labels = labels
        self.empty = empty
        self.keep_absent = keep_absent
        self._totals = _Totals(0, torch.zeros(4, labels, dtype=torch.int64), {}, None)
        self._seen = _Seen(np.zeros(0, dtype=bool))
        self._waiting: list[_Batch] = []

    def update(
        self,
        targets: TargetsLike,
        probabilities: ArrayLike | None = None,
        decided: ArrayLike | None = None,
        *,
        ids: Ids | None = None,
    ) -> None:
        """Add a batch: what `report` takes, and the same of it every time.

        Raises:
            ArgumentError: as `report`; or the batch has other labels than the stream.
        """
        cells = read_batch_cells(targets, self.labels)
        certain = None if probabilities is None else read_probabilities(probabilities, cells)
        made = None if decided is None else read_decided(decided, cells.shape, cells.device)
        if ids is None:
            self._totals.count(Given(cells, certain, certain, made, None, None), self.empty)
            return
        for batch in self._waiting:
            self._totals.count(batch.given(), self.empty)
            self._seen.add(batch.ids)
        batch = _Batch.of(read_ids(ids, cells.shape[0]), cells.rows(slice(None)), certain, made)
        self._waiting = [batch.take(~self._seen.holds(batch.ids))]

    def merge(self, other: Self) -> Self:
        """Take in what another stream, usually another process's, has counted; returns this stream.

        Raises:
            ArgumentError: the streams have other labels; or both have counted a sample that was in no last batch.
        """
        require_same_labels(self.labels, other.labels)
        theirs = np.flatnonzero(other._seen.flags)
        twice = theirs[self._seen.holds(theirs)]
        if len(twice):
            raise ArgumentError(f"two streams have counted the same {len(twice)} samples, the first of id {twice[0]}")
        self._waiting = [batch.take(~other._seen.holds(batch.ids)) for batch in self._waiting]
        for batch in other._waiting:
            here = [waiting.ids for waiting in self._waiting]
            taken = np.isin(batch.ids, np.concatenate(here)) if here else np.zeros(len(batch.ids), dtype=bool)
            self._waiting.append(batch.take(~self._seen.holds(batch.ids) & ~taken))
        self._seen.add(theirs)
        self._totals.merge(other._totals)
        return self

    def compute(self) -> Report:
        """The report of all samples so far, without intervals; more batches can follow."""
        names = [str(label) for label in range(self.labels)]
        return self._all().findings().report(names, self.empty, self.keep_absent)

    def bounds(self) -> dict[str, float]:
        """How far each sketched figure can be from the exact one at most, by the registry's names."""
        grid = self._all().grid
        if grid is None:
            return {}
        macro = {MACRO_NAMES[name]: area for name, area in grid.areas().items()}
        micro = {MICRO_NAMES[name]: area for name, area in grid.over_all().areas().items()}
        return {name: float(mean_where(area.bound)) for name, area in (macro | micro).items()}

    def _all(self) -> _Totals:
        totals = copy.deepcopy(self._totals)
        for batch in self._waiting:
            totals.count(batch.given(), self.empty)
        return totals


def _in_units(share: Share) -> tuple[int, int]:
    return _whole(share.numerator), _whole(share.denominator)


def _whole(values: Tensor) -> int:
    """The sum in units of 2^-32; halves are summed apart, so that nothing overflows."""
    units = (values * 2.0**UNIT_BITS).round().long()
    high = units >> UNIT_BITS
    return (int(high.sum()) << UNIT_BITS) + int((units - (high << UNIT_BITS)).sum())


def _ratio(numerator: int, denominator: int) -> Tensor:
    return torch.tensor(numerator / denominator if denominator else torch.nan, dtype=torch.float64)
