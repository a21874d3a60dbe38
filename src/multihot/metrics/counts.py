"""From counts of right and wrong decisions to precision, recall and their kin.

Every measure works on counts of any shape: one number, one a label (L,), one a sample (N,), or replicates by labels
(R, L). "Both empty" below means: nothing present and nothing decided.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor


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
    def known(self) -> Tensor:
        """Known cells."""
        return self.present + self.absent

    def total(self) -> "Counts":
        """The sums over the last dimension: micro averaging begins here."""
        return Counts(*(count.sum(-1) for count in self))

    def swapped(self) -> "Counts":
        """The counts of the complementary question, with present and absent exchanged."""
        return Counts(self.true_negatives, self.false_negatives, self.false_positives, self.true_positives)


Measure: TypeAlias = Callable[[Counts, float], Tensor]
"""(counts, the value where both are empty) -> a value for each count."""


def precision(counts: Counts, empty: float = 1.0) -> Tensor:
    """Tp / (tp + fp); nothing decided: 0, or `empty` where nothing is present either."""
    return _ratio(counts.true_positives, counts.decided, _empty(counts, empty))


def recall(counts: Counts, empty: float = 1.0) -> Tensor:
    """Tp / (tp + fn); nothing present: 0, or `empty` where nothing was decided either."""
    return _ratio(counts.true_positives, counts.present, _empty(counts, empty))


def f1(counts: Counts, empty: float = 1.0) -> Tensor:
    """2 tp / (2 tp + fp + fn), `empty` where both are empty."""
    return f_beta(counts, empty, beta=1.0)


def f2(counts: Counts, empty: float = 1.0) -> Tensor:
    """F-beta with beta 2: recall weighs four times as much as precision; `empty` where both are empty."""
    return f_beta(counts, empty, beta=2.0)


def f_beta(counts: Counts, empty: float = 1.0, *, beta: float) -> Tensor:
    """(1 + b²) tp / ((1 + b²) tp + b² fn + fp), `empty` where both are empty."""
    weighted = (1 + beta**2) * counts.true_positives
    wrong = beta**2 * counts.false_negatives + counts.false_positives
    return _ratio(weighted, weighted + wrong, _empty(counts, empty))


def jaccard(counts: Counts, empty: float = 1.0) -> Tensor:
    """Tp / (tp + fp + fn), intersection over union; `empty` where both are empty."""
    union = counts.decided + counts.false_negatives
    return _ratio(counts.true_positives, union, _empty(counts, empty))


def specificity(counts: Counts, empty: float = 1.0) -> Tensor:
    """Tn / (tn + fp), the recall of what is absent; nothing absent: 0, or `empty` where nothing was left out either."""
    return recall(counts.swapped(), empty)


def balanced_accuracy(counts: Counts, empty: float = 1.0) -> Tensor:
    """The mean of recall and specificity; the one that is defined where nothing, or everything, is present."""
    both = (_ratio(counts.true_positives, counts.present, 0.0), _ratio(counts.true_negatives, counts.absent, 0.0))
    defined = (counts.present > 0).to(both[0].dtype) + (counts.absent > 0).to(both[0].dtype)
    return _ratio(both[0] + both[1], defined, torch.nan)


def matthews(counts: Counts, empty: float = 1.0) -> Tensor:
    """The correlation of decided and present in [-1, 1]; 0 where either is constant."""
    left_out = counts.false_negatives + counts.true_negatives
    # Roots one by one: the product of four counts would overflow what a float holds exactly.
    scale = counts.decided.sqrt() * counts.present.sqrt() * left_out.sqrt() * counts.absent.sqrt()
    agreement = counts.true_positives * counts.true_negatives - counts.false_positives * counts.false_negatives
    return _ratio(agreement, scale, 0.0)


def _empty(counts: Counts, empty: float) -> Tensor:
    return torch.where(counts.decided + counts.present > 0, 0.0, empty).to(counts.true_positives.dtype)


def _ratio(numerator: Tensor, denominator: Tensor, otherwise: Tensor | float) -> Tensor:
    defined = denominator > 0
    return torch.where(defined, numerator / torch.where(defined, denominator, 1.0), otherwise)
