"""How many of the nearest training samples have each label.

Shapes: N training samples, Q queries, D features, K labels, k neighbours.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import row_norms, safe_sparse_dot

from multihot.estimators.base import Booleans, Floats
from multihot.labels import Targets

BLOCK_CELLS = 2**22
"""Distances that are held at a time."""

_MOST_LOOKED_AT = 32
"""Times k neighbours that are looked at for all labels at once, at most, where labels of neighbours are unknown."""


class Neighbourhood(NamedTuple):
    """N training samples among which neighbours are found, by Euclidean distance; equal ones in the samples' order.

    Args:
        inputs: (N, D) float64, dense or CSR.
        squares: (N,) their squared lengths.
        targets: (N, K).
        k: how many neighbours.
    """

    inputs: Any
    squares: Floats
    targets: Targets
    k: int

    @classmethod
    def of(cls, inputs: Any, targets: Targets, k: int) -> Self:
        """The training samples."""
        return cls(inputs, row_norms(inputs, squared=True), targets, k)

    def counts_among_others(self) -> NDArray[np.intp]:
        """(N, K) as `counts` of the training samples themselves, of which none is its own neighbour.

        Other samples with the very same features are neighbours like any.
        """
        return self._counts(self.inputs, themselves=True)

    def counts(self, queries: Any) -> NDArray[np.intp]:
        """(Q, K) how many of the k nearest samples in which a label is known have that label."""
        return self._counts(queries, themselves=False)

    def _counts(self, queries: Any, *, themselves: bool) -> NDArray[np.intp]:
        known = self.targets.known()
        whole, partly = np.flatnonzero(known == len(self.targets)), np.flatnonzero(known < len(self.targets))
        counts = np.empty((queries.shape[0], len(known)), np.intp)
        present = self.targets.present[:, whole].astype(np.intp)
        states = Targets(self.targets.present[:, partly], self.targets.unknown[:, partly]).dense()
        looked_at = self.k if not len(partly) else self._looked_at(float(np.median(known[partly])))
        for rows, distances in self._blocks(queries, max(len(self.targets), looked_at * len(partly))):
            if themselves:
                distances[np.arange(len(distances)), rows] = np.inf
            found = nearest(distances, looked_at, len(self.targets) - themselves)
            counts[np.ix_(rows, whole)] = _sums(found[:, : self.k], present)
            if len(partly):
                counts[np.ix_(rows, partly)] = _known_counts(distances, found, states, self.k)
        return counts

    def _looked_at(self, known: float) -> int:
        """Neighbours that are enough for most labels which are known in so many samples."""
        return min(_MOST_LOOKED_AT * self.k, int(1.5 * self.k * len(self.targets) / max(known, 1)) + 1)

    def _blocks(self, queries: Any, width: int) -> Iterator[tuple[NDArray[np.intp], Floats]]:
        """Rows of queries with what orders the training samples by their distance from each: |x|^2 - 2 x q."""
        step = max(1, BLOCK_CELLS // max(1, width))
        for start in range(0, queries.shape[0], step):
            rows = np.arange(start, min(start + step, queries.shape[0]))
            yield rows, self.squares - 2 * safe_sparse_dot(queries[rows], self.inputs.T, dense_output=True)


def nearest(distances: Floats, k: int, most: int) -> NDArray[np.intp]:
    """(Q, k) the columns of the lowest distances, lowest first, equal ones in their order; of `most` at most."""
    k = min(k, most)
    if not k:
        return np.empty((len(distances), 0), np.intp)
    row, column = np.nonzero(distances <= np.partition(distances, k - 1)[:, k - 1 : k])
    order = np.lexsort((distances[row, column], row))
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    return column[order[rank < k]].reshape(len(distances), k)


def _sums(found: NDArray[np.intp], present: sparse.csr_array) -> NDArray[np.intp]:
    """(Q, K) how many of the samples found (Q, k) have each label."""
    rows, k = found.shape
    shape = (rows, present.shape[0])
    chosen = sparse.csr_array((np.ones(found.size, np.intp), found.ravel(), np.arange(rows + 1) * k), shape=shape)
    return np.asarray((chosen @ present).toarray())


def _known_counts(distances: Floats, found: NDArray[np.intp], states: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """(Q, K) present ones of the k nearest samples with a known state (N, K), most of which are among those found."""
    of_found = states[found]
    known = ~np.isnan(of_found)
    counts = ((of_found == 1) & (known.cumsum(axis=1, dtype=np.int32) <= k)).sum(axis=1)
    short = known.sum(axis=1) < k
    for label in np.flatnonzero(short.any(axis=0)):
        rows, columns = np.flatnonzero(short[:, label]), np.flatnonzero(~np.isnan(states[:, label]))
        counts[rows, label] = _present_of_nearest(distances[np.ix_(rows, columns)], states[columns, label] == 1, k)
    return np.asarray(counts)


def _present_of_nearest(distances: Floats, present: Booleans, k: int) -> NDArray[np.intp]:
    """(Q,) how many of the k lowest distances, infinite ones left out, are of samples with the label."""
    found = nearest(distances, k, distances.shape[1])
    reached = np.isfinite(np.take_along_axis(distances, found, axis=1))
    return np.asarray((present[found] & reached).sum(axis=1))
