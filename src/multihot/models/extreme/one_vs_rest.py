"""One linear support vector machine a label, its weights sparse.

Shapes: N samples, D features, L labels, K labels listed a sample.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from multihot.data import Features
from multihot.labels import Targets
from multihot.models.extreme.ranked import Ranked
from multihot.models.extreme.rows import RowScaling
from multihot.models.extreme.settings import OneVsRestSettings
from multihot.progress import track

CELLS = 2**22
"""Scores held at a time while samples are ranked."""

NEVER = -100.0
"""The score of a label that no training sample has: below that of any label that could be learned."""

_TOLERANCE = 0.1


@dataclass(frozen=True, eq=False)
class OneVsRest:
    """A linear scorer of L labels.

    Args:
        scaling: what is done to feature vectors first.
        weights: (L, D) CSR.
        bias: (L,).
    """

    scaling: RowScaling
    weights: sparse.csr_array
    bias: NDArray[np.float32]

    def rank(self, features: Features, count: int) -> Ranked:
        """The `count` best labels of each sample by their margins, a block of samples at a time."""
        rows, count = self.scaling.apply(features), min(count, len(self.bias))
        by_feature, step = sparse.csr_array(self.weights.T), max(CELLS // len(self.bias), 1)
        blocks = (rows[start : start + step] for start in range(0, len(features), step))
        return Ranked.joined(
            [Ranked.best_of((block @ by_feature).toarray() + self.bias, count) for block in blocks], count
        )

    def tensors(self) -> dict[str, torch.Tensor]:
        """What `model.safetensors` holds."""
        arrays = {
            "bias": self.bias,
            "weights.data": self.weights.data,
            "weights.indices": self.weights.indices.astype(np.int32),
            "weights.indptr": self.weights.indptr.astype(np.int64),
        }
        own = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
        return self.scaling.tensors() | own

    @classmethod
    def from_tensors(cls, tensors: dict[str, torch.Tensor], folder: Path, labels: int) -> Self:
        """The inverse of `tensors`; raises KeyError or ValueError where they do not fit together."""
        scaling = RowScaling.from_tensors(tensors)
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        pieces = tuple(arrays[f"weights.{piece}"] for piece in ("data", "indices", "indptr"))
        weights = sparse.csr_array(pieces, shape=(labels, len(scaling.weights)))
        weights.check_format(full_check=True)
        return cls(scaling, weights, arrays["bias"].reshape(labels))


def fit_one_vs_rest(features: Features, targets: Targets, settings: OneVsRestSettings, c: float) -> OneVsRest:
    """Fit every label against the rest, by squared hinge loss with an L2 penalty (as LIBLINEAR and DiSMEC do).

    Args:
        features: (N, D), of training samples.
        targets: (N, L); samples in which a label is unknown take no part in its fit.
        settings: weighting and pruning; `c` of the settings is not looked at.
        c: weight of errors against the penalty.

    A label that all samples have always scores 1; one that none has is never listed before others.
    """
    scaling = RowScaling.learn(features, rare_weigh_more=settings.rare_weigh_more)
    rows = sparse.csr_matrix(scaling.apply(features).astype(np.float64))
    rows.indices, rows.indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    by_label, unknown = sparse.csc_array(targets.present), sparse.csc_array(targets.unknown)

    def fit(label: int) -> tuple[Any, float]:
        present = np.zeros(rows.shape[0], np.int8)
        present[by_label.indices[slice(*by_label.indptr[label : label + 2])]] = 1
        hidden = unknown.indices[slice(*unknown.indptr[label : label + 2])]
        known = np.delete(np.arange(len(present)), hidden)
        return _fit_label(rows if not len(hidden) else rows[known], present[known], c, settings.prune)

    labels = targets.shape[1]
    fitted = list(track(map(fit, range(labels)), f"fitting labels, c = {c:g}", labels))
    weights = sparse.csr_array(sparse.vstack([weight for weight, _ in fitted], format="csr"))
    return OneVsRest(scaling, weights, np.array([bias for _, bias in fitted], np.float32))


def _fit_label(rows: sparse.csr_matrix, present: NDArray[np.int8], c: float, prune: float) -> tuple[Any, float]:
    """Weights (1, D) and bias of one label."""
    if not 0 < present.sum() < len(present):
        return sparse.csr_array((1, rows.shape[1]), dtype=np.float32), 1.0 if present.any() else NEVER
    from sklearn.svm import LinearSVC  # takes a second, which other commands need not wait for

    machine = LinearSVC(C=c, dual=False, tol=_TOLERANCE).fit(rows, present)
    weights = machine.coef_.astype(np.float32)
    weights[np.abs(weights) < prune] = 0
    return sparse.csr_array(np.atleast_2d(weights)), float(machine.intercept_[0])
