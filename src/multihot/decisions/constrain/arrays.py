"""The few operations that the closed forms need, on numpy arrays and torch tensors alike."""

from typing import Any

import numpy as np

Array = Any
"""A numpy array or a torch tensor; the closed forms use only what both have, so that an export gives the same sets."""

FEW = 64
"""Up to this many labels are ranked by comparing all pairs, which is faster than sorting and exports plainly."""


def namespace(values: Array) -> Any:
    """The library that the values belong to: numpy or torch."""
    if isinstance(values, np.ndarray):
        return np
    import torch

    return torch


def ranks(values: Array) -> Array:
    """(K, N) the place of each of K values in its column, 0 for the highest; of equals the first comes first."""
    size = len(values)
    if not size:
        return values
    if size > FEW:
        if isinstance(values, np.ndarray):
            return np.argsort(np.argsort(-values, axis=0, kind="stable"), axis=0, kind="stable")
        return values.argsort(dim=0, descending=True, stable=True).argsort(dim=0)
    places = []
    for own in range(size):
        place = (values > values[own]).sum(0)
        places.append(place + (values[:own] == values[own]).sum(0) if own else place)
    return namespace(values).stack(places)


def kth(values: Array, places: Array, k: int) -> Array:
    """(N,) the value in place k of each column."""
    return namespace(values).where(places == k, values, 0.0).sum(0)
