"""Measures of ranking: how present cells stand above absent ones, in the order of a sample's or a label's scores.

Functions of `Ranks`; a `Share` is made sample by sample. Ties follow the literature where it has a rule; elsewhere the
value is the expected one over all orders of equal scores.
"""

import torch
from torch import Tensor

from multihot.metrics.ranks import Ranks
from multihot.metrics.shares import Share, mean_of


def average_precision(ranks: Ranks) -> Tensor:
    """Average precision: the mean over present cells of the precision at their score; equal scores are one cut."""
    return ranks.places.sum(ranks.present_through.double() / ranks.places.through) / ranks.places.present


def auroc(ranks: Ranks) -> Tensor:
    """Area under the ROC curve: the chance that a present cell outranks an absent one, ties counting half."""
    wrong = ranks.places.sum(ranks.absent_above + 0.5 * ranks.absent_tied)
    return 1.0 - wrong / (ranks.places.present.double() * ranks.places.absent)


def samples_average_precision(ranks: Ranks) -> Share:
    """The mean over samples of their labels' average precision; samples with nothing present are left out."""
    return mean_of(average_precision(ranks), ranks.places.present > 0)


def label_ranking_average_precision(ranks: Ranks) -> Share:
    """LRAP: the mean over samples of their labels' average precision, 1 where nothing is present."""
    values = torch.where(ranks.places.present > 0, average_precision(ranks), 1.0)
    return mean_of(values, ranks.places.known > 0)


def coverage_error(ranks: Ranks) -> Share:
    """How far down the ranking the last present label stands, mean over samples.

    Counted from 1, equal scores in the worst order; 0 where nothing is present.
    """
    places = ranks.places
    deepest = torch.zeros_like(places.known).scatter_reduce_(0, places.group, places.through, "amax")
    return mean_of(deepest.double(), places.known > 0)


def ranking_loss(ranks: Ranks) -> Share:
    """The share of (present, absent) label pairs in the wrong order, mean over samples.

    Equal scores are in the wrong order; 0 where there is no pair.
    """
    places = ranks.places
    pairs = places.present.double() * places.absent
    wrong = places.sum(ranks.absent_above + ranks.absent_tied)
    return mean_of(torch.where(pairs > 0, wrong / pairs, 0.0), places.known > 0)


def one_error(ranks: Ranks) -> Share:
    """The share of samples whose top label is not present; 1 where nothing is present, the expected value over ties."""
    places = ranks.places
    right = places.sum((places.above == 0).double() / places.tied)
    return mean_of(1.0 - right, places.known > 0)
