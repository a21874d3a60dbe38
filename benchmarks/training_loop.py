"""What does the training loop cost beside a bare PyTorch loop of the same model, and what do its metrics cost?

Pictures of random pixels lie in memory at the size of the model; batches of 32, 20 labels, no augmentation. The bare
loop is indexing, forward, binary cross entropy, backward and AdamW. Beside it stand: an epoch of multihot, with its
loader, moving average of the weights, schedule and metrics; the same without metrics; and the bare loop with timm's
moving average in it, as averaging is part of the recipe and not of the loop. Epochs of all four alternate; ratios are
medians of the ratios of neighbours.

    OMP_WAIT_POLICY=passive .venv/bin/python benchmarks/training_loop.py [--threads 1] [--repeats 7] [--only cnn32]
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import torch
from accelerate import Accelerator
from timm.utils.model_ema import ModelEmaV3
from torch import Tensor
from torch.nn import functional

from multihot.data import ImageArrays
from multihot.data.augment import STILL
from multihot.labels import LabelSpace
from multihot.losses import build_loss
from multihot.memory import keep_large_blocks
from multihot.models import Classifier, build_classifier
from multihot.recipe import FullSettings, Recipe
from multihot.train import full
from multihot.train.checkpoints import TrainingState
from multihot.train.judge import Loss, Tally
from multihot.train.moving_average import MovingAverage
from multihot.train.objective import Objective

LABELS, BATCH = 20, 32
LOOP_LIMIT, METRICS_LIMIT = 1.03, 0.02
MODELS = {"cnn32": (32, 512), "tf_efficientnet_lite0": (96, 128)}


@dataclass(frozen=True)
class Data:
    """Pictures (N, S, S, 3) uint8 and targets (N, L)."""

    pixels: Tensor
    targets: Tensor

    @classmethod
    def random(cls, size: int, samples: int) -> "Data":
        """Pictures and targets that mean nothing."""
        random = torch.Generator().manual_seed(0)
        pixels = torch.randint(0, 256, (samples, size, size, 3), dtype=torch.uint8, generator=random)
        return cls(pixels, (torch.rand(samples, LABELS, generator=random) < 0.1).float())


def classifier_of(name: str, size: int) -> Classifier:
    recipe = Recipe.parse({"encoder": {"name": name, "size": size, "weights": "none", "pooling": "average"}})
    torch.manual_seed(0)
    return build_classifier(recipe.picture_encoder, recipe.head, LABELS, load_weights=True)


def bare(classifier: Classifier, data: Data, *, averaged: bool = False) -> Callable[[], None]:
    """An epoch of what any loop must do."""
    optimiser = torch.optim.AdamW(full.parameter_groups(classifier, FullSettings(), 1.0), lr=1e-4)
    average = ModelEmaV3(classifier, decay=0.99, use_warmup=True) if averaged else None
    pixels = data.pixels.permute(0, 3, 1, 2)
    step = 0

    def epoch() -> None:
        nonlocal step
        classifier.train()
        for rows in torch.split(torch.randperm(len(pixels)), BATCH):
            logits = classifier(pixels[rows].float())
            loss = functional.binary_cross_entropy_with_logits(logits, data.targets[rows])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            step += 1
            if average is not None:
                average.update(classifier, step=step)

    return epoch


def ours(classifier: Classifier, data: Data, kind: type[Objective] = Objective) -> Callable[[], None]:
    """An epoch of multihot, without validation."""
    settings = FullSettings(batch_size=BATCH, learning_rate=1e-4, augment=STILL)
    accelerator = Accelerator(cpu=True)
    stepped, averaged = kind(classifier), kind(copy.deepcopy(classifier)).eval()
    average = MovingAverage(stepped, averaged, decay=0.99**full.AVERAGED_EVERY)
    optimiser = torch.optim.AdamW(full.parameter_groups(classifier, settings, 1.0), fused=True)
    state = TrainingState(classifier, averaged.classifier, optimiser)
    space = LabelSpace(tuple(f"label {number}" for number in range(LABELS)))
    loss = build_loss(Recipe().loss, space)
    rows = np.arange(len(data.targets))
    task = full.Task(ImageArrays(data.pixels.numpy()), data.targets, rows, rows[:0], loss, 0)
    objective = accelerator.prepare(stepped)
    return lambda: void(full._epoch(state, objective, average, task, settings, accelerator))


def void(_: Any) -> None:
    """Records are of no interest here."""


class WithoutLogits(Objective):
    """The objective without what metrics are made of."""

    def forward(self, pictures: Tensor, targets: Tensor, loss: Loss) -> tuple[Tensor, Tensor]:
        """The loss, and nothing of use."""
        head = self.classifier.head
        return head.training_loss(head.at_scale(self.classifier.encoder(pictures)), targets, loss), targets


class Silent(Tally):
    """A tally of nothing."""

    def add(self, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
        """Nothing."""

    def judgement_of_all(self) -> Any:
        """Nothing."""


def unmeasured(classifier: Classifier, data: Data) -> Callable[[], None]:
    """An epoch of multihot without metrics."""
    epoch = ours(classifier, data, WithoutLogits)
    return mock.patch.object(full, "Tally", Silent)(epoch)


def seconds(epoch: Callable[[], None]) -> float:
    started = time.perf_counter()
    epoch()
    return time.perf_counter() - started


def compare(name: str, size: int, samples: int, repeats: int) -> None:
    data, model = Data.random(size, samples), classifier_of(name, size)
    epochs = {
        "bare": bare(copy.deepcopy(model), data),
        "bare, averaged": bare(copy.deepcopy(model), data, averaged=True),
        "no metrics": unmeasured(copy.deepcopy(model), data),
        "multihot": ours(copy.deepcopy(model), data),
    }
    for epoch in epochs.values():
        epoch()
    orders = (list(epochs), list(epochs)[::-1])
    rounds = [{row: seconds(epochs[row]) for row in orders[number % 2]} for number in range(repeats)]
    each = {row: statistics.median(taken[row] for taken in rounds) / (samples / BATCH) for row in epochs}
    print(f"{name}, {size} pixels: ms a step  " + ", ".join(f"{row} {1e3 * value:.2f}" for row, value in each.items()))
    ratios = {
        "multihot / bare": ("multihot", "bare"),
        "multihot / bare, averaged": ("multihot", "bare, averaged"),
        "averaging / bare": ("bare, averaged", "bare"),
    }
    for title, (above, below) in ratios.items():
        ratio = statistics.median(taken[above] / taken[below] for taken in rounds)
        print(f"  {title:<28} {ratio:6.3f}" + (_verdict(ratio, LOOP_LIMIT) if "multihot" in title else ""))
    share = statistics.median((taken["multihot"] - taken["no metrics"]) / taken["multihot"] for taken in rounds)
    print(f"  {'metrics, share of an epoch':<28} {share:6.3f}" + _verdict(share, METRICS_LIMIT))


def _verdict(value: float, limit: float) -> str:
    return f"  limit {limit:.2f}  {'met' if value <= limit else 'MISSED'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", choices=MODELS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    keep_large_blocks()
    print(f"torch {torch.__version__}, {arguments.threads} threads, batches of {BATCH}, {LABELS} labels")
    for name, (size, samples) in MODELS.items():
        if arguments.only in (None, name):
            compare(name, size, samples, arguments.repeats)


if __name__ == "__main__":
    main()
