"""Training curves: loss and mean average precision as training went on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihot.pages.drawing import WIDTH, new_figure, place, style
from multihot.pages.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MEASURES = {"loss": "Loss", "mean_average_precision": "Mean average precision"}
_COLOURS = {"train": LIGHT["muted"], "validation": LIGHT["accent"]}
_AXIS = {"l2": "l2: strong to weak regularisation", "epoch": "epoch"}
"""What counts the records of a stage: the strength of regularisation tried, or the epoch."""


@dataclass(frozen=True)
class TrainingCurves:
    """How well the training and validation parts were fitted, record by record.

    Args:
        history: what `Run.history()` gives.
    """

    history: Sequence[Mapping[str, Any]]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to plot: no record."""
        return not self._records

    @property
    def _records(self) -> list[Mapping[str, Any]]:
        """Those with a step; a forest is grown in one."""
        return [record for record in self.history if _by(record) in record]

    def table(self) -> pa.Table:
        """One row a record: `stage`, `by` (l2 or epoch), `step`, four figures, and whether it was `kept`."""
        records = self._records
        figures = {
            f"{part}_{measure}": pa.array([(record.get(part) or {}).get(measure) for record in records], pa.float64())
            for part in _COLOURS
            for measure in _MEASURES
        }
        return pa.table(
            {
                "stage": pa.array([record["stage"] for record in records], pa.string()),
                "by": pa.array([_by(record) for record in records], pa.string()),
                "step": pa.array([float(record[_by(record)]) for record in records], pa.float64()),
                **figures,
                "kept": pa.array([record["kept"] for record in records], pa.bool_()),
            }
        )

    @style()
    def plot(self) -> "Figure":
        """A row of two plots for each stage: loss and mean average precision, train and validation."""
        table = self.table()
        stages = list(dict.fromkeys(table["stage"].to_pylist()))
        figure = new_figure(2.9 * len(stages))
        for row, stage in enumerate(stages):
            records = table.filter(pc.equal(table["stage"], stage))
            for column, measure in enumerate(_MEASURES):
                axes = place(figure, 0.6 + column * WIDTH / 2, 0.45 + row * 2.9, WIDTH / 2 - 1.6, 1.9)
                _draw(axes, records, measure)
        return figure

    def describe(self) -> str:
        """The plot in words, for those who cannot see it."""
        table = self.table()
        kept = table.filter(table["kept"]).to_pylist()
        parts = [
            f"{record['stage']}: {record['by']} {record['step']:g} was kept, with "
            + ", ".join(
                f"{part} loss {_number(record[f'{part}_loss'])} and mean average precision "
                f"{_number(record[f'{part}_mean_average_precision'])}"
                for part in _COLOURS
            )
            for record in kept
        ]
        return "Training curves. " + "; ".join(parts) + "."


def _by(record: Mapping[str, Any]) -> str:
    return "l2" if "l2" in record else "epoch"


def _draw(axes: "Axes", records: pa.Table, measure: str) -> None:
    steps = records["step"].to_numpy()
    kept = int(np.flatnonzero(records["kept"].to_numpy())[0])
    axes.set_title(_MEASURES[measure])
    by = records["by"][0].as_py()
    axes.set_xlabel(_AXIS[by])
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    axes.axvline(steps[kept], color=LIGHT["rule"], linewidth=1)
    ends = []
    for part, colour in _COLOURS.items():
        values = records[f"{part}_{measure}"].to_numpy()
        if np.isnan(values).all():
            continue
        axes.plot(steps, values, color=colour, marker="o" if len(steps) < 20 else None, markersize=3.5)
        axes.plot(steps[kept], values[kept], "o", color=colour, markersize=8, clip_on=False)
        ends.append((values[np.flatnonzero(~np.isnan(values))[-1]], part, colour))
    _scale(axes, steps, by)
    _name_ends(axes, ends)


def _scale(axes: "Axes", steps: np.ndarray, by: str) -> None:
    if by == "l2":
        axes.set_xscale("log")
        axes.invert_xaxis()
        axes.set_xticks(steps[::2], [f"{step:.2g}" for step in steps[::2]])
        axes.set_xticks([], minor=True)
    elif len(steps) < 12:
        axes.set_xticks(steps)


def _name_ends(axes: "Axes", ends: Sequence[tuple[float, str, str]]) -> None:
    """Name each curve at its right end, far enough apart to be read."""
    low, high = axes.get_ylim()
    gap = 0.09 * (high - low)
    placed = -math.inf
    for value, part, colour in sorted(ends):
        placed = max(value, placed + gap)
        axes.annotate(
            part, (1, placed), (8, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            color=colour, va="center", annotation_clip=False,
        )  # fmt: skip


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
