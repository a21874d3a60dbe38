"""Counting decisions: right and wrong ones, present and absent, by label, by sample and by bootstrap replicate.

Shapes: N samples, L labels, b samples in a block, R replicates.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from multihot.metrics.cells import Block, Cells, blocks


class Counts(NamedTuple):
    """Known cells by what was decided and what is true, as floating point of one shape."""

    true_positives: Tensor
    false_positives: Tensor
    false_negatives: Tensor
    true_negatives: Tensor

    @property
    def present(self) -> Tensor:
        """Known cells that are present (the support)."""
        return self.true_positives + self.false_negatives

    @property
    def absent(self) -> Tensor:
        """Known cells that are absent."""
        return self.false_positives + self.true_negatives

    @property
    def decided(self) -> Tensor:
        """Known cells that were decided present."""
        return self.true_positives + self.false_positives

    @property
    def wrong(self) -> Tensor:
        """Known cells that were decided wrongly."""
        return self.false_positives + self.false_negatives

    @property
    def known(self) -> Tensor:
        """Known cells."""
        return self.present + self.absent

    def total(self) -> "Counts":
        """The sums over the last dimension: micro averaging begins here."""
        return Counts(*(count.sum(-1) for count in self))

    def swapped(self) -> "Counts":
        """The counts of the opposite question, with present and absent exchanged."""
        return Counts(self.true_negatives, self.false_negatives, self.false_positives, self.true_positives)


class Masks(NamedTuple):
    """The known cells of one block as (b, L) zeros and ones: decided and present, decided, present, known or None."""

    hit: Tensor
    decided: Tensor
    present: Tensor
    known: Tensor | None

    @classmethod
    def of(cls, block: Block, decided: Tensor) -> "Masks":
        """What to count; `decided` is (b, L) boolean."""
        present = block.present
        if block.known is not None:
            present, decided = present & block.known, decided & block.known
        # As float32, whose products with vectors of ones outrun integer sums several times; exact below 2^24.
        hit = (decided & present).float()
        return cls(hit, decided.float(), present.float(), None if block.known is None else block.known.float())

    def times(self, chance: Tensor) -> "Masks":
        """With decisions that hold only by (b, L) chances, in their precision."""
        known = None if self.known is None else self.known.to(chance.dtype)
        return Masks(self.hit * chance, self.decided * chance, self.present.to(chance.dtype), known)

    def by_sample(self) -> Counts:
        """(b,) counts."""
        ones = self.hit.new_ones(self.hit.shape[1])
        known = self.hit.new_full((), self.hit.shape[1]) if self.known is None else self.known @ ones
        return _counts(self.hit @ ones, self.decided @ ones, self.present @ ones, known)

    def by_label(self, weights: Tensor | None = None) -> Counts:
        """(L,) counts; with (R, b) weights of the samples (R, L), one row a replicate."""
        if weights is None:
            weights = self.hit.new_ones(self.hit.shape[0])
        weights = weights.to(self.hit.dtype)
        known = weights.sum(-1, keepdim=True) if self.known is None else weights @ self.known
        return _counts(weights @ self.hit, weights @ self.decided, weights @ self.present, known)


def count_by_label(cells: Cells, decided: Tensor) -> Counts:
    """(L,) counts over all samples."""
    total = torch.zeros(4, cells.shape[1], dtype=torch.float64, device=cells.device)
    for part in blocks(*cells.shape):
        total += torch.stack(Masks.of(cells.rows(part), decided[part]).by_label())
    return Counts(*total)


def count_by_sample(cells: Cells, decided: Tensor) -> Counts:
    """(N,) counts over all labels."""
    parts = [torch.stack(Masks.of(cells.rows(part), decided[part]).by_sample()) for part in blocks(*cells.shape)]
    return Counts(*torch.cat(parts, dim=1))


def _counts(hit: Tensor, decided: Tensor, present: Tensor, known: Tensor) -> Counts:
    hit, decided, present, known = (count.double() for count in (hit, decided, present, known))
    return Counts(hit, decided - hit, present - hit, known - decided - present + hit)
