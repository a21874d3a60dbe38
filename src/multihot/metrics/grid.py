"""Counts on a grid of probabilities: areas under curves within a stated bound, in memory of 200 KB a label.

The grid is even in the logit, 8192 slots from -16 to 16, so that it is finest where probabilities are near 0 and 1.

Shapes: L labels, S slots from the lowest probability to the highest, C coarse slots of 16 each.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from multihot.metrics.cells import Block
from multihot.metrics.measures.calibration import BINS

SLOTS = 8192
REACH = 16.0
COARSE = 512

# Surpluses are summed in whole numbers of this size, so that no order of summing changes a bit.
UNIT = 2.0**-32


class Bounded(NamedTuple):
    """(L,) values, and how far from the exact ones each can be at most."""

    value: Tensor
    bound: Tensor


@dataclass
class Grid:
    """What is known of every label's probabilities.

    Args:
        counts: (2, L, S) int32 known cells in each slot, absent and present.
        lowest: (L, S) the lowest probability in each slot, 2 where there is none.
        highest: (L, S) the highest, -1 where there is none.
        surplus: (L, C) int64 sums of probability - present over coarse slots, in units.
    """

    counts: Tensor
    lowest: Tensor
    highest: Tensor
    surplus: Tensor

    @classmethod
    def empty(cls, labels: int) -> Self:
        """No cells yet."""
        return cls(
            counts=torch.zeros(2, labels, SLOTS, dtype=torch.int32),
            lowest=torch.full((labels, SLOTS), 2.0, dtype=torch.float64),
            highest=torch.full((labels, SLOTS), -1.0, dtype=torch.float64),
            surplus=torch.zeros(labels, COARSE, dtype=torch.int64),
        )

    def add(self, probabilities: Tensor, block: Block) -> None:
        """Count the known cells of (b, L) probabilities."""
        label = torch.arange(probabilities.shape[1]).expand(probabilities.shape)
        known = torch.ones_like(block.present) if block.known is None else block.known
        values, label, present = probabilities[known].double(), label[known], block.present[known].long()
        logits = values.logit().clamp(-REACH, REACH)
        slot = ((logits + REACH) * (SLOTS / (2 * REACH))).long().clamp(max=SLOTS - 1)
        place = label * SLOTS + slot
        ones = torch.ones_like(place, dtype=torch.int32)
        self.counts.view(-1).scatter_add_(0, present * self.lowest.numel() + place, ones)
        self.lowest.view(-1).scatter_reduce_(0, place, values, "amin")
        self.highest.view(-1).scatter_reduce_(0, place, values, "amax")
        units = ((values - present.double()) / UNIT).round().long()
        self.surplus.view(-1).scatter_add_(0, label * COARSE + slot // (SLOTS // COARSE), units)

    def merge(self, other: Self) -> None:
        """Add another grid's cells."""
        self.counts += other.counts
        self.lowest = torch.minimum(self.lowest, other.lowest)
        self.highest = torch.maximum(self.highest, other.highest)
        self.surplus += other.surplus

    def over_all(self) -> "Grid":
        """All labels as one."""
        return Grid(
            counts=self.counts.sum(1, keepdim=True),
            lowest=self.lowest.amin(0, keepdim=True),
            highest=self.highest.amax(0, keepdim=True),
            surplus=self.surplus.sum(0, keepdim=True),
        )

    def columns(self) -> dict[str, Tensor]:
        """(L,) values by the names of a report's columns."""
        areas = {name: area.value for name, area in self.areas().items()}
        return {**areas, "expected_calibration_error": self.calibration_error(BINS)}

    def areas(self) -> dict[str, Bounded]:
        """(L,) areas with their bounds."""
        return {"average_precision": self.average_precision(), "auroc": self.auroc()}

    def support(self) -> tuple[Tensor, Tensor]:
        """(L,) present and known cells."""
        absent, present = self.counts.sum(2).double()  # a sum of int32 is int64
        return present, present + absent

    def average_precision(self) -> Bounded:
        """Half way between the worst and the best that the cells sharing a slot allow; exact where they tie."""
        absent, present = self.counts.flip(2).double()  # from the highest probability down
        absent_above, present_above = absent.cumsum(1) - absent, present.cumsum(1) - present
        above, present_through = absent_above + present_above, present_above + present
        # At worst the i-th present cell of a slot has precision (present_above + i) / (above + absent + i), a sum that
        # the digamma function gives at once; at best all present cells tie, before the first absent one.
        steps = torch.digamma(above + absent + present + 1) - torch.digamma(above + absent + 1)
        worst = present - (absent_above + absent) * steps
        best = present * present_through / (above + present).clamp(min=1)
        tie = present * present_through / (above + absent + present).clamp(min=1)
        tied, total = self._tied().flip(1), present.sum(1)
        low = torch.where(tied, tie, worst).sum(1) / total
        high = torch.where(tied, tie, best).sum(1) / total
        return Bounded((low + high) / 2, (high - low) / 2)

    def auroc(self) -> Bounded:
        """Cells that share a slot count as ties: half way between the worst and the best order."""
        absent, present = self.counts.flip(2).double()
        absent_above = absent.cumsum(1) - absent
        pairs = present.sum(1) * absent.sum(1)
        shared = present * absent / 2
        unsure = torch.where(self._tied().flip(1), 0.0, shared)
        return Bounded(1 - (present * absent_above + shared).sum(1) / pairs, unsure.sum(1) / pairs)

    def _tied(self) -> Tensor:
        """(L, S) slots whose cells all have the same probability."""
        return self.lowest == self.highest

    def calibration_error(self, bins: int) -> Tensor:
        """(L,) over bins of equal size made of whole coarse slots."""
        cells = self.counts.sum(0).view(-1, COARSE, SLOTS // COARSE).sum(2)
        known = cells.sum(1, keepdim=True)
        middle = 2 * cells.cumsum(1) - cells
        of = (bins * middle // (2 * known).clamp(min=1)).clamp(max=bins - 1)
        sums = torch.zeros(len(cells), bins, dtype=torch.int64).scatter_add_(1, of, self.surplus)
        return sums.abs().sum(1) * UNIT / known[:, 0]
