"""Thresholds for an objective, from validation samples."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from multihot.decisions.notes import listing
from multihot.decisions.objectives import Objective, objective_of
from multihot.decisions.scale import LARGEST_LOGIT, logits_of
from multihot.decisions.settings import DecisionSettings
from multihot.decisions.threshold.choose import choose
from multihot.decisions.threshold.ranking import Floats
from multihot.decisions.threshold.search import Search, best_common, best_macro
from multihot.labels import LabelSpace

CAUTION = 10.0
"""Positives that the common threshold is worth where a level of precision or recall is asked of each label."""


class Thresholds(NamedTuple):
    """Fitted thresholds.

    Args:
        values: (L,) on the calibrated probabilities.
        shared: how far labels share a threshold, see `choose.Choice`.
        notes: where the data did not allow what was asked.
    """

    values: Floats
    shared: str | float
    notes: tuple[str, ...] = ()


def fit_thresholds(
    probabilities: NDArray[np.float32], targets: Floats, settings: DecisionSettings, space: LabelSpace
) -> Thresholds:
    """Thresholds for the objective of the settings: (N, L) calibrated probabilities, targets 1, 0 or NaN."""
    half = np.full(len(space), 0.5)
    if settings.objective == "fixed":
        return Thresholds(half, "known")
    if not (targets == 1).any():
        note = "thresholds: no label is present in the validation samples, all take 0.5"
        return Thresholds(half, "known", (note,))
    objective, search = objective_of(settings), Search.of(logits_of(probabilities), targets)
    if settings.objective in ("precision", "recall"):
        return _for_level(objective, search, settings, space)
    choice = choose(objective, search, np.random.default_rng(settings.seed), own=settings.scope == "label")
    notes = () if settings.scope == "global" else _absent(targets, space)
    return Thresholds(_probabilities(choice.logits), choice.shared, notes)


def _for_level(objective: Objective, search: Search, settings: DecisionSettings, space: LabelSpace) -> Thresholds:
    """Each label's threshold for a level of precision or recall; rare labels err on the side of the level."""
    everyone = np.ones(len(search.targets))
    common = best_common(objective.pooled(), search.pooled, everyone)
    if settings.scope == "global":
        return Thresholds(_probabilities(np.full(len(space), common)), "common")
    counts = [label.counts(everyone) for label in search.labels]
    own = best_macro(objective, search.labels, counts)
    positives = np.array([float(label.positives[0]) for label in counts])
    mixed = (positives * own + CAUTION * common) / (positives + CAUTION)
    safe = np.minimum(own, mixed) if settings.objective == "recall" else np.maximum(own, mixed)
    values = np.where(positives > 0, safe, common)
    reached = np.array([objective.value(label).max() >= 0 for label in counts]) | (positives == 0)
    unreached = [space.names[j] for j in np.flatnonzero(~reached)]
    missed = (
        f"thresholds: {settings.objective} {settings.at_least} is out of reach, highest taken: {listing(unreached)}"
    )
    notes = _absent(search.targets, space) + ((missed,) if unreached else ())
    return Thresholds(_probabilities(values), CAUTION, notes)


def _absent(targets: Floats, space: LabelSpace) -> tuple[str, ...]:
    names = [space.names[column] for column in np.flatnonzero(~(targets == 1).any(axis=0))]
    note = f"thresholds: not present in the validation samples, take the common threshold: {listing(names)}"
    return (note,) if names else ()


def _probabilities(logits: Floats) -> Floats:
    return np.asarray(expit(np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)), np.float64)
