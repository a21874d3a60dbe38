"""Where the present cells of each group stand in its order by score: all that any ranking metric needs.

Shapes: a group is a sample, a label or everything; G groups of M cells, P present cells over all of them.

Sorting values alone is several times cheaper than sorting indices with them, and a binary search for the few present
cells then tells their places, ties included. Nothing here depends on the order among equal scores.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from multihot.metrics.cells import Block, Cells, blocks

Found = TypeVar("Found")

# Labels are read across the rows of the score matrix: many at a time, so that little of each row is read in vain.
LABEL_BLOCK_CELLS = 2**20


@dataclass(frozen=True)
class Places:
    """The places of present cells in the descending order of their group's known cells.

    Args:
        group: (P,) the group of each, ascending.
        member: (P,) its index in the group; None where nobody asked.
        above: (P,) known cells of the group with a higher score.
        tied: (P,) known cells with the same score, itself included.
        known: (G,) how many cells of each group are known.
        present: (G,) how many of those are present.
    """

    group: Tensor
    member: Tensor | None
    above: Tensor
    tied: Tensor
    known: Tensor
    present: Tensor

    @property
    def through(self) -> Tensor:
        """(P,) known cells with the same score or a higher one."""
        return self.above + self.tied

    @property
    def absent(self) -> Tensor:
        """(G,) how many known cells of each group are absent."""
        return self.known - self.present

    def sum(self, values: Tensor) -> Tensor:
        """(G,) the sum of (P,) values over each group."""
        return self.sum_by(self.group, values)

    def sum_by(self, group: Tensor, values: Tensor) -> Tensor:
        """(G,) the sum of values over the groups they are in."""
        total = torch.zeros(len(self.known), dtype=torch.float64, device=values.device)
        return total.index_add_(0, group, values.double())


@dataclass(frozen=True)
class Ranks:
    """The places of all present cells, among the known cells and among themselves.

    Args:
        places: among the known cells.
        ascending: (G, M) the known scores of each group from low to high; unknown cells follow as infinity.
        present_above: (P,) present cells with a higher score.
        present_tied: (P,) present cells with the same score, itself included.
    """

    places: Places
    ascending: Tensor
    present_above: Tensor
    present_tied: Tensor

    @property
    def present_through(self) -> Tensor:
        """(P,) present cells with the same score or a higher one."""
        return self.present_above + self.present_tied

    @property
    def absent_above(self) -> Tensor:
        """(P,) absent cells with a higher score."""
        return self.places.above - self.present_above

    @property
    def absent_tied(self) -> Tensor:
        """(P,) absent cells with the same score."""
        return self.places.tied - self.present_tied


def rank(scores: Tensor, block: Block, *, members: bool = False) -> Ranks:
    """Rank the present cells of a block by its (G, M) scores; `members` keeps track of which cell is which."""
    present = block.present
    if block.known is not None:
        present, scores = present & block.known, torch.where(block.known, scores, torch.inf)
    ascending, known = sorted_values(scores.contiguous()), block.known_counts()
    own = _Own.of(scores, present, members)
    below = own.flat(torch.searchsorted(ascending, own.ascending))
    until, first, last = below + 1, own.slot, own.slot + 1
    if own.any_tied(ascending, until, known):
        until = torch.minimum(own.flat(torch.searchsorted(ascending, own.ascending, right=True)), known[own.group])
        first, last = own.runs(below, ascending.shape[1])
    places = Places(own.group, own.member, known[own.group] - until, until - below, known, own.counts)
    return Ranks(places, ascending, own.counts[own.group] - last, last - first)


def over_labels(cells: Cells, scores: Tensor, found: Callable[[Tensor, Block, Ranks], Found]) -> list[Found]:
    """What is found of each block of labels, from its (G, N) scores, its cells and its ranks over the samples."""
    samples, labels = cells.shape
    return [
        found(*_label_block(cells, scores, part))  # nothing of a block is held when the next is made
        for part in blocks(labels, samples, LABEL_BLOCK_CELLS)
    ]


def _label_block(cells: Cells, scores: Tensor, part: slice) -> tuple[Tensor, Block, Ranks]:
    values, block = scores[:, part].t().contiguous(), cells.columns(part)
    return values, block, rank(values, block)


def over_all(cells: Cells, scores: Tensor) -> Ranks:
    """The ranks of all present cells among all known cells: a single group."""
    block = cells.rows(slice(None))
    if block.known is None:
        return rank(scores.reshape(1, -1), Block(block.present.reshape(1, -1), None))
    return rank(scores[block.known][None], Block(block.present[block.known][None], None))


def sorted_values(values: Tensor) -> Tensor:
    """Each row from low to high; NaN last."""
    if values.device.type == "cpu":  # numpy's sort of values alone is vectorised, torch's always carries indices
        return torch.from_numpy(np.sort(values.numpy(), axis=-1))
    return values.sort(dim=-1).values


@dataclass(frozen=True)
class _Own:
    """The present cells of each group in ascending order, flat (P,) and in a padded table (G, K)."""

    group: Tensor
    member: Tensor | None
    counts: Tensor
    slot: Tensor
    ascending: Tensor

    @classmethod
    def of(cls, scores: Tensor, present: Tensor, members: bool) -> "_Own":
        groups, width = present.shape
        cell = present.reshape(-1).nonzero()[:, 0]
        group = cell // width if width else cell
        counts = torch.bincount(group, minlength=groups)
        start = counts.cumsum(0) - counts
        slot = torch.arange(len(cell), device=cell.device) - start[group]
        table = scores.new_full((groups, int(counts.max()) if groups else 0), torch.nan)
        table[group, slot] = scores.reshape(-1)[cell]
        if not members:
            return cls(group, None, counts, slot, sorted_values(table))
        ascending, order = table.sort(dim=1)
        return cls(group, (cell % width)[start[group] + order[group, slot]], counts, slot, ascending)

    def flat(self, table: Tensor) -> Tensor:
        """(P,) the real entries of a (G, K) table."""
        return table[self.group, self.slot]

    def any_tied(self, ascending: Tensor, following: Tensor, known: Tensor) -> bool:
        """Whether any cell's score recurs at the place that follows it: rarely, and then a search can be saved."""
        next_score = ascending[self.group, following.clamp(max=max(ascending.shape[1] - 1, 0))]
        return bool(((next_score == self.flat(self.ascending)) & (following < known[self.group])).any())

    def runs(self, below: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """(P,) the slots where each run of equal scores begins and ends; equal scores have equal cells below."""
        key = self.group * (width + 1) + below
        _, run, length = torch.unique_consecutive(key, return_inverse=True, return_counts=True)
        start = torch.arange(len(key), device=key.device) - self.slot
        last = length.cumsum(0)[run] - start
        return last - length[run], last
