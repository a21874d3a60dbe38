"""How far labels share a threshold: as much as samples left out do not clearly speak against.

Shapes: N samples, L labels.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from multihot.decisions.objectives import Objective, value_of
from multihot.decisions.threshold.ranking import TIE, Floats
from multihot.decisions.threshold.search import Search
from multihot.decisions.threshold.shrink import Bagged

STRENGTHS = (500.0, 200.0, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 0.0)
"""Candidates for the strength of shrinkage, in positives; 0 keeps each label's own threshold."""

CLEARLY = 2.0
"""More thresholds must gain so many standard errors out of bag; on small samples most apparent gains are noise."""

BOOTSTRAPS = 100


class Choice(NamedTuple):
    """Thresholds and where they come from.

    Args:
        logits: (L,) thresholds.
        shared: "known" where theory gives the threshold of calibrated probabilities, "common" where all labels share
            the fitted one, else the strength with which each label's own is shrunk towards it.
    """

    logits: Floats
    shared: str | float


def choose(objective: Objective, search: Search, generator: np.random.Generator, own: bool = True) -> Choice:
    """From the fewest thresholds to the most, each step taken only where it clearly gains out of bag.

    Args:
        objective: what to do best at.
        search: the samples, ranked.
        generator: draws the resamples.
        own: whether labels may have thresholds of their own.
    """
    bagged = Bagged.of(search, objective, generator)
    steps = _steps(objective, bagged, search, own)
    choice, decided = next(steps)
    for candidate, further in steps:
        if _clearly_better(objective, search.targets, further, decided, generator):
            choice, decided = candidate, further
    return choice


def _steps(
    objective: Objective, bagged: Bagged, search: Search, own: bool
) -> Iterator[tuple[Choice, NDArray[np.bool_]]]:
    """Each choice with the (N, L) cells that it decides out of bag."""
    if objective.known is not None:
        known = np.full(search.scores.shape[1], float(logit(objective.known)))
        yield Choice(known, "known"), search.scores >= known
    yield Choice(bagged.thresholds(np.inf), "common"), search.scores >= bagged.out_of_bag(np.inf)
    if own:
        strengths = {strength: search.scores >= bagged.out_of_bag(strength) for strength in STRENGTHS}
        best = max(strengths, key=lambda strength: value_of(objective, strengths[strength], search.targets))
        yield Choice(bagged.thresholds(best), best), strengths[best]


def _clearly_better(
    objective: Objective,
    targets: Floats,
    candidate: NDArray[np.bool_],
    present: NDArray[np.bool_],
    generator: np.random.Generator,
) -> bool:
    """Whether the candidate's gain is beyond chance, by a bootstrap of the difference over samples."""
    gain = value_of(objective, candidate, targets) - value_of(objective, present, targets)
    if gain <= TIE:
        return False
    samples = len(targets)
    resamples = generator.multinomial(samples, np.full(samples, 1 / samples), BOOTSTRAPS).astype(np.float64)
    differences = [
        value_of(objective, candidate, targets, weights) - value_of(objective, present, targets, weights)
        for weights in resamples
    ]
    return gain > CLEARLY * float(np.std(differences))
