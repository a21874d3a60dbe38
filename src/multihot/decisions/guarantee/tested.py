"""Promises that hold with a stated confidence, for risks that need not fall with the threshold: learn then test.

From the highest threshold down, each cut is tested for "the risk is above the level"; the first that is not rejected
ends the walk (fixed-sequence testing), so no correction for many tests is needed, and every distinct score may be a
cut: the highest threshold with too high a risk, whatever it is, is passed with a probability of at most
1 - confidence (Angelopoulos et al. 2021).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr  # binom.cdf, without half a second for scipy.stats

from multihot.decisions.objectives import Counts
from multihot.decisions.threshold.ranking import Ranking
from multihot.decisions.threshold.search import gains_of_units
from multihot.errors import ArgumentError

Floats = NDArray[np.float64]


def wrong_threshold(scores: ArrayLike, targets: ArrayLike, level: float, confidence: float = 0.9) -> float:
    """The lowest tested threshold at which the expected share of wrong labels in a sample's set is at most `level`.

    So precision, averaged over samples, is at least `1 - level`. A sample given no label has none wrong; cells nobody
    looked at are neither right nor wrong.

    Args:
        scores: (N, L) of calibration samples, that no fit has seen.
        targets: (N, L) of 1, 0 or NaN.
        level: the promised share, above 0 and below 1.
        confidence: the probability, over calibration samples, that the promise holds.

    Returns:
        The threshold; infinity (no labels) where there are too few samples to promise more.
    """
    _require(level, confidence)
    values, states = np.asarray(scores, np.float64), np.asarray(targets, np.float64)
    ranking = Ranking.of(values, states)
    shares = gains_of_units(_wrong_share, ranking.rows, ranking.present, np.ones(len(ranking.rows)))
    risks = ranking.at_cuts(shares) / max(len(values), 1)
    passed = _passed(hoeffding_bentkus(risks, len(values), level) <= 1 - confidence)
    return _just_above(ranking, passed, np.asarray(scores).dtype)


def large_threshold(scores: ArrayLike, most: int, level: float, confidence: float = 0.9) -> float:
    """The lowest tested threshold at which at most a share `level` of samples gets more than `most` labels.

    Needs no targets. Exact: how many calibration samples get more is binomial.

    Args:
        scores: (N, L) of calibration samples.
        most: the largest set that is not too large.
        level: the promised share, above 0 and below 1.
        confidence: the probability, over calibration samples, that the promise holds.
    """
    _require(level, confidence)
    values = np.asarray(scores, np.float64)
    if values.shape[1] <= most:
        return -np.inf
    # a set grows too large where the threshold reaches the next score after the `most` highest
    decisive = -np.sort(-values, axis=1)[:, [most]]
    ranking = Ranking.of(decisive, np.ones_like(decisive))
    large = ranking.at_cuts(ranking.present)
    passed = _passed(bdtr(large, len(values), level) <= 1 - confidence)
    return _just_above(ranking, passed, np.asarray(scores).dtype)


def hoeffding_bentkus(risks: ArrayLike, samples: int, level: float) -> Floats:
    """P-values for "the expected loss is above the level", from mean losses in [0, 1] of so many samples."""
    mean = np.minimum(np.asarray(risks, np.float64), level)
    with np.errstate(divide="ignore", invalid="ignore"):
        divergence = np.where(mean > 0, mean * np.log(mean / level), 0) + (1 - mean) * np.log((1 - mean) / (1 - level))
    hoeffding = np.exp(-samples * divergence)
    # rounding must not lift a whole count over the next
    bentkus = np.e * bdtr(np.ceil(samples * np.asarray(risks) - 1e-9), samples, level)
    return np.asarray(np.minimum(hoeffding, bentkus))


def _passed(rejected: NDArray[np.bool_]) -> int:
    """How many cuts are rejected before the first that is not."""
    return len(rejected) if rejected.all() else int(np.argmin(rejected))


def _just_above(ranking: Ranking, passed: int, dtype: np.dtype[Any]) -> float:
    """The lowest threshold of the last cut passed: next to the score that the cut leaves out, in its own precision."""
    if passed in (0, len(ranking.ends) + 1):
        return np.inf if passed == 0 else -np.inf
    edge = ranking.edges[passed].astype(dtype if dtype.kind == "f" else np.float64)
    return float(np.nextafter(edge, np.inf, dtype=edge.dtype))


def _wrong_share(counts: Counts) -> Floats:
    tp, fp, _, _ = counts
    return fp / np.maximum(tp + fp, 1)


def _require(level: float, confidence: float) -> None:
    for name, value in (("level", level), ("confidence", confidence)):
        if not 0 < value < 1:
            raise ArgumentError(f"{name} must be above 0 and below 1, got {value}")
