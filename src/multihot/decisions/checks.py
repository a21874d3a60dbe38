"""Arrays as they come in, checked once."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.errors import ArgumentError, RunError, one_line


def matrix(values: ArrayLike, name: str, labels: int) -> NDArray[np.float64]:
    """An array of the shape (samples, labels), or an `ArgumentError` that names it."""
    array = np.asarray(values, np.float64)
    if array.ndim != 2 or array.shape[1] != labels:
        raise ArgumentError(f"{name} must have the shape (samples, {labels}), got {array.shape}")
    return array


def require_states(logits: NDArray[np.float64], targets: NDArray[np.float64]) -> None:
    """Raise an `ArgumentError` unless logits are finite and targets of one shape with them are 1, 0 or NaN."""
    if logits.shape != targets.shape:
        raise ArgumentError(f"logits are {logits.shape}, targets {targets.shape}: shapes must match")
    if not np.isfinite(logits).all():
        row, column = np.argwhere(~np.isfinite(logits))[0]
        raise ArgumentError(f"logits must be finite, got {logits[row, column]} at row {row}, label {column}")
    illegal = ~np.isnan(targets) & (targets != 0) & (targets != 1)
    if illegal.any():
        row, column = np.argwhere(illegal)[0]
        got = f"{targets[row, column]} at row {row}, label {column}"
        raise ArgumentError(f"targets must be 1 present, 0 absent or NaN unknown, got {got}")


@contextmanager
def reading(where: str) -> Iterator[None]:
    """While a saved decision is read: a `RunError` that says where something is missing or of a wrong form."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = one_line(error)
        raise RunError(f"{where}: not a decision of this version ({reason}); fit it again") from error
