"""Fit a head whose loss is convex in its weights: in full batch, for one strength of regularisation after another.

Shapes: N samples, D features, L labels.
"""

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from multihot.losses import TrainingLoss
from multihot.models import Head
from multihot.train.judge import Fold
from multihot.train.solutions import Solutions

# Half decades, strongest first, each solution starting the next.
L2_PATH = tuple(10.0**exponent for exponent in (1, 0.5, 0, -0.5, -1, -1.5, -2, -2.5, -3, -3.5, -4))
L2_WITHOUT_VALIDATION = 0.1
WORSE_BEFORE_STOP = 2
# Of the slope at zero weights. Beyond it the loss on samples left out stays, while time goes.
TOLERANCE = 1e-3


def convex_solutions(head: Head, train: Fold, loss: TrainingLoss, l2: Sequence[float]) -> Solutions:
    """Minimise loss + l2 / 2 |W|² / outputs over the head's weights W, biases free, by L-BFGS from zero.

    Args:
        head: what is fitted, in place.
        train: what the weights are fitted on.
        loss: a scalar of logits and targets; where it corrects targets, it does so between fits of each strength.
        l2: the strengths, strongest first; each solution starts the next.
    """
    scaled = Fold(head.at_scale(train.features), train.targets)
    records = ({"stage": "head", "l2": strength} for strength in _solve(head, scaled, loss, l2))
    # A loss that begins at another's solution has more than one valley along the path.
    return Solutions(records, len(l2), WORSE_BEFORE_STOP if loss.start is None else len(l2))


def _solve(head: Head, train: Fold, loss: TrainingLoss, path: Sequence[float]) -> Iterator[float]:
    """Each strength of the path, when its solution stands in the head."""
    head.eval()
    for parameter in head.parameters():
        torch.nn.init.zeros_(parameter)
    tolerance = TOLERANCE * _steepest(head, train, loss)
    beginner = copy.deepcopy(head)
    starts = _solve(beginner, train, loss.start, path) if loss.start else None
    for strength in path:
        if starts:
            next(starts)
            head.load_state_dict(beginner.state_dict())
        for stage in loss.stages:
            with torch.no_grad():
                corrected = loss.corrected(head.score(train.features, train.targets), train.targets, stage)
            _minimise(head, Fold(train.features, corrected), loss, strength, tolerance)
        yield strength


def _minimise(head: Head, train: Fold, loss: TrainingLoss, l2: float, tolerance: float) -> None:
    parameters = list(head.parameters())

    def objective() -> Tensor:
        value = _objective(head, train, loss, l2)
        for parameter, slope in zip(parameters, torch.autograd.grad(value, parameters), strict=True):
            parameter.grad = slope.contiguous()  # as L-BFGS wants it
        return value.detach()

    optimiser = torch.optim.LBFGS(
        parameters,
        max_iter=200,
        history_size=10,
        tolerance_grad=tolerance,
        tolerance_change=1e-9,
        line_search_fn="strong_wolfe",
    )
    optimiser.step(objective)  # type: ignore[no-untyped-call]
    optimiser.zero_grad(set_to_none=True)


def _objective(head: Head, train: Fold, loss: TrainingLoss, l2: float) -> Tensor:
    named = dict(head.named_parameters())
    outputs = sum(tensor.numel() for name, tensor in named.items() if name.endswith("bias"))
    squares = [tensor.square().sum() for name, tensor in named.items() if not name.endswith("bias")]
    fit = head.training_loss(train.features, train.targets, loss.fixed)
    return fit + l2 / 2 * torch.stack(squares).sum() / outputs


def _steepest(head: Head, train: Fold, loss: TrainingLoss) -> float:
    """The largest slope of the loss at the weights as they are."""
    if not len(train):
        return 0.0
    weights = [tensor for name, tensor in head.named_parameters() if not name.endswith("bias")]
    slopes = torch.autograd.grad(head.training_loss(train.features, train.targets, loss), weights)
    return max(float(slope.abs().max()) for slope in slopes)
