"""From a measure to a public function: read the inputs, go through the cells in blocks, give back one figure."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from multihot.metrics.arrays import ArrayLike, Figure, as_figure
from multihot.metrics.cells import Cells, TargetsLike, blocks
from multihot.metrics.counts import count_by_label, count_by_sample
from multihot.metrics.inputs import read_with_decided, read_with_scores
from multihot.metrics.measures.averages import LABEL_FIGURES, SAMPLE_FIGURES
from multihot.metrics.ranks import Ranks, over_labels, rank
from multihot.metrics.shares import Share, joined

Named = TypeVar("Named", bound=Callable[..., Any])


class LabelMetric(Protocol):
    """A set metric made from counts by label."""

    def __call__(
        self, targets: TargetsLike, decided: ArrayLike, *, empty: float = 1.0, keep_absent: bool = False
    ) -> Figure:
        """The figure of (N, L) targets and (N, L) booleans."""
        ...


class SampleMetric(Protocol):
    """A set metric averaged over samples."""

    def __call__(self, targets: TargetsLike, decided: ArrayLike, *, empty: float = 1.0) -> Figure:
        """The figure of (N, L) targets and (N, L) booleans."""
        ...


class RankingMetric(Protocol):
    """A ranking metric averaged over samples."""

    def __call__(self, targets: TargetsLike, scores: ArrayLike) -> Figure:
        """The figure of (N, L) targets and (N, L) scores."""
        ...


def label_metric(name: str, doc: str | None) -> LabelMetric:
    """The public function of a figure made from counts by label."""
    figure = LABEL_FIGURES[name]

    def metric(targets: TargetsLike, decided: ArrayLike, *, empty: float = 1.0, keep_absent: bool = False) -> Figure:
        cells, made = read_with_decided(targets, decided)
        return as_figure(figure(count_by_label(cells, made), empty, keep_absent), targets, decided)

    return named(metric, name, doc)


def sample_metric(name: str, doc: str | None) -> SampleMetric:
    """The public function of a figure made from counts by sample."""
    figure = SAMPLE_FIGURES[name]

    def metric(targets: TargetsLike, decided: ArrayLike, *, empty: float = 1.0) -> Figure:
        cells, made = read_with_decided(targets, decided)
        return as_figure(figure(count_by_sample(cells, made), empty).figure(), targets, decided)

    return named(metric, name, doc)


def ranking_metric(measure: Callable[[Ranks], Share]) -> RankingMetric:
    """The public function of a figure made from every sample's ranking."""

    def metric(targets: TargetsLike, scores: ArrayLike) -> Figure:
        cells, ranked = read_with_scores(targets, scores)
        shares = [measure(rank(ranked[part], cells.rows(part))) for part in blocks(*cells.shape)]
        return as_figure(joined(shares).figure(), targets, scores)

    return named(metric, measure.__name__, measure.__doc__)


def of_labels(cells: Cells, scores: Tensor, measure: Callable[[Ranks], Tensor]) -> Tensor:
    """(L,) the measure of every label's ranking."""
    return torch.cat(over_labels(cells, scores, lambda values, block, ranks: measure(ranks)))


def over_samples(cells: Cells, measure: Callable[[slice], Share]) -> Tensor:
    """The figure of shares made from blocks of samples."""
    return joined([measure(part) for part in blocks(*cells.shape)]).figure()


def named(metric: Named, name: str, doc: str | None) -> Named:
    """Give a made function its name and documentation."""
    metric.__name__ = metric.__qualname__ = name
    metric.__doc__ = doc
    return metric
