"""Ranking measures: how the present cells of a sample, or of a label, stand above the absent ones.

Pure functions of `Ranks`. Ties follow the literature where it has a rule (average precision, the area under the ROC
curve, coverage, ranking loss); elsewhere the value is the expected one over all orders of equal scores.
"""

import torch
from torch import Tensor

from multihot.metrics.ranks import Ranks
from multihot.metrics.shares import Share, mean_of


def average_precision(ranks: Ranks) -> Tensor:
    """(G,) mean over present cells of the precision at their score; equal scores count as one cut; NaN with none."""
    return ranks.sum(ranks.present_through / ranks.through.double()) / ranks.present


def auroc(ranks: Ranks) -> Tensor:
    """(G,) the chance that a present cell outranks an absent one, ties counting half; NaN where one kind is missing."""
    wrong = ranks.sum(ranks.absent_above + 0.5 * ranks.absent_tied)
    return 1.0 - wrong / (ranks.present.double() * ranks.absent)


def samples_average_precision(ranks: Ranks) -> Share:
    """Average precision of each sample's labels; samples with nothing present are left out."""
    return mean_of(average_precision(ranks), ranks.present > 0)


def label_ranking_average_precision(ranks: Ranks) -> Share:
    """Average precision of each sample's labels, 1 where nothing is present."""
    values = torch.where(ranks.present > 0, average_precision(ranks), 1.0)
    return mean_of(values, ranks.known > 0)


def coverage_error(ranks: Ranks) -> Share:
    """How far down the ranking the last present label stands (the worst order of ties), 0 where nothing is present."""
    through = torch.where(ranks.valid, ranks.through, 0)
    deepest = through.amax(1) if through.shape[1] else ranks.known * 0
    return mean_of(deepest, ranks.known > 0)


def ranking_loss(ranks: Ranks) -> Share:
    """The share of (present, absent) pairs in the wrong order, ties being wrong; 0 where there is no pair."""
    pairs = ranks.present.double() * ranks.absent
    wrong = ranks.sum(ranks.absent_above + ranks.absent_tied)
    return mean_of(torch.where(pairs > 0, wrong / pairs, 0.0), ranks.known > 0)


def one_error(ranks: Ranks) -> Share:
    """The chance that the top label is absent (expected over ties); 1 where nothing is present."""
    right = ranks.sum((ranks.above == 0) / ranks.tied.double())
    return mean_of(1.0 - right, ranks.known > 0)


def chance_in_top(ranks: Ranks, k: int) -> Tensor:
    """(G, K) the chance of each present cell to be among the k highest, over all orders of equal scores."""
    return ((k - ranks.above) / ranks.tied.double()).clamp(0.0, 1.0)


def precision_at(ranks: Ranks, k: int) -> Share:
    """Present labels among the k highest, divided by k; 0 where nothing is present."""
    return mean_of(ranks.sum(chance_in_top(ranks, k)) / k, ranks.known > 0)


def recall_at(ranks: Ranks, k: int) -> Share:
    """Present labels among the k highest, divided by all present; samples with nothing present are left out."""
    return mean_of(ranks.sum(chance_in_top(ranks, k)) / ranks.present, ranks.present > 0)


def ndcg_at(ranks: Ranks, k: int) -> Share:
    """Discounted gain of the k highest over the best possible; 0 where nothing is present."""
    best = gain_through(ranks.present.clamp(max=k))
    gain = ranks.sum(mean_discount(ranks, k))
    return mean_of(torch.where(best > 0, gain / best, 0.0), ranks.known > 0)


def mean_discount(ranks: Ranks, k: int) -> Tensor:
    """(G, K) the discount 1 / log2(rank + 1) of each present cell, 0 below rank k, averaged over its ties."""
    first, last = ranks.above.clamp(max=k), ranks.through.clamp(max=k)
    return (gain_through(last) - gain_through(first)) / ranks.tied


def gain_through(place: Tensor) -> Tensor:
    """The sum of 1 / log2(rank + 1) over the ranks 1 to `place`, elementwise."""
    last = int(place.max()) if place.numel() else 0
    terms = 1.0 / torch.arange(1, last + 2, dtype=torch.float64, device=place.device).log2()
    terms[0] = 0.0  # rank 0 is no rank: its logarithm is 0
    return terms.cumsum(0)[place]
