"""Thresholds that hold on new samples: averaged over resamples, and shared as far as samples left out say.

A threshold that is best on a few hundred samples is a noisy thing. The search is therefore run on resamples and its
thresholds averaged, in logits (bagging, Breiman 1996). A label with n positives then takes the mean of its own
threshold and the common one, weighted n to k: k is the strength of shrinkage, in positives.

Shapes: N samples, L labels, B resamples, S sets of thresholds.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.objectives import Objective
from multihot.decisions.threshold.ranking import Floats
from multihot.decisions.threshold.search import Search

RESAMPLES = 30
FOLDS = 5
MANY = 1_000_000
"""With so many cells thresholds hardly vary: folds left out in turn then stand in for resamples."""


@dataclass(frozen=True)
class Bagged:
    """Thresholds found on each resample: logits.

    Args:
        own: (B, L) each label's.
        common: (B,) for all labels.
        support: (B, L) positives behind each.
        outside: (B, N) whether a sample was not in the resample.
    """

    own: Floats
    common: Floats
    support: Floats
    outside: NDArray[np.bool_]

    @classmethod
    def of(cls, search: Search, objective: Objective, generator: np.random.Generator) -> Self:
        """Search every resample."""
        weights = _resamples(len(search.scores), search.scores.size, generator)
        own, common, support = zip(*(search.run(objective, row) for row in weights), strict=True)
        return cls(np.array(own), np.array(common), np.array(support), weights == 0)

    def thresholds(self, strength: float) -> Floats:
        """(L,) averaged over all resamples and shrunk; strength infinity gives all labels the common threshold."""
        (thresholds,) = self._shrunk(self._average(np.ones((len(self.common), 1))), strength)
        return np.asarray(thresholds)

    def out_of_bag(self, strength: float) -> Floats:
        """(N, L) the same for each sample from the resamples it was not in, or from all if it was in every one."""
        return self._shrunk(self._outside, strength)

    @cached_property
    def _outside(self) -> "_Average":
        chosen = np.where(self.outside.any(axis=0), self.outside, True)
        return self._average(chosen.astype(np.float64))

    def _average(self, chosen: Floats) -> "_Average":
        """Averages over resamples, from their (B, S) weights; those with more positives of a label count for more."""
        behind = chosen.T @ self.support
        own = chosen.T @ (self.own * self.support) / np.maximum(behind, 1)
        return _Average(own, (self.common @ chosen / chosen.sum(axis=0))[:, None], behind)

    def _shrunk(self, average: "_Average", strength: float) -> Floats:
        """(S, L) thresholds; a label without positives takes the common one."""
        positives = self.support.mean(axis=0)
        share = np.where(average.behind > 0, positives / np.maximum(positives + strength, 1), 0.0)
        return np.asarray(share * average.own + (1 - share) * average.common)


class _Average(NamedTuple):
    """Of S choices of resamples: (S, L) own and (S, 1) common thresholds, and (S, L) positives behind the own."""

    own: Floats
    common: Floats
    behind: Floats


def _resamples(samples: int, cells: int, generator: np.random.Generator) -> Floats:
    """(B, N) how often each sample is in each resample."""
    if cells < MANY:
        return np.asarray(generator.multinomial(samples, np.full(samples, 1 / samples), size=RESAMPLES), np.float64)
    fold = generator.permutation(samples) % FOLDS
    return np.asarray(fold != np.arange(FOLDS)[:, None], np.float64)
