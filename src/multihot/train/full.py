"""Train encoder and head together: AdamW, warm-up, a schedule, augmentation, a moving average of the weights.

Shapes: N samples, B batch, L labels, S height and width in pixels.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor

from multihot.data import Images
from multihot.data.augment import augment
from multihot.data.batches import load_batches
from multihot.data.picture_cache import PictureCache
from multihot.losses import TrainingLoss
from multihot.models import Classifier
from multihot.progress import logger, track
from multihot.recipe import FullSettings
from multihot.train.checkpoints import TrainingState, load_checkpoint, save_checkpoint
from multihot.train.judge import Judgement, Loss, Tally

PLATEAU_PATIENCE = 2
PLATEAU_FACTOR = 0.5


@dataclass(frozen=True)
class Task:
    """What is trained on what.

    Args:
        images: all N pictures.
        targets: (N, L), NaN unknown.
        train: rows to fit on.
        validation: rows that choose the epoch; may be empty.
        loss: a scalar of logits, targets and the share of training done.
        seed: decides order and augmentation.
        cache: of all images, where they are kept.
    """

    images: Images
    targets: Tensor
    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    loss: TrainingLoss
    seed: int
    cache: PictureCache | None = None


def train_full(
    classifier: Classifier,
    task: Task,
    settings: FullSettings,
    accelerator: Accelerator,
    checkpoint: Path,
    encoder_factor: float,
) -> list[dict[str, Any]]:
    """Train, and leave the best epoch's averaged weights in the classifier.

    Args:
        classifier: its weights are where training starts.
        task: what is trained on what.
        settings: how.
        accelerator: devices and precision.
        checkpoint: written after each epoch; where it exists, training goes on from it.
        encoder_factor: the encoder's learning rate as a share of the head's.

    Returns:
        One record an epoch, for `history.jsonl`; `kept` marks the one whose weights are.
    """
    from timm.utils.model_ema import ModelEmaV3  # timm takes seconds to import

    classifier.to(accelerator.device)
    average = ModelEmaV3(classifier, decay=settings.ema_decay, use_warmup=True)
    optimiser = torch.optim.AdamW(parameter_groups(classifier, settings, encoder_factor))
    state = TrainingState(classifier, average.module, optimiser)
    if checkpoint.is_file():
        load_checkpoint(checkpoint, state)
        logger.info("going on after epoch %d", state.epoch)
    while state.epoch < settings.epochs and not _waited_enough(state.history, settings.patience):
        record = _epoch(state, average, task, settings, accelerator)
        state.history.append(record)
        if best_epoch(state.history) == state.epoch - 1:
            state.best = {name: tensor.detach().clone() for name, tensor in state.average.state_dict().items()}
        save_checkpoint(checkpoint, state)
        logger.info(describe(record, settings.epochs))
    classifier.load_state_dict(state.best)
    classifier.eval()
    kept = best_epoch(state.history)
    return [{**record, "kept": number == kept} for number, record in enumerate(state.history)]


def parameter_groups(classifier: Classifier, settings: FullSettings, encoder_factor: float) -> list[dict[str, Any]]:
    """Parameters by learning rate and decay; biases and normalisation (one-dimensional) do not decay.

    Each group's `scale` is its share of the recipe's learning rate.
    """
    groups = []
    for module, scale in ((classifier.encoder, encoder_factor), (classifier.head, 1.0)):
        parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        matrices = [parameter for parameter in parameters if parameter.ndim > 1]
        vectors = [parameter for parameter in parameters if parameter.ndim <= 1]
        groups.append({"params": matrices, "weight_decay": settings.weight_decay, "scale": scale, "lr": 0.0})
        groups.append({"params": vectors, "weight_decay": 0.0, "scale": scale, "lr": 0.0})
    return [group for group in groups if group["params"]]


def learning_rate(settings: FullSettings, step: int, steps_per_epoch: int, history: list[dict[str, Any]]) -> float:
    """The learning rate of one step: linear warm-up, then cosine to zero or halved on each plateau."""
    warmup = settings.warmup_epochs * steps_per_epoch
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    if settings.schedule == "cosine":
        total = max(settings.epochs * steps_per_epoch - warmup, 1)
        return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * min((step - warmup) / total, 1)))
    return settings.learning_rate * PLATEAU_FACTOR ** plateaus(history)


def plateaus(history: list[dict[str, Any]]) -> int:
    """How often `PLATEAU_PATIENCE` epochs in a row brought nothing better."""
    count, waited = 0, 0
    for epoch in range(1, len(history)):
        waited = 0 if best_epoch(history[: epoch + 1]) == epoch else waited + 1
        if waited == PLATEAU_PATIENCE:
            count, waited = count + 1, 0
    return count


def best_epoch(history: list[dict[str, Any]]) -> int:
    """The index of the epoch with the highest validation mAP, then lowest loss; the last without validation."""

    def quality(index: int) -> tuple[float, float]:
        judged = history[index]["validation"]
        if judged is None:
            return (float(index), 0.0)
        precision = judged["mean_average_precision"]
        return (-1.0 if precision is None else precision, -judged["loss"])

    return max(range(len(history)), key=quality)


def _waited_enough(history: list[dict[str, Any]], patience: int) -> bool:
    return bool(history) and len(history) - 1 - best_epoch(history) >= patience


def _epoch(
    state: TrainingState, average: Any, task: Task, settings: FullSettings, accelerator: Accelerator
) -> dict[str, Any]:
    """One pass over the training part. All that is random in it comes from seed and epoch alone."""
    random = np.random.default_rng((task.seed, state.epoch))
    torch.manual_seed(int(random.integers(2**31)))
    order = random.permutation(task.train)
    steps = math.ceil(len(order) / settings.batch_size)
    state.model.train()
    tally, rate = Tally(), 0.0
    for rows, pictures in _batches(task, order, state.model, settings, f"epoch {state.epoch + 1}"):
        rate = learning_rate(settings, state.step, steps, state.history)
        for group in state.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        batch_targets = task.targets[rows].to(accelerator.device)
        loss = partial(task.loss, done=state.epoch / settings.epochs)
        _step(state, pictures, batch_targets, loss, settings, accelerator, tally)
        state.step += 1
        average.update(state.model, step=state.step)
    return {
        "stage": "full",
        "epoch": state.epoch + 1,
        "learning_rate": rate,
        "train": tally.judgement(),
        "validation": _validate(state.average, task),
    }


def _batches(
    task: Task, rows: NDArray[np.intp], model: Any, settings: FullSettings, description: str
) -> Iterator[tuple[NDArray[np.intp], Tensor]]:
    size = model.encoder.spec.size
    batches = load_batches(task.images, rows, size, settings.batch_size, task.cache)
    return track(batches, description, math.ceil(len(rows) / settings.batch_size))


def _step(
    state: TrainingState,
    pictures: Tensor,
    targets: Tensor,
    loss: Loss,
    settings: FullSettings,
    accelerator: Accelerator,
    tally: Tally,
) -> None:
    generator = torch.Generator().manual_seed(int(torch.randint(2**31, ())))
    pictures = augment(pictures.to(accelerator.device).float(), settings.augment, generator)
    model = state.model
    with accelerator.autocast():
        features = model.head.at_scale(model.encoder(pictures))
        value = model.head.training_loss(features, targets, loss)
    state.optimiser.zero_grad(set_to_none=True)
    accelerator.backward(value)
    with torch.no_grad():
        tally.add(value, model.head.score(features.detach(), targets), targets)
    state.optimiser.step()


def _validate(model: Any, task: Task) -> Judgement | None:
    if not len(task.validation):
        return None
    model.eval()
    tally = Tally()
    with torch.inference_mode():
        size = model.encoder.spec.size
        for rows, pictures in load_batches(task.images, task.validation, size, 32, task.cache):
            targets = task.targets[rows].to(model.head.mean.device)
            features = model.head.at_scale(model.encoder(pictures.to(targets.device)))
            tally.add(model.head.training_loss(features, targets, task.loss), model.head.score(features), targets)
    return tally.judgement()


def describe(record: dict[str, Any], epochs: int) -> str:
    """One line of progress for an epoch's record."""
    parts = [f"epoch {record['epoch']}/{epochs}"]
    for part in ("train", "validation"):
        judged = record[part]
        if judged:
            precision = judged["mean_average_precision"]
            parts.append(f"{part} loss {judged['loss']:.4f} mAP {'–' if precision is None else f'{precision:.3f}'}")
    return ", ".join(parts)
