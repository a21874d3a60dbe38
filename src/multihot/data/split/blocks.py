"""Blocks: the samples that must stay together, as connected components of everything that ties them."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from multihot.errors import ArgumentError


def tie(*keys: Sequence[Hashable | None] | None, count: int) -> NDArray[np.intp]:
    """Number the blocks of samples that share a key, directly or through other samples.

    Args:
        keys: columns of one key a sample (a group name, a content hash); None ties a sample to nothing.
        count: the number of samples N.

    Returns:
        (N,) block numbers from 0, in the order of each block's first sample.

    Raises:
        ArgumentError: a column does not hold one key a sample.

    >>> tie(["ann", "ann", None, "bob"], ["h1", "h2", "h2", "h3"], count=4).tolist()
    [0, 0, 0, 1]
    """
    blocks = np.arange(count)
    for column in keys:
        if column is None:
            continue
        if len(column) != count:
            raise ArgumentError(f"groups and contents need one entry a sample: got {len(column)} for {count} samples")
        blocks = _join(blocks, _first_holders(column))
    return blocks


def _first_holders(column: Sequence[Hashable | None]) -> NDArray[np.intp]:
    """(N,) for each sample the first one with the same key."""
    first: dict[Hashable, int] = {}
    return np.fromiter(
        (row if key is None else first.setdefault(key, row) for row, key in enumerate(column)), np.intp, len(column)
    )


def _join(blocks: NDArray[np.intp], holders: NDArray[np.intp]) -> NDArray[np.intp]:
    """The blocks after each sample is tied to its holder."""
    if np.array_equal(holders, np.arange(len(holders))):
        return blocks
    shape = (len(blocks), len(blocks))
    edges = sparse.coo_array((np.ones(len(blocks), dtype=bool), (blocks, blocks[holders])), shape=shape)
    _, component = csgraph.connected_components(edges, directed=False)
    return component[blocks].astype(np.intp)
