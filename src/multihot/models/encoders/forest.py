"""Forests: trees grown for all labels at once, by scikit-learn.

Shapes: B samples in a batch, N samples, D features, T trees, L labels.
"""

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from multihot.models.encoders.leaf_values import known_means
from multihot.models.encoders.settings import ForestSettings
from multihot.models.encoders.trees import Trees
from multihot.models.encoders.vectors import VectorEncoder

MOST_BYTES = 2**28
"""Largest size of a forest, in bytes: leaves hold more samples rather than passing it."""

_NODE_BYTES = 16
_GROWING_BYTES = 2**30
_BATCH_BYTES = 2**26

# What the base rates count against the trees. Where all trees agree, labels are not certain for that.
BASE_RATE_SHARE = 0.02


class ForestEncoder(VectorEncoder):
    """Prepared vectors (B, D) to logits (B, L): extremely randomised trees (Geurts et al. 2006) or a random forest.

    Trees are grown by scikit-learn with the mean squared error over all labels, which for 0 and 1 is the Gini index.
    Where targets are unknown, the cuts are found with the label's base rate in their place, but the leaves' values are
    means of known cells only: of the leaf, or of the smallest part of the tree around it where the label is known of
    anything. A forest takes 16 bytes a leaf and 4 L more for each leaf that is unlike all others; one that would be
    larger than 256 MiB gets larger leaves.

    Args:
        settings: of this encoder.
        features: D.
        labels: L.
    """

    direct = True
    sparse = True
    learned: ClassVar[tuple[str, ...]] = Trees._fields

    base_rates: Tensor

    def __init__(self, settings: ForestSettings, features: int, labels: int) -> None:
        super().__init__(features, labels)
        self.settings = settings
        self.register_buffer("base_rates", torch.full((labels,), 0.5))
        self._keep(Trees.constant(self.base_rates))

    @property
    def dimension(self) -> int:
        """L."""
        return self.labels

    def learn(self, values: Tensor, targets: Tensor, seed: int = 0) -> None:
        """Grow the trees on prepared vectors (N, D), dense or sparse in rows, and targets (N, L, NaN unknown)."""
        known = ~targets.isnan()
        self.base_rates = ((targets == 1).sum(0) + 1) / (known.sum(0) + 2)
        if not len(targets):
            self._keep(Trees.constant(self.base_rates))
            return
        inputs, filled = _for_sklearn(values), torch.where(known, targets, self.base_rates).numpy()
        parts = [
            _as_arrays(tree, rows, inputs, targets.numpy(), self.base_rates.numpy())
            for forest in _grown(inputs, filled, self.settings, seed, leaves_repeat=bool(known.all()))
            for tree, rows in zip(forest.estimators_, forest.estimators_samples_, strict=True)
        ]
        self._keep(Trees.joined(parts))

    def forward(self, values: Tensor) -> Tensor:
        """(B, D), dense or sparse in rows, to (B, L) logits of the trees' mean with a little of the base rates."""
        trees = self.trees
        rows = max(_BATCH_BYTES // (4 * self.features + 40 * len(trees.roots)), 1)
        starts = range(0, max(len(values), 1), rows)
        return self.logits(torch.cat([trees.predict(_dense(values, start, rows)) for start in starts]))

    def logits(self, means: Tensor) -> Tensor:
        """(B, L) from the trees' mean (B, L)."""
        return torch.lerp(means, self.base_rates, BASE_RATE_SHARE).logit()

    @property
    def trees(self) -> Trees:
        """The trees as they were grown."""
        return Trees(*(getattr(self, name) for name in Trees._fields))

    def _keep(self, trees: Trees) -> None:
        for name, tensor in trees._asdict().items():
            self.register_buffer(name, tensor)


def smallest_leaf(settings: ForestSettings, samples: int, labels: int, leaves_repeat: bool) -> int:
    """How many samples a leaf needs, for the forest not to be larger than `MOST_BYTES`.

    Args:
        settings: of the forest.
        samples: N in training.
        labels: L.
        leaves_repeat: whether leaves of one sample have few distinct values.
    """

    def size(leaf: int) -> float:
        values = 0 if leaf == 1 and leaves_repeat else 4 * labels
        return settings.trees * samples / leaf * (_NODE_BYTES + values)

    wanted = settings.min_samples_leaf
    if size(wanted) <= MOST_BYTES:
        return wanted
    return max(math.ceil(settings.trees * samples * (_NODE_BYTES + 4 * labels) / MOST_BYTES), wanted)


def features_tried(features: int) -> int:
    """Among how many of D features a cut is chosen where the settings do not say.

    >>> features_tried(10), features_tried(1_000), features_tried(40_000)
    (3, 100, 200)
    """
    return max(min(round(0.3 * features), 100), math.isqrt(features), 1)


def _grown(
    inputs: NDArray[np.float32] | sparse.csc_array,
    targets: NDArray[np.float32],
    settings: ForestSettings,
    seed: int,
    leaves_repeat: bool,
) -> Iterator[Any]:
    """Forests of scikit-learn's that have the trees of the settings together, a few at a time.

    scikit-learn keeps a float64 for each node and label, many times what is left of a tree in the end.
    """
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

    samples, labels = targets.shape
    leaf = smallest_leaf(settings, samples, labels, leaves_repeat)
    at_a_time = max(int(_GROWING_BYTES // (16 * labels * samples / leaf)), 1)
    make = ExtraTreesRegressor if settings.kind == "extra_trees" else RandomForestRegressor
    for start in range(0, settings.trees, at_a_time):
        yield make(
            min(at_a_time, settings.trees - start),
            min_samples_leaf=leaf,
            max_features=settings.max_features or features_tried(inputs.shape[1]),
            random_state=np.random.RandomState([seed, start]),
            n_jobs=-1,
        ).fit(inputs, targets[:, 0] if labels == 1 else targets)


def _as_arrays(
    tree: Any,
    rows: NDArray[np.intp],
    inputs: NDArray[np.float32] | sparse.csc_array,
    targets: NDArray[np.float32],
    base_rates: NDArray[np.float32],
) -> Trees:
    """One tree; `rows` are the samples it was grown on."""
    grown = tree.tree_
    if not np.isnan(targets).any():
        return Trees.of(grown, grown.value[:, :, 0])
    leaves = grown.apply(inputs.tocsr() if isinstance(inputs, sparse.csc_array) else inputs)
    return Trees.of(grown, known_means(grown, leaves[rows], targets[rows], base_rates))


def _for_sklearn(values: Tensor) -> NDArray[np.float32] | sparse.csc_array:
    if values.layout is not torch.sparse_csr:
        return values.numpy()
    parts = (values.values().numpy(), values.col_indices().int().numpy(), values.crow_indices().int().numpy())
    return sparse.csr_array(parts, shape=(len(values), values.shape[1])).tocsc()


def _dense(values: Tensor, start: int, rows: int) -> Tensor:
    """Some rows of a dense tensor, or of one that is sparse in rows."""
    if values.layout is not torch.sparse_csr:
        return values[start : start + rows]
    ends = values.crow_indices()[start : start + rows + 1]
    inside = slice(int(ends[0]), int(ends[-1]))
    dense = values.values().new_zeros(len(ends) - 1, values.shape[1])
    dense[torch.arange(len(dense)).repeat_interleave(ends.diff()), values.col_indices()[inside]] = values.values()[
        inside
    ]
    return dense
