"""How many thresholds to fit: none, one for all labels, or one each, as samples left out say.

One half stays unless the fitted common threshold does better on samples left out; labels get thresholds of their own
only where these do clearly better still, for on small samples most apparent gains are noise.

Shapes: N samples, L labels.
"""

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
"""Thresholds of their own must gain so many standard errors out of bag."""

BOOTSTRAPS = 100


class Choice(NamedTuple):
    """Thresholds and where they come from.

    Args:
        logits: (L,) thresholds.
        shared: "known" where no fit is better than the threshold known beforehand, "common" where all labels share
            the fitted one, else the strength with which each label's own is shrunk towards it.
    """

    logits: Floats
    shared: str | float


def choose(objective: Objective, search: Search, generator: np.random.Generator, own: bool = True) -> Choice:
    """From the fewest thresholds to the most, each step taken only where it gains out of bag.

    Args:
        objective: what to do best at.
        search: the samples, ranked.
        generator: draws the resamples.
        own: whether labels may have thresholds of their own.
    """
    bagged = Bagged.of(search, objective, generator)
    choice = Choice(bagged.thresholds(np.inf), "common")
    decided = search.scores >= bagged.out_of_bag(np.inf)
    if objective.known is not None:
        known = np.full(search.scores.shape[1], float(logit(objective.known)))
        as_known = search.scores >= known
        if value_of(objective, as_known, search.targets) >= value_of(objective, decided, search.targets) - TIE:
            choice, decided = Choice(known, "known"), as_known
    if own:
        strengths = {strength: search.scores >= bagged.out_of_bag(strength) for strength in STRENGTHS}
        best = max(strengths, key=lambda strength: value_of(objective, strengths[strength], search.targets))
        if _clearly_better(objective, search.targets, strengths[best], decided, generator):
            choice = Choice(bagged.thresholds(best), best)
    return choice


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
