"""Run by `test_processes.py` as one of several processes: what each computes, for the test to compare."""

import itertools
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from multihot import processes
from multihot.data import read
from multihot.data.augment import STILL
from multihot.errors import MultihotError, RunError
from multihot.labels import LabelSpace, Targets
from multihot.losses import LossSettings, asymmetric, build_loss
from multihot.losses.linear import CellLoss
from multihot.models import build_classifier
from multihot.recipe import FullSettings, Recipe
from multihot.train import ShardedLinearHead, full, train
from multihot.train.checkpoints import TrainingState, load_checkpoint, save_checkpoint
from multihot.train.judge import Tally
from multihot.train.moving_average import MovingAverage
from multihot.train.objective import Objective
from multihot.train.sharded_weights import own_part, whole
from multihot.train.synced_norms import synced_norms
from multihot.train.whole_batch import Place, loss_of_all, own_share

LOSSES: dict[str, dict[str, Any]] = {
    "mean of known cells": {"name": "binary_cross_entropy"},
    "overlap over labels": {"name": "dice", "over": "both"},
    "largest losses of the batch": {"name": "large_loss_rejection", "rejected": 0.3},
}
CELL_LOSSES: dict[str, CellLoss | None] = {"binary_cross_entropy": None, "asymmetric": asymmetric}


TRAININGS = [("head-then-full", "replicated"), ("head-then-full", "sharded"), ("head", "replicated")]
Parallel = Literal["replicated", "sharded"]


class Small(nn.Module):
    """Pictures (b, 2, 4, 4) to logits (b, 3), with batch normalisation between."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.norm = nn.BatchNorm2d(2)
        self.convolution = nn.Conv2d(2, 4, 3)
        self.last = nn.BatchNorm2d(4)
        self.linear = nn.Linear(4, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        maps: Tensor = torch.relu(self.last(self.convolution(self.norm(pictures))))
        logits: Tensor = self.linear(maps.mean((2, 3)))
        return logits


def examples(samples: int) -> tuple[Tensor, Tensor]:
    """Pictures and targets, a third of them unknown, unevenly."""
    random = torch.Generator().manual_seed(samples)
    pictures = torch.randn(samples, 2, 4, 4, generator=random) * 3 + 5
    targets = (torch.rand(samples, 3, generator=random) > 0.5).float()
    targets[: samples // 2, 1:] = torch.nan
    return pictures, targets


def step(loss: dict[str, Any], samples: int) -> dict[str, Tensor]:
    """Loss, gradients and running statistics of one step over all processes."""
    model, (pictures, targets) = Small(), examples(samples)
    rows = np.arange(samples)
    place, own = Place.of(rows), torch.from_numpy(own_share(rows))
    settings: LossSettings = Recipe.parse({"loss": loss}).loss
    of_batch = build_loss(settings, LabelSpace(("a", "b", "c")))

    def whole(logits: Tensor, targets: Tensor) -> Tensor:
        return of_batch(logits, targets, done=1.0)

    with synced_norms(model, counted=place.counts):
        value = loss_of_all(whole, targets, place)(model(pictures[own]), targets[own])
        value.backward()
    found = {"value": value.detach(), **{f"after.{name}": buffer for name, buffer in model.named_buffers()}}
    for name, parameter in model.named_parameters():
        gradient = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
        if processes.count() > 1:
            torch.distributed.all_reduce(gradient)
        found[name] = gradient / processes.count()
    return found


def begun(parallel: Parallel, optimiser: type[torch.optim.Optimizer]) -> tuple[TrainingState, Objective, MovingAverage]:
    """A small net in training: its state, what is stepped, and the average."""
    settings = FullSettings(parallel=parallel)
    recipe = Recipe.parse({"encoder": {"name": "cnn32", "pooling": "average"}})
    torch.manual_seed(1)
    classifier = build_classifier(recipe.picture_encoder, recipe.head, 3, load_weights=True)
    stepped, averaged = full._stepped_and_averaged(classifier, settings, Accelerator(cpu=True))
    groups = full.parameter_groups(stepped.classifier, settings, 1.0)
    state = TrainingState(stepped.classifier, averaged.classifier, optimiser(groups, lr=0.1))
    return state, stepped.train(), MovingAverage(stepped, averaged.eval(), decay=0.5)


def full_step(loss: dict[str, Any], samples: int, parallel: Parallel) -> dict[str, Tensor]:
    """Loss and gradients of one step of training over all processes, and all weights and statistics after it."""
    state, objective, average = begun(parallel, torch.optim.SGD)
    random = torch.Generator().manual_seed(samples)
    pictures = torch.randint(0, 256, (samples, 3, 32, 32), dtype=torch.uint8, generator=random)
    rows, tally = np.arange(samples), Tally()
    batch = full.Batch(pictures[torch.from_numpy(own_share(rows))], examples(samples)[1], Place.of(rows))
    of_batch = partial(build_loss(Recipe.parse({"loss": loss}).loss, LabelSpace(("a", "b", "c"))), done=1.0)
    settings = FullSettings(parallel=parallel, augment=STILL)
    full._step(state, objective, batch, of_batch, settings, random, Accelerator(cpu=True), tally)
    average.update(1)
    found = {"value": torch.tensor(tally.judgement_of_all()["loss"])}
    for name, parameter in state.model.named_parameters():
        found[f"gradient.{name}"] = whole(parameter.grad)
    for kind, classifier in (("stepped", state.model), ("average", state.average)):
        found.update({f"{kind}.{name}": whole(tensor) for name, tensor in classifier.state_dict().items()})
    return found


def train_a_little(checkpoint: Path) -> None:
    """Write a checkpoint of one process."""
    state, objective, average = begun("replicated", torch.optim.AdamW)
    for number in (1, 2):
        objective(torch.rand(4, 3, 32, 32), torch.ones(4, 3), binary_cross_entropy_with_logits)[0].backward()
        state.optimiser.step()
        average.update(number)
    state.best = {name: tensor + 1 for name, tensor in state.average.state_dict().items()}
    save_checkpoint(checkpoint, state)


def carry_over(checkpoint: Path, to: Path) -> list[float]:
    """Go on from a checkpoint of one process with weights that are sharded, and write another.

    Returns:
        The share of all memory, for weights, average, best weights and moments, that each process needs.
    """
    state, _, _ = begun("sharded", torch.optim.AdamW)
    load_checkpoint(checkpoint, state)
    save_checkpoint(to, state)
    moments = [moment for of_one in state.optimiser.state.values() for moment in of_one.values() if moment.ndim]
    best = [state.best[name] for name, _ in state.model.named_parameters()]
    tensors = [*state.model.parameters(), *state.average.parameters(), *best, *moments]
    held = sum(own_part(tensor.detach()).untyped_storage().nbytes() for tensor in tensors)
    return processes.from_all(held / sum(4 * tensor.numel() for tensor in tensors))


def sharded(of_cell: CellLoss | None = None) -> dict[str, Tensor]:
    """What a head of eleven labels over all processes gives for five samples, of which each has some."""
    random = torch.Generator().manual_seed(3)
    features, weight, bias = (torch.randn(shape, generator=random) for shape in ((5, 4), (11, 4), (11,)))
    targets = (torch.rand(5, 11, generator=random) > 0.7).float()
    targets[1:3, 4:8] = torch.nan
    own = torch.tensor_split(features, processes.count())[processes.rank()].clone().requires_grad_()
    head = ShardedLinearHead(4, 11)
    with torch.no_grad():
        head.weight.copy_(weight[head.own])
        head.bias.copy_(bias[head.own])
    value = head.loss(own, head.own_targets(Targets.from_dense(targets)), of_cell)
    value.backward()
    scores, labels = head.top_k(own, 6)
    gradients = [parameter.grad for parameter in (head.weight, head.bias, own) if parameter.grad is not None]
    return {"value": value.detach(), "scores": scores, "labels": labels} | {
        name: torch.cat(processes.from_all(gradient))
        for name, gradient in zip(("weight", "bias", "features"), gradients, strict=True)
    }


def fail() -> None:
    raise RunError("no such run")


def compute(folder: Path) -> None:
    """Everything that the test compares, written by the first."""
    processes.join()
    cases = [(name, loss, samples) for name, loss in LOSSES.items() for samples in (7, 1)]
    steps = {f"{name}, {samples}": step(loss, samples) for name, loss, samples in cases}
    sharded_steps = {f"{name}, {samples}": full_step(loss, samples, "sharded") for name, loss, samples in cases}
    held = carry_over(folder / "one.safetensors", folder / "sharded.safetensors")
    rows = processes.rows_at_first(np.full((processes.rank() + 1, 2), processes.rank(), dtype=np.float16))
    try:
        processes.decided_by_first(fail)
    except MultihotError as error:
        errors = processes.from_all((type(error).__name__, str(error)))
    heads = {name: sharded(of_cell) for name, of_cell in CELL_LOSSES.items()}
    found = {
        "heads": heads,
        "steps": steps,
        "sharded steps": sharded_steps,
        "held": held,
        "rows": rows,
        "errors": errors,
    }
    found["speaks"] = processes.from_all(processes.first_to_say("no such run"))
    if processes.is_first():
        torch.save(found, folder / "computed.pt")


def train_and_compute(source: Path, folder: Path) -> None:
    compute(folder)
    for tune, parallel in TRAININGS:
        train(read(source), recipe(tune, parallel), folder / f"{tune}, {parallel}")


def recipe(tune: str, parallel: str = "replicated") -> Recipe:
    settings = {"epochs": 3, "batch_size": 19, "learning_rate": 0.0005, "parallel": parallel}
    return Recipe.parse({"encoder": "cnn32", "tune": tune, "device": "cpu", "runtime": "torch", "full": settings})


def killed_twice(source: Path, folder: Path) -> None:
    """Two trainings, of each of which the second process is killed in its second epoch, once."""
    one_step = full._step
    for attempt, (tune, parallel) in enumerate(TRAININGS[:2]):
        steps = itertools.count(1)

        def counted(*given: Any, steps: Iterator[int] = steps, attempt: int = attempt) -> None:
            now = int(os.environ["TORCHELASTIC_RESTART_COUNT"])
            if next(steps) == 6 and processes.rank() == 1 and now == attempt:
                os.kill(os.getpid(), signal.SIGKILL)
            one_step(*given)

        full._step = counted
        train(read(source), recipe(tune, parallel), folder / f"{tune}, {parallel}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"compute": train_and_compute, "killed twice": killed_twice}[sys.argv[1]](*map(Path, sys.argv[2:]))
    processes.end()
