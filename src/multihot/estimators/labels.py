"""What scikit-learn calls `y`: every way to write label sets, read into one.

Shapes: N samples, L labels.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.errors import ArgumentError
from multihot.labels import LabelSpace, Targets


class Labels(NamedTuple):
    """The targets of N samples, and what their columns are called.

    Args:
        classes: (L,) the names of the labels where they have names, else their columns, 0 to L - 1.
        targets: (N, L) present, absent or unknown.
    """

    classes: NDArray[Any]
    targets: Targets


def read_labels(y: Any, classes: NDArray[Any] | None = None) -> Labels:
    """Read `y` in any of its forms.

    Args:
        y: (N, L) array of 1 present, 0 absent, NaN unknown, with names where it is a table with text for columns;
            the same sparse, what is not stored being absent; `Targets`; or N collections of names.
        classes: (L,) the labels that are expected, by which a table's columns are then found where both have names;
            None takes those of `y` (of collections, all names in them).

    Raises:
        ArgumentError: it has none of these forms, or not L columns.
        LabelError: a name is none of the expected ones, or an expected column is missing.

    >>> read_labels([("sea", "sun"), (), ("sun",)])[0].tolist()
    ['sea', 'sun']
    """
    if y is None:
        raise ArgumentError("the targets are missing: this estimator requires y to be passed, but the target y is None")
    if are_sets(y):
        space = LabelSpace.from_sets(y) if classes is None else LabelSpace(tuple(map(str, classes)))
        return Labels(np.array(space.names), Targets.from_sets(y, space))
    names = column_names(y)
    if classes is not None and names and classes.dtype.kind == "U":
        LabelSpace(tuple(names)).require_known(classes.tolist(), "y")
        y = y[classes.tolist()]
    targets = y if isinstance(y, Targets) else Targets.from_sparse(y) if sparse.issparse(y) else _dense(y)
    if classes is None:
        return Labels(np.array(names or range(targets.shape[1])), targets)
    if targets.shape[1] != len(classes):
        raise ArgumentError(f"y must have a column for each of {len(classes)} labels, got {targets.shape[1]}")
    return Labels(classes, targets)


def column_names(y: Any) -> list[str]:
    """The names of a table's columns; none where they are not all text, or it is no table."""
    names = list(getattr(y, "columns", ()))
    return names if all(isinstance(name, str) for name in names) else []


def are_sets(y: Any) -> TypeGuard[Collection[Collection[str]]]:
    """Whether this is a sequence of collections of names; an empty collection alone does not tell."""
    if not isinstance(y, Iterable) or isinstance(y, str | Targets) or hasattr(y, "columns"):
        return False
    if isinstance(y, np.ndarray) and (y.ndim != 1 or y.dtype != object):
        return False
    rows = [] if sparse.issparse(y) else list(y)
    sets = all(isinstance(row, Collection) and not isinstance(row, str) for row in rows)
    return sets and any(len(row) for row in rows) and all(isinstance(name, str) for row in rows for name in row)


def _dense(y: Any) -> Targets:
    try:
        values = np.asarray(y)
        if values.dtype.kind not in "biuf":
            values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"y must be an array of 1 present, 0 absent or NaN unknown, or collections of label names: {error}"
        ) from error
    infinite = values.dtype.kind == "f" and bool(np.isinf(values).any())
    if infinite or (values.dtype.kind == "f" and (values % 1 > 0).any()):
        kind = "infinity" if infinite else "continuous values"
        raise ArgumentError(f"Input y contains {kind}: expected 1 present, 0 absent or NaN unknown in every cell")
    if values.ndim != 2:
        raise ArgumentError(
            f"y must have the shape (samples, labels), got {values.shape}: one class a sample is no multi-label task"
        )
    return Targets.from_dense(values)
