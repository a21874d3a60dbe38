"""Samples that are the same, byte by byte or to the eye, and what is wrong about them.

Shapes: N samples, L labels.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.audit.near import Pairs
from multihot.data.split.blocks import tie
from multihot.labels import Targets


@dataclass(frozen=True)
class Duplicates:
    """A group of samples that are the same.

    Args:
        kind: "identical" byte by byte, or "near": they look alike.
        rows: two or more samples, in order.
        conflicting: labels that some of them are given as present and others as absent.
        parts: the parts of the split they are in, where these are two or more.
    """

    kind: Literal["identical", "near"]
    rows: tuple[int, ...]
    conflicting: tuple[int, ...]
    parts: tuple[str, ...]


def find_duplicates(
    contents: Sequence[str], pairs: Pairs, targets: Targets, parts: Sequence[str | None]
) -> tuple[Duplicates, ...]:
    """Groups of identical samples, then groups that look alike, each in the order of its first sample.

    A group that looks alike holds at least two different contents, and the identical copies of each.

    Args:
        contents: N content hashes; empty where there is none.
        pairs: (K, 2) samples that look alike.
        targets: (N, L).
        parts: per sample the part of the split it is in, or None.
    """
    identical = _groups([content or None for content in contents])
    near = _groups(blocks_of(contents, pairs).tolist())
    different = [rows for rows in near if len({contents[row] for row in rows}) > 1]
    return (
        *(_described("identical", rows, targets, parts) for rows in identical),
        *(_described("near", rows, targets, parts) for rows in different),
    )


def blocks_of(contents: Sequence[str], pairs: Pairs, groups: Sequence[str | None] | None = None) -> NDArray[np.intp]:
    """(N,) block numbers: samples identical, alike or of one group of the source, directly or through others."""
    count = len(contents)
    edges = sparse.coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, alike = sparse.csgraph.connected_components(edges, directed=False)
    return tie([content or None for content in contents], alike.tolist(), groups, count=count)


def _groups(keys: Iterable[Hashable | None]) -> list[tuple[int, ...]]:
    """Rows with the same key, where there are two or more."""
    rows = defaultdict(list)
    for row, key in enumerate(keys):
        if key is not None:
            rows[key].append(row)
    return [tuple(group) for group in rows.values() if len(group) > 1]


def _described(
    kind: Literal["identical", "near"], rows: tuple[int, ...], targets: Targets, parts: Sequence[str | None]
) -> Duplicates:
    own = targets.take(rows)
    positives = own.positives()
    conflicting = np.flatnonzero((positives > 0) & (positives < own.known()))
    straddled = sorted({part for row in rows if (part := parts[row]) is not None})
    return Duplicates(kind, rows, tuple(conflicting.tolist()), tuple(straddled) if len(straddled) > 1 else ())
