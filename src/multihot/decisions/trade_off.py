"""What other thresholds of a label would give: a slider's worth of table, with the chosen point."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from multihot.decisions.checks import matrix
from multihot.decisions.decision import Decision
from multihot.decisions.scale import logits_of
from multihot.decisions.threshold.ranking import Ranking
from multihot.errors import ArgumentError


class TradeOff(NamedTuple):
    """One threshold of one label, on known cells.

    Args:
        threshold: on the calibrated probability.
        precision: of the samples given the label, the share that has it; 1 where none is given it.
        recall: of the samples that have the label, the share given it; 1 where none has it.
        f1: their harmonic mean.
        predicted: how many samples are given the label.
        chosen: whether this is the decision's own threshold.
    """

    threshold: float
    precision: float
    recall: float
    f1: float
    predicted: int
    chosen: bool


def trade_off(
    decision: Decision, probabilities: ArrayLike, targets: ArrayLike, label: str, points: int = 101
) -> list[TradeOff]:
    """The label's thresholds from none given to all given, about `points` of them, evenly over the ranked samples.

    Args:
        decision: with select "threshold".
        probabilities: (N, L) calibrated.
        targets: (N, L) of 1, 0 or NaN.
        label: its name.
        points: rows at most, but for the chosen one; at least 2.
    """
    if decision.settings.select != "threshold":
        raise ArgumentError(f"select {decision.settings.select!r} has no thresholds to compare")
    column = decision.space.index(label)
    size = len(decision.space)
    chances = matrix(probabilities, "probabilities", size)[:, [column]]
    states = matrix(targets, "targets", size)[:, [column]]
    ranking = Ranking.of(logits_of(chances), states)
    tp, fp, positives, _ = ranking.counts(np.ones(len(states)))
    own = float(decision.thresholds[column])
    own_cut = int(np.searchsorted(-ranking.edges[1:-1], -logits_of(own), side="right"))
    shown = np.unique(np.linspace(0, len(tp) - 1, points).round().astype(np.intp))
    thresholds = expit((ranking.edges[:-1] + ranking.edges[1:]) / 2)
    cuts = [(int(cut), float(thresholds[cut]), False) for cut in shown if cut != own_cut]
    rows = sorted([*cuts, (own_cut, own, True)])
    return [_row(float(tp[cut]), float(fp[cut]), float(positives[0]), threshold, own) for cut, threshold, own in rows]


def _row(tp: float, fp: float, positives: float, threshold: float, chosen: bool) -> TradeOff:
    predicted = tp + fp
    return TradeOff(
        threshold=threshold,
        precision=tp / predicted if predicted else 1.0,
        recall=tp / positives if positives else 1.0,
        f1=2 * tp / (predicted + positives) if predicted + positives else 1.0,
        predicted=int(predicted),
        chosen=chosen,
    )
