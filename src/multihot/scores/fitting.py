"""A decision fitted for scores of any scale.

Shapes: N samples, L labels.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from multihot import decisions
from multihot.decisions import Calibration, Decision, DecisionSettings
from multihot.labels import LabelSpace
from multihot.scores.table import Kind

Floats = NDArray[np.float64]


def fit_decision(
    logits: Floats,
    targets: NDArray[np.float32],
    settings: DecisionSettings,
    space: LabelSpace,
    kind: Kind,
    fitted_on: str,
) -> Decision:
    """As `decisions.fit`; scores that only rank are brought to the scale of logits first.

    Calibration starts from the logistic function of what it is given, and departs from it only as far as the samples
    show. For similarities between 0 and 1, or sums of hundreds, that is a bad start. So scores are standardised, all
    labels alike, and the decision takes that step with it: it is given scores as they are.

    Args:
        logits: (N, L) `ScoreTable.logits`.
        targets: (N, L) of 1 present, 0 absent, NaN unknown.
        settings: what to fit for.
        space: the L labels.
        kind: what the scores are.
        fitted_on: which samples these are, for the record.
    """
    if kind != "scores":
        return decisions.fit(logits, targets, settings, space, fitted_on)
    centre, scale = (float(logits.mean()), float(logits.std()) or 1.0) if logits.size else (0.0, 1.0)
    decision = decisions.fit((logits - centre) / scale, targets, settings, space, fitted_on)
    return replace(decision, calibration=_of_raw(decision.calibration, centre, scale))


def _of_raw(calibration: Calibration, centre: float, scale: float) -> Calibration:
    """The map of raw scores that is this map of (score - centre) / scale."""
    return replace(
        calibration,
        slopes=calibration.slopes / scale,
        intercepts=calibration.intercepts - calibration.slopes * centre / scale,
        knots=tuple(knots * scale + centre for knots in calibration.knots),
        bends=tuple(bends / scale for bends in calibration.bends),
    )
