"""Settings of the loss, and the loss they name."""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from multihot.errors import RecipeError
from multihot.labels import LabelSpace
from multihot.losses.binary import binary_cross_entropy
from multihot.losses.reduction import Reduction, reduce


class LossSettings(BaseModel):
    """Which loss, and how its cells are weighted and joined."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Literal["binary_cross_entropy"] = "binary_cross_entropy"
    """`binary_cross_entropy`: every label a yes-or-no question."""

    weight: float | dict[str, float] = 1.0
    """Weight of a label's cells: one number, or some labels by name (the others 1)."""

    positive_weight: float | dict[str, float] = 1.0
    """Weight of a label's present cells against its absent ones: one number, or some labels by name (the others 1)."""

    reduction: Reduction = "mean"
    """`mean` over known cells, or `sum/batch`: the sum over cells divided by the samples in the batch."""


def build_loss(settings: LossSettings, space: LabelSpace) -> Callable[[Tensor, Tensor], Tensor]:
    """A function of logits (B, L) and targets (B, L, NaN unknown) that returns a scalar.

    Raises:
        RecipeError: a weight is negative or names no label of the space.
    """
    weight = _per_label(settings.weight, space, "loss.weight")
    positive_weight = _per_label(settings.positive_weight, space, "loss.positive_weight")

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        cells = binary_cross_entropy(logits, targets, weight.to(logits), positive_weight.to(logits))
        return reduce(cells, targets, settings.reduction)

    return loss


def _per_label(values: float | Mapping[str, float], space: LabelSpace, where: str) -> Tensor:
    if isinstance(values, Mapping):
        space.require_known(values, where)
        weights = torch.tensor([float(values.get(name, 1.0)) for name in space])
    else:
        weights = torch.full((len(space),), float(values))
    if (weights < 0).any():
        raise RecipeError(f"{where}: weights must not be negative, got {values}")
    return weights
