"""Everything that a decision fits, from validation samples."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.decisions.calibrate import Calibration, fit_calibration
from multihot.decisions.checks import matrix, require_states
from multihot.decisions.decision import Decision, FittedOn
from multihot.decisions.guarantee import (
    large_threshold,
    missed_threshold,
    missed_thresholds_by_label,
    wrong_threshold,
)
from multihot.decisions.settings import DecisionSettings, ObjectiveName, Promise
from multihot.decisions.threshold import Cuts, fit_cuts
from multihot.labels import LabelSpace, Relations

Floats = NDArray[np.float64]


def fit(
    logits: ArrayLike,
    targets: ArrayLike,
    settings: DecisionSettings,
    space: LabelSpace,
    fitted_on: str = "validation",
) -> Decision:
    """Fit calibration and cuts on validation samples, never on those the model was trained on.

    Args:
        logits: (N, L), N may be 0.
        targets: (N, L) of 1 present, 0 absent, NaN unknown; unknown cells take no part.
        settings: what to fit for.
        space: the L labels, with the relations that label sets shall keep.
        fitted_on: which samples these are, for the record.

    Raises:
        ArgumentError: shapes do not match the label space, a logit is not finite, or a target is of no known state.
    """
    scores, states = matrix(logits, "logits", len(space)), matrix(targets, "targets", len(space))
    require_states(scores, states)
    fitting = _promised if settings.guarantee is not None else _for_objective
    fitted = fitting(scores, states, settings, space)
    kept = settings.relations and settings.guarantee is None
    on = FittedOn(len(scores), _counts(states == 1), _counts(~np.isnan(states)), fitted_on)
    return Decision(
        space if kept else space.with_relations(Relations()),
        settings,
        fitted.calibration,
        fitted.cuts.values,
        fitted.cuts.shared,
        on,
        fitted.calibration.notes + fitted.cuts.notes,
    )


def refit(decision: Decision, logits: ArrayLike, targets: ArrayLike, objective: ObjectiveName) -> Decision:
    """The same probabilities, with cuts fitted for another objective; a promise is given up.

    Args:
        decision: with select "threshold".
        logits: (N, L) of validation samples.
        targets: (N, L) of 1 present, 0 absent, NaN unknown.
        objective: what to fit for.
    """
    space = decision.space
    settings = decision.settings.model_copy(update={"objective": objective, "guarantee": None})
    cuts = fit_cuts(decision.probabilities(logits), matrix(targets, "targets", len(space)), settings, space)
    notes = decision.calibration.notes + cuts.notes
    return replace(decision, settings=settings, cuts=cuts.values, shared=cuts.shared, notes=notes)


class _Fitted(NamedTuple):
    calibration: Calibration
    cuts: Cuts


def _for_objective(logits: Floats, targets: Floats, settings: DecisionSettings, space: LabelSpace) -> _Fitted:
    calibration = fit_calibration(logits, targets, settings.calibration, space, settings.seed)
    return _Fitted(calibration, fit_cuts(calibration.probabilities(logits), targets, settings, space))


def _promised(logits: Floats, targets: Floats, settings: DecisionSettings, space: LabelSpace) -> _Fitted:
    """Calibration on one half and the promise on the other, as it holds only for scores that have not seen the samples.

    Thresholds by label do not change with a rising map of that label's scores, so they need no half of their own.
    """
    promise = settings.guarantee or Promise()
    first = np.random.default_rng(settings.seed).permutation(len(logits)) < len(logits) // 2
    if promise.risk == "missed_by_label" or settings.calibration == "none":
        first = np.zeros(len(logits), np.bool_)
    seen = first if first.any() else ~first
    calibration = fit_calibration(logits[seen], targets[seen], settings.calibration, space, settings.seed)
    probabilities = calibration.probabilities(logits[~first])
    thresholds = np.broadcast_to(_threshold(probabilities, targets[~first], promise), len(space)).astype(np.float64)
    notes = _promise_notes(thresholds, promise, imposable=bool(space.relations) and settings.relations)
    return _Fitted(calibration, Cuts(np.clip(thresholds, 0, 1), "promised", notes))


def _promise_notes(thresholds: Floats, promise: Promise, imposable: bool) -> tuple[str, ...]:
    notes = []
    if imposable:
        notes.append("guarantee: relations are not imposed, as a label taken away could break the promise")
    for end, what in ((-np.inf, "always"), (np.inf, "never")):
        count = int((thresholds == end).sum())
        if count:
            shown = f"{count} of {len(thresholds)} labels are {what} given"
            notes.append(f"guarantee: too few samples to promise {promise}: {shown}")
    return tuple(notes)


def _threshold(probabilities: NDArray[np.float32], targets: Floats, promise: Promise) -> float | Floats:
    if promise.risk == "missed":
        return missed_threshold(probabilities, targets, promise.level)
    if promise.risk == "missed_by_label":
        return missed_thresholds_by_label(probabilities, targets, promise.level)
    if promise.most is not None:
        return large_threshold(probabilities, promise.most, promise.level, promise.confidence)
    return wrong_threshold(probabilities, targets, promise.level, promise.confidence)


def _counts(cells: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(count) for count in cells.sum(axis=0))
