"""What thresholds are fitted for: functions of counts, larger is better.

An objective is a value of four counts, taken over one label ("macro"), one sample ("samples") or all cells ("micro"),
and averaged over labels or samples. Unknown cells are in no count.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self, cast

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.settings import DecisionSettings
from multihot.errors import ArgumentError

Floats = NDArray[np.float64]


class Counts(NamedTuple):
    """Known cells, as arrays of one shape (or that broadcast)."""

    true_positives: Floats
    false_positives: Floats
    positives: Floats
    negatives: Floats


Fraction = Callable[[Counts], tuple[Floats, Floats]]
Average = Literal["micro", "macro", "samples"]


@dataclass(frozen=True)
class Objective:
    """A value to be made as large as possible; losses are negated.

    Args:
        name: as the metrics registry has it, where it is there.
        average: over what the counts are taken before the value is averaged.
        value: the value of counts, elementwise.
        fraction: numerator and denominator of the value, both linear in the counts; a search by label
            for a micro average needs it.
        known: the threshold of calibrated probabilities to start from; None where scores are no probabilities.
    """

    name: str
    average: Average
    value: Callable[[Counts], Floats]
    fraction: Fraction | None = None
    known: float | None = 0.5

    @classmethod
    def of_fraction(cls, name: str, average: Average, fraction: Fraction, known: float | None = 0.5) -> Self:
        """The objective whose value is a fraction; 0/0 (nothing to find, nothing found) counts as 1."""
        return cls(name, average, lambda counts: _ratio(*fraction(counts)), fraction, known)

    def pooled(self) -> Self:
        """The same value of all cells together."""
        return replace(self, average="micro")


def objective_of(settings: DecisionSettings) -> Objective:
    """The objective that settings name; `fixed` has none and is an `ArgumentError`."""
    name = settings.objective
    prefix, _, measure = name.partition("_")
    if measure in ("f1", "jaccard"):
        fraction = f_beta(settings.beta) if measure == "f1" else _jaccard
        return Objective.of_fraction(name, cast(Average, prefix), fraction)
    if name == "hamming_loss":
        return Objective.of_fraction(name, "micro", cost(1.0, 1.0))
    if name == "cost":
        wrong, missed = settings.false_positive_cost, settings.false_negative_cost
        return Objective.of_fraction(name, "micro", cost(wrong, missed), known=wrong / (wrong + missed))
    if name == "exact_match":
        return Objective(name, "samples", _exact)
    if name == "macro_balanced_accuracy":
        return Objective(name, "macro", _balanced_accuracy)
    if name == "precision":
        return Objective(name, "macro", recall_at_precision(settings.at_least))
    if name == "recall":
        return Objective(name, "macro", precision_at_recall(settings.at_least))
    raise ArgumentError(f"objective {name!r} is not fitted: its thresholds are one half")


def value_of(objective: Objective, decided: NDArray[np.bool_], targets: Floats, weights: Floats | None = None) -> float:
    """The objective of (N, L) decided cells, unknown ones skipped; macro averages leave labels without positives out.

    Args:
        objective: what is measured.
        decided: (N, L).
        targets: (N, L) of 1, 0 or NaN.
        weights: (N,) of the samples, all equal by default.
    """
    own = np.ones(len(targets)) if weights is None else weights
    present, absent = targets == 1, targets == 0
    cells = (decided & present, decided & absent, present, absent)
    if objective.average == "samples":
        values = objective.value(Counts(*(mask.sum(axis=1).astype(np.float64) for mask in cells)))
        return float(own @ values / own.sum()) if own.sum() else 0.0
    counts = Counts(*(own @ mask for mask in cells))
    if objective.average == "micro":
        return float(objective.value(Counts(*(count.sum(keepdims=True) for count in counts)))[0])
    values = objective.value(counts)[counts.positives > 0]
    return float(values.mean()) if len(values) else 0.0


def f_beta(beta: float) -> Fraction:
    """(1 + b²) TP over b² positives + predicted."""
    weight = beta * beta

    def fraction(counts: Counts) -> tuple[Floats, Floats]:
        tp, fp, positives, _ = counts
        return (1 + weight) * tp, weight * positives + tp + fp

    return fraction


def cost(false_positive: float, false_negative: float) -> Fraction:
    """Minus the mean cost of a known cell."""

    def fraction(counts: Counts) -> tuple[Floats, Floats]:
        tp, fp, positives, negatives = counts
        return -(false_positive * fp + false_negative * (positives - tp)), positives + negatives

    return fraction


def recall_at_precision(level: float) -> Callable[[Counts], Floats]:
    """Recall where precision reaches the level, one more wrong label counted; else how far it falls short (negative).

    The one more, as in conformal prediction, keeps a level met by luck on few samples from counting as met.
    """

    def value(counts: Counts) -> Floats:
        tp, fp, positives, _ = counts
        precision = tp / (tp + fp + 1)
        return np.where(precision >= level, _ratio(tp, positives), precision - level)

    return value


def precision_at_recall(level: float) -> Callable[[Counts], Floats]:
    """Precision where recall reaches the level, one more missed label counted; else how far it falls short."""

    def value(counts: Counts) -> Floats:
        tp, fp, positives, _ = counts
        recall = tp / (positives + 1)
        return np.where(recall >= level, _ratio(tp, tp + fp), recall - level)

    return value


def _jaccard(counts: Counts) -> tuple[Floats, Floats]:
    tp, fp, positives, _ = counts
    return tp, positives + fp


def _exact(counts: Counts) -> Floats:
    tp, fp, positives, _ = counts
    return np.asarray((tp == positives) & (fp == 0), np.float64)


def _balanced_accuracy(counts: Counts) -> Floats:
    tp, fp, positives, negatives = counts
    return np.asarray((_ratio(tp, positives) + _ratio(negatives - fp, negatives)) / 2, np.float64)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    # 0/0 is nothing to find and nothing found: 1
    empty = denominator == 0
    return np.asarray(np.where(empty, 1.0, numerator / np.where(empty, 1.0, denominator)), np.float64)
