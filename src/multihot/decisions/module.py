"""A decision as a torch module: the same probabilities and label sets, for serving and for export."""

import numpy as np
import torch
from torch import Tensor, nn

from multihot.decisions.decision import Decision
from multihot.decisions.scale import SMALLEST
from multihot.decisions.select import selection_scores, weights_of
from multihot.errors import ArgumentError


class DecisionModule(nn.Module):
    """From logits to probabilities and label sets.

    Computes in float64, as the decision itself does, so that both give the same sets.

    Args:
        decision: fitted; select "expected_f1", and relations that have no closed form, run in numpy only.

    Raises:
        ArgumentError: the decision has no closed form.
    """

    slopes: Tensor
    intercepts: Tensor
    knots: Tensor
    bends: Tensor
    cuts: Tensor

    def __init__(self, decision: Decision) -> None:
        super().__init__()
        _require_closed_form(decision)
        self.select = decision.settings.select
        self.plan = decision.plan if decision.space.relations else None
        calibration = decision.calibration
        widest = max((len(knots) for knots in calibration.knots), default=0)
        for name, values in (
            ("slopes", calibration.slopes),
            ("intercepts", calibration.intercepts),
            ("knots", _padded(calibration.knots, widest)),
            ("bends", _padded(calibration.bends, widest)),
            ("cuts", decision.cuts),
        ):
            self.register_buffer(name, torch.from_numpy(np.array(values, np.float64)))

    def forward(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """(N, L) float32 calibrated probabilities and (N, L) booleans, from (N, L) logits."""
        values = logits.double()
        calibrated = values * self.slopes + self.intercepts
        if self.knots.shape[1]:
            calibrated = calibrated + ((values[:, :, None] - self.knots).clip(min=0) * self.bends).sum(dim=2)
        probabilities = torch.sigmoid(calibrated).clip(SMALLEST, 1 - SMALLEST).float()
        return probabilities, self.decide(probabilities)

    def decide(self, probabilities: Tensor) -> Tensor:
        """(N, L) booleans of (N, L) calibrated probabilities."""
        values = probabilities.double().T
        inside = values.clip(SMALLEST, 1 - SMALLEST)
        logits = torch.log(inside) - torch.log1p(-inside)
        threshold = self.select == "threshold"
        cuts = self.cuts[:, None]
        decided: Tensor = (values if threshold else selection_scores(self.select, logits)) >= cuts
        if self.plan is not None:
            weights = weights_of(logits, decided, torch.log(cuts) - torch.log1p(-cuts) if threshold else None)
            decided = self.plan.decide_all(weights)
        return decided.T


def _require_closed_form(decision: Decision) -> None:
    if decision.settings.select == "expected_f1":
        raise ArgumentError("select 'expected_f1' runs in numpy only; fit with another select to export")
    if decision.space.relations and not decision.plan.closed_form:
        raise ArgumentError(
            "these relations need an integer programme, which runs in numpy only; leave out what ties groups and "
            "implications into a circle, or fit the decision with relations off to export it"
        )


def _padded(rows: tuple[np.ndarray, ...], width: int) -> np.ndarray:
    return np.array([np.pad(row, (0, width - len(row))) for row in rows]).reshape(len(rows), width)
