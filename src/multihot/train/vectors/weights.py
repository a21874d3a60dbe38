"""Weights of several models' logits, fitted on samples that none of them has seen.

Shapes: M models, N samples, L labels.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import expit

Logits = NDArray[np.float32]
Weights = NDArray[np.float64]

# Pulls weights towards equal ones where models say the same.
RIDGE = 1e-3
# A member counts at least this share, or is left out.
SMALLEST_SHARE = 0.05
# Cells are more than enough for a few weights.
MOST_CELLS = 2**20
FOLDS = 5


def blend_weights(logits: Logits, targets: NDArray[np.float32], seed: int = 0) -> Weights:
    """Weights (M,), none negative, of logits (M, N, L) whose weighed sum has the lowest log loss.

    A convex problem: logistic regression with one weight a model and no other. Logarithmic opinion pools (Genest and
    Zidek 1986) have weights that sum to 1; here they need not, as a blend of timid models is still timid. Members
    below a twentieth of the sum are left out, and the others' weights fitted again.

    Args:
        logits: of each model for samples that it has not seen.
        targets: (N, L), NaN unknown; unknown cells take no part.
        seed: draws the samples that are used, where there are many.

    >>> targets = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], np.float32)
    >>> signal, noise = 4 * targets - 2, np.array([[1, 1], [1, 1], [-1, -1], [1, -1]], np.float32)
    >>> blend_weights(np.stack([signal, noise]), targets)[1]
    np.float64(0.0)
    """
    known = ~np.isnan(targets)
    few = _few_rows(known, seed)
    cells, present = logits[:, few][:, known[few]].astype(np.float64), targets[few][known[few]] == 1
    weights = np.zeros(len(logits))
    used = np.arange(len(logits))
    while True:
        fitted = _fit(cells[used], present)
        kept = fitted >= SMALLEST_SHARE * fitted.sum()
        if kept.all():
            weights[used] = fitted
            return weights
        used = used[kept]


def cross_fitted(logits: Logits, targets: NDArray[np.float32], seed: int = 0) -> Logits:
    """(N, L) the blend of logits (M, N, L), each sample's with weights that were fitted on others."""
    fold = np.random.default_rng(seed).permutation(len(targets)) % FOLDS
    blended = np.empty(targets.shape, dtype=np.float32)
    for number in range(FOLDS):
        inside, outside = fold != number, fold == number
        weights = blend_weights(logits[:, inside], targets[inside], seed)
        blended[outside] = np.tensordot(weights.astype(np.float32), logits[:, outside], 1)
    return blended


def _few_rows(known: NDArray[np.bool_], seed: int) -> NDArray[np.intp]:
    """Rows that together have about `MOST_CELLS` cells at most."""
    most = max(MOST_CELLS // max(known.shape[1], 1), 1)
    return np.random.default_rng(seed).permutation(len(known))[:most]


def _fit(cells: Weights, present: NDArray[np.bool_]) -> Weights:
    equal = np.full(len(cells), 1 / len(cells))
    sign = np.where(present, -1.0, 1.0)

    def objective(weights: Weights) -> tuple[float, Weights]:
        against = sign * (weights @ cells)
        away = weights - equal
        slope = cells @ (sign * expit(against)) / max(len(sign), 1)
        loss = np.logaddexp(0, against).sum() / max(len(sign), 1)
        return float(loss + RIDGE / 2 * away @ away), slope + RIDGE * away

    solution = optimize.minimize(objective, equal, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(cells))
    return np.asarray(solution.x)
