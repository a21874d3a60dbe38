"""Set metrics, one by one: what was decided against what is true.

`micro_*` pool all known cells, `macro_*` average over labels, `weighted_*` weigh labels by their positives, `samples_*`
average over samples. Unknown cells count nowhere; samples with no known label are left out.

Keywords: `empty` is the value where nothing is present and nothing decided (1 by default: nothing was to be found and
nothing was claimed); `keep_absent` keeps labels with no known positive in macro averages, which leave them out by default.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Protocol, TypeVar

from torch import Tensor

from multihot.metrics import averages, counts
from multihot.metrics.arrays import ArrayLike, Figure, as_figure, device_of
from multihot.metrics.averages import LABEL_FIGURES, SAMPLE_FIGURES
from multihot.metrics.cells import Cells, TargetsLike, read_cells
from multihot.metrics.inputs import read_decided
from multihot.metrics.tally import count_by_label, count_by_sample

Named = TypeVar("Named", bound=Callable[..., Any])


class LabelMetric(Protocol):
    """A set metric made from counts by label."""

    def __call__(
        self, targets: TargetsLike, decided: ArrayLike, *, empty: float = 1.0, keep_absent: bool = False
    ) -> Figure: ...


class SampleMetric(Protocol):
    """A set metric averaged over samples."""

    def __call__(self, targets: TargetsLike, decided: ArrayLike, *, empty: float = 1.0) -> Figure: ...


def _label_metric(name: str, meaning: str) -> LabelMetric:
    figure = LABEL_FIGURES[name]

    def metric(targets: TargetsLike, decided: ArrayLike, *, empty: float = 1.0, keep_absent: bool = False) -> Figure:
        cells, made = _read(targets, decided)
        return as_figure(figure(count_by_label(cells, made), empty, keep_absent), targets, decided)

    return _named(metric, name, meaning)


def _sample_metric(name: str, meaning: str) -> SampleMetric:
    figure = SAMPLE_FIGURES[name]

    def metric(targets: TargetsLike, decided: ArrayLike, *, empty: float = 1.0) -> Figure:
        cells, made = _read(targets, decided)
        return as_figure(figure(count_by_sample(cells, made), empty).figure(), targets, decided)

    return _named(metric, name, meaning)


def _named(metric: Named, name: str, meaning: str) -> Named:
    metric.__name__ = metric.__qualname__ = name
    metric.__doc__ = f"{meaning}."
    return metric


def _read(targets: TargetsLike, decided: ArrayLike) -> tuple[Cells, Tensor]:
    cells = read_cells(targets, device_of(decided, targets))
    return cells, read_decided(decided, cells)


exact_match = _sample_metric("exact_match", "The share of samples whose known labels are all decided rightly")
cardinality_error = _sample_metric("cardinality_error", "The mean over samples of |labels decided - labels present|")
hamming_loss = _label_metric("hamming_loss", "The share of known cells decided wrongly")

micro_precision = _label_metric("micro_precision", "Tp / (tp + fp), over all known cells")
macro_precision = _label_metric("macro_precision", "Tp / (tp + fp), mean over labels")
weighted_precision = _label_metric("weighted_precision", "Tp / (tp + fp), mean over labels by their positives")
samples_precision = _sample_metric("samples_precision", "Tp / (tp + fp), mean over samples")

micro_recall = _label_metric("micro_recall", "Tp / (tp + fn), over all known cells")
macro_recall = _label_metric("macro_recall", "Tp / (tp + fn), mean over labels")
weighted_recall = _label_metric("weighted_recall", "Tp / (tp + fn), mean over labels by their positives")
samples_recall = _sample_metric("samples_recall", "Tp / (tp + fn), mean over samples")

micro_f1 = _label_metric("micro_f1", "2 tp / (2 tp + fp + fn), over all known cells")
macro_f1 = _label_metric("macro_f1", "2 tp / (2 tp + fp + fn), mean over labels")
weighted_f1 = _label_metric("weighted_f1", "2 tp / (2 tp + fp + fn), mean over labels by their positives")
samples_f1 = _sample_metric("samples_f1", "2 tp / (2 tp + fp + fn), mean over samples")

micro_f2 = _label_metric("micro_f2", "5 tp / (5 tp + 4 fn + fp), over all known cells")
macro_f2 = _label_metric("macro_f2", "5 tp / (5 tp + 4 fn + fp), mean over labels")
weighted_f2 = _label_metric("weighted_f2", "5 tp / (5 tp + 4 fn + fp), mean over labels by their positives")
samples_f2 = _sample_metric("samples_f2", "5 tp / (5 tp + 4 fn + fp), mean over samples")

micro_jaccard = _label_metric("micro_jaccard", "Tp / (tp + fp + fn), over all known cells")
macro_jaccard = _label_metric("macro_jaccard", "Tp / (tp + fp + fn), mean over labels")
weighted_jaccard = _label_metric("weighted_jaccard", "Tp / (tp + fp + fn), mean over labels by their positives")
samples_jaccard = _sample_metric("samples_jaccard", "Tp / (tp + fp + fn), mean over samples")

micro_specificity = _label_metric("micro_specificity", "Tn / (tn + fp), over all known cells")
macro_specificity = _label_metric("macro_specificity", "Tn / (tn + fp), mean over labels")
weighted_specificity = _label_metric("weighted_specificity", "Tn / (tn + fp), mean over labels by their positives")
samples_specificity = _sample_metric("samples_specificity", "Tn / (tn + fp), mean over samples")

micro_balanced_accuracy = _label_metric("micro_balanced_accuracy", "(recall + specificity) / 2, over all known cells")
macro_balanced_accuracy = _label_metric("macro_balanced_accuracy", "(recall + specificity) / 2, mean over labels")
weighted_balanced_accuracy = _label_metric(
    "weighted_balanced_accuracy", "(recall + specificity) / 2, mean over labels by their positives"
)
samples_balanced_accuracy = _sample_metric("samples_balanced_accuracy", "(recall + specificity) / 2, mean over samples")

micro_matthews = _label_metric("micro_matthews", "The correlation of decided and present, over all known cells")
macro_matthews = _label_metric("macro_matthews", "The correlation of decided and present, mean over labels")
weighted_matthews = _label_metric(
    "weighted_matthews", "The correlation of decided and present, mean over labels by their positives"
)
samples_matthews = _sample_metric("samples_matthews", "The correlation of decided and present, mean over samples")

coco_cp = _label_metric("coco_cp", "CP: precision, mean over labels")
coco_cr = _label_metric("coco_cr", "CR: recall, mean over labels")
coco_cf1 = _label_metric("coco_cf1", "CF1: the harmonic mean of CP and CR")
coco_op = _label_metric("coco_op", "OP: precision over all known cells")
coco_or = _label_metric("coco_or", "OR: recall over all known cells")
coco_of1 = _label_metric("coco_of1", "OF1: F1 over all known cells")


def f_beta(
    targets: TargetsLike,
    decided: ArrayLike,
    *,
    beta: float,
    average: Literal["micro", "macro", "weighted", "samples"],
    empty: float = 1.0,
    keep_absent: bool = False,
) -> Figure:
    """F-beta of any beta: recall weighs beta² times as much as precision (van Rijsbergen 1979).

    >>> import numpy as np
    >>> round(f_beta(np.array([[1, 0], [1, 1]]), np.array([[True, False], [False, True]]), beta=0.5, average="micro"), 3)
    0.909
    """
    cells, made = _read(targets, decided)
    measure = partial(counts.f_beta, beta=beta)
    if average == "samples":
        value = averages.samples(measure, count_by_sample(cells, made), empty).figure()
    else:
        over = {"micro": averages.micro, "macro": averages.macro, "weighted": averages.weighted}[average]
        value = over(measure, count_by_label(cells, made), empty, keep_absent)
    return as_figure(value, targets, decided)
