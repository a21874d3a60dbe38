"""Train encoder and head together: AdamW, warm-up, a schedule, augmentation, a moving average of the weights.

Shapes: N samples, B batch, L labels, S height and width in pixels.
"""

import copy
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
from torch import Tensor, nn

from multihot import processes
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
from multihot.train.moving_average import MovingAverage
from multihot.train.objective import Objective
from multihot.train.sharded_weights import let_go, sharded, whole
from multihot.train.synced_norms import synced_norms
from multihot.train.whole_batch import Place, loss_of_all, own_share

PLATEAU_PATIENCE = 2
PLATEAU_FACTOR = 0.5
VALIDATED_AT_A_TIME = 32
# Steps from one update of the moving average to the next: what it costs is a quarter, what it gives hardly another.
AVERAGED_EVERY = 4


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
    classifier.to(accelerator.device)
    stepped, averaged = _stepped_and_averaged(classifier, settings, accelerator)
    average = MovingAverage(stepped, averaged.eval(), settings.ema_decay**AVERAGED_EVERY)
    optimiser = torch.optim.AdamW(parameter_groups(stepped.classifier, settings, encoder_factor), fused=True)
    state = TrainingState(stepped.classifier, averaged.classifier, optimiser)
    if processes.decided_by_first(checkpoint.is_file):
        load_checkpoint(checkpoint, state)
        logger.info("going on after epoch %d", state.epoch)
    # Weights that are sharded need no other wrapping; only the precision is left to set.
    objective = accelerator.prepare_model(stepped, evaluation_mode=settings.parallel == "sharded")
    while state.epoch < settings.epochs and not _waited_enough(state.history, settings.patience):
        record = _epoch(state, objective, average, task, settings, accelerator)
        state.history.append(record)
        if best_epoch(state.history) == state.epoch - 1:
            state.best = {name: tensor.detach().clone() for name, tensor in state.average.state_dict().items()}
        save_checkpoint(checkpoint, state)
        logger.info(describe(record, settings.epochs))
    classifier.load_state_dict({name: whole(tensor) for name, tensor in state.best.items()}, assign=True)
    classifier.to(accelerator.device).eval()
    kept = best_epoch(state.history)
    return [{**record, "kept": number == kept} for number, record in enumerate(state.history)]


def _stepped_and_averaged(
    classifier: Classifier, settings: FullSettings, accelerator: Accelerator
) -> tuple[Objective, Objective]:
    """What is trained, and what keeps the moving average of its weights."""
    if settings.parallel == "replicated":
        return Objective(classifier), Objective(copy.deepcopy(classifier))
    computed_in = torch.bfloat16 if accelerator.mixed_precision == "bf16" else None
    pair = sharded(classifier, accelerator, computed_in), sharded(classifier, accelerator, None)
    let_go(classifier)
    return pair


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


@dataclass(frozen=True)
class Batch:
    """What one step is made of, on the device.

    Args:
        pictures: (b, 3, S, S) uint8, of this process.
        targets: (B, L) of all processes.
        place: which of the B samples the b are.
    """

    pictures: Tensor
    targets: Tensor
    place: Place

    @property
    def own_targets(self) -> Tensor:
        """(b, L) of the pictures."""
        return self.targets[self.place.first :][: len(self.pictures)]


def _epoch(
    state: TrainingState,
    objective: nn.Module,
    average: MovingAverage,
    task: Task,
    settings: FullSettings,
    accelerator: Accelerator,
) -> dict[str, Any]:
    """One pass over the training part. Order and augmentation come from seed and epoch alone, for all processes."""
    random = np.random.default_rng((task.seed, state.epoch))
    torch.manual_seed(int(random.integers(2**31)) + processes.rank())  # dropout, of each process's own samples
    order = random.permutation(task.train)
    steps = math.ceil(len(order) / settings.batch_size)
    objective.train()
    tally, rate = Tally(), 0.0
    batches = _batches(task, order, settings.batch_size, average.module.classifier)
    for batch in track(batches, f"epoch {state.epoch + 1}", steps):
        rate = learning_rate(settings, state.step, steps, state.history)
        for group in state.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        loss = partial(task.loss, done=state.epoch / settings.epochs)
        generator = torch.Generator().manual_seed(int(random.integers(2**31)))
        _step(state, objective, batch, loss, settings, generator, accelerator, tally)
        state.step += 1
        if state.step % AVERAGED_EVERY == 0 or state.step % steps == 0:
            average.update(math.ceil(state.step / AVERAGED_EVERY))
    return {
        "stage": "full",
        "epoch": state.epoch + 1,
        "learning_rate": rate,
        "train": tally.judgement_of_all(),
        "validation": _validate(average.module, task),
    }


def _batches(task: Task, rows: NDArray[np.intp], batch_size: int, classifier: Classifier) -> Iterator[Batch]:
    batches = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    shares = [own_share(batch) for batch in batches]
    size, device = classifier.encoder.spec.size, classifier.head.mean.device
    loaded = load_batches(task.images, np.concatenate(shares), size, len(shares[0]), task.cache)
    for batch, (_, pictures) in zip(batches, loaded, strict=True):
        yield Batch(_sent(pictures, device), _sent(task.targets[batch], device), Place.of(batch))


def _sent(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on the device; the CPU does not wait until it is there."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def _step(
    state: TrainingState,
    objective: nn.Module,
    batch: Batch,
    loss: Loss,
    settings: FullSettings,
    generator: torch.Generator,
    accelerator: Accelerator,
    tally: Tally,
) -> None:
    place = batch.place
    pictures = augment(batch.pictures.float(), settings.augment, generator, place.first, place.batch)
    with synced_norms(state.model, counted=place.counts):
        value, logits = objective(pictures, batch.own_targets, loss_of_all(loss, batch.targets, place))
        state.optimiser.zero_grad(set_to_none=True)
        accelerator.backward(value)
    if place.counts:
        tally.add(value, logits, batch.own_targets)
    state.optimiser.step()


def _validate(objective: Objective, task: Task) -> Judgement | None:
    """Loss and precision on the validation part; all processes compute a share of each batch, as in training."""
    if not len(task.validation):
        return None
    tally = Tally()
    with torch.inference_mode():
        for batch in _batches(task, task.validation, VALIDATED_AT_A_TIME, objective.classifier):
            loss = loss_of_all(task.loss, batch.targets, batch.place)
            value, logits = objective(batch.pictures, batch.own_targets, loss)
            if batch.place.counts:
                tally.add(value, logits, batch.own_targets)
    return tally.judgement_of_all()


def describe(record: dict[str, Any], epochs: int) -> str:
    """One line of progress for an epoch's record."""
    parts = [f"epoch {record['epoch']}/{epochs}"]
    for part in ("train", "validation"):
        judged = record[part]
        if judged:
            precision = judged["mean_average_precision"]
            parts.append(f"{part} loss {judged['loss']:.4f} mAP {'–' if precision is None else f'{precision:.3f}'}")
    return ", ".join(parts)
