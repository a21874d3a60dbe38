"""The fitted object that turns logits into label sets: `calibrate -> select -> constrain`, saved as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.decisions.calibrate import Calibration
from multihot.decisions.checks import matrix, reading
from multihot.decisions.constrain import Plan
from multihot.decisions.scale import logits_of
from multihot.decisions.select import expected_f_sets, selection_scores, weights_of
from multihot.decisions.settings import DecisionSettings
from multihot.labels import LabelSpace, Relations

Booleans = NDArray[np.bool_]
BLOCK = 8192


@dataclass(frozen=True)
class FittedOn:
    """On which samples a decision was fitted.

    Args:
        samples: how many.
        positives: (L,) how many have each label.
        known: (L,) in how many each label is known.
        name: which they are.
    """

    samples: int
    positives: tuple[int, ...]
    known: tuple[int, ...]
    name: str = "validation"


@dataclass(frozen=True)
class Decision:
    """From logits to label sets, as fitted on validation samples.

    Args:
        space: the L labels, with the relations that label sets keep.
        settings: what it was fitted for.
        calibration: from logits to probabilities.
        cuts: (L,) on the selection scores (see `select.selection_scores`), which for select "threshold" are the
            calibrated probabilities; a label is decided at or above its own.
        shared: how far labels share a cut: "known" beforehand, "common" to all, "promised", or the strength of
            shrinkage towards the common one.
        fitted_on: the samples behind it.
        notes: where the data did not allow what was asked.
    """

    space: LabelSpace
    settings: DecisionSettings
    calibration: Calibration
    cuts: NDArray[np.float64]
    shared: str | float
    fitted_on: FittedOn
    notes: tuple[str, ...] = ()

    @property
    def objective(self) -> str:
        """What it was fitted for: an objective, or a promise such as `missed <= 0.1`."""
        return str(self.settings.guarantee or self.settings.objective)

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """(L,) thresholds on the calibrated probabilities; NaN where select cuts something else."""
        return self.cuts if self.settings.select == "threshold" else np.full(len(self.space), np.nan)

    @cached_property
    def plan(self) -> Plan:
        """How the relations are kept."""
        return Plan.of(self.space.rules)

    def probabilities(self, logits: ArrayLike) -> NDArray[np.float32]:
        """(N, L) calibrated probabilities of (N, L) logits."""
        return self.calibration.probabilities(matrix(logits, "logits", len(self.space)))

    def decide(self, probabilities: ArrayLike) -> Booleans:
        """(N, L) booleans of (N, L) calibrated probabilities."""
        values = matrix(probabilities, "probabilities", len(self.space))
        decided = self._selected(values)
        if not self.space.relations:
            return decided
        for start in range(0, len(values), BLOCK):
            block = slice(start, start + BLOCK)
            rows = start + np.flatnonzero(self.space.rules.violated(decided[block]).any(axis=1))
            weights = weights_of(logits_of(values[rows].T), decided[rows].T, self._logit_cuts)
            decided[rows] = self.plan.decide(weights).T
        return decided

    def _selected(self, probabilities: NDArray[np.float64]) -> Booleans:
        """(N, L) the sets as they come, before relations are looked at."""
        select = self.settings.select
        if select == "threshold":
            return np.asarray(probabilities >= self.cuts)
        if select == "expected_f1":
            return expected_f_sets(probabilities, self.settings.beta)
        return np.asarray(self.cuts <= selection_scores(select, logits_of(probabilities.T)).T)

    @property
    def _logit_cuts(self) -> NDArray[np.float64] | None:
        return logits_of(self.cuts)[:, None] if self.settings.select == "threshold" else None

    def to_dict(self) -> dict[str, Any]:
        """What `decision.json` holds."""
        return {
            "order_hash": self.space.order_hash,
            "objective": self.objective,
            "settings": self.settings.model_dump(mode="json"),
            "fitted_on": {
                "name": self.fitted_on.name,
                "samples": self.fitted_on.samples,
                "positives": list(self.fitted_on.positives),
                "known": list(self.fitted_on.known),
            },
            "calibration": self.calibration.to_dict(),
            "cuts": self.cuts.tolist(),
            "shared": self.shared,
            "relations": self.space.relations.to_dict(),
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], space: LabelSpace, where: str = "decision.json") -> Self:
        """The inverse of `to_dict`; the relations are those it was fitted with, whatever the space declares.

        Raises:
            LabelError: it was fitted for other labels or another order.
            RunError: something is missing or of the wrong form.
        """
        space.require_order(values.get("order_hash"), where)
        with reading(where):
            on = values["fitted_on"]
            return cls(
                space.with_relations(Relations.from_dict(values["relations"], where)),
                DecisionSettings(**values["settings"]),
                Calibration.from_dict(values["calibration"], len(space)),
                np.asarray(values["cuts"], np.float64).reshape(len(space)),
                values["shared"],
                FittedOn(on["samples"], tuple(on["positives"]), tuple(on["known"]), on["name"]),
                tuple(values["notes"]),
            )
