"""Ranking metrics, one by one: how scores put present labels above absent ones.

Scores are anything that ranks: logits, probabilities, distances turned round. Unknown cells count nowhere.
"""

from multihot.metrics.arrays import ArrayLike, Figure, as_figure
from multihot.metrics.cells import TargetsLike
from multihot.metrics.inputs import read_with_scores
from multihot.metrics.measures import ranking as measures
from multihot.metrics.measures.averages import mean_where
from multihot.metrics.ranks import over_all
from multihot.metrics.single import of_labels, ranking_metric

samples_average_precision = ranking_metric(measures.samples_average_precision)
label_ranking_average_precision = ranking_metric(measures.label_ranking_average_precision)
coverage_error = ranking_metric(measures.coverage_error)
ranking_loss = ranking_metric(measures.ranking_loss)
one_error = ranking_metric(measures.one_error)


def mean_average_precision(targets: TargetsLike, scores: ArrayLike, *, keep_absent: bool = False) -> Figure:
    """mAP: the mean over labels of average precision, without interpolation; equal scores are one cut.

    Labels with no known positive are left out; with `keep_absent` they count 0, as in scikit-learn.

    >>> import numpy as np
    >>> scores = np.array([[0.9, 0.2], [0.1, 0.8], [0.8, 0.1]])
    >>> round(mean_average_precision(np.array([[1, 0], [0, 1], [1, 1]]), scores), 3)
    0.917
    """
    cells, ranked = read_with_scores(targets, scores)
    values = of_labels(cells, ranked, measures.average_precision)
    return as_figure(mean_where(values.nan_to_num(0.0) if keep_absent else values), targets, scores)


def micro_average_precision(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """Average precision of all known cells in one ranking; NaN where nothing is present."""
    cells, ranked = read_with_scores(targets, scores)
    return as_figure(measures.average_precision(over_all(cells, ranked))[0], targets, scores)


def macro_auroc(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """The mean over labels of the area under the ROC curve, ties counting half.

    Labels that are nowhere present, or nowhere absent, have no area and are left out.
    """
    cells, ranked = read_with_scores(targets, scores)
    return as_figure(mean_where(of_labels(cells, ranked, measures.auroc)), targets, scores)


def micro_auroc(targets: TargetsLike, scores: ArrayLike) -> Figure:
    """The area under the ROC curve of all known cells in one ranking; NaN where one kind is missing."""
    cells, ranked = read_with_scores(targets, scores)
    return as_figure(measures.auroc(over_all(cells, ranked))[0], targets, scores)
