"""Cuts for an objective, from validation samples."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from multihot.decisions.objectives import Objective, objective_of
from multihot.decisions.scale import LARGEST_LOGIT, logits_of
from multihot.decisions.select import selection_scores
from multihot.decisions.settings import DecisionSettings
from multihot.decisions.threshold.choose import choose
from multihot.decisions.threshold.ranking import Floats
from multihot.decisions.threshold.search import Search, best_common, best_macro
from multihot.labels import LabelSpace
from multihot.wording import listing

CAUTION = 10.0
"""Positives that the common threshold is worth where a level of precision or recall is asked of each label."""


class Cuts(NamedTuple):
    """Fitted cuts.

    Args:
        values: (L,) on the calibrated probabilities, or on the selection scores where these are others.
        shared: how far labels share a cut, see `Decision`.
        notes: where the data did not allow what was asked.
    """

    values: Floats
    shared: str | float
    notes: tuple[str, ...] = ()


def fit_cuts(
    probabilities: NDArray[np.float32], targets: Floats, settings: DecisionSettings, space: LabelSpace
) -> Cuts:
    """Cuts for the objective of the settings: (N, L) calibrated probabilities, targets 1, 0 or NaN."""
    known = _unfitted(settings)
    if known is not None:
        return Cuts(np.full(len(space), known), "known")
    if not (targets == 1).any():
        note = "thresholds: no label is present in the validation samples, the cut is one half"
        return Cuts(np.full(len(space), 0.5), "known", (note,))
    objective, logits = objective_of(settings), logits_of(probabilities)
    if settings.select != "threshold":
        scores = np.ascontiguousarray(selection_scores(settings.select, logits.T).T)
        return _common(replace(objective, known=None), Search.of(scores, targets), settings)
    search = Search.of(logits, targets)
    if settings.scope == "global":
        cuts = _common(objective, search, settings)
    elif _asks_level(settings):
        cuts = _for_level(objective, search, settings, space)
    else:
        choice = choose(objective, search, np.random.default_rng(settings.seed))
        cuts = Cuts(choice.logits, choice.shared, _absent(targets, space))
    return cuts._replace(values=np.asarray(expit(np.clip(cuts.values, -LARGEST_LOGIT, LARGEST_LOGIT)), np.float64))


def _unfitted(settings: DecisionSettings) -> float | None:
    """The cut of a rule that needs no fit."""
    if settings.count is not None:
        return 0.5 - settings.count
    return 0.5 if settings.objective == "fixed" or settings.select == "expected_f1" else None


def _asks_level(settings: DecisionSettings) -> bool:
    return settings.objective in ("precision", "recall")


def _common(objective: Objective, search: Search, settings: DecisionSettings) -> Cuts:
    labels = search.scores.shape[1]
    if _asks_level(settings):
        cut = best_common(objective.pooled(), search.pooled, np.ones(len(search.targets)))
        return Cuts(np.full(labels, cut), "common")
    choice = choose(objective, search, np.random.default_rng(settings.seed), own=False)
    return Cuts(choice.logits, choice.shared)


def _for_level(objective: Objective, search: Search, settings: DecisionSettings, space: LabelSpace) -> Cuts:
    """Each label's threshold for a level of precision or recall; rare labels err on the side of the level."""
    everyone = np.ones(len(search.targets))
    common = best_common(objective.pooled(), search.pooled, everyone)
    counts = [label.counts(everyone) for label in search.labels]
    own = best_macro(objective, search.labels, counts)
    positives = np.array([float(label.positives[0]) for label in counts])
    mixed = (positives * own + CAUTION * common) / (positives + CAUTION)
    safe = np.minimum(own, mixed) if settings.objective == "recall" else np.maximum(own, mixed)
    best = np.array([objective.value(label).max() for label in counts])
    short = [space.names[label] for label in np.flatnonzero((best < 0) & (positives > 0))]
    missed = f"thresholds: {settings.objective} {settings.at_least} out of reach, closest taken: {listing(short)}"
    notes = _absent(search.targets, space) + ((missed,) if short else ())
    return Cuts(np.where(positives > 0, safe, common), CAUTION, notes)


def _absent(targets: Floats, space: LabelSpace) -> tuple[str, ...]:
    names = [space.names[label] for label in np.flatnonzero(~(targets == 1).any(axis=0))]
    note = f"thresholds: not present in the validation samples, take the common threshold: {listing(names)}"
    return (note,) if names else ()
