"""What trees say about labels of which some cells are unknown.

Shapes: N samples, J nodes of one tree, L labels.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def known_means(grown: Any, leaves: NDArray[np.int64], targets: Floats, base_rates: Floats) -> NDArray[np.float64]:
    """(J, L) the mean of the known cells of each node, or of the nearest node above it that knows anything of a label.

    Args:
        grown: a tree of scikit-learn's, its `tree_`.
        leaves: (N,) the leaf that each of its training samples comes to.
        targets: (N, L) of these samples, NaN unknown.
        base_rates: (L,) what is said of a label of which no cell is known.
    """
    levels = _levels(grown)
    known = _in_nodes(grown, levels, leaves, ~np.isnan(targets))
    means = _in_nodes(grown, levels, leaves, np.nan_to_num(targets)) / np.maximum(known, 1)
    means[0] = np.where(known[0] > 0, means[0], base_rates)
    for level in levels[:-1]:
        for children in (grown.children_left[level], grown.children_right[level]):
            parents, inside = level[children >= 0], children[children >= 0]
            means[inside] = np.where(known[inside] > 0, means[inside], means[parents])
    return means


def _levels(grown: Any) -> list[NDArray[np.int64]]:
    """The nodes of each depth, the root first."""
    levels = [np.zeros(1, dtype=np.int64)]
    while len(levels[-1]):
        below = np.concatenate([grown.children_left[levels[-1]], grown.children_right[levels[-1]]])
        levels.append(below[below >= 0])
    return levels[:-1]


def _in_nodes(
    grown: Any, levels: list[NDArray[np.int64]], leaves: NDArray[np.int64], amounts: NDArray[Any]
) -> NDArray[np.float64]:
    """(J, L) the sums of amounts (N, L) over the samples of each node."""
    sums = np.zeros((grown.node_count, amounts.shape[1]))
    order = np.argsort(leaves, kind="stable")
    at, starts = np.unique(leaves[order], return_index=True)
    if len(at):
        sums[at] = np.add.reduceat(amounts[order].astype(np.float64), starts, axis=0)
    for level in reversed(levels):
        inner = level[grown.children_left[level] >= 0]
        sums[inner] = sums[grown.children_left[inner]] + sums[grown.children_right[inner]]
    return sums
