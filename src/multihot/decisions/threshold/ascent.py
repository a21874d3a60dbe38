"""Thresholds for a mean over samples: labels depend on each other, so they are improved one at a time.

Shapes: N samples, L labels.
"""

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.objectives import Counts, Objective, value_of
from multihot.decisions.threshold.ranking import TIE, Floats, Ranking

SWEEPS = 20
"""At most this many times through all labels; a few are enough in practice."""


def ascend(
    objective: Objective, scores: Floats, targets: Floats, labels: list[Ranking], weights: Floats, starts: list[Floats]
) -> Floats:
    """(L,) thresholds by coordinate ascent, exact in each coordinate; the best of those reached from each start."""
    reached = [_State(objective, scores, targets, weights, start).climb(labels) for start in starts]
    return max(reached, key=lambda thresholds: value_of(objective, scores >= thresholds, targets, weights))


class _State:
    """Thresholds with the counts of each sample, kept in step."""

    def __init__(self, objective: Objective, scores: Floats, targets: Floats, weights: Floats, start: Floats) -> None:
        self.objective, self.scores, self.weights = objective, scores, weights
        self.thresholds = start.copy()
        present, absent = targets == 1, targets == 0
        decided = scores >= start
        self.tp, self.fp = _count(decided & present), _count(decided & absent)
        self.positives, self.negatives = _count(present), _count(absent)

    def climb(self, labels: list[Ranking]) -> Floats:
        for _ in range(SWEEPS):
            if not sum(self.improve(column, label) for column, label in enumerate(labels) if len(label.rows)):
                break
        return self.thresholds

    def improve(self, column: int, label: Ranking) -> bool:
        """Move one label's threshold to its best place, the others fixed; whether that was a gain."""
        rows, hit = label.rows, label.present
        decided = self.scores[rows, column] >= self.thresholds[column]
        tp, fp = self.tp[rows] - decided * hit, self.fp[rows] - decided * (1 - hit)
        limits = (self.positives[rows], self.negatives[rows])
        taken = self.objective.value(Counts(tp + hit, fp + (1 - hit), *limits))
        gains = self.weights[rows] * (taken - self.objective.value(Counts(tp, fp, *limits)))
        values = label.at_cuts(gains)
        if values.max() <= gains[decided].sum() + TIE:
            return False
        self.thresholds[column] = label.best(values)
        decided = self.scores[rows, column] >= self.thresholds[column]
        self.tp[rows], self.fp[rows] = tp + decided * hit, fp + decided * (1 - hit)
        return True


def _count(cells: NDArray[np.bool_]) -> Floats:
    return np.asarray(cells.sum(axis=1), np.float64)
