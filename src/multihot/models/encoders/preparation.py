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

# Farther out than this nothing gets, in standard deviations.
LIMIT = 3.0
# The interquartile range of a normal distribution, in standard deviations.
NORMAL_RANGE = 1.349
# What rounding alone makes of a feature that never changes, relative to its size.
ROUNDING = 1e-12
_FOR_QUARTILES = 10_000


class Preparation(Learned):
    """Vectors (B, D) to (B, D + M): finite, about centred and of about unit variance, without outliers.

    A missing value becomes the feature's median in training, and is told by one more feature, 1 or 0, for each feature
    that had missing values in training. Numbers lose their median and are divided by their interquartile range, as a
    normal distribution's standard deviation (by their standard deviation where half of them are the same); then what
    lies far out is drawn in to 3 at most, as x / sqrt(1 + x²/9) (Holzmüller et al. 2024, "Better by default: strong
    pre-tuned MLPs and boosted trees on tabular data"). What is only 0 or 1 (flags, and the values of nominal features)
    is centred and keeps its scale, so that rare values do not weigh more than common ones. A feature that never changes
    becomes 0. Sparse vectors stay sparse: nothing is centred, drawn in or missing, each feature is divided by its
    largest absolute value, and all by one number more.

    It is computed in float64 (a time stamp loses its seconds in float32) and gives float32.

    Args:
        width: D.
    """

    median: Tensor
    centre: Tensor
    scale: Tensor
    missing: Tensor
    limit: Tensor
    learned = ("missing", "centre", "scale")

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("median", torch.zeros(width, dtype=torch.float64))
        self.register_buffer("centre", torch.zeros(width, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(width, dtype=torch.float64))
        self.register_buffer("missing", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("limit", torch.tensor(math.inf, dtype=torch.float64))

    @property
    def dimension(self) -> int:
        """D + M."""
        return self.width + len(self.missing)

    def learn(self, values: NDArray[np.floating[Any]] | sparse.csr_array) -> Self:
        """Take medians and scales from training vectors (N, D), NaN where a value is missing."""
        if isinstance(values, sparse.csr_array):
            self.scale = torch.from_numpy(_sparse_scale(values))
            return self
        if len(values):
            self.limit.fill_(LIMIT)
        absent = np.isnan(values)
        self.missing = torch.from_numpy(np.flatnonzero(absent.any(axis=0)))
        self.median.copy_(torch.from_numpy(_medians(values, absent)))
        filled = self._fill(torch.from_numpy(values))
        self.centre, self.scale = _centre_and_scale(filled)
        return self

    def forward(self, values: Tensor) -> Tensor:
        """(B, D), dense with NaN where a value is missing, or sparse in rows, to float32 (B, D + M)."""
        if values.layout is torch.sparse_csr:
            columns = values.col_indices()
            scaled = (values.values() / self.scale[columns]).float()
            return _in_rows(values.crow_indices(), columns, scaled, values.shape)
        scaled = (self._fill(values) - self.centre) / self.scale
        return (scaled / (1 + (scaled / self.limit).square()).sqrt()).float()

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


def _centre_and_scale(filled: Tensor) -> tuple[Tensor, Tensor]:
    """(D + M,) each: what each feature loses, and what it is divided by."""
    if not len(filled):
        return torch.zeros(filled.shape[1], dtype=torch.float64), torch.ones(filled.shape[1], dtype=torch.float64)
    flags = ((filled == 0) | (filled == 1)).all(0)
    deviation = filled.std(0, unbiased=False)
    still = deviation <= ROUNDING * filled.abs().amax(0)
    few = filled[:: max(len(filled) // _FOR_QUARTILES, 1)]
    low, middle, high = torch.from_numpy(np.quantile(few.numpy(), [0.25, 0.5, 0.75], axis=0))
    between = (high - low) / NORMAL_RANGE
    robust = (between > ROUNDING * torch.maximum(low.abs(), high.abs())) & ~flags
    scale = torch.where(robust, between, deviation)
    return torch.where(robust, middle, filled.mean(0)), torch.where(flags | still, 1.0, scale)


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
