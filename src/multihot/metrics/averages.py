"""Set figures: from counts by label, or by sample, to one number each.

`LABEL_FIGURES` need only counts by label (L,), or replicates of them (R, L); `SAMPLE_FIGURES` are made sample by
sample. Both take `empty`, the value where nothing is present and nothing decided.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from multihot.metrics.counts import (
    Counts,
    Measure,
    balanced_accuracy,
    f1,
    f2,
    jaccard,
    matthews,
    precision,
    recall,
    specificity,
)
from multihot.metrics.shares import Share, mean_of

MEASURES: dict[str, Measure] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "f2": f2,
    "jaccard": jaccard,
    "specificity": specificity,
    "balanced_accuracy": balanced_accuracy,
    "matthews": matthews,
}


class LabelFigure(Protocol):
    """(..., L) counts by label -> (...) figures."""

    def __call__(self, counts: Counts, empty: float = 1.0, keep_absent: bool = False) -> Tensor: ...


SampleFigure: TypeAlias = Callable[[Counts, float], Share]
"""((N,) counts by sample, empty) -> what each sample adds."""


def micro(measure: Measure, counts: Counts, empty: float = 1.0, keep_absent: bool = False) -> Tensor:
    """The measure of all known cells pooled; NaN where none is known."""
    total = counts.total()
    return torch.where(total.known > 0, measure(total, empty), torch.nan)


def macro(measure: Measure, counts: Counts, empty: float = 1.0, keep_absent: bool = False) -> Tensor:
    """The mean over labels; those with no known positive are left out unless `keep_absent`."""
    kept = (counts.known if keep_absent else counts.present) > 0
    return mean_where(measure(counts, empty), kept)


def weighted(measure: Measure, counts: Counts, empty: float = 1.0, keep_absent: bool = False) -> Tensor:
    """The mean over labels weighted by their known positives."""
    values = torch.where(counts.present > 0, measure(counts, empty), 0.0)
    return (values * counts.present).sum(-1) / counts.present.sum(-1)


def hamming_loss(counts: Counts, empty: float = 1.0, keep_absent: bool = False) -> Tensor:
    """The share of known cells decided wrongly."""
    total = counts.total()
    return (total.false_positives + total.false_negatives) / total.known


def coco_cf1(counts: Counts, empty: float = 1.0, keep_absent: bool = False) -> Tensor:
    """CF1 of the COCO tables: the harmonic mean of CP and CR, which is not the mean of the labels' F1."""
    both = [macro(measure, counts, empty, keep_absent) for measure in (precision, recall)]
    total = both[0] + both[1]
    return torch.where(total == 0, 0.0, 2 * both[0] * both[1] / total)


def samples(measure: Measure, counts: Counts, empty: float = 1.0) -> Share:
    """The mean over samples with a known label."""
    return mean_of(measure(counts, empty), counts.known > 0)


def exact_match(counts: Counts, empty: float = 1.0) -> Share:
    """The share of samples whose known labels are all decided rightly (subset accuracy)."""
    return mean_of(((counts.false_positives + counts.false_negatives) == 0).double(), counts.known > 0)


def cardinality_error(counts: Counts, empty: float = 1.0) -> Share:
    """The mean over samples of |labels decided - labels present|."""
    return mean_of((counts.decided - counts.present).abs(), counts.known > 0)


COCO_FIGURES: dict[str, LabelFigure] = {
    "cp": partial(macro, precision),
    "cr": partial(macro, recall),
    "cf1": coco_cf1,
    "op": partial(micro, precision),
    "or": partial(micro, recall),
    "of1": partial(micro, f1),
}

LABEL_FIGURES: dict[str, LabelFigure] = {
    "hamming_loss": hamming_loss,
    **{f"micro_{name}": partial(micro, measure) for name, measure in MEASURES.items()},
    **{f"macro_{name}": partial(macro, measure) for name, measure in MEASURES.items()},
    **{f"weighted_{name}": partial(weighted, measure) for name, measure in MEASURES.items()},
    **{f"coco_{name}": figure for name, figure in COCO_FIGURES.items()},
}

SAMPLE_FIGURES: dict[str, SampleFigure] = {
    "exact_match": exact_match,
    "cardinality_error": cardinality_error,
    **{f"samples_{name}": partial(samples, measure) for name, measure in MEASURES.items()},
}


def mean_where(values: Tensor, kept: Tensor | None = None) -> Tensor:
    """The mean over the last dimension of what is kept and defined; NaN where nothing is."""
    kept = ~values.isnan() if kept is None else kept & ~values.isnan()
    return torch.where(kept, values, 0.0).sum(-1, dtype=torch.float64) / kept.sum(-1)
