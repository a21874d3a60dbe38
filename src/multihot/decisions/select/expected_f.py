"""The label set with the highest expected F for one sample, from its probabilities alone.

Shapes: N samples, L labels.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.errors import ArgumentError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

CELLS = 4_000_000
"""Numbers held at a time: samples are taken in blocks of this many."""

FINEST = 16
"""beta² is taken as a fraction with at most this denominator."""


def expected_f_sets(probabilities: ArrayLike, beta: float = 1.0) -> Booleans:
    """(N, L) sets of the highest expected F-beta, where labels are independent given the sample.

    The best set of k labels is then the k most probable ones (Lewis 1995), and all L + 1 expectations follow from one
    recursion over the labels, in O(L²) a sample (Ye et al. 2012). F of an empty set is 1 where no label is true.

    Args:
        probabilities: (N, L) calibrated.
        beta: weight of recall; beta² is taken as the nearest fraction with a denominator up to 16.

    >>> expected_f_sets([[0.9, 0.6, 0.1], [0.2, 0.1, 0.1]]).tolist()
    [[True, True, False], [False, False, False]]
    """
    values = np.asarray(probabilities, np.float64)
    if values.ndim != 2:
        raise ArgumentError(f"probabilities must have the shape (samples, labels), got {values.shape}")
    order = np.argsort(-values, axis=1, kind="stable")
    falling = np.take_along_axis(values, order, axis=1)
    block = max(1, CELLS // (values.shape[1] + 1) ** 2)
    counts = [_best_count(falling[at : at + block].T, beta) for at in range(0, len(values), block)]
    best = np.concatenate(counts) if counts else np.empty(0, np.intp)
    decided = np.zeros(values.shape, np.bool_)
    np.put_along_axis(decided, order, np.arange(values.shape[1]) < best[:, None], axis=1)
    return decided


def _best_count(falling: Floats, beta: float) -> NDArray[np.intp]:
    """(N,) how many of the most probable labels to take, from (L, N) falling probabilities."""
    labels, samples = falling.shape
    square = Fraction(beta * beta).limit_denominator(FINEST)
    q, r = square.numerator, square.denominator
    hits = _hit_distributions(falling)
    expected = np.empty((labels + 1, samples))
    expected[0] = np.prod(1 - falling, axis=0)
    # inverse[i - 1] = E[1 / (i / r + beta² * true labels among those not taken)]
    inverse = np.repeat(r / np.arange(1.0, (q + r) * labels + 1)[:, None], samples, axis=1)
    for taken in range(labels, 0, -1):
        true = np.arange(1, taken + 1)
        gains = hits[taken][1:] * true[:, None] * inverse[taken * r + q * true - 1]
        expected[taken] = (1 + q / r) * gains.sum(axis=0)
        present = falling[taken - 1]
        needed = (q + r) * (taken - 1)
        inverse = present * inverse[q : needed + q] + (1 - present) * inverse[:needed]
    return np.asarray(np.argmax(expected, axis=0))


def _hit_distributions(falling: Floats) -> list[Floats]:
    """For every k the (k + 1, N) probabilities that 0 to k of the k most probable labels are true."""
    distributions = [np.ones((1, falling.shape[1]))]
    for present in falling:
        last = distributions[-1]
        further = np.zeros((len(last) + 1, falling.shape[1]))
        further[:-1] = last * (1 - present)
        further[1:] += last * present
        distributions.append(further)
    return distributions


def joint_f_sets(joint: ArrayLike, empty: ArrayLike, beta: float = 1.0) -> Booleans:
    """(N, L) sets of the highest expected F-beta for labels that depend on each other (GFM, Dembczynski et al. 2011).

    Args:
        joint: (N, L, L) where [i, j, s - 1] is the probability that label j is true and s labels are true in all.
        empty: (N,) probability that no label is true.
        beta: weight of recall.
    """
    together, none = np.asarray(joint, np.float64), np.asarray(empty, np.float64)
    if together.ndim != 3 or together.shape[1] != together.shape[2] or none.shape != together.shape[:1]:
        raise ArgumentError(
            f"joint must be (samples, labels, labels) and empty (samples,), got {together.shape}, {none.shape}"
        )
    samples, labels, _ = together.shape
    sizes = np.arange(1, labels + 1)
    square = beta * beta
    gains = together @ ((1 + square) / (square * sizes[:, None] + sizes))
    places = np.argsort(np.argsort(-gains, axis=1, kind="stable"), axis=1, kind="stable")
    taken = places < sizes
    expected = np.concatenate([none[:, None], (gains * taken).sum(axis=1)], axis=1)
    best = np.argmax(expected, axis=1)
    candidates = np.concatenate([np.zeros((samples, labels, 1), np.bool_), taken], axis=2)
    return np.asarray(np.take_along_axis(candidates, best[:, None, None], axis=2)[:, :, 0])


def joint_of_sets(sets: ArrayLike) -> tuple[Floats, Floats]:
    """What `joint_f_sets` takes, estimated from label sets drawn for each sample.

    Args:
        sets: (N, M, L) booleans: M label sets a sample, drawn from a model of the joint distribution.
    """
    drawn = np.asarray(sets, np.bool_)
    if drawn.ndim != 3:
        raise ArgumentError(f"sets must have the shape (samples, draws, labels), got {drawn.shape}")
    sizes = drawn.sum(axis=2)
    of_size = sizes[:, :, None] == np.arange(1, drawn.shape[2] + 1)
    joint = np.einsum("nml,nms->nls", drawn.astype(np.float64), of_size.astype(np.float64)) / drawn.shape[1]
    return joint, (sizes == 0).mean(axis=1)
