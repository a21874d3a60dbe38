"""Promises about missed labels, without any assumption on the model: only that new samples are like these.

Exact over all distinct scores and from positives only. Decided is `score >= threshold`; a threshold of minus infinity
decides every label, one of infinity none.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from multihot.decisions.guarantee.positives import Positives
from multihot.errors import ArgumentError
from multihot.labels import Targets

Scores = ArrayLike | sparse.csr_array
States = ArrayLike | Targets
Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""Slack for sums of shares such as 1/3: a share of a miss is never so small."""


def missed_threshold(scores: Scores, targets: States, level: float) -> float:
    """The highest threshold at which the expected share of a sample's labels that are missed is at most `level`.

    Conformal risk control (Angelopoulos et al. 2022): with n calibration samples the threshold t is the highest with
    `(sum of missed shares + 1) / (n + 1) <= level`, which bounds the expectation for a new sample exchangeable with
    them. A sample without labels misses none. Labels nobody looked at are no labels here.

    Args:
        scores: (N, L) of calibration samples, that no fit has seen; dense, or sparse with absent cells scored 0.
        targets: (N, L) of 1, 0 or NaN, or sparse targets.
        level: the promised share, above 0 and below 1.

    Returns:
        The threshold; minus infinity where fewer than `1 / level - 1` samples allow no promise but all labels.

    >>> scores, targets = [[0.9, 0.8], [0.7, 0.1], [0.6, 0.2]], [[1, 1], [1, 0], [0, 0]]
    >>> missed_threshold(scores, targets, 0.4), missed_threshold(scores, targets, 0.2)
    (0.7, -inf)
    """
    return _missed(Positives.of(scores, targets), _level(level))


def missed_thresholds_by_group(
    scores: Scores, targets: States, groups: Sequence[Hashable], level: float
) -> dict[Hashable, float]:
    """`missed_threshold` for each group (a site, a device), so that the promise holds within each of them."""
    positives = Positives.of(scores, targets)
    if len(groups) != positives.samples:
        raise ArgumentError(f"{len(groups)} groups for {positives.samples} samples: one each is needed")
    names = list(dict.fromkeys(groups))
    number = {name: position for position, name in enumerate(names)}
    member = np.array([number[name] for name in groups], np.intp)
    sizes = np.bincount(member, minlength=len(names))
    thresholds = {}
    for name, position in number.items():
        own = member[positives.rows] == position
        part = Positives(
            int(sizes[position]), positives.labels, positives.rows[own], positives.columns[own], positives.scores[own]
        )
        thresholds[name] = _missed(part, _level(level))
    return thresholds


def missed_thresholds_by_label(scores: Scores, targets: States, level: float) -> Floats:
    """(L,) thresholds at which each label, where it is true, is missed with a probability of at most `level`.

    Class-conditional split conformal prediction (Vovk 2012): the k-th lowest score of a label's n positives, with
    `k = floor(level * (n + 1))`; minus infinity where k is 0.
    """
    positives = Positives.of(scores, targets)
    rank = np.empty(len(positives.scores), np.int64)
    rank[np.argsort(positives.scores)] = np.arange(len(rank))
    # one key for label and rank sorts three times as fast as two keys do
    order = np.argsort(positives.columns.astype(np.int64) * len(rank) + rank)
    counts = np.bincount(positives.columns, minlength=positives.labels)
    firsts = np.cumsum(counts) - counts
    place = np.floor(_level(level) * (counts + 1) + ROUNDING).astype(np.intp)
    thresholds = np.full(positives.labels, -np.inf)
    promised = place > 0
    thresholds[promised] = positives.scores[order][(firsts + place - 1)[promised]]
    return thresholds


def _missed(positives: Positives, level: float) -> float:
    budget = level * (positives.samples + 1) - 1 + ROUNDING
    if budget < 0:
        return -np.inf
    share = 1 / np.bincount(positives.rows, minlength=positives.samples)[positives.rows]
    order = np.argsort(positives.scores)
    over = np.searchsorted(np.cumsum(share[order]), budget, side="right")
    # the first positive that the budget does not cover must be kept, and so must all that tie with it
    return float(positives.scores[order[over]]) if over < len(order) else np.inf


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ArgumentError(f"level must be above 0 and below 1, got {level}")
    return level
