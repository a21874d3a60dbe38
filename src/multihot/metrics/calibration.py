"""Calibration measures: whether cells given a probability p are present a share p of the time.

Bins hold equal numbers of cells. Equal probabilities always share a bin: the one where the middle of the tie falls,
so that no figure depends on the order of samples.

Shapes: G groups of M cells, as in `ranks`; B bins.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from multihot.metrics.cells import Block
from multihot.metrics.ranks import Ranks
from multihot.metrics.shares import Share

BINS = 15


class Bins(NamedTuple):
    """(G, B) known cells of each bin: how many, the sum of their probabilities, how many of them are present."""

    count: Tensor
    probability: Tensor
    present: Tensor
    edges: Tensor
    """(G, B + 1) the places in the ascending order where bins begin and end."""

    def calibration_error(self) -> Tensor:
        """(G,) the mean over cells of |mean probability - share present| of their bin; NaN without known cells."""
        return (self.probability - self.present).abs().sum(1) / self.count.sum(1)


def equal_mass_bins(ranks: Ranks, bins: int = BINS) -> Bins:
    """Cut each group's ascending probabilities into bins of equal size, never inside a tie."""
    edges = bin_edges(ranks, bins)
    groups = len(ranks.known)
    group = torch.arange(groups, device=edges.device)[:, None].expand_as(ranks.below)[ranks.valid]
    bin_of = torch.searchsorted(edges[:, 1:-1].contiguous(), ranks.below, right=True)[ranks.valid]
    present = torch.bincount(group * bins + bin_of, minlength=groups * bins).view(groups, bins)
    return Bins(edges.diff(dim=1), _sums_between(ranks.ascending, edges), present, edges)


def bin_edges(ranks: Ranks, bins: int) -> Tensor:
    """(G, B + 1) places in the ascending order; a cell is in bin floor(B * (middle place of its tie) / known)."""
    known = ranks.known[:, None]
    if ranks.ascending.shape[1] == 0:
        return known.expand(-1, bins + 1)
    cut = torch.arange(1, bins, device=known.device) * known  # in units of 1 / bins of a place
    first = (-((bins - 2 * cut) // (2 * bins))).clamp(min=0)  # ceil(cut / bins - 1 / 2)
    at = ranks.ascending.gather(1, first.clamp(max=ranks.ascending.shape[1] - 1))
    low = torch.searchsorted(ranks.ascending, at)
    high = torch.minimum(torch.searchsorted(ranks.ascending, at, right=True), known)
    inner = torch.where((low + high) * bins >= 2 * cut, low, high)
    return torch.cat([torch.zeros_like(known), torch.minimum(inner, known), known], dim=1)


def _sums_between(ascending: Tensor, edges: Tensor) -> Tensor:
    sums = [
        torch.stack([part.sum(dtype=torch.float64) for part in row.tensor_split(cuts)[:-1]])
        for row, cuts in zip(ascending, edges[:, 1:].cpu(), strict=True)
    ]
    return torch.stack(sums)


def brier_score(probabilities: Tensor, block: Block) -> Share:
    """Per sample, the sum over known cells of (p - y)², and their number."""
    return _over_known((probabilities - block.present.to(probabilities.dtype)).square(), block)


def log_loss(probabilities: Tensor, block: Block) -> Share:
    """Per sample, the sum over known cells of -log(p if present else 1 - p), and their number.

    Probabilities are kept machine epsilon of their type away from 0 and 1, as scikit-learn does.
    """
    epsilon = torch.finfo(probabilities.dtype).eps
    clipped = probabilities.clamp(epsilon, 1 - epsilon)
    return _over_known(-torch.where(block.present, clipped, 1 - clipped).log(), block)


def _over_known(values: Tensor, block: Block) -> Share:
    if block.known is not None:
        values = torch.where(block.known, values, 0.0)
    return Share(values.sum(1, dtype=torch.float64), block.known_counts().double())
