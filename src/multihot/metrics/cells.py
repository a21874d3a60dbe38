"""The targets of N x L cells in one form, dense or sparse, read in blocks of samples or of labels.

Shapes: N samples, L labels; a block has G groups (samples or labels) of M members (labels or samples).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.labels import Targets
from multihot.metrics.arrays import as_tensor

TargetsLike: TypeAlias = NDArray[Any] | Tensor | sparse.sparray | sparse.spmatrix | Targets

# Small enough for a block's temporaries to stay in the cache, large enough to hide the cost of a call.
BLOCK_CELLS = 2**18


class Block(NamedTuple):
    """Which of G x M cells are present, and which are known (None where all are)."""

    present: Tensor
    known: Tensor | None

    def known_counts(self) -> Tensor:
        """(G,) how many members of each group are known."""
        groups, members = self.present.shape
        if self.known is None:
            return torch.full((groups,), members, device=self.present.device)
        return self.known.sum(1)


@dataclass(frozen=True)
class DenseCells:
    """Targets as (N, L) booleans: which cells are present, and which are known (None where all are)."""

    present: Tensor
    known: Tensor | None

    @property
    def shape(self) -> tuple[int, int]:
        """(N, L)."""
        return (self.present.shape[0], self.present.shape[1])

    @property
    def device(self) -> torch.device:
        """Where blocks are made."""
        return self.present.device

    @property
    def has_unknown(self) -> bool:
        """Whether any cell is unknown."""
        return self.known is not None

    def rows(self, part: slice) -> Block:
        """Some samples: groups are samples, members are labels."""
        return Block(self.present[part], None if self.known is None else self.known[part])

    def columns(self, part: slice) -> Block:
        """Some labels: groups are labels, members are samples."""
        known = None if self.known is None else self.known[:, part].t().contiguous()
        return Block(self.present[:, part].t().contiguous(), known)

    def support(self) -> tuple[Tensor, Tensor]:
        """(L,) in how many samples each label is present, and in how many it is known."""
        samples, labels = self.shape
        known = torch.full((labels,), samples, device=self.device) if self.known is None else _column_sums(self.known)
        return _column_sums(self.present), known

    def present_cells(self, part: slice) -> tuple[Tensor, Tensor]:
        """(P,) samples, ascending and counted from the start of the part, and (P,) labels of the present cells."""
        return _coordinates(self.present[part])

    def unknown_cells(self, part: slice) -> tuple[Tensor, Tensor]:
        """(U,) samples and (U,) labels of the unknown cells, as `present_cells`."""
        return _coordinates(torch.zeros_like(self.present[part]) if self.known is None else ~self.known[part])


@dataclass(frozen=True)
class SparseCells:
    """Targets held as sparse matrices; only blocks are ever made dense."""

    targets: Targets
    device: torch.device

    @property
    def shape(self) -> tuple[int, int]:
        """(N, L)."""
        return self.targets.shape

    @cached_property
    def has_unknown(self) -> bool:
        """Whether any cell is unknown."""
        return self.targets.unknown.nnz > 0

    @cached_property
    def _by_label(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        return self.targets.present.T.tocsr(), self.targets.unknown.T.tocsr()

    def rows(self, part: slice) -> Block:
        """Some samples: groups are samples, members are labels."""
        return self._block(self.targets.present, self.targets.unknown, part)

    def support(self) -> tuple[Tensor, Tensor]:
        """(L,) in how many samples each label is present, and in how many it is known."""
        present, known = torch.from_numpy(self.targets.positives()), torch.from_numpy(self.targets.known())
        return present.to(self.device), known.to(self.device)

    def present_cells(self, part: slice) -> tuple[Tensor, Tensor]:
        """(P,) samples, ascending and counted from the start of the part, and (P,) labels of the present cells."""
        return self._stored(self.targets.present[part])

    def unknown_cells(self, part: slice) -> tuple[Tensor, Tensor]:
        """(U,) samples and (U,) labels of the unknown cells, as `present_cells`."""
        return self._stored(self.targets.unknown[part])

    def columns(self, part: slice) -> Block:
        """Some labels: groups are labels, members are samples."""
        return self._block(*self._by_label, part)

    def _stored(self, matrix: sparse.csr_array) -> tuple[Tensor, Tensor]:
        sample = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        return torch.from_numpy(sample).to(self.device), torch.from_numpy(matrix.indices).long().to(self.device)

    def _block(self, present: sparse.csr_array, unknown: sparse.csr_array, part: slice) -> Block:
        known = ~self._dense(unknown[part]) if self.has_unknown else None
        return Block(self._dense(present[part]), known)

    def _dense(self, matrix: sparse.csr_array) -> Tensor:
        return torch.from_numpy(matrix.toarray()).to(self.device)


Cells: TypeAlias = DenseCells | SparseCells


def read_cells(targets: TargetsLike, device: torch.device) -> Cells:
    """Check targets and bring them to the device; raises `ArgumentError` for anything but 1, 0 and NaN."""
    if isinstance(targets, Targets):
        return SparseCells(targets, device)
    if isinstance(targets, sparse.sparray | sparse.spmatrix):
        return SparseCells(Targets.from_sparse(targets), device)
    values = as_tensor(targets, "targets").to(device)
    if values.ndim != 2:
        raise ArgumentError(f"targets must have the shape (samples, labels), got {tuple(values.shape)}")
    return _dense_cells(values)


def blocks(total: int, width: int, cells: int = BLOCK_CELLS) -> Iterator[slice]:
    """Slices that cover `total` rows of `width` cells, about `cells` cells each; a single empty one for no rows."""
    step = max(1, cells // max(width, 1))
    for start in range(0, max(total, 1), step):
        yield slice(start, min(start + step, total))


def _dense_cells(values: Tensor) -> DenseCells:
    if values.dtype == torch.bool:
        return DenseCells(values, None)
    present, known = values == 1, None
    for part in blocks(*values.shape):
        legal = present[part] | (values[part] == 0)
        if not legal.all():
            known = torch.ones_like(present) if known is None else known
            known[part] = ~values[part].isnan()
            _require_all(legal | ~known[part], values[part], part.start)
    return DenseCells(present, known)


def _require_all(legal: Tensor, values: Tensor, first_row: int) -> None:
    if not legal.all():
        row, column = (~legal).nonzero()[0].tolist()
        _refuse(values[row, column].item(), first_row + row, column)


def _refuse(value: float, row: int, column: int) -> NoReturn:
    raise ArgumentError(
        f"targets must be 1 present, 0 absent or NaN unknown, got {value:g} in row {row}, label {column}"
    )


def _column_sums(cells: Tensor) -> Tensor:
    """(L,) how many booleans of each column are true, by products, which outrun sums of booleans."""
    total = torch.zeros(cells.shape[1], dtype=torch.float64, device=cells.device)
    for part in blocks(*cells.shape):
        total += cells.new_ones(len(cells[part]), dtype=torch.float32) @ cells[part].float()
    return total


def _coordinates(mask: Tensor) -> tuple[Tensor, Tensor]:
    row, column = mask.nonzero(as_tuple=True)
    return row, column
