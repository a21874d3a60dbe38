"""Measures of the k highest labels of each sample: functions of `Places`, expected values over all orders of ties."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from multihot.metrics.ranks import Places, Ranks, sorted_values
from multihot.metrics.shares import Share, mean_of


def precision_at_k(places: Places, k: int) -> Share:
    """P@k: present labels among the k highest, divided by k, mean over samples; 0 where nothing is present."""
    return mean_of(places.sum(chance_in_top(places, k)) / k, places.known > 0)


def recall_at_k(places: Places, k: int) -> Share:
    """R@k: present labels among the k highest, divided by all present, mean over samples with any."""
    return mean_of(places.sum(chance_in_top(places, k)) / places.present, places.present > 0)


def ndcg_at_k(places: Places, k: int) -> Share:
    """nDCG@k: 1 / log2(rank + 1) summed over present labels among the k highest, over the best possible sum.

    The mean over samples; 0 where nothing is present.
    """
    best = discounts_through(places.present.clamp(max=k))
    gain = places.sum(mean_discount(places, k))
    return mean_of(torch.where(best > 0, gain / best, 0.0), places.known > 0)


@dataclass(frozen=True)
class Weighting:
    """What present labels weigh: the inverse of their propensity.

    Args:
        inverse: (L,) 1 / propensity.
        by_weight: (L,) labels from the heaviest to the lightest.
        place: (L,) each label's place in that order.
    """

    inverse: Tensor
    by_weight: Tensor
    place: Tensor

    @classmethod
    def of(cls, propensities: Tensor) -> "Weighting":
        """From (L,) propensities."""
        inverse = 1.0 / propensities.double()
        by_weight = inverse.argsort(descending=True, stable=True)
        places = torch.arange(len(inverse), device=inverse.device)
        return cls(inverse, by_weight, torch.empty_like(places).scatter_(0, by_weight, places))

    def of_present(self, places: Places) -> Tensor:
        """(P,) the weights of ranked labels."""
        if places.member is None:
            raise ValueError("weights need places that know their labels: rank with members=True")
        return self.inverse[places.member]

    def best(self, group: Tensor, member: Tensor) -> "Best":
        """Order (P',) present labels, given by their sample (ascending) and label, by weight."""
        labels = len(self.inverse)
        key = sorted_values(group * labels + self.place[member])
        counts = torch.bincount(group)
        start = (counts.cumsum(0) - counts)[group]
        rank = torch.arange(1, len(key) + 1, device=key.device) - start
        return Best(group, rank, self.inverse[self.by_weight[key % max(labels, 1)]])


class Best(NamedTuple):
    """The present labels of each sample from the heaviest to the lightest: the best ranking there is.

    Shapes: P' present labels over all samples, ranked or not.
    """

    group: Tensor
    rank: Tensor
    weight: Tensor


def propensity_scored_precision_at_k(places: Places, k: int, best: Best, weighting: Weighting) -> Share:
    """PSP@k: the weights of present labels among the k highest, over the same of the best ranking.

    Both are summed over samples before they are divided.
    """
    top = torch.where(best.rank <= k, best.weight, 0.0)
    gain = places.sum(chance_in_top(places, k) * weighting.of_present(places))
    return Share(gain, places.sum_by(best.group, top))


def propensity_scored_ndcg_at_k(places: Places, k: int, best: Best, weighting: Weighting) -> Share:
    """PSnDCG@k: as PSP@k, with labels discounted by 1 / log2(rank + 1).

    Each sample's sums are divided by its best possible sum without weights, as the field's tools do.
    """
    ranks = best.rank.clamp(max=k)
    discount = discounts_through(ranks) - discounts_through(ranks - 1)
    top = torch.where(best.rank <= k, best.weight * discount, 0.0)
    gain = places.sum(mean_discount(places, k) * weighting.of_present(places))
    unweighted = discounts_through(places.present.clamp(min=1, max=k))
    return Share(gain / unweighted, places.sum_by(best.group, top) / unweighted)


def chance_in_top(places: Places, k: int) -> Tensor:
    """(P,) the chance of each present cell to be among the k highest."""
    return ((k - places.above).double() / places.tied).clamp(0.0, 1.0)


def chance_of_cells_in_top(scores: Tensor, ranks: Ranks, k: int) -> Tensor:
    """(G, M) the chance of every known cell, present or not, to be among the k highest of its group.

    Single precision where all are certain, double where ties share places: thirds would not add up otherwise.
    """
    known = ranks.places.known[:, None]
    if not ranks.ascending.numel():
        return torch.zeros_like(scores)
    cut = ranks.ascending.gather(1, (known - k).clamp(min=0))
    above = known - torch.minimum(torch.searchsorted(ranks.ascending, cut, right=True), known)
    tied = known - above - torch.searchsorted(ranks.ascending, cut)
    if (above + tied <= k).all():
        return (scores >= cut).float()
    at_cut = ((k - above).double() / tied.clamp(min=1)).clamp(max=1.0)
    return (scores > cut) + (scores == cut) * at_cut


def mean_discount(places: Places, k: int) -> Tensor:
    """(P,) the discount 1 / log2(rank + 1) of each present cell, 0 below rank k, averaged over the order of ties."""
    first, last = places.above.clamp(max=k), places.through.clamp(max=k)
    return (discounts_through(last) - discounts_through(first)) / places.tied


def discounts_through(rank: Tensor) -> Tensor:
    """The sum of 1 / log2(r + 1) over the ranks r from 1 to `rank`, elementwise."""
    deepest = int(rank.max()) if rank.numel() else 0
    terms = 1.0 / torch.arange(1, deepest + 2, dtype=torch.float64, device=rank.device).log2()
    terms[0] = 0.0  # there is no rank 0
    return terms.cumsum(0)[rank]
