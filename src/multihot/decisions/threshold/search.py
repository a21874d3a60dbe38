"""Exact search over all distinct scores: the best threshold of each label, or one for all, for an objective.

`scores` (N, L) are logits, `targets` (N, L) 1, 0 or NaN; thresholds are logits too: decided is `scores >= threshold`.
"""

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.objectives import Counts, Objective
from multihot.decisions.threshold.cuts import Cuts, last_of_run
from multihot.errors import ArgumentError

Floats = NDArray[np.float64]


def value_of(objective: Objective, scores: Floats, targets: Floats, thresholds: Floats | float) -> float:
    """The objective of the sets these thresholds decide; labels with no positives are left out of a macro average."""
    decided = scores >= thresholds
    present, absent = targets == 1, targets == 0
    axis = {"micro": None, "macro": 0, "samples": 1}[objective.average]
    counts = Counts(
        *(
            np.asarray(cells.sum(axis=axis), np.float64)
            for cells in (decided & present, decided & absent, present, absent)
        )
    )
    values = np.atleast_1d(objective.value(counts))
    if objective.average == "macro":
        values = values[counts.positives > 0]
    return float(values.mean()) if len(values) else 0.0


def cuts_by_label(scores: Floats, targets: Floats) -> list[Cuts]:
    """The cuts of each label, over its known cells."""
    known = ~np.isnan(targets)
    return [Cuts.of(scores[known[:, j], j], targets[known[:, j], j] == 1) for j in range(scores.shape[1])]


def best_macro(objective: Objective, cuts: list[Cuts]) -> Floats:
    """(L,) each label's own best threshold: optimal for a macro average."""
    return np.array([label.best(objective.value(label.counts))[1] for label in cuts])


def best_micro(objective: Objective, cuts: list[Cuts]) -> Floats:
    """(L,) thresholds that are optimal together for a micro average.

    Dinkelbach (1967): the ratio N/D is highest where max N - r D = 0. For a given r the labels part, each taking the
    cut with the highest n - r d; r rises to the ratio reached until it stays.
    """
    if objective.fraction is None:
        raise ArgumentError(f"objective {objective.name}: a micro average by label needs its fraction")
    parts = [objective.fraction(label.counts) for label in cuts]
    ratio = -np.inf
    reached = _ratio_at(parts, [0] * len(cuts))
    while reached > ratio:
        ratio = reached
        chosen = [int(np.argmax(numerator - ratio * denominator)) for numerator, denominator in parts]
        reached = _ratio_at(parts, chosen)
    return np.array([label.best(n - ratio * d)[1] for label, (n, d) in zip(cuts, parts, strict=True)])


def _ratio_at(parts: list[tuple[Floats, Floats]], chosen: list[int]) -> float:
    numerator = sum(
        float(np.broadcast_to(n, np.broadcast(n, d).shape)[k]) for (n, d), k in zip(parts, chosen, strict=True)
    )
    denominator = sum(
        float(np.broadcast_to(d, np.broadcast(n, d).shape)[k]) for (n, d), k in zip(parts, chosen, strict=True)
    )
    return numerator / denominator if denominator else 0.0


def best_global(objective: Objective, scores: Floats, targets: Floats) -> float:
    """The one threshold that is best for all labels, from one sweep down the pooled scores."""
    rows, columns = np.nonzero(~np.isnan(targets))
    flat, present = scores[rows, columns], targets[rows, columns] == 1
    pooled = Cuts.of(flat, present)
    if objective.average == "micro":
        return pooled.best(objective.value(pooled.counts))[1]
    unit = columns if objective.average == "macro" else rows
    counted = np.ones(targets.shape[1], bool) if objective.average == "samples" else (targets == 1).any(axis=0)
    keep = counted[unit] if objective.average == "macro" else np.ones(len(unit), bool)
    order = np.argsort(-flat[keep], kind="stable")
    gains = _gains(objective, unit[keep][order], present[keep][order])
    swept = Cuts.of(flat[keep], present[keep])
    ends = last_of_run(flat[keep][order])
    return swept.best(np.concatenate([[0.0], np.cumsum(gains)[ends]]))[1]


def _gains(objective: Objective, unit: NDArray[np.intp], present: NDArray[np.bool_]) -> Floats:
    """What each cell of a falling ranking adds to the sum of its unit's value when it is taken."""
    grouped = np.argsort(unit, kind="stable")
    own, hit = unit[grouped], present[grouped].astype(np.float64)
    starts = np.flatnonzero(np.concatenate([[True], own[1:] != own[:-1]])) if len(own) else np.empty(0, np.intp)
    sizes = np.diff(np.append(starts, len(own)))

    def running(values: Floats) -> Floats:
        total = np.cumsum(values)
        return np.asarray(total - np.repeat(total[starts] - values[starts], sizes))

    positives = np.repeat(np.add.reduceat(hit, starts), sizes) if len(own) else hit
    negatives = np.repeat(sizes.astype(np.float64), sizes) - positives
    tp, fp = running(hit), running(1 - hit)
    after = objective.value(Counts(tp, fp, positives, negatives))
    before = objective.value(Counts(tp - hit, fp - (1 - hit), positives, negatives))
    gains = np.empty(len(own))
    gains[grouped] = after - before
    return gains


def best_samples(
    objective: Objective, scores: Floats, targets: Floats, starts: list[Floats], sweeps: int = 20
) -> Floats:
    """(L,) thresholds for a mean over samples: coordinate ascent, label by label, from each start.

    The best of the ascents is kept.
    """
    ascents = [_ascend(objective, scores, targets, start, sweeps) for start in starts]
    return max(ascents, key=lambda found: value_of(objective, scores, targets, found))


def _ascend(objective: Objective, scores: Floats, targets: Floats, start: Floats, sweeps: int) -> Floats:
    thresholds = start.copy()
    present, absent = targets == 1, targets == 0
    decided = scores >= thresholds
    tp = (decided & present).sum(axis=1).astype(np.float64)
    fp = (decided & absent).sum(axis=1).astype(np.float64)
    positives, negatives = present.sum(axis=1).astype(np.float64), absent.sum(axis=1).astype(np.float64)
    known = present | absent
    for _ in range(sweeps):
        improved = False
        for label in np.flatnonzero(known.any(axis=0)):
            rows = np.flatnonzero(known[:, label])
            hit = present[rows, label].astype(np.float64)
            own = decided[rows, label]
            tp0, fp0 = tp[rows] - own * hit, fp[rows] - own * (1 - hit)
            limits = (positives[rows], negatives[rows])
            gains = objective.value(Counts(tp0 + hit, fp0 + (1 - hit), *limits)) - objective.value(
                Counts(tp0, fp0, *limits)
            )
            order = np.argsort(-scores[rows, label], kind="stable")
            ends = last_of_run(scores[rows, label][order])
            values = np.concatenate([[0.0], np.cumsum(gains[order])[ends]])
            if values.max() <= gains[own].sum() + 1e-9:
                continue
            improved = True
            _, thresholds[label] = Cuts.of(scores[rows, label], hit == 1).best(values)
            now = scores[rows, label] >= thresholds[label]
            decided[rows, label] = now
            tp[rows], fp[rows] = tp0 + now * hit, fp0 + now * (1 - hit)
        if not improved:
            break
    return thresholds
