"""From sums over samples and columns over labels to a report: the figures by name, the table and the notes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from multihot.metrics.bootstrap import Interval, interval
from multihot.metrics.counts import Counts
from multihot.metrics.estimates import Estimate
from multihot.metrics.measures import decisions
from multihot.metrics.measures.averages import COCO_FIGURES, LABEL_FIGURES, LabelFigure, mean_where
from multihot.metrics.registry import REGISTRY

MACRO_NAMES = {
    "average_precision": "mean_average_precision",
    "auroc": "macro_auroc",
    "expected_calibration_error": "macro_expected_calibration_error",
}
MICRO_NAMES = {
    "average_precision": "micro_average_precision",
    "auroc": "micro_auroc",
    "expected_calibration_error": "expected_calibration_error",
}
NAMES_IN_A_NOTE = 10


@dataclass(frozen=True)
class Report:
    """What `report` found.

    Args:
        figures: by the registry's names, each with its interval.
        table: one row a label, by columns of (L,) arrays.
        notes: what was left out of the figures, and how much of it.
    """

    figures: dict[str, Interval]
    table: dict[str, NDArray[Any]]
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, dict[str, float | None]]:
        """The figures, JSON-safe: undefined is None."""
        return {name: figure.to_dict() for name, figure in self.figures.items()}


@dataclass(frozen=True)
class Findings:
    """All that a report is put together from, as the passes, or a stream, found it.

    Args:
        shape: (N, L).
        present: (L,) known positives of each label.
        known: (L,) known samples of each label.
        counts: (4, L) counts of decisions: "decided" all of them, "top" those among the highest scores.
        samples: figures made sample by sample, by the registry's names.
        labels: (L,) figures of each label's ranking and calibration.
        overall: the same of all cells in a single ranking.
    """

    shape: tuple[int, int]
    present: Tensor
    known: Tensor
    counts: dict[str, Estimate]
    samples: dict[str, Estimate]
    labels: dict[str, Estimate]
    overall: dict[str, Estimate]

    def report(self, names: Sequence[str], empty: float, keep_absent: bool) -> Report:
        """The figures in the registry's order, the table and the notes."""
        estimates = {
            **self._decision_figures(empty, keep_absent),
            **self.samples,
            **{MACRO_NAMES[name]: _macro(name, column, keep_absent) for name, column in self.labels.items()},
            **{MICRO_NAMES[name]: estimate for name, estimate in self.overall.items()},
        }
        figures = {name: interval(estimates[name]) for name in REGISTRY if name in estimates}
        return Report(figures, self._table(names, empty), self._notes(names))

    def _decision_figures(self, empty: float, keep_absent: bool) -> dict[str, Estimate]:
        figures: dict[str, dict[str, LabelFigure]] = {
            "decided": LABEL_FIGURES,
            "top": {f"{name}_top3": figure for name, figure in COCO_FIGURES.items()},
        }
        return {
            name: counts.then(partial(_decision_figure, figure, empty, keep_absent))
            for source, counts in self.counts.items()
            for name, figure in figures[source].items()
        }

    def _table(self, names: Sequence[str], empty: float) -> dict[str, NDArray[Any]]:
        table = {"label": np.array(names, dtype=object), "support": _whole(self.present), "known": _whole(self.known)}
        if "decided" in self.counts:
            counts = Counts(*self.counts["decided"].value)
            measures = {name: decisions.MEASURES[name](counts, empty) for name in ("precision", "recall", "f1")}
            table["decided"] = _whole(counts.decided)
            table |= {name: values.cpu().numpy() for name, values in measures.items()}
        return table | {name: column.value.cpu().numpy() for name, column in self.labels.items()}

    def _notes(self, names: Sequence[str]) -> list[str]:
        notes = []
        absent = (self.present == 0).nonzero()[:, 0].tolist()
        if absent:
            shown = [names[label] for label in absent[:NAMES_IN_A_NOTE]] + ["..."] * (len(absent) > NAMES_IN_A_NOTE)
            notes.append(f"{len(absent)} of {len(names)} labels have no known positive: {', '.join(shown)}")
        cells = self.shape[0] * self.shape[1]
        unknown = cells - int(self.known.sum())
        if unknown:
            notes.append(f"{unknown} of {cells} cells are unknown and count nowhere")
        return notes


def _decision_figure(figure: LabelFigure, empty: float, keep_absent: bool, counts: Tensor) -> Tensor:
    return figure(Counts(*counts), empty, keep_absent)


def _macro(name: str, column: Estimate, keep_absent: bool) -> Estimate:
    if keep_absent and name == "average_precision":
        column = column.then(lambda values: values.nan_to_num(0.0))
    return column.then(mean_where)


def _whole(column: Tensor) -> NDArray[np.int64]:
    return column.cpu().numpy().astype(np.int64)
