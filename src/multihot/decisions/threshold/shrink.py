"""Thresholds that rare labels share: each label's own shrinks towards the common one, as far as cross-validation says.

In logits, a label with n positives takes (n own + k common) / (n + k): k is the strength, counted in positives.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.objectives import Objective
from multihot.decisions.threshold.search import (
    best_global,
    best_macro,
    best_micro,
    best_samples,
    cuts_by_label,
    value_of,
)

Floats = NDArray[np.float64]

STRENGTHS = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, np.inf)
"""Candidates, in positives: 0 keeps each label's own threshold, infinity has one for all."""


class Parts(NamedTuple):
    """What thresholds are mixed from: logits."""

    own: Floats
    common: float
    support: Floats

    def mixed(self, strength: float) -> Floats:
        """(L,) thresholds shrunk with this strength; a label without positives takes the common one."""
        if np.isinf(strength):
            return np.full(len(self.own), self.common)
        weight = np.divide(
            self.support, self.support + strength, out=np.zeros_like(self.support), where=self.support > 0
        )
        return weight * self.own + (1 - weight) * self.common


def search(objective: Objective, scores: Floats, targets: Floats) -> Parts:
    """Each label's own best threshold, the best common one, and how many positives stand behind each label."""
    common = best_global(objective, scores, targets)
    cuts = cuts_by_label(scores, targets)
    own = best_macro(objective, cuts) if objective.average != "micro" else best_micro(objective, cuts)
    if objective.average == "samples":
        own = best_samples(objective, scores, targets, [np.full(scores.shape[1], common), own])
    return Parts(own, common, np.sum(targets == 1, axis=0, dtype=np.float64))


def choose_strength(objective: Objective, scores: Floats, targets: Floats, folds: int, seed: int) -> float:
    """The strength whose thresholds, fitted on the other folds, do best on the fold left out.

    Of equals the stronger is taken.
    """
    order = np.random.default_rng(seed).permutation(len(scores))
    totals = np.zeros(len(STRENGTHS))
    for held in np.array_split(order, min(folds, len(scores))):
        rest = np.setdiff1d(order, held)
        parts = search(objective, scores[rest], targets[rest])
        totals += [len(held) * value_of(objective, scores[held], targets[held], parts.mixed(k)) for k in STRENGTHS]
    best = np.flatnonzero(totals >= totals.max() - 1e-9)
    return STRENGTHS[int(best[-1])]


def pooled(objective: Objective) -> Objective:
    """The same value over all cells together."""
    return replace(objective, average="micro")
