"""Bootstrap replicates of what does not add up over samples: areas under curves and calibration errors.

A replicate changes the weight of each sample, never the order of scores, so one sort serves all of them.

Shapes: N samples, R replicates; a group (one label's samples, or all cells) has M known cells.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

# Numbers in one slice of replicated sums: 64 MiB.
SLICE_CELLS = 2**24


@dataclass(frozen=True)
class Descending:
    """The known cells of one group from the highest score to the lowest.

    Args:
        scores: (M,) their scores.
        present: (M,) whether each is present.
        samples: (M,) the sample of each.
    """

    scores: Tensor
    present: Tensor
    samples: Tensor

    def total(self, weights: Tensor) -> Tensor:
        """(R,) the weight of all cells."""
        return torch.bincount(self.samples, minlength=len(weights)).to(weights.dtype) @ weights


def descending(scores: Tensor, present: Tensor, known: Tensor | None, cells_a_sample: int = 1) -> Descending:
    """Order one group; cell i belongs to sample i // cells_a_sample."""
    samples = None
    if known is not None:
        samples = known.nonzero()[:, 0]
        scores, present = scores[known], present[known]
    order = _order(scores).flip(0)
    chosen = order if samples is None else samples[order]
    owner = chosen if cells_a_sample == 1 else chosen // cells_a_sample
    return Descending(scores[order], present[order], owner)


def _order(scores: Tensor) -> Tensor:
    """Indices from low to high; the order of ties matters nowhere."""
    if scores.device.type == "cpu":
        return torch.from_numpy(np.argsort(scores.numpy()))  # vectorised, where torch's sort is not
    return scores.argsort()


class Areas(NamedTuple):
    """(R,) replicates of average precision and of the area under the ROC curve."""

    average_precision: Tensor
    auroc: Tensor


def resampled_areas(group: Descending, weights: Tensor) -> Areas:
    """Replicate both areas of one group, with (N, R) weights of the samples."""
    total = group.total(weights)
    precisions = wrong = found = torch.zeros_like(total)
    for step in _descend(group, weights):
        precisions = precisions + (step.own * step.present_through / step.through.clamp(min=1)).sum(0)
        absent_above = step.through - step.present_through - 0.5 * (step.tied - step.own)
        wrong = wrong + (step.own * absent_above).sum(0)
        found = step.present_through[-1]
    return Areas(precisions / found, 1 - wrong / (found * (total - found)))


class _Step(NamedTuple):
    """(u, R) weights at u consecutive scores of present cells."""

    own: Tensor
    """of present cells with that score"""
    tied: Tensor
    """of all cells with that score"""
    present_through: Tensor
    """of present cells with that score or a higher one"""
    through: Tensor
    """of all cells with that score or a higher one"""


def _descend(group: Descending, weights: Tensor) -> Iterator[_Step]:
    """Walk down the distinct scores of present cells, in slices of bounded size."""
    where = group.present.nonzero()[:, 0]
    values, sizes = group.scores[where].unique_consecutive(return_counts=True)
    own_edges = _with_zero(sizes.cumsum(0))
    # Cells from one edge to the next lie, in turn, above a tie and in it.
    pairs = [torch.searchsorted(-group.scores, -values, right=right) for right in (False, True)]
    edges = _with_zero(torch.stack(pairs, dim=1).flatten())
    own_samples = group.samples[where]
    through = present_through = weights.new_zeros(1, weights.shape[1])
    for start in range(0, len(values), length := max(1, SLICE_CELLS // (2 * weights.shape[1]))):
        bags = _sums_between(edges[2 * start : 2 * (start + length) + 1], group.samples, weights)
        own = _sums_between(own_edges[start : start + length + 1], own_samples, weights)
        tied = bags[1::2]
        through = (bags[0::2] + tied).cumsum(0).add_(through[-1])
        present_through = own.cumsum(0).add_(present_through[-1])
        yield _Step(own, tied, present_through, through)


def _sums_between(edges: Tensor, samples: Tensor, weights: Tensor) -> Tensor:
    """(E - 1, R) the weights of samples[edges[i]:edges[i + 1]], summed."""
    first, last = int(edges[0]), int(edges[-1])
    return embedding_bag(samples[first:last], weights, edges[:-1] - first, mode="sum")


def _with_zero(edges: Tensor) -> Tensor:
    return torch.cat([edges.new_zeros(1), edges])


def resampled_calibration_error(group: Descending, edges: Tensor, weights: Tensor) -> Tensor:
    """(R,) the calibration error over fixed bins; edges (B + 1,) are places in the ascending order."""
    surplus = (group.scores - group.present.to(group.scores.dtype)).to(weights.dtype)
    offsets = (len(group.scores) - edges.flip(0))[:-1]
    bins = embedding_bag(group.samples, weights, offsets, mode="sum", per_sample_weights=surplus)
    return bins.abs().sum(0) / group.total(weights)
