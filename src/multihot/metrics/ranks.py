"""Where the present cells of each group stand in its order by score: all that any ranking metric needs.

Shapes: a block has G groups (samples or labels) of M members; K is the most present cells in one group.

Sorting values alone is several times cheaper than sorting indices with them, and a binary search of the few present
cells then tells their places, ties included. Nothing here depends on the order among equal scores.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from multihot.metrics.cells import Block, Cells, blocks

# Labels are read across the rows of the score matrix, so that larger blocks than elsewhere pay.
LABEL_BLOCK_CELLS = 2**21


@dataclass(frozen=True)
class Ranks:
    """The places of present cells among the known cells of their group.

    Args:
        ascending: (G, M) the known scores of each group from low to high; unknown cells follow as infinity.
        known: (G,) how many cells of each group are known.
        valid: (G, K) where the following hold a present cell, not padding.
        member: (G, K) its index in the group; None where nobody asked.
        below, through: (G, K) known cells with a lower score, and with the same or a higher one.
        present_through: (G, K) present cells with the same or a higher score.
        tied, present_tied: (G, K) known and present cells with the same score, itself included.
    """

    ascending: Tensor
    known: Tensor
    valid: Tensor
    member: Tensor | None
    below: Tensor
    through: Tensor
    tied: Tensor
    present_through: Tensor
    present_tied: Tensor

    @property
    def present(self) -> Tensor:
        """(G,) how many known cells of each group are present."""
        return self.valid.sum(1)

    @property
    def absent(self) -> Tensor:
        """(G,) how many known cells of each group are absent."""
        return self.known - self.present

    @property
    def above(self) -> Tensor:
        """(G, K) known cells with a higher score."""
        return self.through - self.tied

    @property
    def absent_above(self) -> Tensor:
        """(G, K) absent cells with a higher score."""
        return self.above - (self.present_through - self.present_tied)

    @property
    def absent_tied(self) -> Tensor:
        """(G, K) absent cells with the same score."""
        return self.tied - self.present_tied

    def sum(self, values: Tensor) -> Tensor:
        """(G,) the sum of a (G, K) quantity over the present cells of each group."""
        return torch.where(self.valid, values, 0).sum(1, dtype=torch.float64)


def rank(scores: Tensor, block: Block, *, members: bool = False) -> Ranks:
    """Rank the present cells of a block by its (G, M) scores; `members` keeps track of which cell is which."""
    if block.known is not None:
        scores = torch.where(block.known, scores, torch.inf)
    ascending = sorted_values(scores)
    known = block.known_counts()
    member, valid = _present_members(block.present if block.known is None else block.present & block.known)
    values = scores.gather(1, member).masked_fill_(~valid, torch.inf)
    own = sorted_values(values)
    if not members:
        values = own  # queries in order are several times faster to search for
    below, until = _places(ascending, values, known)
    present = valid.sum(1)
    present_below, present_until = _places(own, values, present)
    return Ranks(
        ascending=ascending,
        known=known,
        valid=valid,
        member=member if members else None,
        below=below,
        through=known[:, None] - below,
        tied=until - below,
        present_through=present[:, None] - present_below,
        present_tied=present_until - present_below,
    )


def sorted_values(values: Tensor) -> Tensor:
    """Each row from low to high."""
    if values.device.type == "cpu":  # numpy's sort of values alone is vectorised, torch's always carries indices
        return torch.from_numpy(np.sort(values.numpy(), axis=-1))
    return values.sort(dim=-1).values


def _present_members(present: Tensor) -> tuple[Tensor, Tensor]:
    """(G, K) the indices of each group's present cells, padded with 0, and (G, K) where they are real."""
    group, index = present.nonzero(as_tuple=True)
    counts = torch.bincount(group, minlength=len(present))
    most = int(counts.max()) if len(counts) else 0
    valid = torch.arange(most, device=present.device) < counts[:, None]
    return torch.zeros_like(valid, dtype=torch.int64).masked_scatter_(valid, index), valid


def _places(ascending: Tensor, values: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """How many of the first `counts` sorted values are below, and at most, each value."""
    below = torch.searchsorted(ascending, values)
    until = torch.searchsorted(ascending, values, right=True)
    return below, torch.minimum(until, counts[:, None])


def by_label(cells: Cells, scores: Tensor) -> Iterator[tuple[Tensor, Block, Ranks]]:
    """Every label's scores, cells and ranks over the samples, a block of labels at a time."""
    samples, labels = cells.shape
    for part in blocks(labels, samples, LABEL_BLOCK_CELLS):
        values, block = scores[:, part].t().contiguous(), cells.columns(part)
        yield values, block, rank(values, block)


def over_all(cells: Cells, scores: Tensor) -> Ranks:
    """The ranks of all present cells among all known cells: a single group."""
    block = cells.rows(slice(None))
    if block.known is None:
        return rank(scores.reshape(1, -1), Block(block.present.reshape(1, -1), None))
    return rank(scores[block.known][None], Block(block.present[block.known][None], None))
