"""Slope and intercept by penalised maximum likelihood: temperature scaling (Guo 2017) and Platt scaling (Platt 1999).

Each label's fit shrinks towards the fit of all labels pooled, and that towards the identity: the penalty is what PRIOR
positives at the centre would say. So a label with few positives follows the others, and scores that separate perfectly
keep a finite slope. Shapes: N samples, L labels.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

PRIOR = 10.0
"""How many positives the centre is worth against a label's own."""

ENOUGH = 300_000

STEPS = 30
LARGEST_STEP = 1.0


class Centre(NamedTuple):
    """What fits shrink towards.

    Args:
        slope: of the centre.
        intercept: of the centre.
        information: (2, 2) curvature of the log likelihood there, for one positive with the negatives that go with it.
    """

    slope: float
    intercept: float
    information: Floats


IDENTITY = (1.0, 0.0)


def centre_of(logits: Floats, targets: Floats, parameters: tuple[float, float]) -> Centre:
    """A centre with the information of these samples; targets are 1, 0 or NaN."""
    known = ~np.isnan(targets)
    scores, present = logits[known], targets[known]
    spread = _spread(expit(parameters[0] * scores + parameters[1]))
    first, second = float(spread @ scores), float(spread @ scores**2)
    information = np.array([[second, first], [first, float(spread.sum())]])
    return Centre(*parameters, information / max(float(present.sum()), 1.0))


def pooled_fit(logits: Floats, targets: Floats, shift: bool) -> Centre:
    """The fit of all labels together, near the identity where there is little to fit on.

    Of very many samples some are enough for two numbers: every k-th, so that at most ENOUGH cells are left.
    """
    stride = 1 + logits.size // ENOUGH
    scores, states = logits[::stride].reshape(-1, 1), targets[::stride].reshape(-1, 1)
    slopes, intercepts = fit(scores, states, centre_of(scores, states, IDENTITY), shift)
    return centre_of(scores, states, (float(slopes[0]), float(intercepts[0])))


def fit(logits: Floats, targets: Floats, centre: Centre, shift: bool) -> tuple[Floats, Floats]:
    """(L,) slopes and intercepts by Newton's method, all labels at once.

    Args:
        logits: (N, L).
        targets: (N, L) of 1, 0 or NaN.
        centre: what they shrink towards; also taken where a fit would turn a label's ranking around.
        shift: whether to fit intercepts too (Platt scaling), or slopes only (temperature scaling).
    """
    known = (~np.isnan(targets)).astype(np.float64)
    present = np.nan_to_num(targets)
    prior = PRIOR * centre.information + 1e-9 * np.eye(2)
    start = np.array([centre.slope, centre.intercept])
    theta = np.tile(start, (logits.shape[1], 1))
    for _ in range(STEPS):
        probabilities = expit(logits * theta[:, 0] + theta[:, 1])
        residual = known * (probabilities - present)
        gradient = np.stack([(residual * logits).sum(axis=0), residual.sum(axis=0)], axis=1) + (theta - start) @ prior
        step = _newton_step(known * _spread(probabilities), logits, gradient, prior, shift)
        theta -= step
        if np.abs(step).max(initial=0) < 1e-7:
            break
    slopes, intercepts = np.where(theta[:, :1] > 0, theta, start).T
    return slopes, intercepts


def _newton_step(spread: Floats, logits: Floats, gradient: Floats, prior: Floats, shift: bool) -> Floats:
    """(L, 2) damped steps."""
    weighted = spread * logits
    first, second = weighted.sum(axis=0), (weighted * logits).sum(axis=0)
    hessian = np.stack([np.stack([second, first], -1), np.stack([first, spread.sum(axis=0)], -1)], axis=-2) + prior
    if not shift:
        hessian[:, 0, 1] = hessian[:, 1, 0] = 0
        gradient = gradient * [1, 0]
    step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
    longest = np.abs(step).max(axis=1, keepdims=True)
    return np.asarray(step * np.minimum(1, LARGEST_STEP / np.maximum(longest, 1e-12)))


def _spread(probabilities: Floats) -> Floats:
    return probabilities * (1 - probabilities)
