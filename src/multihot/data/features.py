"""Feature vectors: what a sample is described by where it is no picture.

Shapes: N samples, D features.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.data.images import content_hash
from multihot.errors import ArgumentError, DataError
from multihot.wording import listing


@dataclass(frozen=True)
class FeatureSpace:
    """Which features there are.

    Args:
        width: D.
        names: of the D features; None where they have none but their number.
    """

    width: int
    names: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `features.json` holds it."""
        return {"width": self.width, "names": self.names}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        >>> FeatureSpace.from_dict({"width": 2, "names": ["height", "width"]})
        FeatureSpace(width=2, names=('height', 'width'))
        """
        names = values["names"]
        return cls(int(values["width"]), None if names is None else tuple(names))


@dataclass(frozen=True, repr=False, eq=False)
class Features:
    """N feature vectors, dense or sparse.

    Args:
        values: (N, D) float32 or float64; NaN where a value is missing, a zero that is not stored in a sparse one is
            zero.
        names: of the D features; `None` where they have none but their number.

    Raises:
        ArgumentError: another shape or type, a wrong number of names, a name given twice, or a value that is infinite.

    >>> features = Features(np.array([[1.5, np.nan], [0.0, 2.0]]), ("height", "width"))
    >>> len(features), features.width, features.take([1]).dense()
    (2, 2, array([[0., 2.]]))
    """

    values: NDArray[np.floating[Any]] | sparse.csr_array
    names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        values = self.values
        if values.ndim != 2 or values.dtype not in (np.float32, np.float64):
            raise ArgumentError(
                f"features must be float32 or float64 of the shape (samples, features), "
                f"got {values.dtype} of the shape {values.shape}"
            )
        if np.isinf(values.data if isinstance(values, sparse.csr_array) else values).any():
            raise ArgumentError("features must be finite, or NaN where a value is missing; got an infinite one")
        if self.names is not None and len(self.names) != self.width:
            raise ArgumentError(f"{len(self.names)} names for {self.width} features")
        if self.names is not None and len(set(self.names)) < len(self.names):
            repeated = next(name for at, name in enumerate(self.names) if name in self.names[:at])
            raise ArgumentError(f"names of features must be unique, given more than once: {repeated!r}")

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def __repr__(self) -> str:
        kind = "sparse" if isinstance(self.values, sparse.csr_array) else "dense"
        return f"<Features: {len(self)} x {self.width}, {kind} {self.values.dtype}>"

    @property
    def width(self) -> int:
        """D, the number of features."""
        return int(self.values.shape[1])

    def dense(self) -> NDArray[np.floating[Any]]:
        """(N, D), as one dense array."""
        return self.values.toarray() if isinstance(self.values, sparse.csr_array) else self.values

    def take(self, rows: Sequence[int] | NDArray[np.intp]) -> Self:
        """The vectors with these indices, in their order."""
        return type(self)(self.values[np.asarray(rows, dtype=np.intp)], self.names)

    def hashes(self) -> tuple[str, ...]:
        """Per vector a hash of its content: equal for equal vectors, missing values included.

        >>> first, second, third = Features(np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 1.0]])).hashes()
        >>> first == second, first == third
        (True, False)
        """
        return tuple(content_hash(row) for row in self._row_bytes())

    def _row_bytes(self) -> Iterator[bytes]:
        if not isinstance(self.values, sparse.csr_array):
            for row in self.values:
                yield (row + 0.0).tobytes()  # minus zero is zero
            return
        stored = self.values.copy()
        stored.sum_duplicates()
        stored.eliminate_zeros()
        for start, stop in zip(stored.indptr[:-1], stored.indptr[1:], strict=True):
            yield stored.indices[start:stop].tobytes() + stored.data[start:stop].tobytes()

    @property
    def space(self) -> FeatureSpace:
        """Which features they are."""
        return FeatureSpace(self.width, self.names)

    def aligned(self, space: FeatureSpace) -> Self:
        """The same vectors with other features, such as those a classifier was trained on, in their order.

        Features are found by name where both have names, else by their order. One value's feature of a nominal one,
        `colour=red`, may be missing where another value's is there: it is 0 then.

        Raises:
            DataError: a feature is missing, or where there are no names, the number is another.

        >>> named = Features(np.array([[1.0, 2.0]]), ("b", "a"))
        >>> named.aligned(FeatureSpace(2, ("a", "b"))).dense()
        array([[2., 1.]])
        """
        if space.names is None or self.names is None:
            if self.width != space.width:
                raise DataError(f"expected {space.width} features a sample, got {self.width}")
            return self
        if self.names == space.names:
            return self
        places = {name: place for place, name in enumerate(self.names)}
        nominal = {name.partition("=")[0]: place for name, place in places.items() if "=" in name}
        missing = [name for name in space.names if name not in places and name.partition("=")[0] not in nominal]
        if missing:
            told, own = (listing([repr(name) for name in names], most=5) for names in (missing, self.names))
            raise DataError(f"features are missing: {told}; there are {own}")
        columns = [
            places[name] if name in places else self.width + nominal[name.partition("=")[0]] for name in space.names
        ]
        return type(self)(_with_absent(self.values)[:, columns], space.names)


def _with_absent(values: NDArray[np.floating[Any]] | sparse.csr_array) -> Any:
    """(N, 2 D) the values, and for each feature 0 where it is told, NaN where it is not."""
    if isinstance(values, sparse.csr_array):
        return sparse.csr_array(sparse.hstack([values, sparse.csr_array(values.shape, dtype=values.dtype)], "csr"))
    return np.concatenate([values, np.where(np.isnan(values), values, 0)], axis=1)
