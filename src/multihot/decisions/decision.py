"""The fitted object that turns logits into label sets: `calibrate -> select`, saved as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.decisions.calibrate import Calibration, fit_calibration
from multihot.decisions.settings import DecisionSettings
from multihot.decisions.threshold import fit_thresholds
from multihot.errors import ArgumentError, RunError
from multihot.labels import LabelSpace


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
        space: the L labels.
        settings: what it was fitted for.
        calibration: from logits to probabilities.
        thresholds: (L,) on the calibrated probabilities; a label is decided at or above its own.
        shared: how far labels share a threshold, see `threshold.choose`.
        fitted_on: the samples behind it.
        notes: where the data did not allow what was asked.
    """

    space: LabelSpace
    settings: DecisionSettings
    calibration: Calibration
    thresholds: NDArray[np.float64]
    shared: str | float
    fitted_on: FittedOn
    notes: tuple[str, ...] = ()

    @property
    def objective(self) -> str:
        """What the thresholds were fitted for."""
        return self.settings.objective

    def probabilities(self, logits: ArrayLike) -> NDArray[np.float32]:
        """(N, L) calibrated probabilities of (N, L) logits."""
        return self.calibration.probabilities(_matrix(logits, "logits", len(self.space)))

    def decide(self, probabilities: ArrayLike) -> NDArray[np.bool_]:
        """(N, L) booleans of (N, L) calibrated probabilities."""
        return np.asarray(_matrix(probabilities, "probabilities", len(self.space)) >= self.thresholds)

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
            "thresholds": self.thresholds.tolist(),
            "shared": self.shared,
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
        try:
            on = values["fitted_on"]
            return cls(
                space,
                DecisionSettings(**values["settings"]),
                Calibration.from_dict(values["calibration"], len(space)),
                np.asarray(values["thresholds"], np.float64).reshape(len(space)),
                values["shared"],
                FittedOn(on["samples"], tuple(on["positives"]), tuple(on["known"]), on["name"]),
                tuple(values["notes"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"{where}: not a decision of this version ({error}); fit it again with `multihot decide`"
            ) from error


def fit(
    logits: ArrayLike,
    targets: ArrayLike,
    settings: DecisionSettings,
    space: LabelSpace,
    fitted_on: str = "validation",
) -> Decision:
    """Fit calibration and thresholds on validation samples, never on those the model was trained on.

    Args:
        logits: (N, L), N may be 0.
        targets: (N, L) of 1 present, 0 absent, NaN unknown; unknown cells take no part.
        settings: what to fit for.
        space: the L labels.
        fitted_on: which samples these are, for the record.

    Raises:
        ArgumentError: shapes do not match the label space, a logit is not finite, or a target is of no known state.
    """
    scores = _matrix(logits, "logits", len(space))
    states = _matrix(targets, "targets", len(space))
    _require_states(scores, states)
    calibration = fit_calibration(scores, states, settings.calibration, space, settings.seed)
    fitted = fit_thresholds(calibration.probabilities(scores), states, settings, space)
    on = FittedOn(
        len(scores),
        tuple(int(count) for count in (states == 1).sum(axis=0)),
        tuple(int(count) for count in (~np.isnan(states)).sum(axis=0)),
        fitted_on,
    )
    notes = calibration.notes + fitted.notes
    return Decision(space, settings, calibration, fitted.values, fitted.shared, on, notes)


def _matrix(values: ArrayLike, name: str, labels: int) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.ndim != 2 or array.shape[1] != labels:
        raise ArgumentError(f"{name} must have the shape (samples, {labels}), got {array.shape}")
    return array


def _require_states(logits: NDArray[np.float64], targets: NDArray[np.float64]) -> None:
    if logits.shape != targets.shape:
        raise ArgumentError(f"logits are {logits.shape}, targets {targets.shape}: shapes must match")
    if not np.isfinite(logits).all():
        row, column = np.argwhere(~np.isfinite(logits))[0]
        raise ArgumentError(f"logits must be finite, got {logits[row, column]} at row {row}, label {column}")
    illegal = ~np.isnan(targets) & (targets != 0) & (targets != 1)
    if illegal.any():
        row, column = np.argwhere(illegal)[0]
        got = f"{targets[row, column]} at row {row}, label {column}"
        raise ArgumentError(f"targets must be 1 present, 0 absent or NaN unknown, got {got}")
