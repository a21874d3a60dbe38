"""Decisions among each sample's best labels, for label spaces too large for a score a cell.

One calibration map and one cut for all labels: one label of a hundred thousand has too few validation samples for a map
of its own. Labels that are not listed are decided absent.

Shapes: N samples, L labels, K labels listed a sample.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.calibrate.logistic import pooled_fit
from multihot.decisions.checks import reading
from multihot.decisions.objectives import Counts, Objective, objective_of
from multihot.decisions.scale import probabilities_of
from multihot.decisions.settings import DecisionSettings
from multihot.errors import ArgumentError
from multihot.labels import LabelSpace, Targets

CUTS = 200
"""Thresholds that are tried, at equal shares of the listed probabilities."""

_SCARCE = 10

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class ListDecision:
    """From the scores of listed labels to probabilities and label sets.

    Args:
        space: the L labels.
        settings: what it was fitted for.
        slope: of the calibration map: probability = logistic(slope * score + intercept).
        intercept: of the same.
        cut: for select "threshold" on the probabilities, for "top_k" how many labels are given.
        fitted_on: how many validation samples it was fitted on.
        notes: where the data did not allow what was asked.
    """

    space: LabelSpace
    settings: DecisionSettings
    slope: float
    intercept: float
    cut: float
    fitted_on: int
    notes: tuple[str, ...] = ()

    @property
    def objective(self) -> str:
        """What it was fitted for."""
        return self.settings.objective

    def probabilities(self, scores: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """(N, K) the probability of each label listed, given that it is."""
        return probabilities_of(self.slope * scores.astype(np.float64) + self.intercept)

    def decide(self, probabilities: NDArray[np.float32]) -> Booleans:
        """(N, K) booleans of (N, K) probabilities, each row falling."""
        return _decided(probabilities, self.settings.select, self.cut)

    def to_dict(self) -> dict[str, Any]:
        """What `decision.json` holds."""
        return {
            "form": "lists",
            "order_hash": self.space.order_hash,
            "objective": self.objective,
            "settings": self.settings.model_dump(mode="json"),
            "calibration": {"slope": self.slope, "intercept": self.intercept},
            "cut": self.cut,
            "fitted_on": self.fitted_on,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], space: LabelSpace, where: str = "decision.json") -> Self:
        """The inverse of `to_dict`.

        Raises:
            LabelError: it was fitted for other labels or another order.
            RunError: something is missing or of the wrong form.
        """
        space.require_order(values.get("order_hash"), where)
        with reading(where):
            calibration = values["calibration"]
            return cls(
                space,
                DecisionSettings(**values["settings"]),
                float(calibration["slope"]),
                float(calibration["intercept"]),
                float(values["cut"]),
                int(values["fitted_on"]),
                tuple(values["notes"]),
            )


def require_for_lists(settings: DecisionSettings) -> None:
    """Raise an `ArgumentError` where settings ask for what lists of the best labels cannot give."""
    refused = {
        f"select {settings.select!r}": settings.select not in ("threshold", "top_k"),
        f"calibration {settings.calibration!r}": settings.calibration == "isotonic",
        "a guarantee": settings.guarantee is not None,
    }
    for what, is_asked in refused.items():
        if is_asked:
            raise ArgumentError(
                f"decision: {what} needs a score for every label; a large label set has select threshold or top_k, "
                "calibration platt, temperature or none, and no guarantee"
            )


def fit_listed(
    labels: NDArray[np.int32],
    scores: NDArray[np.float32],
    targets: Targets,
    settings: DecisionSettings,
    space: LabelSpace,
) -> ListDecision:
    """Fit calibration and cut on validation samples, never on those the model was trained on.

    Args:
        labels: (N, K) the labels listed, best first, N may be 0.
        scores: (N, K) theirs, unbounded.
        targets: (N, L); listed labels that are unknown take no part.
        settings: what to fit for: any objective, with one cut for all labels.
        space: the L labels.

    Raises:
        ArgumentError: the settings ask for what lists cannot give.
    """
    require_for_lists(settings)
    states = targets.at(labels).astype(np.float64)
    slope, intercept, notes = _calibrated(scores.astype(np.float64), states, settings)
    probabilities = probabilities_of(slope * scores.astype(np.float64) + intercept)
    cut = _cut(labels, probabilities, states, targets, settings)
    return ListDecision(space, settings, slope, intercept, cut, len(labels), notes)


def _calibrated(
    scores: NDArray[np.float64], states: NDArray[np.float64], settings: DecisionSettings
) -> tuple[float, float, tuple[str, ...]]:
    present, absent = int((states == 1).sum()), int((states == 0).sum())
    if settings.calibration == "none":
        return 1.0, 0.0, ()
    if min(present, absent) < _SCARCE:
        said = f"calibration: only {present} listed labels are present and {absent} absent"
        return 1.0, 0.0, (f"{said}, probabilities stay as they are",)
    centre = pooled_fit(scores, states, settings.calibration != "temperature")
    return centre.slope, centre.intercept, ()


def _cut(
    labels: NDArray[np.int32],
    probabilities: NDArray[np.float32],
    states: NDArray[np.float64],
    targets: Targets,
    settings: DecisionSettings,
) -> float:
    """The best of some cuts by the objective; of equal ones the one that gives fewer labels."""
    if settings.select == "top_k" and settings.count is not None:
        return float(settings.count)
    if settings.objective == "fixed" or not len(labels):
        return 0.5 if settings.select == "threshold" else 1.0
    objective = objective_of(settings)
    if settings.select == "threshold":
        candidates = np.unique(np.quantile(probabilities, np.linspace(0, 1, CUTS), method="nearest"))[::-1]
        candidates = np.append(np.nextafter(candidates[:1], np.float32(1)), candidates)
    else:
        candidates = np.arange(labels.shape[1] + 1, dtype=np.float32)
    values = [
        _value(objective, labels, _decided(probabilities, settings.select, float(cut)), states, targets)
        for cut in candidates
    ]
    return float(candidates[int(np.argmax(values))])


def _decided(probabilities: NDArray[np.float32], select: str, cut: float) -> Booleans:
    if select == "top_k":
        return np.broadcast_to(np.arange(probabilities.shape[1]) < cut, probabilities.shape)
    return np.asarray(probabilities >= np.float32(cut))


def _value(
    objective: Objective,
    labels: NDArray[np.int32],
    decided: Booleans,
    states: NDArray[np.float64],
    targets: Targets,
) -> float:
    """As `value_of`, from lists."""
    hit, wrong = decided & (states == 1), decided & (states == 0)
    by: Literal["samples", "labels"] = "samples" if objective.average == "samples" else "labels"
    if by == "samples":
        found = [cells.sum(axis=1) for cells in (hit, wrong)]
        present = np.diff(targets.present.indptr)
        known = targets.shape[1] - np.diff(targets.unknown.indptr)
    else:
        found = [np.bincount(labels[cells], minlength=targets.shape[1]) for cells in (hit, wrong)]
        present, known = targets.positives(), targets.known()
    counts = Counts(*(np.asarray(count, np.float64) for count in (*found, present, known - present)))
    if objective.average == "micro":
        return float(objective.value(Counts(*(count.sum(keepdims=True) for count in counts)))[0])
    values = objective.value(counts)[(known > 0) if by == "samples" else (present > 0)]
    return float(values.mean()) if len(values) else 0.0
