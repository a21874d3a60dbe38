"""Figures of lists of the best labels, and of the sets decided among them, for large label spaces.

Shapes: N samples, L labels, K labels listed a sample, b samples in a block.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.labels import Targets
from multihot.metrics.assembly import Report
from multihot.metrics.bootstrap import Interval, Resamples, interval
from multihot.metrics.counts import Counts
from multihot.metrics.estimates import Estimate
from multihot.metrics.measures import averages, decisions
from multihot.metrics.passes import SampleBlock
from multihot.metrics.registry import REGISTRY
from multihot.metrics.report import report
from multihot.metrics.shares import Share
from multihot.metrics.sums import Sums
from multihot.metrics.top_lists import TopK

Whole = NDArray[np.integer[Any]]

_BLOCK = 2**14
_MACRO = ("precision", "recall", "f1")
_SAMPLES = ("exact_match", "cardinality_error", "samples_precision", "samples_recall", "samples_f1", "samples_jaccard")


def report_of_lists(
    targets: Targets,
    top: TopK,
    decided: NDArray[np.bool_],
    *,
    names: Sequence[str],
    propensities: NDArray[np.float64] | None = None,
    replicates: int = 0,
    seed: int = 0,
) -> Report:
    """As `report`, from lists: figures at k, of the sets decided, and by label; nothing of size N x L is made.

    Macro figures have no interval.

    Args:
        targets: (N, L).
        top: each sample's K best labels, K at least 5 or L.
        decided: (N, K) which of those listed are decided present; all others are decided absent.
        names: of the L labels.
        propensities: (L,) from `propensities`; with them propensity-scored figures are made.
        replicates: how often to draw N samples with replacement for the 95 % intervals; 0 for none.
        seed: of those draws.

    Raises:
        ArgumentError: shapes do not match.

    >>> targets = Targets.from_dense([[1, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 0]])
    >>> top = TopK(np.array([[0, 5, 1, 2, 3], [2, 1, 0, 3, 4]]))
    >>> found = report_of_lists(targets, top, np.array(2 * [[True, True, False, False, False]]), names="abcdef")
    >>> found.figures["precision_at_1"].value, found.figures["micro_f1"].value.__round__(3)
    (0.5, 0.857)
    """
    labels = np.asarray(top.indices)
    if decided.shape != labels.shape:
        raise ArgumentError(f"decided must have the shape of the lists, {labels.shape}, got {decided.shape}")
    ranked = report(targets, top, names=names, propensities=propensities, replicates=replicates, seed=seed)
    by_label = _by_label(targets, labels, decided)
    estimates = {
        name: interval(estimate) for name, estimate in _by_sample(targets, labels, decided, replicates, seed).items()
    }
    for name in _MACRO:
        value = averages.macro(decisions.MEASURES[name], by_label, 1.0)
        estimates[f"macro_{name}"] = Interval(float(value))
    both = {**ranked.figures, **estimates}
    return Report(
        {name: both[name] for name in REGISTRY if name in both},
        ranked.table
        | {"decided": by_label.decided.numpy().astype(np.int64)}
        | {name: decisions.MEASURES[name](by_label, 1.0).numpy() for name in _MACRO},
        ranked.notes,
    )


def _by_sample(
    targets: Targets, labels: Whole, decided: NDArray[np.bool_], replicates: int, seed: int
) -> dict[str, Estimate]:
    states = targets.at(labels)
    hit, wrong = ((decided & (states == state)).sum(axis=1) for state in (1, 0))
    present, unknown = (np.diff(cells.indptr) for cells in (targets.present, targets.unknown))
    counts = _counts(hit, wrong, present, targets.shape[1] - unknown)
    samples = len(targets)
    cpu = torch.device("cpu")
    resamples = Resamples.draw(samples, replicates, seed, cpu) if replicates and samples else None
    sums = Sums(resamples)
    shares = _shares(counts)
    for start in range(0, max(samples, 1), _BLOCK):
        part = slice(start, start + _BLOCK)
        own = {name: Share(share.numerator[part], share.denominator[part]) for name, share in shares.items()}
        sums.add(SampleBlock(part, own, {}))
    return sums.figures()


def _shares(counts: Counts) -> dict[str, Share]:
    """What each sample adds: micro averages are ratios of sums over samples."""
    tp, wrong = counts.true_positives, counts.wrong
    return {
        **{name: averages.SAMPLE_FIGURES[name](counts, 1.0) for name in _SAMPLES},
        "hamming_loss": Share(wrong, counts.known),
        "micro_precision": Share(tp, counts.decided),
        "micro_recall": Share(tp, counts.present),
        "micro_f1": Share(2 * tp, 2 * tp + wrong),
        "micro_jaccard": Share(tp, tp + wrong),
    }


def _by_label(targets: Targets, labels: Whole, decided: NDArray[np.bool_]) -> Counts:
    """(L,) counts."""
    states = targets.at(labels)
    hit, wrong = (np.bincount(labels[decided & (states == state)], minlength=targets.shape[1]) for state in (1, 0))
    return _counts(hit, wrong, targets.positives(), targets.known())


def _counts(hit: Whole, wrong: Whole, present: Whole, known: Whole) -> Counts:
    tp, fp, positives, cells = (_doubles(each) for each in (hit, wrong, present, known))
    return Counts(tp, fp, positives - tp, cells - positives - fp)


def _doubles(values: Whole) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float64))
