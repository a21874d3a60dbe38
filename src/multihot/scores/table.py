"""Scores in memory, with the names of their samples and labels.

Shapes: N samples, L labels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.data import SetAside
from multihot.decisions.scale import logits_of
from multihot.errors import ArgumentError, DataError
from multihot.labels import LabelSpace

Kind = Literal["logits", "probabilities", "scores"]
"""What the numbers are, as the user or the name of a column says: `scores` only rank, and need calibration."""


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """What a model says of N samples and L labels.

    Args:
        ids: N unique names.
        space: the L labels, in the order of the columns.
        values: (N, L), finite.
        kind: what they are.
        parts: per sample "train", "validation", "test" or None, where that is said beside the scores.
        set_aside: samples that have no scores, with reasons; they are not among the N.
        source: where they came from, for messages and reports.

    Raises:
        ArgumentError: another shape, or an id given twice.
        DataError: a value that is missing or infinite, or a probability outside 0 to 1.

    >>> table = ScoreTable(("a", "b"), LabelSpace(("cat", "dog")), [[0.9, 0.1], [0.5, 1.0]], "probabilities")
    >>> table.logits.round(2).tolist()
    [[2.2, -2.2], [0.0, 16.64]]
    """

    ids: tuple[str, ...]
    space: LabelSpace
    values: NDArray[np.float64]
    kind: Kind
    parts: tuple[str | None, ...] | None = None
    set_aside: tuple[SetAside, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", tuple(self.ids))
        object.__setattr__(self, "values", np.asarray(self.values, np.float64))
        if self.values.shape != (len(self.ids), len(self.space)):
            raise ArgumentError(
                f"{self._where}{len(self.ids)} ids and {len(self.space)} labels do not match scores of the shape "
                f"{self.values.shape}"
            )
        repeated = [name for name, count in Counter(self.ids).items() if count > 1]
        if repeated:
            raise DataError(f"{self._where}ids must be unique, given more than once: {repeated[0]}")
        self._require_legal()

    @classmethod
    def from_array(cls, values: ArrayLike, kind: Kind, names: Sequence[str] | None = None, source: str = "") -> Self:
        """From an (N, L) array; samples are named by their row, and so are labels by their column without `names`.

        >>> ScoreTable.from_array([[1.5, -0.5]], "logits").space.names
        ('0', '1')
        """
        array = np.asarray(values, np.float64)
        if array.ndim != 2:
            raise ArgumentError(f"scores must have the shape (samples, labels), got {array.shape}")
        samples, labels = (tuple(map(str, range(size))) for size in array.shape)
        return cls(samples, LabelSpace(labels if names is None else tuple(names)), array, kind, source=source)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def logits(self) -> NDArray[np.float64]:
        """(N, L) what a decision takes: of probabilities their logits, kept finite; else the values."""
        return logits_of(self.values) if self.kind == "probabilities" else self.values

    def with_space(self, space: LabelSpace) -> Self:
        """The same scores in the order of another space; its labels must be the same."""
        self.space.require_known(space.names, f"{self._where}scores")
        space.require_known(self.space.names, f"{self._where}scores")
        columns = [self.space.index(name) for name in space]
        return replace(self, space=space, values=self.values[:, columns])

    @property
    def _where(self) -> str:
        return f"{self.source}: " if self.source else ""

    def _require_legal(self) -> None:
        illegal, expected = ~np.isfinite(self.values), "a finite number"
        if self.kind == "probabilities":
            illegal, expected = ~((self.values >= 0) & (self.values <= 1)), "a probability from 0 to 1"
        if illegal.any():
            row, column = np.argwhere(illegal)[0]
            raise DataError(
                f"{self._where}sample {self.ids[row]}, label {self.space.names[column]}: expected {expected}, "
                f"got {self.values[row, column]:g}"
                + ("; say --kind logits, or scores, if that is what they are" if expected[-1] == "1" else "")
            )
