"""Any relations: the best set of each sample by an exact integer programme (HiGHS, through scipy).

The programme relaxed to [0, 1] is solved first, for many samples in one call; where its corner is whole it is the
answer. Only the other samples need branch and bound, one at a time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from multihot.labels import Rules

Floats = NDArray[np.float64]

TOGETHER = 64
"""Samples in one relaxed programme: one call then costs a third of what one call a sample does."""

WHOLE = 1e-6
"""A state this close to 0 or 1 is whole: HiGHS keeps its own tolerance of 1e-6."""


@dataclass(frozen=True)
class Program:
    """Rules of any shape."""

    rules: Rules

    def solve(self, weights: Floats) -> NDArray[np.bool_]:
        """(M, N) booleans: the set with the highest sum of (M, N) weights that keeps the rules."""
        blocks = np.array_split(weights, range(TOGETHER, weights.shape[1], TOGETHER), axis=1)
        states = np.concatenate([self._optimum(block, whole=False) for block in blocks], axis=1)
        for sample in np.flatnonzero((np.abs(states - states.round()) > WHOLE).any(axis=0)):
            states[:, [sample]] = self._optimum(weights[:, [sample]], whole=True)
        return states > 0.5

    def _optimum(self, weights: Floats, whole: bool) -> Floats:
        """(M, K) best states of K samples in one programme, each sample a block of its own."""
        labels, samples = weights.shape
        blocks = sparse.kron(sparse.eye_array(samples), self.rules.weights, format="csc")
        limits = (np.tile(self.rules.least, samples), np.tile(self.rules.most, samples))
        found = milp(
            -weights.T.ravel(),
            integrality=np.full(weights.size, int(whole)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(blocks, *limits),
            options={"mip_rel_gap": 0},
        )
        return np.asarray(found.x, np.float64).reshape(samples, labels).T
