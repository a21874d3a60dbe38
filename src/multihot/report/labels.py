"""The per-label table: how often a label is there, and how well it is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from multihot import metrics


@dataclass(frozen=True)
class PerLabel:
    """Figures of each label.

    Args:
        names: L labels.
        thresholds: (L,) on the calibrated probabilities.
        targets: (N, L) 1 present, 0 absent, NaN unknown.
        scores: (N, L) what ranks the samples of a label.
        decided: (N, L) booleans.
    """

    names: Sequence[str]
    thresholds: NDArray[Any]
    targets: NDArray[Any]
    scores: NDArray[Any]
    decided: NDArray[Any]

    def table(self) -> pa.Table:
        """One row a label, in label order.

        Columns: `label`, `support` (known positives), `known`, `decided`, `threshold`, `precision`, `recall`, `f1` and
        `average_precision`; the last four are null for labels with no known positive.
        """
        found = self._measured.table
        absent = found["support"] == 0
        return pa.table(
            {
                "label": pa.array(self.names, pa.string()),
                **{name: pa.array(found[name], pa.int64()) for name in ("support", "known", "decided")},
                "threshold": pa.array(self.thresholds, pa.float64()),
                **{
                    name: pa.array(found[name], pa.float64(), mask=absent)
                    for name in ("precision", "recall", "f1", "average_precision")
                },
            }
        )

    @property
    def notes(self) -> list[str]:
        """What was left out of averages, and how much is unknown."""
        return self._measured.notes

    @cached_property
    def _measured(self) -> metrics.Report:
        return metrics.report(self.targets, self.scores, decided=self.decided, names=self.names)
