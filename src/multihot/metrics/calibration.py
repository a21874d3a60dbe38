"""Calibration metrics, one by one, and the reliability table."""

from typing import NamedTuple

import torch

from multihot.metrics.arrays import Array, ArrayLike, Figure, as_array, as_figure
from multihot.metrics.cells import TargetsLike
from multihot.metrics.inputs import read_with_probabilities
from multihot.metrics.measures import calibration as measures
from multihot.metrics.measures.averages import mean_where
from multihot.metrics.measures.calibration import BINS, Bins
from multihot.metrics.ranks import over_all, over_labels
from multihot.metrics.single import of_labels, over_samples


def log_loss(targets: TargetsLike, probabilities: ArrayLike) -> Figure:
    """The mean over known cells of -log(p if present else 1 - p): binary cross entropy (Good 1952).

    Probabilities are kept the machine epsilon of their type away from 0 and 1, as in scikit-learn.
    """
    cells, certain = read_with_probabilities(targets, probabilities)
    value = over_samples(cells, lambda part: measures.log_loss(certain[part], cells.rows(part)))
    return as_figure(value, targets, probabilities)


def brier_score(targets: TargetsLike, probabilities: ArrayLike) -> Figure:
    """The mean over known cells of (p - y)² (Brier 1950)."""
    cells, certain = read_with_probabilities(targets, probabilities)
    value = over_samples(cells, lambda part: measures.brier_score(certain[part], cells.rows(part)))
    return as_figure(value, targets, probabilities)


def expected_calibration_error(targets: TargetsLike, probabilities: ArrayLike, *, bins: int = BINS) -> Figure:
    """ECE: the mean over known cells of |mean probability - share present| of their bin.

    Bins hold equal numbers of cells, and equal probabilities share a bin.
    """
    cells, certain = read_with_probabilities(targets, probabilities)
    error = Bins.of(over_all(cells, certain), bins).calibration_error()
    return as_figure(error[0], targets, probabilities)


def macro_expected_calibration_error(targets: TargetsLike, probabilities: ArrayLike, *, bins: int = BINS) -> Figure:
    """Classwise ECE: the mean over labels of the calibration error of each, labels with no positive included."""
    cells, certain = read_with_probabilities(targets, probabilities)
    values = of_labels(cells, certain, lambda ranks: Bins.of(ranks, bins).calibration_error())
    return as_figure(mean_where(values), targets, probabilities)


class Reliability(NamedTuple):
    """The known cells of bins of equal size, (B,) or a row a label (L, B), from the lowest probabilities up.

    Attributes:
        cells: how many cells each bin holds.
        mean_probability: the mean of what was predicted; NaN for an empty bin.
        share_present: how much of that came true; NaN for an empty bin.
    """

    cells: Array
    mean_probability: Array
    share_present: Array


def reliability(
    targets: TargetsLike, probabilities: ArrayLike, *, bins: int = BINS, by_label: bool = False
) -> Reliability:
    """The reliability table: what was predicted against what came true, over all cells or for each label.

    >>> import numpy as np
    >>> table = reliability(np.array([[0, 0], [1, 1]]), np.array([[0.1, 0.2], [0.7, 0.8]]), bins=2)
    >>> table.cells.tolist(), table.mean_probability.round(2).tolist(), table.share_present.tolist()
    ([2, 2], [0.15, 0.75], [0.0, 1.0])
    """
    cells, certain = read_with_probabilities(targets, probabilities)
    if by_label:
        parts = over_labels(cells, certain, lambda values, block, ranks: Bins.of(ranks, bins))
    else:
        parts = [Bins.of(over_all(cells, certain), bins)]
    held, predicted, present = (
        torch.cat([getattr(part, name) for part in parts]) for name in ("cells", "probability", "present")
    )
    table = (held, predicted / held, present / held)
    return Reliability(*(as_array(part if by_label else part[0], targets, probabilities) for part in table))
