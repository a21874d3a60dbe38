"""What is true of each sample: every label present, absent or unknown.

Shapes: N samples, L labels.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from multihot.errors import ArgumentError
from multihot.labels.space import LabelSpace


@dataclass(frozen=True)
class Targets:
    """The three states of N x L cells, held sparse: only what is present or unknown takes memory.

    Args:
        present: (N, L) boolean CSR, true where the label holds.
        unknown: (N, L) boolean CSR, true where nobody looked; such a cell is never present.

    >>> targets = Targets.from_dense([[1, 0, np.nan], [0, 0, 0]])
    >>> len(targets), targets.positives().tolist(), targets.known().tolist()
    (2, [1, 0, 0], [2, 2, 1])
    >>> targets.dense()[0].tolist()
    [1.0, 0.0, nan]
    """

    present: sparse.csr_array
    unknown: sparse.csr_array

    def __post_init__(self) -> None:
        if self.present.shape != self.unknown.shape:
            raise ArgumentError(f"present is {self.present.shape}, unknown is {self.unknown.shape}: shapes must match")
        if self.present.multiply(self.unknown).nnz:
            raise ArgumentError("a cell cannot be both present and unknown")

    @classmethod
    def from_dense(cls, values: ArrayLike) -> Self:
        """From an (N, L) array of 1 present, 0 absent, NaN unknown; anything else is an `ArgumentError`."""
        dense = np.asarray(values, dtype=np.float64)
        if dense.ndim != 2:
            raise ArgumentError(f"targets must have the shape (samples, labels), got {dense.shape}")
        unknown = np.isnan(dense)
        illegal = ~unknown & (dense != 0) & (dense != 1)
        if illegal.any():
            row, column = np.argwhere(illegal)[0]
            raise ArgumentError(
                f"targets must be 1 present, 0 absent or NaN unknown, got {dense[row, column]} "
                f"at row {row}, label {column}"
            )
        return cls(sparse.csr_array(dense == 1), sparse.csr_array(unknown))

    @classmethod
    def from_sparse(cls, values: Any) -> Self:
        """From an (N, L) scipy matrix: stored 1 is present, stored NaN unknown, and what is not stored absent.

        >>> Targets.from_sparse(sparse.coo_array(([1.0, np.nan], ([0, 1], [1, 0])))).dense().tolist()
        [[0.0, 1.0], [nan, 0.0]]
        """
        cells = sparse.csr_array(values)
        if not cells.has_canonical_format:
            cells = cells.copy()  # the caller's own would be changed
            cells.sum_duplicates()
        present, unknown = cells.data == 1, np.isnan(cells.data)
        illegal = np.flatnonzero(~(present | unknown | (cells.data == 0)))
        if len(illegal):
            row = int(np.searchsorted(cells.indptr, illegal[0], side="right")) - 1
            raise ArgumentError(
                f"targets must be 1 present, 0 absent or NaN unknown, got {cells.data[illegal[0]]:g} "
                f"in row {row}, label {cells.indices[illegal[0]]}"
            )
        return cls(_stored(cells, present), _stored(cells, unknown))

    @classmethod
    def from_sets(
        cls,
        label_sets: Iterable[Collection[str]],
        space: LabelSpace,
        unknown_sets: Iterable[Collection[str]] | None = None,
    ) -> Self:
        """From the names present in each sample, and the names unknown in each (none by default).

        >>> space = LabelSpace(("black", "jeans"))
        >>> Targets.from_sets([{"jeans"}, set()], space).dense().tolist()
        [[0.0, 1.0], [0.0, 0.0]]
        """
        present = _incidence(label_sets, space)
        if unknown_sets is None:
            return cls(present, sparse.csr_array(present.shape, dtype=bool))
        return cls(present, _incidence(unknown_sets, space))

    @property
    def shape(self) -> tuple[int, int]:
        """(N, L)."""
        return (int(self.present.shape[0]), int(self.present.shape[1]))

    def __len__(self) -> int:
        return self.shape[0]

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> Self:
        """The rows with these indices, in their order."""
        index = np.asarray(rows, dtype=np.intp)
        return type(self)(self.present[index], self.unknown[index])

    def dense(self) -> NDArray[np.float32]:
        """(N, L) of 1 present, 0 absent, NaN unknown: 4 bytes a cell, so not for a hundred thousand labels."""
        values = self.present.toarray().astype(np.float32)
        values[self.unknown.toarray()] = np.nan
        return values

    def positives(self) -> NDArray[np.int64]:
        """(L,) how many samples are known to have each label."""
        return np.bincount(self.present.indices, minlength=self.shape[1]).astype(np.int64)

    def known(self) -> NDArray[np.int64]:
        """(L,) in how many samples each label is known, present or absent."""
        return len(self) - np.bincount(self.unknown.indices, minlength=self.shape[1]).astype(np.int64)

    def at(self, labels: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """(N, K) 1 present, 0 absent, NaN unknown, of (N, K) labels: K of each sample, whichever they are.

        >>> Targets.from_dense([[1, 0, np.nan], [0, 0, 1]]).at(np.array([[2, 0], [2, 1]])).tolist()
        [[nan, 1.0], [1.0, 0.0]]
        """
        if labels.shape[:1] != (len(self),):
            raise ArgumentError(f"labels must be listed for {len(self)} samples, got the shape {labels.shape}")
        keys = np.arange(len(self), dtype=np.int64)[:, np.newaxis] * self.shape[1] + labels
        states = _among(keys, self.present).astype(np.float32)
        states[_among(keys, self.unknown)] = np.nan
        return states

    def names(self, row: int, space: LabelSpace) -> tuple[str, ...]:
        """The names of the labels present in one sample."""
        start, stop = self.present.indptr[row : row + 2]
        return tuple(space.names[column] for column in np.sort(self.present.indices[start:stop]))


def _stored(cells: sparse.csr_array, chosen: NDArray[np.bool_]) -> sparse.csr_array:
    """(N, L) boolean, true in the chosen ones of the stored cells."""
    result = sparse.csr_array((chosen, cells.indices, cells.indptr), shape=cells.shape, copy=True)
    result.eliminate_zeros()  # in place, and so on a copy
    return result


def _among(keys: NDArray[np.int64], cells: sparse.csr_array) -> NDArray[np.bool_]:
    """Which cells, numbered row by row, a sparse matrix stores."""
    if not cells.nnz:
        return np.zeros(keys.shape, np.bool_)
    rows = np.repeat(np.arange(cells.shape[0], dtype=np.int64), np.diff(cells.indptr))
    stored = np.sort(rows * cells.shape[1] + cells.indices)
    places = np.minimum(np.searchsorted(stored, keys), len(stored) - 1)
    return np.asarray(stored[places] == keys)


def _incidence(label_sets: Iterable[Collection[str]], space: LabelSpace) -> sparse.csr_array:
    positions = {name: column for column, name in enumerate(space)}
    columns: list[int] = []
    ends = [0]
    for names in label_sets:
        unique = set(names)
        try:
            columns.extend(sorted([positions[name] for name in unique]))
        except KeyError:
            space.require_known(unique)
        ends.append(len(columns))
    cells = (np.ones(len(columns), dtype=bool), np.array(columns, dtype=np.int32), np.array(ends, dtype=np.int32))
    return sparse.csr_array(cells, shape=(len(ends) - 1, len(space)))
