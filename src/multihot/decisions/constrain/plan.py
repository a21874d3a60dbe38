"""The most probable label sets that keep the relations of a label space.

Labels that no chain of rules connects are decided apart; each part by the fastest way that is exact for its rules,
and only for the samples whose free answer breaks one.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.decisions.constrain.arrays import Array, namespace
from multihot.decisions.constrain.literals import counted, merged
from multihot.decisions.constrain.nested import Nested
from multihot.decisions.constrain.program import Program
from multihot.decisions.constrain.tree import Tree
from multihot.labels import Rules

BLOCK = 4096
"""Samples at a time: what one label needs stays in the processor's cache."""


@dataclass(frozen=True)
class Part:
    """Labels tied together by rules.

    Args:
        columns: the labels, in the order of the solver's.
        rules: over these labels alone.
        solver: the way to decide them.
        relaxed: solves without the widest rule; the solver is then only for samples whose answer breaks that.
    """

    columns: NDArray[np.intp]
    rules: Rules
    solver: Tree | Nested | Program
    relaxed: "Plan | None" = None

    @property
    def closed_form(self) -> bool:
        """Whether it runs in torch and in an exported model too."""
        return not isinstance(self.solver, Program)

    def decide(self, weights: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(M, N) booleans of (M, N) weights of these labels."""
        decided = weights >= 0 if self.relaxed is None else self.relaxed.decide(weights)
        broken = np.flatnonzero(self.rules.violated(decided.T).any(axis=1))
        for start in range(0, len(broken), BLOCK):
            samples = broken[start : start + BLOCK]
            decided[:, samples] = self.solver.solve(weights[:, samples])
        return decided


@dataclass(frozen=True)
class Plan:
    """How to decide all labels of a space."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, rules: Rules) -> Self:
        """The fastest exact way for each connected part."""
        matrix = sparse.csr_array(rules.weights)
        first = matrix.indices[matrix.indptr[:-1][np.diff(matrix.indptr) > 0]]
        return cls(tuple(_part(rules, component) for component in np.unique(rules.components[first])))

    @cached_property
    def closed_form(self) -> bool:
        """Whether every part has a closed form."""
        return all(part.closed_form for part in self.parts)

    def decide(self, weights: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(L, N) booleans: the sets with the highest sums of (L, N) finite weights that keep all rules."""
        decided = np.asarray(weights >= 0)
        for part in self.parts:
            decided[part.columns] = part.decide(weights[part.columns])
        return decided

    def decide_all(self, weights: Array) -> Array:
        """The same for numpy arrays or torch tensors, for every sample by the closed form, without looking first."""
        xp = namespace(weights)
        decided = list(weights >= 0)
        for part in self.parts:
            solved = part.solver.solve(xp.stack([weights[column] for column in part.columns.tolist()]))
            for column, row in zip(part.columns.tolist(), solved, strict=True):
                decided[column] = row
        return xp.stack(decided)


def _part(rules: Rules, component: np.int32) -> Part:
    columns = np.flatnonzero(rules.components == component)
    matrix = sparse.csr_array(rules.weights)
    involved = np.flatnonzero(np.isin(matrix.indices[matrix.indptr[:-1]], columns))
    own = rules.take(involved).over(columns)
    plain = counted(own)
    solver = Tree.of(plain) or Nested.of(plain) or Tree.of(merged(plain))
    if solver is not None:
        return Part(columns, own, solver)
    widest = int(np.argmax(np.diff(own.weights.indptr)))
    rest = [rule for rule in range(len(own)) if rule != widest]
    return Part(columns, own, Program(own), Plan.of(own.take(rest)))
