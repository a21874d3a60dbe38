"""Probabilities and their logits, kept strictly inside (0, 1) and finite."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

SMALLEST = float(np.finfo(np.float32).eps) / 2
"""Probabilities stay in [SMALLEST, 1 - SMALLEST]: the float32 number next to 1, and its mirror image."""

LARGEST_LOGIT = float(np.log1p(-SMALLEST) - np.log(SMALLEST))
"""The logit of `1 - SMALLEST`, about 16.6: nothing is more certain than that."""


def probabilities_of(logits: ArrayLike) -> NDArray[np.float32]:
    """Float32 probabilities strictly inside (0, 1)."""
    return np.clip(expit(np.asarray(logits, np.float64)), SMALLEST, 1 - SMALLEST).astype(np.float32)


def logits_of(probabilities: ArrayLike) -> NDArray[np.float64]:
    """The logits of probabilities; 0 and 1 give the largest finite ones."""
    inside = np.clip(np.asarray(probabilities, np.float64), SMALLEST, 1 - SMALLEST)
    return np.asarray(np.log(inside) - np.log1p(-inside), np.float64)
