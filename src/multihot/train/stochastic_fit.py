"""Fit a head in small batches: AdamW, a cosine to zero.

Shapes: N samples, D features, h w height and width of feature maps, L labels.
"""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from multihot.losses import TrainingLoss
from multihot.models import Head
from multihot.recipe import HeadFitSettings
from multihot.train.judge import Fold, Judgement, Loss
from multihot.train.solutions import Solutions


def stochastic_solutions(head: Head, train: Fold, loss: TrainingLoss, settings: HeadFitSettings) -> Solutions:
    """Train the head epoch by epoch.

    Args:
        head: where training starts.
        train: what the weights are fitted on; maps are brought to the head's scale batch by batch.
        loss: a scalar of what the head's `training_loss` gives it, targets and the share of training done.
        settings: how.
    """
    return Solutions(_train(head, train, loss, settings), settings.epochs, settings.patience)


def _train(head: Head, train: Fold, loss: TrainingLoss, settings: HeadFitSettings) -> Iterator[dict[str, Any]]:
    steps = max(math.ceil(len(train) / settings.batch_size), 1)
    optimiser = torch.optim.AdamW(_groups(head, settings.weight_decay), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, settings.epochs * steps + 1)
    for epoch in range(settings.epochs):
        epoch_loss = partial(loss, done=epoch / settings.epochs)
        on_train = _epoch(head, train, epoch_loss, settings.batch_size, optimiser, schedule)
        head.eval()
        yield {"stage": "head", "epoch": epoch + 1, "train": on_train}


def _epoch(
    head: Head,
    train: Fold,
    loss: Loss,
    batch_size: int,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> Judgement:
    """One pass over the training part; its loss is the mean of its steps'."""
    head.train()
    total = 0.0
    for rows in torch.split(torch.randperm(len(train)), batch_size):
        value = head.training_loss(head.at_scale(train.features[rows].float()), train.targets[rows], loss)
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        total += len(rows) * float(value.detach())
    return {"loss": total / max(len(train), 1), "mean_average_precision": None}


def _groups(head: Head, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices decay; biases, normalisation and what is one-dimensional do not."""
    matrices = [parameter for parameter in head.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in head.parameters() if parameter.ndim <= 1]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
