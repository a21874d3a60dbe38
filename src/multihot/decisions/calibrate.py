"""From logits to probabilities: `probability = sigmoid(slope * logit + intercept)`, fitted for each label.

Temperature scaling (Guo 2017) fits the slope alone, Platt scaling (Platt 1999) both. A label's fit shrinks towards the
fit of all labels pooled, and that towards the identity, each with the weight of PRIOR positives: so a label with few
positives follows the others, and scores that separate perfectly keep a finite slope.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.scale import probabilities_of

Floats = NDArray[np.float64]

PRIOR = 10.0
"""How many positives the pooled fit is worth against a label's own."""


@dataclass(frozen=True)
class Calibration:
    """Slope and intercept of each label's logits.

    Args:
        method: how they were fitted.
        slopes: (L,) positive: calibration never reorders the samples of a label.
        intercepts: (L,).
    """

    method: Literal["none", "temperature", "platt", "isotonic"]
    slopes: Floats
    intercepts: Floats

    def probabilities(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """(N, L) calibrated probabilities, strictly inside (0, 1)."""
        return probabilities_of(np.asarray(logits, np.float64) * self.slopes + self.intercepts)

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe."""
        return {"method": self.method, "slopes": self.slopes.tolist(), "intercepts": self.intercepts.tolist()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(values["method"], np.asarray(values["slopes"], float), np.asarray(values["intercepts"], float))


def fit_calibration(
    logits: Floats, targets: Floats, method: Literal["none", "temperature", "platt", "isotonic"]
) -> Calibration:
    """Fit on validation samples; (N, L) targets are 1, 0 or NaN."""
    labels = logits.shape[1]
    identity = np.array([1.0, 0.0])
    known = ~np.isnan(targets)
    if method == "none" or not (targets == 1).any() or not (targets == 0).any():
        return Calibration(method, np.ones(labels), np.zeros(labels))
    common = _newton(logits[known], targets[known], identity, method)
    fits = [_newton(logits[known[:, j], j], targets[known[:, j], j], common, method) for j in range(labels)]
    slopes, intercepts = np.array(fits).T
    return Calibration(method, slopes, intercepts)


def _newton(logits: Floats, present: Floats, centre: Floats, method: str, steps: int = 50) -> Floats:
    """Slope and intercept of the highest posterior, around `centre` with the weight of PRIOR positives."""
    free = np.array([True, method != "temperature"])
    design = np.column_stack([logits, np.ones_like(logits)])[:, free]
    start = centre.copy()
    if not len(logits) or not free.any():
        return start
    spread = 1.0 + np.array([np.mean(logits**2), 1.0])[free]
    precision = np.diag(PRIOR * 0.25 * np.minimum(spread, 25.0))
    theta = start[free].copy()
    offset = 0.0 if free.all() else start[1]
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(design @ theta + offset, -40, 40)))
        gradient = design.T @ (p - present) + precision @ (theta - start[free])
        hessian = (design * (p * (1 - p))[:, None]).T @ design + precision
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 1.0 / max(np.abs(step).max(), 1e-12))
        theta -= step
        if np.abs(step).max() < 1e-8:
            break
    found = start.copy()
    found[free] = theta
    return found if found[0] > 0 else start
