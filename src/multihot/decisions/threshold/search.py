"""Exact search over all distinct scores: the best threshold of each label, or one for all, for an objective.

Thresholds are logits; `decided = scores >= threshold`. Shapes: N samples, L labels.
"""

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.objectives import Counts, Objective
from multihot.decisions.threshold.ascent import ascend
from multihot.decisions.threshold.ranking import Floats, Ranking
from multihot.errors import ArgumentError


class Found(NamedTuple):
    """What a search found: logits.

    Args:
        own: (L,) the best threshold of each label.
        common: the best single threshold.
        support: (L,) weighted positives of each label.
    """

    own: Floats
    common: float
    support: Floats


class Search(NamedTuple):
    """Scores ranked once, to be searched for any weights of the samples.

    Args:
        scores: (N, L) logits.
        targets: (N, L) of 1, 0 or NaN.
        labels: the ranking of each label.
        pooled: the ranking of all cells together.
    """

    scores: Floats
    targets: Floats
    labels: list[Ranking]
    pooled: Ranking

    @classmethod
    def of(cls, scores: Floats, targets: Floats) -> Self:
        """Rank (N, L) logits."""
        columns = range(scores.shape[1])
        labels = [Ranking.of(scores[:, [column]], targets[:, [column]]) for column in columns]
        return cls(scores, targets, labels, Ranking.of(scores, targets))

    def run(self, objective: Objective, weights: Floats) -> Found:
        """The best thresholds of each label and of all, for (N,) weights of the samples."""
        common = best_common(objective, self.pooled, weights)
        counts = [label.counts(weights) for label in self.labels]
        by_label = best_micro if objective.average == "micro" else best_macro
        own = by_label(objective, self.labels, counts)
        if objective.average == "samples":
            starts = [np.full(len(own), common), own]
            own = ascend(objective, self.scores, self.targets, self.labels, weights, starts)
        return Found(own, common, np.array([float(label.positives[0]) for label in counts]))


def best_macro(objective: Objective, labels: list[Ranking], counts: list[Counts]) -> Floats:
    """(L,) each label's own best threshold: optimal for a macro average."""
    return np.array([label.best(objective.value(own)) for label, own in zip(labels, counts, strict=True)])


def best_micro(objective: Objective, labels: list[Ranking], counts: list[Counts]) -> Floats:
    """(L,) thresholds that are optimal together for a micro average.

    Dinkelbach (1967): the ratio N/D is highest where max N - r D = 0. For a given r the labels part, each taking the
    cut with the highest n - r d; r rises to the ratio reached until it stays.
    """
    if objective.fraction is None:
        raise ArgumentError(f"objective {objective.name}: a micro average by label needs its fraction")
    parts = [objective.fraction(own) for own in counts]
    ratio, reached = -np.inf, _ratio(parts, [0] * len(parts))
    while reached > ratio:
        ratio = reached
        reached = _ratio(parts, [int(np.argmax(numerator - ratio * total)) for numerator, total in parts])
    return np.array([label.best(top - ratio * total) for label, (top, total) in zip(labels, parts, strict=True)])


def _ratio(parts: list[tuple[Floats, Floats]], cuts: list[int]) -> float:
    # a denominator that no cut changes has length 1
    numerator = sum(float(top[cut]) for (top, _), cut in zip(parts, cuts, strict=True))
    denominator = sum(float(total[min(cut, len(total) - 1)]) for (_, total), cut in zip(parts, cuts, strict=True))
    return numerator / denominator if denominator else 0.0


def best_common(objective: Objective, pooled: Ranking, weights: Floats) -> float:
    """The one threshold that is best for all labels, from one sweep down the pooled ranking."""
    if objective.average == "micro":
        return pooled.best(objective.value(pooled.counts(weights)))
    if objective.average == "macro":
        gains = gains_of_units(objective.value, pooled.columns, pooled.present, weights[pooled.rows], skip_empty=True)
    else:
        own = weights[pooled.rows]
        gains = own * gains_of_units(objective.value, pooled.rows, pooled.present, np.ones(len(own)))
    return pooled.best(pooled.at_cuts(gains))


def gains_of_units(
    value: Callable[[Counts], Floats],
    unit: NDArray[np.intp],
    present: Floats,
    weights: Floats,
    skip_empty: bool = False,
) -> Floats:
    """(n,) what each cell of a falling ranking adds to the value of its unit (label or sample) when it is taken.

    Args:
        value: of counts, elementwise.
        unit: (n,) the label or sample of each cell.
        present: (n,) 1 or 0.
        weights: (n,) of the cells.
        skip_empty: whether units without positives add nothing.
    """
    grouped = np.argsort(unit, kind="stable")
    hit = (weights * present)[grouped]
    miss = (weights * (1 - present))[grouped]
    starts = np.flatnonzero(np.diff(unit[grouped], prepend=-1))
    sizes = np.diff(np.append(starts, len(unit)))
    positives = np.repeat(np.add.reduceat(hit, starts), sizes) if len(unit) else hit
    negatives = np.repeat(np.add.reduceat(miss, starts), sizes) if len(unit) else miss
    tp, fp = _running(hit, starts, sizes), _running(miss, starts, sizes)
    after = value(Counts(tp, fp, positives, negatives))
    before = value(Counts(tp - hit, fp - miss, positives, negatives))
    gains = np.empty(len(unit))
    gains[grouped] = np.where((positives == 0) & skip_empty, 0.0, after - before)
    return gains


def _running(values: Floats, starts: NDArray[np.intp], sizes: NDArray[np.intp]) -> Floats:
    """Cumulative sums that begin anew at each start."""
    total = np.cumsum(values)
    return np.asarray(total - np.repeat(total[starts] - values[starts], sizes))
