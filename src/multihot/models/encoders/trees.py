"""scikit-learn's trees as arrays, so that they are stored without pickle and give the same predictions.

Shapes: B samples in a batch, D features, L labels, T trees, I inner nodes of them all, V distinct values of leaves.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Floats = NDArray[np.floating[Any]]


class Trees(NamedTuple):
    """T trees, their nodes one after the other.

    A child is the position of an inner node, or -1 - v for a leaf whose value is the row v of `values`. Leaves share
    rows: trees that are grown to the end have few distinct label sets in very many leaves.

    Args:
        roots: (T,) int32 children that stand for whole trees.
        feature: (I,) int32 the feature that a node looks at.
        threshold: (I,) float32; samples go left where their feature is not above it.
        branches: (I, 2) int32 left and right.
        values: (V, L) float32.
    """

    roots: Tensor
    feature: Tensor
    threshold: Tensor
    branches: Tensor
    values: Tensor

    @classmethod
    def constant(cls, value: Tensor) -> Self:
        """One tree that is a leaf of value (L,)."""
        none = torch.zeros(0, dtype=torch.int32)
        root = torch.full((1,), -1, dtype=torch.int32)
        return cls(root, none, torch.zeros(0), none.view(0, 2), value[None].clone())

    @classmethod
    def of(cls, grown: Any, values: Floats) -> Self:
        """One tree of scikit-learn's.

        Args:
            grown: its `tree_`.
            values: (nodes, L) of all its nodes, of which the leaves' are kept.
        """
        leaf = grown.children_left < 0
        rows, row = np.unique(values[leaf], axis=0, return_inverse=True)
        position = np.where(leaf, 0, np.cumsum(~leaf) - 1)
        position[leaf] = -1 - row.reshape(-1)
        children = np.stack([grown.children_left, grown.children_right], axis=1)[~leaf]
        return cls(
            torch.from_numpy(position[:1].astype(np.int32)),
            torch.from_numpy(grown.feature[~leaf].astype(np.int32)),
            torch.from_numpy(_not_above(grown.threshold[~leaf])),
            torch.from_numpy(position[children].astype(np.int32).reshape(-1, 2)),
            torch.from_numpy(rows.astype(np.float32)),
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All trees of the parts, in their order; equal leaf values become one."""
        rows = [part.values.numpy() for part in parts]
        values, row = np.unique(np.concatenate(rows), axis=0, return_inverse=True)
        new_row = np.split(row.reshape(-1), np.cumsum([len(own) for own in rows])[:-1])
        starts = np.cumsum([0, *(len(part.feature) for part in parts)])
        moved = [
            [_moved(nodes.numpy(), int(start), at) for nodes in (part.roots, part.branches)]
            for part, start, at in zip(parts, starts, new_row, strict=False)
        ]
        return cls(
            torch.from_numpy(np.concatenate([roots for roots, _ in moved])),
            torch.cat([part.feature for part in parts]),
            torch.cat([part.threshold for part in parts]),
            torch.from_numpy(np.concatenate([children for _, children in moved])),
            torch.from_numpy(values),
        )

    @property
    def depth(self) -> int:
        """Steps from a root to the farthest leaf."""
        nodes, steps = self.roots, 0
        while len(nodes := nodes[nodes >= 0]):
            nodes, steps = self.branches[nodes].flatten(), steps + 1
        return steps

    def predict(self, vectors: Tensor) -> Tensor:
        """The mean over trees of the values that vectors (B, D) float32 come to, (B, L)."""
        nodes = self.roots.long().expand(len(vectors), -1)
        while bool((nodes >= 0).any()):
            nodes = self.below(nodes, vectors)
        return nn.functional.embedding_bag(-1 - nodes, self.values, mode="mean")

    def below(self, nodes: Tensor, vectors: Tensor) -> Tensor:
        """One step down: from (B, T) nodes to the children (B, T) that vectors (B, D) go to; leaves stay."""
        at = nodes.clamp(min=0)
        right = vectors.gather(1, self.feature[at].long()) > self.threshold[at]
        return torch.where(nodes >= 0, self.branches[at, right.long()].long(), nodes)


def _not_above(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above each: scikit-learn compares float32 features with float64 thresholds."""
    nearest = thresholds.astype(np.float32)
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)


def _moved(nodes: NDArray[np.int32], start: int, row: NDArray[np.intp]) -> NDArray[np.int32]:
    """Children whose inner nodes begin at `start`, and whose leaves have these rows."""
    leaf = nodes < 0
    moved = nodes + start
    moved[leaf] = -1 - row[-1 - nodes[leaf]]
    return moved.astype(np.int32)
