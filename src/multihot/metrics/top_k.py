"""Metrics of the k highest labels of each sample, one by one.

`scores` are (N, L), or a `TopK` of each sample's best labels where L is too large for that. Equal scores count as the
expected value over all their orders.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.metrics.arrays import ArrayLike, Figure, as_figure, as_tensor, device_of
from multihot.metrics.cells import Cells, TargetsLike, blocks, read_cells
from multihot.metrics.inputs import read_scores
from multihot.metrics.measures import top_k as measures
from multihot.metrics.measures.top_k import Best, Weighting
from multihot.metrics.ranks import Places, rank
from multihot.metrics.shares import Share, joined
from multihot.metrics.single import named
from multihot.metrics.top_lists import TopK, TopLists


class TopMetric(Protocol):
    """A metric of the k highest labels."""

    def __call__(self, targets: TargetsLike, scores: ArrayLike | TopK, *, k: int) -> Figure:
        """The figure of (N, L) targets and scores, or of lists of the best labels."""
        ...


class PropensityMetric(Protocol):
    """A metric of the k highest labels that weighs labels by the inverse of their propensity."""

    def __call__(self, targets: TargetsLike, scores: ArrayLike | TopK, propensities: ArrayLike, *, k: int) -> Figure:
        """The figure of (N, L) targets and scores, or of lists of the best labels, and (L,) propensities."""
        ...


def _top_metric(measure: Callable[[Places, int], Share]) -> TopMetric:
    def metric(targets: TargetsLike, scores: ArrayLike | TopK, *, k: int) -> Figure:
        cells, ranked = _read(targets, scores)
        shares = [measure(places, k) for _, places in places_by_sample(cells, ranked, k)]
        return as_figure(joined(shares).figure(), targets, *_arrays(scores))

    return named(metric, measure.__name__, measure.__doc__)


def _propensity_metric(measure: Callable[[Places, int, Best, Weighting], Share]) -> PropensityMetric:
    def metric(targets: TargetsLike, scores: ArrayLike | TopK, propensities: ArrayLike, *, k: int) -> Figure:
        cells, ranked = _read(targets, scores)
        weighting = read_weighting(propensities, cells)
        shares = [
            measure(places, k, weighting.best(*cells.present_cells(part)), weighting)
            for part, places in places_by_sample(cells, ranked, k, members=True)
        ]
        return as_figure(joined(shares).figure(), targets, *_arrays(scores))

    return named(metric, measure.__name__, measure.__doc__)


precision_at_k = _top_metric(measures.precision_at_k)
recall_at_k = _top_metric(measures.recall_at_k)
ndcg_at_k = _top_metric(measures.ndcg_at_k)
propensity_scored_precision_at_k = _propensity_metric(measures.propensity_scored_precision_at_k)
propensity_scored_ndcg_at_k = _propensity_metric(measures.propensity_scored_ndcg_at_k)


def propensities(positives: ArrayLike, samples: int, *, a: float = 0.55, b: float = 1.5) -> NDArray[np.float64]:
    """(L,) how likely each label is to be recorded where it holds (Jain et al. 2016).

    p = 1 / (1 + C (n + b)^-a) with C = (log N - 1)(b + 1)^a.

    Args:
        positives: (L,) in how many training samples n each label is present.
        samples: N, how many training samples there are, at least 3.
        a: of the data set: 0.5 for Wikipedia's, 0.6 for Amazon's, 0.55 for others.
        b: likewise 0.4, 2.6 and 1.5.

    >>> propensities(np.array([1, 1000]), 10_000).round(3)
    array([0.109, 0.767])
    """
    if samples < 3:
        raise ArgumentError(f"propensities need at least 3 training samples, got {samples}")
    counts = as_tensor(positives, "positives").double().cpu().numpy()
    c = (np.log(samples) - 1) * (b + 1) ** a
    return np.asarray(1 / (1 + c * (counts + b) ** -a))


def read_weighting(propensities: ArrayLike, cells: Cells) -> Weighting:
    """From (L,) propensities in (0, 1]."""
    values = as_tensor(propensities, "propensities").to(cells.device).double()
    if values.shape != (cells.shape[1],) or not ((values > 0) & (values <= 1)).all():
        raise ArgumentError(
            f"propensities must be in (0, 1], one a label ({cells.shape[1]}), got the shape {tuple(values.shape)}"
            + (f" and the range {values.min():g} to {values.max():g}" if values.numel() else "")
        )
    return Weighting.of(values)


def places_by_sample(
    cells: Cells, scores: Tensor | TopLists, k: int, *, members: bool = False
) -> Iterator[tuple[slice, Places]]:
    """The places of every sample's present labels, right down to rank k, a block of samples at a time."""
    if not 1 <= k <= cells.shape[1]:
        raise ArgumentError(f"k must be from 1 to the number of labels, {cells.shape[1]}, got {k}")
    if isinstance(scores, TopLists):
        for part in blocks(cells.shape[0], scores.indices.shape[1]):
            yield part, scores.places(part, cells, k)
    else:
        for part in blocks(*cells.shape):
            yield part, rank(scores[part], cells.rows(part), members=members).places


def _read(targets: TargetsLike, scores: ArrayLike | TopK) -> tuple[Cells, Tensor | TopLists]:
    cells = read_cells(targets, device_of(*_arrays(scores), targets))
    return cells, TopLists.read(scores, cells) if isinstance(scores, TopK) else read_scores(scores, cells)


def _arrays(scores: ArrayLike | TopK) -> tuple[ArrayLike | None, ...]:
    return (scores.indices, scores.scores) if isinstance(scores, TopK) else (scores,)
