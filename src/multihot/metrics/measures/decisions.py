"""Measures of decisions: functions of counts of any shape, one number, (L,) labels, (N,) samples or (R, L) replicates.

"Both empty" means: nothing present and nothing decided.
"""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from multihot.metrics.counts import Counts

Measure: TypeAlias = Callable[[Counts, float], Tensor]
"""(counts, the value where both are empty) -> a value for each count."""


def precision(counts: Counts, empty: float) -> Tensor:
    """Precision, tp / (tp + fp): 0 where nothing was decided, but `empty` where both are empty."""
    return _ratio(counts.true_positives, counts.decided, _empty(counts, empty))


def recall(counts: Counts, empty: float) -> Tensor:
    """Recall, tp / (tp + fn): 0 where nothing is present, but `empty` where both are empty."""
    return _ratio(counts.true_positives, counts.present, _empty(counts, empty))


def f1(counts: Counts, empty: float) -> Tensor:
    """F1, 2 tp / (2 tp + fp + fn): `empty` where both are empty."""
    return f_beta(counts, empty, beta=1.0)


def f2(counts: Counts, empty: float) -> Tensor:
    """F2, 5 tp / (5 tp + 4 fn + fp): `empty` where both are empty."""
    return f_beta(counts, empty, beta=2.0)


def f_beta(counts: Counts, empty: float, *, beta: float) -> Tensor:
    """F-beta, (1 + b²) tp / ((1 + b²) tp + b² fn + fp): `empty` where both are empty."""
    weighted = (1 + beta**2) * counts.true_positives
    wrong = beta**2 * counts.false_negatives + counts.false_positives
    return _ratio(weighted, weighted + wrong, _empty(counts, empty))


def jaccard(counts: Counts, empty: float) -> Tensor:
    """The Jaccard index, tp / (tp + fp + fn): `empty` where both are empty."""
    return _ratio(counts.true_positives, counts.present + counts.false_positives, _empty(counts, empty))


def specificity(counts: Counts, empty: float) -> Tensor:
    """Specificity, tn / (tn + fp): 0 where nothing is absent, but `empty` where nothing was left undecided either."""
    return recall(counts.swapped(), empty)


def balanced_accuracy(counts: Counts, empty: float) -> Tensor:
    """Balanced accuracy, (recall + specificity) / 2: the defined one of the two where all is present, or all absent."""
    both = (_ratio(counts.true_positives, counts.present, 0.0), _ratio(counts.true_negatives, counts.absent, 0.0))
    defined = (counts.present > 0).double() + (counts.absent > 0).double()
    return _ratio(both[0] + both[1], defined, torch.nan)


def matthews(counts: Counts, empty: float) -> Tensor:
    """Matthews correlation of decided and present, in [-1, 1]: 0 where either is constant."""
    undecided = counts.false_negatives + counts.true_negatives
    # Root by root, because the product of four counts has more digits than a float.
    scale = counts.decided.sqrt() * counts.present.sqrt() * undecided.sqrt() * counts.absent.sqrt()
    agreement = counts.true_positives * counts.true_negatives - counts.false_positives * counts.false_negatives
    return _ratio(agreement, scale, 0.0)


MEASURES: dict[str, Measure] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "f2": f2,
    "jaccard": jaccard,
    "specificity": specificity,
    "balanced_accuracy": balanced_accuracy,
    "matthews": matthews,
}


def _empty(counts: Counts, empty: float) -> Tensor:
    both = counts.decided + counts.present == 0
    return both.double() * empty


def _ratio(numerator: Tensor, denominator: Tensor, otherwise: Tensor | float) -> Tensor:
    defined = denominator > 0
    return torch.where(defined, numerator / torch.where(defined, denominator, 1.0), otherwise)
