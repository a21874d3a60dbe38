"""Figures of decisions: averages of the measures over labels and over samples.

`LABEL_FIGURES` take counts by label, (L,) or replicates (R, L); `SAMPLE_FIGURES` take counts by sample. All take
`empty`, the value where nothing is present and nothing decided.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from multihot.labels import LabelSpace
from multihot.metrics.counts import Counts
from multihot.metrics.measures.decisions import MEASURES, Measure, f1, precision, recall
from multihot.metrics.shares import Share, mean_of

LabelFigure: TypeAlias = Callable[[Counts, float, bool], Tensor]
"""((..., L) counts, empty, keep_absent) -> (...) figures."""

SampleFigure: TypeAlias = Callable[[Counts, float], Share]
"""((N,) counts, empty) -> what each sample adds."""


def micro(measure: Measure, counts: Counts, empty: float, keep_absent: bool = False) -> Tensor:
    """The measure of all known cells pooled; NaN where none is known."""
    total = counts.total()
    return torch.where(total.known > 0, measure(total, empty), torch.nan)


def macro(measure: Measure, counts: Counts, empty: float, keep_absent: bool = False) -> Tensor:
    """The mean over labels; those with no known positive are left out unless `keep_absent`."""
    kept = (counts.known if keep_absent else counts.present) > 0
    return mean_where(measure(counts, empty), kept)


def weighted(measure: Measure, counts: Counts, empty: float, keep_absent: bool = False) -> Tensor:
    """The mean over labels weighted by their known positives."""
    values = torch.where(counts.present > 0, measure(counts, empty), 0.0)
    return (values * counts.present).sum(-1) / counts.present.sum(-1)


def samples(measure: Measure, counts: Counts, empty: float) -> Share:
    """The mean over samples with a known label."""
    return mean_of(measure(counts, empty), counts.known > 0)


def hamming_loss(counts: Counts, empty: float, keep_absent: bool) -> Tensor:
    """The share of known cells that were decided wrongly."""
    total = counts.total()
    return total.wrong / total.known


def coco_cf1(counts: Counts, empty: float, keep_absent: bool) -> Tensor:
    """CF1 of the COCO tables: the harmonic mean of CP and CR, which is not the mean of the labels' F1."""
    cp, cr = (macro(measure, counts, empty, keep_absent) for measure in (precision, recall))
    return torch.where(cp + cr == 0, 0.0, 2 * cp * cr / (cp + cr))


def exact_match(counts: Counts, empty: float) -> Share:
    """The share of samples whose known labels were all decided rightly (subset accuracy)."""
    return mean_of((counts.wrong == 0).double(), counts.known > 0)


def cardinality_error(counts: Counts, empty: float) -> Share:
    """The mean over samples of |labels decided - labels present|."""
    return mean_of((counts.decided - counts.present).abs(), counts.known > 0)


def relation_violations(decided: Tensor, space: LabelSpace) -> Share:
    """The share of samples whose decided set breaks a relation of the label space."""
    broken = torch.from_numpy(space.rules.violated(decided.cpu().numpy())).to(decided.device)
    return mean_of(broken.any(1).double(), torch.ones(len(broken), dtype=torch.bool, device=decided.device))


COCO_FIGURES: dict[str, LabelFigure] = {
    "coco_cp": partial(macro, precision),
    "coco_cr": partial(macro, recall),
    "coco_cf1": coco_cf1,
    "coco_op": partial(micro, precision),
    "coco_or": partial(micro, recall),
    "coco_of1": partial(micro, f1),
}

LABEL_FIGURES: dict[str, LabelFigure] = {
    "hamming_loss": hamming_loss,
    **{f"micro_{name}": partial(micro, measure) for name, measure in MEASURES.items()},
    **{f"macro_{name}": partial(macro, measure) for name, measure in MEASURES.items()},
    **{f"weighted_{name}": partial(weighted, measure) for name, measure in MEASURES.items()},
    **COCO_FIGURES,
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
