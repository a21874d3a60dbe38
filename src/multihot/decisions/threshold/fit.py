"""Thresholds for an objective, from validation samples."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.objectives import objective_of
from multihot.decisions.scale import LARGEST_LOGIT, logits_of
from multihot.decisions.settings import DecisionSettings
from multihot.decisions.threshold.search import best_global
from multihot.decisions.threshold.shrink import choose_strength, pooled, search
from multihot.labels import LabelSpace


class Thresholds(NamedTuple):
    """Fitted thresholds.

    Args:
        values: (L,) on the calibrated probabilities.
        notes: where the data did not allow what was asked.
    """

    values: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def fit_thresholds(
    probabilities: NDArray[np.float32], targets: NDArray[np.float64], settings: DecisionSettings, space: LabelSpace
) -> Thresholds:
    """Thresholds for the objective of the settings: (N, L) calibrated probabilities, targets 1, 0 or NaN."""
    labels = len(space)
    if settings.objective == "fixed":
        return Thresholds(np.full(labels, 0.5))
    positives = (targets == 1).sum(axis=0)
    if not positives.any():
        return Thresholds(
            np.full(labels, 0.5), ("no label is present in the validation samples: all thresholds are 0.5",)
        )
    objective, scores = objective_of(settings), logits_of(probabilities)
    if settings.scope == "global":
        constraint = settings.objective in ("precision", "recall")
        common = best_global(pooled(objective) if constraint else objective, scores, targets)
        return Thresholds(_probabilities(np.full(labels, common)))
    strength = choose_strength(objective, scores, targets, settings.folds, settings.seed)
    values = search(objective, scores, targets).mixed(strength)
    notes = tuple(
        f"label {space.names[j]}: not present in the validation samples, takes the global threshold"
        for j in np.flatnonzero(positives == 0)
    )
    return Thresholds(_probabilities(values), notes)


def _probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)
    return np.asarray(1 / (1 + np.exp(-inside)), np.float64)
