"""Relations in numbers: linear rules over the 0/1 states of labels.

Shapes: N samples, L labels, R rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
ROWS = 65_536


class Rule(NamedTuple):
    """`least <= sum of weight * state <= most`.

    Args:
        text: the relation in words, for messages.
        weights: label name -> weight, 1 or -1.
        least: the smallest legal sum, or minus infinity.
        most: the largest legal sum, or infinity.
    """

    text: str
    weights: dict[str, int]
    least: float
    most: float


@dataclass(frozen=True)
class Rules:
    """All rules of a label space.

    Args:
        texts: R descriptions.
        weights: (R, L) CSR of 1 and -1.
        least: (R,) smallest legal sums.
        most: (R,) largest legal sums.
    """

    texts: tuple[str, ...]
    weights: sparse.csr_array
    least: Floats
    most: Floats

    @classmethod
    def of(cls, rules: Sequence[Rule], names: Sequence[str]) -> Self:
        """The rules over columns in the order of `names`."""
        column = {name: position for position, name in enumerate(names)}
        cells = [
            (row, column[label], weight) for row, rule in enumerate(rules) for label, weight in rule.weights.items()
        ]
        rows, columns, values = np.array(cells, np.int64).reshape(-1, 3).T
        weights = sparse.csr_array((values.astype(np.float64), (rows, columns)), shape=(len(rules), len(names)))
        least, most = np.array([(rule.least, rule.most) for rule in rules], np.float64).reshape(-1, 2).T
        return cls(tuple(rule.text for rule in rules), weights, least, most)

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int] | NDArray[np.intp]) -> "Rules":
        """Some of the rules."""
        index = np.asarray(rows, np.intp)
        texts = tuple(self.texts[row] for row in index)
        return Rules(texts, self.weights[index], self.least[index], self.most[index])

    def over(self, columns: NDArray[np.intp]) -> "Rules":
        """The same rules over some of the labels only, which must be all that they are about."""
        return Rules(self.texts, sparse.csr_array(self.weights[:, columns]), self.least, self.most)

    @cached_property
    def components(self) -> NDArray[np.int32]:
        """(L,) which labels are tied together: two have the same number where a chain of rules connects them."""
        coordinates = sparse.coo_array(self.weights)
        size = sum(self.weights.shape)
        edges = (np.ones(coordinates.nnz), (coordinates.row, coordinates.col + len(self)))
        graph = sparse.csr_array(edges, shape=(size, size))
        _, component = connected_components(graph, directed=False)
        return np.asarray(component[len(self) :], np.int32)

    @cached_property
    def _rising(self) -> sparse.csc_array:
        return sparse.csc_array(self.weights.maximum(0).T)

    @cached_property
    def _falling(self) -> sparse.csc_array:
        return sparse.csc_array(self.weights.minimum(0).T)

    def violated(self, states: ArrayLike | sparse.csr_array, unknown: sparse.csr_array | None = None) -> Booleans:
        """(N, R) which rule each sample breaks for certain, whatever its unknown cells are.

        Args:
            states: (N, L) booleans, or 1 present, 0 absent, NaN unknown; or `Targets.present`.
            unknown: (N, L) `Targets.unknown`, where the states are sparse.
        """
        if sparse.issparse(states):
            blocks = [slice(at, at + ROWS) for at in range(0, states.shape[0], ROWS)]
            parts = [self._sums(states[rows], None if unknown is None else unknown[rows]) for rows in blocks]
            return np.concatenate(parts) if parts else np.zeros((0, len(self)), np.bool_)
        dense = np.asarray(states)
        missing = np.isnan(dense) if dense.dtype.kind == "f" else None
        return self._sums(dense == 1, missing if missing is not None and missing.any() else None)

    def _sums(self, present: Any, unknown: Any) -> Booleans:
        rising, falling = self._rising, self._falling
        sums = _dense(present @ (rising + falling))
        lowest = sums if unknown is None else sums + _dense(unknown @ falling)
        highest = sums if unknown is None else sums + _dense(unknown @ rising)
        return (lowest > self.most) | (highest < self.least)


def _dense(product: Any) -> Floats:
    return np.asarray(product if isinstance(product, np.ndarray) else product.toarray(), np.float64)
