"""Sparse feature vectors as linear models of many labels want them: rare features weigh more, rows have unit length.

Shapes: N samples, D features.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.data import Features


def rarity(features: Features) -> NDArray[np.float32]:
    """(D,) 1 + log((1 + N) / (1 + n)), where n samples have a value other than zero (Salton and Buckley 1988).

    >>> rarity(Features(np.array([[1.0, 0.0], [1.0, 2.0]]))).tolist()
    [1.0, 1.4054651260375977]
    """
    values = _sparse(features)
    counts = np.bincount(values.indices[values.data != 0], minlength=features.width)
    return (1 + np.log((1 + len(features)) / (1 + counts))).astype(np.float32)


def unit_rows(features: Features, weights: NDArray[np.float32]) -> sparse.csr_array:
    """(N, D) float32 CSR: each feature times its weight, then each row divided by its length.

    A missing value counts as zero; a row of zeros stays one.
    """
    values = _sparse(features)
    data = np.nan_to_num(values.data.astype(np.float32)) * weights[values.indices]
    rows = np.repeat(np.arange(len(features)), np.diff(values.indptr))
    lengths = np.sqrt(np.bincount(rows, data.astype(np.float64) ** 2, len(features)))
    data /= np.where(lengths > 0, lengths, 1)[rows].astype(np.float32)
    return sparse.csr_array((data, values.indices, values.indptr), shape=values.shape)


def _sparse(features: Features) -> Any:
    values = features.values if isinstance(features.values, sparse.csr_array) else sparse.csr_array(features.values)
    values.sort_indices()
    return values
