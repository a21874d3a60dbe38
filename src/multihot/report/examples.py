"""Samples that the classifier was most wrong, and most right, about.

Shapes: N samples, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Kind = Literal["worst", "best"]
_SMALLEST = 1e-7  # a probability of 0 or 1 that is wrong would otherwise be infinitely surprising


@dataclass(frozen=True)
class Examples:
    """Samples by how surprising their known labels are to the classifier.

    Args:
        names: L labels.
        ids: N samples.
        targets: (N, L) 1 present, 0 absent, NaN unknown.
        probabilities: (N, L) calibrated.
        decided: (N, L) booleans.
        count: how many of each kind.
    """

    names: Sequence[str]
    ids: Sequence[str]
    targets: NDArray[np.floating[Any]]
    probabilities: NDArray[np.floating[Any]]
    decided: NDArray[np.bool_]
    count: int = 12

    @cached_property
    def log_loss(self) -> NDArray[np.float64]:
        """(N,) the sum over known labels of -log of the probability that was given to what is true."""
        chance = np.where(self.targets == 1, self.probabilities, 1 - self.probabilities).astype(np.float64)
        return np.asarray(-np.log(np.clip(chance, _SMALLEST, 1)).sum(axis=1, where=self._known))

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(N,) whether every known label was decided as it is."""
        return np.asarray((~self._known | (self.decided == (self.targets == 1))).all(axis=1))

    @cached_property
    def worst(self) -> NDArray[np.intp]:
        """Rows of the most surprising samples, the worst first; those wrongly decided before those that are right."""
        order = np.lexsort((-self.log_loss, self.right))
        return np.asarray(order[self._known[order].any(axis=1)][: self.count], np.intp)

    @cached_property
    def best(self) -> NDArray[np.intp]:
        """Rows of samples decided rightly and with least surprise: one for each label set, then more of them."""
        order = np.argsort(self.log_loss, kind="stable")
        rows = order[(self.right & self._known.any(axis=1))[order]]
        _, first = np.unique(self.decided[rows], axis=0, return_index=True)
        again = np.ones(len(rows), bool)
        again[first] = False
        return np.asarray(rows[np.argsort(again, kind="stable")][: self.count], np.intp)

    def table(self) -> pa.Table:
        """One row an example, the worst before the best.

        Columns: `kind`, `id`, `log_loss`, `right`, and lists of labels: `hit` (true and decided), `missed` (true, not
        decided), `added` (decided, not true), the last two with their probabilities.
        """
        chosen: list[tuple[Kind, int]] = [("worst", int(row)) for row in self.worst]
        chosen += [("best", int(row)) for row in self.best]
        rows = [{"kind": kind, **self._row(row)} for kind, row in chosen]
        label = pa.struct([("label", pa.string()), ("probability", pa.float64())])
        schema = pa.schema(
            [
                ("kind", pa.string()),
                ("id", pa.string()),
                ("log_loss", pa.float64()),
                ("right", pa.bool_()),
                ("hit", pa.list_(pa.string())),
                ("missed", pa.list_(label)),
                ("added", pa.list_(label)),
            ]
        )
        return pa.Table.from_pylist(rows, schema)

    def _row(self, row: int) -> dict[str, Any]:
        true, decided, known = self.targets[row] == 1, self.decided[row], self._known[row]

        def labels(cells: NDArray[np.bool_]) -> list[dict[str, Any]]:
            return [
                {"label": self.names[int(label)], "probability": float(self.probabilities[row, label])}
                for label in np.flatnonzero(cells)
            ]

        return {
            "id": self.ids[row],
            "log_loss": float(self.log_loss[row]),
            "right": bool(self.right[row]),
            "hit": [entry["label"] for entry in labels(true & decided)],
            "missed": labels(true & ~decided),
            "added": labels(known & ~true & decided),
        }

    @property
    def _known(self) -> NDArray[np.bool_]:
        return np.asarray(~np.isnan(self.targets))
