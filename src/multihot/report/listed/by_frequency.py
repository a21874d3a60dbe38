"""How labels fare by how often they were seen in training.

Shapes: N samples, L labels, K labels listed a sample, G groups of labels.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from multihot.labels import Targets
from multihot.pages.drawing import WIDTH, new_figure, place, style
from multihot.pages.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EDGES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Training samples from which on a label is in each group."""

TOP = 5


@dataclass(frozen=True)
class ByFrequency:
    """What became of present labels, by how many training samples have them.

    Args:
        trained: (L,) training samples of each label.
        targets: (N, L).
        labels: (N, K) the labels listed, best first.
        decided: (N, K) which of them are given.
    """

    trained: NDArray[np.int64]
    targets: Targets
    labels: NDArray[np.int32]
    decided: NDArray[np.bool_]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to plot: no label is present."""
        return not self.targets.present.nnz

    @cached_property
    def _group(self) -> NDArray[np.intp]:
        """(L,) the group of each label."""
        return np.searchsorted(EDGES, self.trained, side="right") - 1

    def table(self) -> pa.Table:
        """One row a group that has labels: bounds, `labels`, `present` cells, and the shares of these.

        `in_top` is the share among the five best, `listed` that among all listed, `given` that decided; `right` is the
        share of labels given that are present. Null where there is nothing to divide by.
        """
        hit = self.targets.at(self.labels) == 1
        wrong = self.decided & (self.targets.at(self.labels) == 0)
        present = self._count(self.targets.present.indices)
        top, listed, given = (
            self._count(self.labels[cells])
            for cells in (hit & (np.arange(self.labels.shape[1]) < TOP), hit, hit & self.decided)
        )
        missed = self._count(self.labels[wrong])
        used = np.flatnonzero(np.bincount(self._group, minlength=len(EDGES)))
        return pa.table(
            {
                "from": pa.array([EDGES[group] for group in used]),
                "to": pa.array([EDGES[group + 1] - 1 if group + 1 < len(EDGES) else None for group in used]),
                "labels": np.bincount(self._group, minlength=len(EDGES))[used],
                "present": present[used],
                **{
                    name: _share(count[used], of[used])
                    for name, count, of in (
                        ("in_top", top, present),
                        ("listed", listed, present),
                        ("given", given, present),
                        ("right", given, given + missed),
                    )
                },
            }
        )

    def _count(self, labels: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        return np.bincount(self._group[labels.ravel()], minlength=len(EDGES)).astype(np.int64)

    @style()
    def plot(self) -> "Figure":
        """Bars: how many of the present labels of each group are among the five best, and how many are given."""
        table = self.table()
        figure = new_figure(3.4)
        axes = place(figure, 0.6, 0.45, WIDTH - 1.9, 2.4)
        axes.set_title("Share of present labels that are found")
        axes.set_xlabel("training samples that have the label")
        axes.grid(axis="y")
        axes.spines[:].set_visible(False)
        places = np.arange(len(table))
        for name, shift, colour, text in (
            ("in_top", -0.2, "muted", "in the five best"),
            ("given", 0.2, "accent", "given"),
        ):
            shares = np.nan_to_num(table[name].to_numpy(zero_copy_only=False).astype(np.float64))
            axes.bar(places + shift, shares, 0.36, color=LIGHT[colour], alpha=0.75)
            row = 0.9 if name == "in_top" else 0.8
            axes.text(1.01, row, text, color=LIGHT[colour], transform=axes.transAxes)
        axes.set_xticks(places, [bounds(row) for row in table.select(["from", "to"]).to_pylist()])
        axes.set(ylim=(0, 1))
        return figure

    def describe(self) -> str:
        """The plot in words, for those who cannot see it."""
        said = "; ".join(
            f"{bounds(row)} training samples: {100 * row['in_top']:.0f} % in the five best"
            for row in self.table().to_pylist()
            if row["in_top"] is not None
        )
        return f"Present labels that are found, by how often they were seen in training. {said}."


def bounds(row: dict[str, int | None]) -> str:
    """The numbers of training samples of a group, as text.

    >>> bounds({"from": 4, "to": 7}), bounds({"from": 1, "to": 1}), bounds({"from": 1024, "to": None})
    ('4 to 7', '1', '1024 or more')
    """
    if row["to"] is None:
        return f"{row['from']} or more"
    return f"{row['from']}" if row["from"] == row["to"] else f"{row['from']} to {row['to']}"


def _share(count: NDArray[np.int64], of: NDArray[np.int64]) -> pa.Array:
    return pa.array(count / np.maximum(of, 1), pa.float64(), mask=of == 0)
