"""The k highest labels of each sample."""

import torch
from torch import Tensor

from multihot.metrics.ranks import Ranks


def chance_in_top(scores: Tensor, ranks: Ranks, k: int) -> Tensor:
    """(b, L) the chance of every known cell to be among its sample's k highest, over all orders of equal scores."""
    place = (ranks.known - k).clamp(min=0)[:, None]
    cut = ranks.ascending.gather(1, place)
    below = torch.searchsorted(ranks.ascending, cut)
    until = torch.minimum(torch.searchsorted(ranks.ascending, cut, right=True), ranks.known[:, None])
    at_cut = ((k - (ranks.known[:, None] - until)) / (until - below).clamp(min=1)).clamp(max=1.0)
    return (scores > cut) + (scores == cut) * at_cut.float()
