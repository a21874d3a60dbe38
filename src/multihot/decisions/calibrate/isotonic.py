"""Isotonic calibration (Zadrozny & Elkan 2002), blended with the logistic fit so that it rises everywhere.

Pool-adjacent-violators gives each label blocks of equal frequency; their logits, joined by straight lines between the
blocks' centres, are averaged with the logistic map, weighted n to CAUTION for a label with n positives (or negatives,
where these are fewer).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit

Floats = NDArray[np.float64]

CAUTION = 50.0
"""How many positives the logistic map is worth against the blocks."""


def bend(logits: Floats, present: Floats, slope: float, intercept: float) -> tuple[float, float, Floats, Floats]:
    """Slope, intercept, knots and bends of one label's blended map, from its (n,) known cells."""
    if not len(present):
        return slope, intercept, np.empty(0), np.empty(0)
    scarcer = min(present.sum(), len(present) - present.sum())
    share = float(scarcer / (scarcer + CAUTION))
    centres, heights = _blocks(logits, present, slope, intercept)
    rises = np.concatenate([[0.0], np.diff(heights) / np.diff(centres), [0.0]])
    lowest = (1 - share) * intercept + share * float(heights[0])
    return (1 - share) * slope, lowest, centres, share * np.diff(rises)


def _blocks(logits: Floats, present: Floats, slope: float, intercept: float) -> tuple[Floats, Floats]:
    """Centres of the blocks and the logits of their frequencies, rising."""
    order = np.argsort(logits, kind="stable")
    scores, hits = logits[order], present[order]
    starts = isotonic_regression(hits).blocks[:-1]
    sizes = np.diff(np.append(starts, len(hits)))
    centres = np.add.reduceat(scores, starts) / sizes
    expected = np.add.reduceat(expit(slope * scores + intercept), starts) / sizes
    # two cells as the logistic map expects them: a block of hits alone is not certain
    frequency = (np.add.reduceat(hits, starts) + 2 * expected) / (sizes + 2)
    heights = np.maximum.accumulate(logit(frequency))
    apart = np.concatenate([[True], np.diff(centres) > 1e-9])
    return centres[apart], heights[apart]
