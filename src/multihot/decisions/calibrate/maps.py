"""The calibration map: one rising, piecewise linear function of the logit for each label.

`calibrated = slope * logit + intercept + sum of bend * max(logit - knot, 0)`; probability is its sigmoid. The identity,
temperature and Platt scaling have no bends. One formula, so numpy, torch and an exported model compute the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot.decisions.scale import probabilities_of

Floats = NDArray[np.float64]
Method = Literal["none", "temperature", "platt", "isotonic"]


@dataclass(frozen=True)
class Calibration:
    """One map a label.

    Args:
        method: how they were fitted.
        slopes: (L,) positive; with the bends no stretch falls, so calibration never reorders the samples of a label.
        intercepts: (L,).
        knots: L arrays, where the slope changes.
        bends: L arrays of the same lengths, by how much.
        log_loss: mean over known cells before and after, each sample predicted by a fit without it; None where nothing
            was fitted.
        notes: where the data did not allow what was asked.
    """

    method: Method
    slopes: Floats
    intercepts: Floats
    knots: tuple[Floats, ...]
    bends: tuple[Floats, ...]
    log_loss: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def linear(cls, method: Method, slopes: ArrayLike, intercepts: ArrayLike) -> Self:
        """Maps without bends."""
        steep = np.asarray(slopes, np.float64)
        none = tuple(np.empty(0) for _ in steep)
        return cls(method, steep, np.asarray(intercepts, np.float64), none, none)

    def logits(self, logits: ArrayLike) -> Floats:
        """(N, L) calibrated logits of (N, L) logits."""
        values = np.asarray(logits, np.float64)
        calibrated = values * self.slopes + self.intercepts
        for label, (knots, bends) in enumerate(zip(self.knots, self.bends, strict=True)):
            for knot, bend in zip(knots, bends, strict=True):
                calibrated[:, label] += bend * np.maximum(values[:, label] - knot, 0)
        return calibrated

    def probabilities(self, logits: ArrayLike) -> NDArray[np.float32]:
        """(N, L) calibrated probabilities of (N, L) logits, strictly inside (0, 1)."""
        return probabilities_of(self.logits(logits))

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe; knots only where there are any."""
        bent = {
            str(label): {"knots": knots.tolist(), "bends": bends.tolist()}
            for label, (knots, bends) in enumerate(zip(self.knots, self.bends, strict=True))
            if len(knots)
        }
        loss = None if self.log_loss is None else {"before": self.log_loss[0], "after": self.log_loss[1]}
        values = {"method": self.method, "slopes": self.slopes.tolist(), "intercepts": self.intercepts.tolist()}
        return values | {"log_loss": loss, "notes": list(self.notes)} | ({"bent": bent} if bent else {})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], labels: int) -> Self:
        """The inverse of `to_dict`; raises KeyError, TypeError or ValueError where it is of another form."""
        bent = values.get("bent", {})
        loss = values["log_loss"]
        return cls(
            values["method"],
            np.asarray(values["slopes"], np.float64).reshape(labels),
            np.asarray(values["intercepts"], np.float64).reshape(labels),
            tuple(np.asarray(bent.get(str(label), {}).get("knots", ()), np.float64) for label in range(labels)),
            tuple(np.asarray(bent.get(str(label), {}).get("bends", ()), np.float64) for label in range(labels)),
            None if loss is None else (loss["before"], loss["after"]),
            tuple(values["notes"]),
        )
