"""Feature vectors made ready: missing values filled, every feature on one scale.

Shapes: B samples in a batch, N samples, D features, M features with missing values in training.
"""

import math
import warnings
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from multihot.models.encoders.learned import Learned


class Preparation(Learned):
    """Vectors (B, D) to (B, D + M): finite, centred, of about unit variance.

    A missing value becomes the feature's median in training, and is told by one more feature, 1 or 0, for each feature
    that had missing values in training. Numbers lose their mean and are divided by their standard deviation; what is
    only 0 or 1 (flags, and the values of nominal features) is centred and keeps its scale, so that rare values do not
    weigh more than common ones. A feature that never changes becomes 0. Sparse vectors stay sparse: nothing is centred
    and nothing is missing, each feature is divided by its largest absolute value, and all by one number more.

    It is computed in float64 (a time stamp loses its seconds in float32) and gives float32.

    Args:
        width: D.
    """

    median: Tensor
    centre: Tensor
    scale: Tensor
    missing: Tensor
    learned = ("missing", "centre", "scale")

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("median", torch.zeros(width, dtype=torch.float64))
        self.register_buffer("centre", torch.zeros(width, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(width, dtype=torch.float64))
        self.register_buffer("missing", torch.zeros(0, dtype=torch.int64))

    @property
    def dimension(self) -> int:
        """D + M."""
        return self.width + len(self.missing)

    def learn(self, values: NDArray[np.floating[Any]] | sparse.csr_array) -> Self:
        """Take medians, means and scales from training vectors (N, D), NaN where a value is missing."""
        if isinstance(values, sparse.csr_array):
            self.scale = torch.from_numpy(_sparse_scale(values))
            return self
        absent = np.isnan(values)
        self.missing = torch.from_numpy(np.flatnonzero(absent.any(axis=0)))
        self.median.copy_(torch.from_numpy(_medians(values, absent)))
        filled = self._fill(torch.from_numpy(values))
        self.centre = filled.mean(0) if len(filled) else torch.zeros(self.dimension, dtype=torch.float64)
        self.scale = _spread(filled) if len(filled) else torch.ones(self.dimension, dtype=torch.float64)
        return self

    def forward(self, values: Tensor) -> Tensor:
        """(B, D), dense with NaN where a value is missing, or sparse in rows, to float32 (B, D + M)."""
        if values.layout is torch.sparse_csr:
            columns = values.col_indices()
            scaled = (values.values() / self.scale[columns]).float()
            return _in_rows(values.crow_indices(), columns, scaled, values.shape)
        return ((self._fill(values) - self.centre) / self.scale).float()

    def _fill(self, values: Tensor) -> Tensor:
        values = values.double()
        absent = values.isnan()
        return torch.cat([torch.where(absent, self.median, values), absent[:, self.missing].double()], 1)


def _medians(values: NDArray[np.floating[Any]], absent: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(D,) of what is known; 0 where nothing is."""
    known = np.flatnonzero(~absent.all(axis=0)) if len(values) else np.empty(0, dtype=np.intp)
    medians = np.zeros(values.shape[1])
    medians[known] = np.nanmedian(values[:, known].astype(np.float64), axis=0) if len(known) else 0
    return medians


def _spread(filled: Tensor) -> Tensor:
    """What each feature is divided by: its standard deviation, or 1 where it is 0 or 1 only, or always the same."""
    flags = ((filled == 0) | (filled == 1)).all(0)
    deviation = filled.std(0, unbiased=False)
    # What rounding alone makes of a feature that never changes.
    still = deviation <= 1e-12 * filled.abs().amax(0)
    return torch.where(flags | still, 1.0, deviation)


def _sparse_scale(values: sparse.csr_array) -> NDArray[np.float64]:
    """What each feature is divided by: its largest absolute value, times what makes the mean square of all cells 1."""
    largest = np.zeros(values.shape[1])
    np.maximum.at(largest, values.indices, np.abs(values.data))
    largest[largest == 0] = 1
    square = np.square(values.data / largest[values.indices]).sum() / max(values.shape[0] * values.shape[1], 1)
    return largest * (math.sqrt(square) or 1.0)


def as_tensor(values: NDArray[np.floating[Any]] | sparse.csr_array) -> Tensor:
    """Vectors (N, D) as a tensor, sparse in rows where they are sparse."""
    if not isinstance(values, sparse.csr_array):
        return torch.from_numpy(values)
    rows, columns = (torch.from_numpy(part.astype(np.int64)) for part in (values.indptr, values.indices))
    return _in_rows(rows, columns, torch.from_numpy(values.data), values.shape)


def _in_rows(starts: Tensor, columns: Tensor, cells: Tensor, shape: tuple[int, ...]) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(starts, columns, cells, shape, check_invariants=False)
