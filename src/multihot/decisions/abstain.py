"""Abstain: which samples or cells to hand to a person, and what risk is left on the rest.

Calibrated probabilities say how likely each decided cell is wrong; the likeliest go first. Shapes: N samples, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.errors import ArgumentError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Loss = Literal["hamming", "exact"]


@dataclass(frozen=True)
class HandOver:
    """What a person gets.

    Args:
        chosen: (N,) samples or (N, L) cells to look at.
        risk: expected loss on the rest: the share of wrong cells (hamming) or of samples with any wrong cell (exact);
            0 where nothing is left.
        risk_before: the same with nothing handed over.
    """

    chosen: Booleans
    risk: float
    risk_before: float


def wrong_chances(probabilities: ArrayLike, decided: ArrayLike) -> Floats:
    """(N, L) how likely each decided cell is wrong: the probability where absent was decided, else one less it."""
    chances = np.asarray(probabilities, np.float64)
    given = np.asarray(decided, np.bool_)
    if chances.ndim != 2 or chances.shape != given.shape:
        raise ArgumentError(f"probabilities are {chances.shape}, decided {given.shape}: both must be (samples, labels)")
    return np.where(given, 1 - chances, chances)


def hand_over_cells(probabilities: ArrayLike, decided: ArrayLike, budget: int) -> HandOver:
    """The `budget` cells most likely wrong; the risk is the share of wrong cells among the rest.

    >>> hand_over_cells([[0.9, 0.4], [0.1, 0.05]], [[True, False], [False, False]], budget=1).chosen.tolist()
    [[False, True], [False, False]]
    """
    chances = wrong_chances(probabilities, decided)
    chosen = _highest(chances.ravel(), budget).reshape(chances.shape)
    return HandOver(chosen, _mean(chances[~chosen]), _mean(chances.ravel()))


def hand_over_samples(probabilities: ArrayLike, decided: ArrayLike, budget: int, loss: Loss = "exact") -> HandOver:
    """The `budget` samples with the highest expected loss, cells taken as independent."""
    losses = sample_losses(wrong_chances(probabilities, decided), loss)
    chosen = _highest(losses, budget)
    return HandOver(chosen, _mean(losses[~chosen]), _mean(losses))


def sample_losses(chances: Floats, loss: Loss) -> Floats:
    """(N,) expected loss of each sample: its share of wrong cells, or the chance of any."""
    if loss == "hamming":
        return chances.mean(axis=1) if chances.shape[1] else np.zeros(len(chances))
    return np.asarray(1 - np.prod(1 - chances, axis=1))


@dataclass(frozen=True)
class RiskRow:
    """One line of a risk table.

    Args:
        budget: samples handed over.
        expected: loss on the rest as the probabilities expect it.
        realised: loss on the rest as it was, known cells only.
    """

    budget: int
    expected: float
    realised: float


def risk_table(
    probabilities: ArrayLike, decided: ArrayLike, targets: ArrayLike, budgets: Sequence[int], loss: Loss = "exact"
) -> list[RiskRow]:
    """What handing over the worst samples leaves, expected and realised, on samples with known targets.

    Args:
        probabilities: (N, L) calibrated.
        decided: (N, L).
        targets: (N, L) of 1, 0 or NaN; unknown cells are never wrong, and `expected` leaves them out too.
        budgets: how many samples to hand over.
        loss: "exact" (a sample is wrong or right) or "hamming" (its share of wrong cells).
    """
    states = np.asarray(targets, np.float64)
    known = ~np.isnan(states)
    chances = wrong_chances(probabilities, decided)
    if states.shape != chances.shape:
        raise ArgumentError(f"targets are {states.shape}, probabilities {chances.shape}: shapes must match")
    wrong = (np.asarray(decided, np.bool_) != (states == 1)) & known
    order = sample_losses(chances, loss)
    expected, realised = (sample_losses(np.where(known, cells, 0.0), loss) for cells in (chances, wrong.astype(float)))
    rows = []
    for budget in budgets:
        rest = ~_highest(order, budget)
        rows.append(RiskRow(budget, _mean(expected[rest]), _mean(realised[rest])))
    return rows


def _highest(values: Floats, budget: int) -> Booleans:
    if budget < 0:
        raise ArgumentError(f"budget must be 0 or more, got {budget}")
    chosen = np.zeros(len(values), np.bool_)
    chosen[np.argsort(-values, kind="stable")[:budget]] = True
    return chosen


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0
