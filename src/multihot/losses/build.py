"""The loss that settings name, as training calls it.

Shapes: B samples in a batch, L labels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from multihot.errors import RecipeError
from multihot.labels import LabelSpace, Targets
from multihot.losses.binary import binary_cross_entropy
from multihot.losses.focusing import focal_margin
from multihot.losses.groups import ExclusiveGroups
from multihot.losses.overlap import dice, sigmoid_f1, soft_f_beta, tversky
from multihot.losses.partial import assumed_absent, self_paced_targets, without_large_losses
from multihot.losses.reduction import reduce
from multihot.losses.registry import REGISTRY
from multihot.losses.sequence import sequence_cross_entropy, steps_taken
from multihot.losses.settings import (
    BinaryCrossEntropySettings,
    LargeLossRejectionSettings,
    LossSettings,
    SequenceCrossEntropySettings,
    SplcSettings,
)

Values = Callable[[Tensor, Tensor], Tensor]
Correction = Callable[[Tensor, Tensor, float], Tensor]
NOT_PARAMETERS = {"name", "reduction", "over"}
OVERLAP = (tversky, dice, sigmoid_f1, soft_f_beta)


@dataclass(frozen=True)
class TrainingLoss:
    """A scalar of logits (B, L), targets (B, L, NaN unknown) and how much of training is done, in [0, 1].

    Args:
        settings: which loss, and how its values are joined.
        values: the loss unreduced, of targets that are corrected.
        correct: the targets that a model's logits suggest; None for losses that take targets as they are.
        start: the loss whose solution a fit in full batch should begin at; None for losses that lead there by
            themselves. Overlap is flat wherever probabilities are near 0 or 1, and a fit from zero gets stuck there.
    """

    settings: LossSettings
    values: Values
    correct: Correction | None = None
    start: "TrainingLoss | None" = None

    @property
    def stages(self) -> tuple[float, ...]:
        """At which shares of training a fit in full batch corrects its targets; one stage where nothing is corrected.

        Between stages targets are fixed, so that the loss is a function that a line search can trust.
        """
        return (0.0,) if self.correct is None else (0.0, 1 / 3, 2 / 3, 1.0)

    def corrected(self, logits: Tensor, targets: Tensor, done: float) -> Tensor:
        """(B, L) what the loss takes for true at this stage."""
        return targets if self.correct is None else self.correct(logits.detach(), targets, done)

    def fixed(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The scalar, of targets that are corrected already."""
        over = getattr(self.settings, "over", "samples")
        if over == "labels":
            return self._reduced(logits.T, targets.T)
        by_sample = self._reduced(logits, targets)
        return by_sample + self._reduced(logits.T, targets.T) if over == "both" else by_sample

    def _reduced(self, logits: Tensor, targets: Tensor) -> Tensor:
        counted = assumed_absent(targets) if REGISTRY[self.settings.name].unknown == "used" else targets
        return reduce(self.values(logits, targets), targets if self.correct else counted, self.settings.reduction)

    def __call__(self, logits: Tensor, targets: Tensor, done: float = 0.0) -> Tensor:
        """The scalar."""
        return self.fixed(logits, self.corrected(logits, targets, done))


@dataclass(frozen=True)
class SequenceLoss(TrainingLoss):
    """A scalar of step logits (B, T, L + 1) and targets (B, L): the mean over steps, or the sum over the batch."""

    def fixed(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The scalar; every step counts the same, so that sets of all sizes are learned as often as they are."""
        summed = self.values(logits, targets).sum()
        if self.settings.reduction == "sum/batch":
            return summed / max(len(targets), 1)
        return summed / steps_taken(logits).sum().clamp(min=1)


def build_loss(settings: LossSettings, space: LabelSpace, train: Targets | None = None) -> TrainingLoss:
    """The loss that settings name.

    Args:
        settings: which loss.
        space: the labels; losses of groups read its relations.
        train: the training targets, which losses that weigh by frequency count.

    Raises:
        RecipeError: a weight is negative, or the loss needs relations or training targets that are not there.
        LabelError: a weight names no label of the space.
    """
    if isinstance(settings, SequenceCrossEntropySettings):
        return SequenceLoss(settings, sequence_cross_entropy)
    if isinstance(settings, SplcSettings):
        return _self_paced(settings)
    if isinstance(settings, LargeLossRejectionSettings):
        return TrainingLoss(
            settings,
            binary_cross_entropy,
            lambda logits, targets, done: without_large_losses(logits, targets, settings.rejected * done),
        )
    parameters = settings.model_dump(exclude=NOT_PARAMETERS) | _facts(settings, space, train)
    function = REGISTRY[settings.name].function
    start = TrainingLoss(BinaryCrossEntropySettings(), binary_cross_entropy) if function in OVERLAP else None
    return TrainingLoss(settings, partial(function, **parameters), start=start)


def _self_paced(settings: SplcSettings) -> TrainingLoss:
    def correct(logits: Tensor, targets: Tensor, done: float) -> Tensor:
        return self_paced_targets(logits, targets, settings.threshold if done >= settings.start else 1.0)

    return TrainingLoss(settings, partial(focal_margin, margin=settings.margin, gamma=settings.gamma), correct)


def _facts(settings: LossSettings, space: LabelSpace, train: Targets | None) -> dict[str, Any]:
    """What a loss takes besides its own settings."""
    if isinstance(settings, BinaryCrossEntropySettings):
        names = ("weight", "positive_weight")
        weights = {name: _per_label(getattr(settings, name), space, f"loss.{name}") for name in names}
        return {name: weight if (weight != 1).any() else None for name, weight in weights.items()}
    needed = REGISTRY[settings.name].inputs
    facts: dict[str, Any] = {}
    if "groups" in needed:
        facts["groups"] = ExclusiveGroups.of(space)
        if not len(facts["groups"].columns):
            raise RecipeError(
                "loss: grouped_softmax needs labels that exclude each other, and the relations declare none; "
                "declare groups (--relations FILE), or take binary_cross_entropy"
            )
    if "positives" in needed:
        if train is None:
            raise RecipeError(f"loss: {settings.name} weighs by frequency and needs the training targets")
        facts["positives"] = torch.from_numpy(train.positives()).float()
    if "total" in needed and train is not None:
        facts["total"] = len(train)
    return facts


def _per_label(values: float | Mapping[str, float], space: LabelSpace, where: str) -> Tensor:
    if isinstance(values, Mapping):
        space.require_known(values, where)
        weights = torch.tensor([float(values.get(name, 1.0)) for name in space])
    else:
        weights = torch.full((len(space),), float(values))
    if (weights < 0).any():
        raise RecipeError(f"{where}: weights must not be negative, got {values}")
    return weights
