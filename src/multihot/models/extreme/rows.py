"""Feature vectors as linear models of many labels want them: every feature has its say, and rows have unit length.

Shapes: N samples, D features.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from multihot.data import Features

Row = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RowScaling:
    """What is done to feature vectors before rows are divided by their length.

    Args:
        means: (D,) what is taken away; zeros for sparse vectors, which stay sparse.
        weights: (D,) what features are then multiplied with.
    """

    means: Row
    weights: Row

    @classmethod
    def learn(cls, features: Features, *, rare_weigh_more: bool) -> Self:
        """From training samples: sparse features by how rare they are, dense ones by their mean and spread."""
        if isinstance(features.values, sparse.csr_array):
            ones = np.ones(features.width, np.float32)
            return cls(np.zeros_like(ones), rarity(features.values) if rare_weigh_more else ones)
        known = ~np.isnan(features.values)
        count = np.maximum(known.sum(axis=0), 1)
        means = np.where(known, features.values, 0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, features.values - means, 0) ** 2).sum(axis=0) / count)
        weights = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
        return cls(means.astype(np.float32), weights.astype(np.float32))

    def apply(self, features: Features) -> sparse.csr_array:
        """(N, D) float32 CSR of unit rows; a missing value counts as the mean, and a row of zeros stays one."""
        values = self._centred(features)
        data = np.nan_to_num(values.data.astype(np.float32)) * self.weights[values.indices]
        rows = np.repeat(np.arange(len(features)), np.diff(values.indptr))
        lengths = np.sqrt(np.bincount(rows, data.astype(np.float64) ** 2, len(features)))
        data /= np.where(lengths > 0, lengths, 1)[rows].astype(np.float32)
        return sparse.csr_array((data, values.indices, values.indptr), shape=values.shape)

    def _centred(self, features: Features) -> Any:
        values: Any = features.values
        if self.means.any():
            values = np.nan_to_num(features.dense() - self.means)
        if not isinstance(values, sparse.csr_array):
            return sparse.csr_array(values)
        values.sort_indices()
        return values

    def tensors(self) -> dict[str, torch.Tensor]:
        """As `model.safetensors` holds it."""
        return {"rows.means": torch.from_numpy(self.means), "rows.weights": torch.from_numpy(self.weights)}

    @classmethod
    def from_tensors(cls, tensors: dict[str, torch.Tensor]) -> Self:
        """The inverse of `tensors`."""
        return cls(tensors["rows.means"].numpy(), tensors["rows.weights"].numpy())


def rarity(values: sparse.csr_array) -> Row:
    """(D,) 1 + log((1 + N) / (1 + n)), where n samples have a value other than zero (Salton and Buckley 1988).

    >>> rarity(sparse.csr_array([[1.0, 0.0], [1.0, 2.0]])).tolist()
    [1.0, 1.4054651260375977]
    """
    samples, width = values.shape
    counts = np.bincount(values.indices[values.data != 0], minlength=width)
    return np.asarray(1 + np.log((1 + samples) / (1 + counts)), np.float32)
