"""Run by `test_processes.py` as one of several processes: what each computes, for the test to compare."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from multihot import processes
from multihot.data import read
from multihot.errors import MultihotError, RunError
from multihot.labels import LabelSpace, Targets
from multihot.losses import LossSettings, asymmetric, build_loss
from multihot.losses.linear import CellLoss
from multihot.recipe import Recipe
from multihot.train import ShardedLinearHead, full, train
from multihot.train.synced_norms import synced_norms
from multihot.train.whole_batch import Place, loss_of_all, own_batches, own_share

LOSSES: dict[str, dict[str, Any]] = {
    "mean of known cells": {"name": "binary_cross_entropy"},
    "overlap over labels": {"name": "dice", "over": "both"},
    "largest losses of the batch": {"name": "large_loss_rejection", "rejected": 0.3},
}
CELL_LOSSES: dict[str, CellLoss | None] = {"binary_cross_entropy": None, "asymmetric": asymmetric}


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
    steps = {f"{name}, {samples}": step(loss, samples) for name, loss in LOSSES.items() for samples in (7, 1)}
    rows = processes.rows_at_first(np.full((processes.rank() + 1, 2), processes.rank(), dtype=np.float16))
    batches = processes.from_all(own_batches(np.arange(70), 32).tolist())
    try:
        processes.decided_by_first(fail)
    except MultihotError as error:
        errors = processes.from_all((type(error).__name__, str(error)))
    heads = {name: sharded(of_cell) for name, of_cell in CELL_LOSSES.items()}
    found = {"heads": heads, "steps": steps, "rows": rows, "batches": batches, "errors": errors}
    found["speaks"] = processes.from_all(processes.first_to_say("no such run"))
    if processes.is_first():
        torch.save(found, folder / "computed.pt")


def train_and_compute(source: Path, folder: Path) -> None:
    compute(folder)
    for tune in ("head-then-full", "head"):
        train(read(source), recipe(tune), folder / tune)


def recipe(tune: str) -> Recipe:
    settings = {"epochs": 3, "batch_size": 19, "learning_rate": 0.0005}
    return Recipe.parse({"encoder": "cnn32", "tune": tune, "device": "cpu", "runtime": "torch", "full": settings})


def killed_once(source: Path, folder: Path) -> None:
    """A training of which the second process is killed in its second epoch, the first time."""
    steps, one_step = 0, full._step

    def counted(*given: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == 6 and processes.rank() == 1 and not processes.restarted():
            os.kill(os.getpid(), signal.SIGKILL)
        one_step(*given)

    full._step = counted
    train(read(source), recipe("head-then-full"), folder)


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"compute": train_and_compute, "killed once": killed_once}[sys.argv[1]](*map(Path, sys.argv[2:]))
    processes.leave()
