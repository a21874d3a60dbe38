"""Counting decisions: block by block over the samples, by label and by sample in one pass.

Shapes: N samples, L labels, b samples in a block.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from multihot.metrics.cells import Block, Cells, blocks
from multihot.metrics.counts import Counts


class Masks(NamedTuple):
    """Known cells of one block as (b, L) zeros and ones: decided and present, decided, present, known."""

    hit: Tensor
    decided: Tensor
    present: Tensor
    known: Tensor | None

    def by_sample(self) -> Counts:
        """(b,) counts."""
        ones = self.hit.new_ones(self.hit.shape[1])
        known = ones.sum() if self.known is None else self.known @ ones
        return _counts(self.hit @ ones, self.decided @ ones, self.present @ ones, known)

    def by_label(self, weights: Tensor | None = None) -> Counts:
        """(L,) counts; with (R, b) weights of the samples (R, L), one row a replicate."""
        if weights is None:
            weights = self.hit.new_ones(self.hit.shape[0])
        known = weights.sum(-1, keepdim=True) if self.known is None else weights @ self.known
        return _counts(weights @ self.hit, weights @ self.decided, weights @ self.present, known)


def masks(block: Block, decided: Tensor) -> Masks:
    """What to count in one block; `decided` is (b, L), boolean or the chance of each cell to be decided."""
    present = block.present
    if block.known is not None:
        present, decided = present & block.known, decided * block.known
    # As float32, whose products with vectors of ones outrun integer sums several times; exact below 2^24 samples.
    hit = (decided * present).float()
    return Masks(hit, decided.float(), present.float(), None if block.known is None else block.known.float())


def _counts(hit: Tensor, decided: Tensor, present: Tensor, known: Tensor) -> Counts:
    hit, decided, present, known = (count.double() for count in (hit, decided, present, known))
    return Counts(hit, decided - hit, present - hit, known - decided - present + hit)


def count_by_label(cells: Cells, decided: Tensor) -> Counts:
    """(L,) counts over all samples."""
    total = torch.zeros(4, cells.shape[1], dtype=torch.float64, device=cells.device)
    for part in blocks(*cells.shape):
        total += torch.stack(masks(cells.rows(part), decided[part]).by_label())
    return Counts(*total)


def count_by_sample(cells: Cells, decided: Tensor) -> Counts:
    """(N,) counts over all labels."""
    parts = [torch.stack(masks(cells.rows(part), decided[part]).by_sample()) for part in blocks(*cells.shape)]
    empty = torch.zeros(4, 0, dtype=torch.float64, device=cells.device)
    return Counts(*torch.cat([empty, *parts], dim=1))
