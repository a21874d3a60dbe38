"""Iterative stratification: folds in which every label has its share.

Shapes: N samples, L labels, K folds.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from multihot.errors import ArgumentError
from multihot.labels import Targets


def stratify(
    targets: Targets, shares: Sequence[float], *, seed: int, blocks: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """Number a fold for each sample, so that every fold has its share of the samples and of each label.

    Iterative stratification: Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data", ECML
    PKDD 2011. Only what is present counts: an unknown cell pulls its sample nowhere.

    Args:
        targets: (N, L); unknown cells count neither as present nor as absent.
        shares: K shares of the samples, at least 0, that sum to 1; `[1 / K] * K` makes K folds for cross-validation.
        seed: the same seed, targets and blocks give the same folds.
        blocks: (N,) block numbers; samples of one block go to the same fold.

    Returns:
        (N,) fold numbers from 0 to K - 1.

    Raises:
        ArgumentError: the shares are not at least 0 with the sum 1, or blocks do not match the targets.
    """
    portions = np.asarray(shares, dtype=np.float64)
    if portions.ndim != 1 or not len(portions) or (portions < 0).any() or not math.isclose(portions.sum(), 1):
        raise ArgumentError(f"shares must be at least 0 and sum to 1, got {list(shares)}")
    if blocks is not None and blocks.shape != (len(targets),):
        raise ArgumentError(f"blocks must have one number a sample: got {blocks.shape} for {len(targets)} samples")
    numbers = np.arange(len(targets)) if blocks is None else np.unique(blocks, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(int(numbers.max(initial=-1)) + 1)
    edges = np.cumsum(portions) * len(order)
    return np.minimum(np.searchsorted(edges, order, side="right"), len(portions) - 1)[numbers].astype(np.intp)
