"""Ranking and calibration metrics, one by one: how scores, or probabilities, agree with what is true."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from multihot.metrics import calibration, ranking
from multihot.metrics.arrays import ArrayLike, Figure, as_figure, device_of
from multihot.metrics.averages import mean_where
from multihot.metrics.cells import Cells, TargetsLike, blocks, read_cells
from multihot.metrics.inputs import read_probabilities, read_scores
from multihot.metrics.ranks import Ranks, by_label, over_all, rank
from multihot.metrics.shares import Share, joined


def mean_average_precision(targets: TargetsLike, scores: ArrayLike, *, keep_absent: bool = False) -> Figure:
    """The mean over labels of average precision; labels with no known positive are left out, or count 0 if kept.

    Average precision sums the precision at each present sample's score, without interpolation; equal scores are one cut.

    >>> import numpy as np
    >>> mean_average_precision(np.array([[1, 0], [0, 1], [1, 1]]), np.array([[0.9, 0.2], [0.1, 0.8], [0.8, 0.1]]))
    0.916...
    """
    cells, ranked = _read(targets, scores)
    values = _by_label(cells, ranked, ranking.average_precision)
    return as_figure(mean_where(values.nan_to_num(0.0) if keep_absent else values), targets, scores)


def micro_average_precision(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """Average precision of all known cells in one ranking."""
    return as_figure(ranking.average_precision(over_all(*_read(targets, scores)))[0], targets, scores)


def macro_auroc(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """The mean over labels of the area under the ROC curve; labels of which one kind is missing are left out."""
    return as_figure(mean_where(_by_label(*_read(targets, scores), ranking.auroc)), targets, scores)


def micro_auroc(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """The area under the ROC curve of all known cells in one ranking."""
    return as_figure(ranking.auroc(over_all(*_read(targets, scores)))[0], targets, scores)


def samples_average_precision(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """The mean over samples of their labels' average precision; samples with nothing present are left out."""
    return _by_sample(targets, scores, ranking.samples_average_precision)


def label_ranking_average_precision(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """LRAP: as `samples_average_precision`, but samples with nothing present count 1."""
    return _by_sample(targets, scores, ranking.label_ranking_average_precision)


def coverage_error(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """How far down the ranking one has to go for all present labels, mean over samples."""
    return _by_sample(targets, scores, ranking.coverage_error)


def ranking_loss(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """The share of (present, absent) label pairs in the wrong order, mean over samples."""
    return _by_sample(targets, scores, ranking.ranking_loss)


def one_error(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """The share of samples whose top label is not present."""
    return _by_sample(targets, scores, ranking.one_error)


def precision_at_k(targets: TargetsLike, scores: ArrayLike, *, k: int) -> Figure:
    """Present labels among the k highest, divided by k, mean over samples."""
    return _by_sample(targets, scores, partial(ranking.precision_at, k=k))


def recall_at_k(targets: TargetsLike, scores: ArrayLike, *, k: int) -> Figure:
    """Present labels among the k highest, divided by all present, mean over samples with a present label."""
    return _by_sample(targets, scores, partial(ranking.recall_at, k=k))


def ndcg_at_k(targets: TargetsLike, scores: ArrayLike, *, k: int) -> Figure:
    """Discounted gain of the k highest labels over the best possible, mean over samples."""
    return _by_sample(targets, scores, partial(ranking.ndcg_at, k=k))


def log_loss(targets: TargetsLike, probabilities: ArrayLike) -> Figure:
    """The mean over known cells of -log(p if present else 1 - p): binary cross entropy."""
    return _over_cells(targets, probabilities, calibration.log_loss)


def brier_score(targets: TargetsLike, probabilities: ArrayLike) -> Figure:
    """The mean over known cells of (p - y)² (Brier 1950)."""
    return _over_cells(targets, probabilities, calibration.brier_score)


def expected_calibration_error(
    targets: TargetsLike, probabilities: ArrayLike, *, bins: int = calibration.BINS
) -> Figure:
    """The mean over known cells of |mean probability - share present| of their bin, in bins of equal size."""
    cells, certain = _read_probabilities(targets, probabilities)
    made = calibration.equal_mass_bins(over_all(cells, certain), bins)
    return as_figure(made.calibration_error()[0], targets, probabilities)


def macro_expected_calibration_error(
    targets: TargetsLike, probabilities: ArrayLike, *, bins: int = calibration.BINS
) -> Figure:
    """The mean over labels of their own expected calibration error (classwise ECE)."""
    cells, certain = _read_probabilities(targets, probabilities)
    values = _by_label(cells, certain, lambda ranks: calibration.equal_mass_bins(ranks, bins).calibration_error())
    return as_figure(mean_where(values), targets, probabilities)


def _read(targets: TargetsLike, scores: ArrayLike) -> tuple[Cells, Tensor]:
    cells = read_cells(targets, device_of(scores, targets))
    return cells, read_scores(scores, cells)


def _read_probabilities(targets: TargetsLike, probabilities: ArrayLike) -> tuple[Cells, Tensor]:
    cells = read_cells(targets, device_of(probabilities, targets))
    return cells, read_probabilities(probabilities, cells)


def _by_label(cells: Cells, scores: Tensor, measure: Callable[[Ranks], Tensor]) -> Tensor:
    return torch.cat([measure(ranks) for _, _, ranks in by_label(cells, scores)])


def _by_sample(targets: TargetsLike, scores: ArrayLike, measure: Callable[[Ranks], Share]) -> Figure:
    cells, ranked = _read(targets, scores)
    shares = [measure(rank(ranked[part], cells.rows(part))) for part in blocks(*cells.shape)]
    return as_figure(joined(shares).figure(), targets, scores)


def _over_cells(targets: TargetsLike, probabilities: ArrayLike, measure: Callable[..., Share]) -> Figure:
    cells, certain = _read_probabilities(targets, probabilities)
    shares = [measure(certain[part], cells.rows(part)) for part in blocks(*cells.shape)]
    return as_figure(joined(shares).figure(), targets, probabilities)
