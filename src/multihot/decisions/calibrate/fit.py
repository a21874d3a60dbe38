"""Calibration fitted on validation samples, and kept only where it helps samples left out.

Shapes: N samples, L labels.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit

from multihot.decisions.calibrate.isotonic import bend
from multihot.decisions.calibrate.logistic import fit, pooled_fit
from multihot.decisions.calibrate.maps import Calibration, Floats, Method
from multihot.labels import LabelSpace
from multihot.wording import listing

FOLDS = 5
MANY = 1_000_000
"""With so many cells two folds tell as much as five."""

SCARCE = 10
"""With fewer positives or negatives in all, nothing is fitted."""


def fit_calibration(logits: Floats, targets: Floats, method: Method, space: LabelSpace, seed: int = 0) -> Calibration:
    """The map of each label: its own fit, the pooled fit or none, whichever has the lowest log loss out of fold.

    Args:
        logits: (N, L) of validation samples.
        targets: (N, L) of 1, 0 or NaN; unknown cells take no part.
        method: what to fit; "none" leaves probabilities the sigmoid of logits.
        space: the L labels, for notes.
        seed: deals samples to folds.
    """
    identity = Calibration.linear(method, np.ones(len(space)), np.zeros(len(space)))
    if method == "none":
        return identity
    positives, negatives = int((targets == 1).sum()), int((targets == 0).sum())
    if min(positives, negatives) < SCARCE:
        note = (
            f"calibration: only {positives} positives and {negatives} negatives in all, probabilities stay as they are"
        )
        return replace(identity, notes=(note,))
    folds = FOLDS if logits.size < MANY else 2
    fold = np.random.default_rng(seed).permutation(len(logits)) % folds
    losses = np.zeros((), np.float64)
    for held in range(folds):
        inside, outside = fold != held, fold == held
        losses = losses + _losses(
            _candidates(logits[inside], targets[inside], method), logits[outside], targets[outside]
        )
    candidates = _candidates(logits, targets, method)
    within = _losses(candidates, logits, targets)
    losses[within > within[-1]] = np.inf
    chosen = np.argmin(losses, axis=0)
    cells = positives + negatives
    before, after = losses[-1].sum() / cells, losses[chosen, np.arange(len(space))].sum() / cells
    fitted = _assemble(method, candidates, chosen)
    return replace(fitted, log_loss=(float(before), float(after)), notes=_notes(chosen, len(candidates), space))


def _candidates(logits: Floats, targets: Floats, method: Method) -> list[Calibration]:
    """From the most parameters to none: what a label may take."""
    labels = logits.shape[1]
    shift = method != "temperature"
    centre = pooled_fit(logits, targets, shift)
    slopes, intercepts = fit(logits, targets, centre, shift)
    linear = [
        Calibration.linear(method, slopes, intercepts),
        Calibration.linear(method, np.full(labels, centre.slope), np.full(labels, centre.intercept)),
        Calibration.linear(method, np.ones(labels), np.zeros(labels)),
    ]
    return [_bent(logits, targets, slopes, intercepts), *linear] if method == "isotonic" else linear


def _bent(logits: Floats, targets: Floats, slopes: Floats, intercepts: Floats) -> Calibration:
    maps = []
    for label, (slope, intercept) in enumerate(zip(slopes, intercepts, strict=True)):
        known = ~np.isnan(targets[:, label])
        maps.append(bend(logits[known, label], targets[known, label], float(slope), float(intercept)))
    slopes = np.array([slope for slope, *_ in maps])
    intercepts = np.array([intercept for _, intercept, *_ in maps])
    knots, bends = tuple(knots for *_, knots, _ in maps), tuple(bends for *_, bends in maps)
    return Calibration("isotonic", slopes, intercepts, knots, bends)


def _losses(candidates: list[Calibration], logits: Floats, targets: Floats) -> Floats:
    """(candidates, L) summed log loss of the known cells."""
    present = np.nan_to_num(targets)
    known = ~np.isnan(targets)
    losses = []
    for candidate in candidates:
        calibrated = candidate.logits(logits)
        likelihood = present * log_expit(calibrated) + (1 - present) * log_expit(-calibrated)
        losses.append(-(likelihood * known).sum(axis=0))
    return np.array(losses)


def _assemble(method: Method, candidates: list[Calibration], chosen: NDArray[np.intp]) -> Calibration:
    """Each label's map from the candidate chosen for it."""
    picked = [candidates[candidate] for candidate in chosen]
    return Calibration(
        method,
        np.array([calibration.slopes[label] for label, calibration in enumerate(picked)]),
        np.array([calibration.intercepts[label] for label, calibration in enumerate(picked)]),
        tuple(calibration.knots[label] for label, calibration in enumerate(picked)),
        tuple(calibration.bends[label] for label, calibration in enumerate(picked)),
    )


def _notes(chosen: NDArray[np.intp], candidates: int, space: LabelSpace) -> tuple[str, ...]:
    """Which labels took less than their own fit."""
    said = {
        candidates - 1: "no fit helps, probabilities stay as they are",
        candidates - 2: "follow the fit of all labels",
    }
    notes = []
    for candidate, text in said.items():
        names = [space.names[label] for label in np.flatnonzero(chosen == candidate)]
        if names:
            notes.append(f"calibration: {text}: {listing(names)}")
    return tuple(notes)
