"""The scores of the labels that are present: all that a promise about missed labels needs.

Shapes: N samples, L labels, P present cells.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from multihot.errors import ArgumentError
from multihot.labels import Targets


class Positives(NamedTuple):
    """The present cells of N samples.

    Args:
        samples: N; samples without labels count too.
        labels: L.
        rows: (P,) the sample of each.
        columns: (P,) the label of each.
        scores: (P,) the score of each.
    """

    samples: int
    labels: int
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    scores: NDArray[np.floating]

    @classmethod
    def of(cls, scores: ArrayLike | sparse.csr_array, targets: ArrayLike | Targets) -> Self:
        """Take the present cells.

        Args:
            scores: (N, L), anything that ranks; sparse where most are 0, which must then be the lowest score.
            targets: (N, L) of 1, 0 or NaN, or sparse targets.
        """
        present = targets.present if isinstance(targets, Targets) else np.asarray(targets) == 1
        shape = scores.shape if isinstance(scores, sparse.csr_array) else np.shape(scores)
        if shape != present.shape or len(shape) != 2:
            raise ArgumentError(f"scores are {shape}, targets {present.shape}: both must be (samples, labels)")
        if isinstance(scores, sparse.csr_array):
            return cls._sparse(scores, sparse.csr_array(present))
        rows, columns = (np.asarray(index, np.intp) for index in present.nonzero())
        return cls(shape[0], shape[1], rows, columns, np.asarray(scores)[rows, columns])

    @classmethod
    def _sparse(cls, scores: sparse.csr_array, present: sparse.csr_array) -> Self:
        found = sparse.csr_array(scores.multiply(present))
        matched = sparse.csr_array((np.ones(found.nnz, np.int8), found.indices, found.indptr), shape=found.shape)
        # what is present and has no score is scored 0
        missing = sparse.coo_array(present.astype(np.int8) - matched)
        missing.eliminate_zeros()
        rows = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
        return cls(
            found.shape[0],
            found.shape[1],
            np.concatenate([rows, missing.coords[0]]),
            np.concatenate([found.indices, missing.coords[1]]),
            np.concatenate([found.data, np.zeros(missing.nnz, found.dtype)]),
        )
