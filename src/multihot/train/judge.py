"""How well logits fit, while training: loss and mean average precision.

Shapes: N samples, L labels.
"""

import math
from collections.abc import Callable
from typing import TypedDict

from torch import Tensor

from multihot.metrics import mean_average_precision


class Judgement(TypedDict):
    """Loss and mean average precision of some samples; None where no label has a positive."""

    loss: float
    mean_average_precision: float | None


Loss = Callable[[Tensor, Tensor], Tensor]


def judge(logits: Tensor, targets: Tensor, loss: Loss) -> Judgement:
    """Judge logits (N, L) by targets (N, L, NaN unknown), for the history."""
    precision = float(mean_average_precision(targets.cpu().numpy(), logits.detach().float().cpu().numpy()))
    return {
        "loss": float(loss(logits, targets)),
        "mean_average_precision": None if math.isnan(precision) else precision,
    }
