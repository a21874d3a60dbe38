"""A run on pictures: encode each once and fit a head, or train encoder and head together.

Shapes: N samples, n samples of a part, L labels.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor

from multihot import decisions, processes
from multihot.data import Samples
from multihot.data.batches import load_batches
from multihot.data.picture_cache import PictureCache
from multihot.data.split import PARTS, Split
from multihot.decisions import Decision
from multihot.losses import TrainingLoss, build_loss
from multihot.models import Classifier, build_classifier, has_pretrained_weights
from multihot.models.encode import infer
from multihot.progress import track
from multihot.recipe import Recipe
from multihot.run import CHECKPOINTS, Run
from multihot.train.divide import divide
from multihot.train.finish import HELD_OUT, HeldOut, finish
from multihot.train.full import Task, train_full
from multihot.train.head_fit import fit_head
from multihot.train.judge import CHUNK, Fold
from multihot.train.pictures import Pictures, read_pictures
from multihot.train.settle import accelerator_for

SCORED_AT_A_TIME = 16


def train_pictures(samples: Samples, recipe: Recipe, folder: Path) -> Run:
    """Train on pictures by a recipe in which every choice is made."""
    classifier = build_classifier(recipe.picture_encoder, recipe.head, len(samples.space), load_weights=True)
    accelerator = accelerator_for(recipe)
    classifier.to(accelerator.device)
    read = read_pictures(samples, classifier.encoder, recipe)
    parts = processes.decided_by_first(lambda: divide(read.samples, read.contents, recipe, folder))
    history = _fit(classifier, read, parts, recipe, accelerator, folder)
    logits = {part: _logits(classifier, read, parts.rows(part), recipe) for part in HELD_OUT}

    def finished() -> Decision:
        held_out = {part: HeldOut(parts.rows(part), logits[part]) for part in HELD_OUT}
        targets = read.samples.targets.take(parts.rows("validation")).dense()
        decision = decisions.fit(logits["validation"], targets, recipe.decision, samples.space)
        run = Run(folder, recipe, samples.space, classifier.eval(), decision)
        return finish(run, read.samples, held_out, history).decision

    decision = processes.decided_by_first(finished)
    return Run(folder, recipe, samples.space, classifier.eval(), decision)


def _fit(
    classifier: Classifier, read: Pictures, parts: Split, recipe: Recipe, accelerator: Accelerator, folder: Path
) -> list[dict[str, Any]]:
    targets = torch.from_numpy(read.samples.targets.dense())
    rows, held_out = parts.rows("train"), parts.rows("validation")
    loss = build_loss(recipe.loss, read.samples.space, read.samples.targets.take(rows))
    history: list[dict[str, Any]] = []
    if recipe.tune == "full":
        classifier.head.learn_labels(targets[rows])
    else:
        history += _fit_head(classifier, read, targets, parts, loss, recipe)
    if recipe.tune != "head":
        cache = PictureCache(read.contents, classifier.encoder.spec.size) if recipe.full.picture_cache else None
        task = Task(read.samples.images, targets, rows, held_out, loss, recipe.seed, cache)
        pretrained = has_pretrained_weights(recipe.picture_encoder)
        factor = recipe.full.encoder_learning_rate_factor if pretrained else 1.0
        checkpoint = folder / CHECKPOINTS / "last.safetensors"
        history += train_full(classifier, task, recipe.full, accelerator, checkpoint, factor)
    return history


def _fit_head(
    classifier: Classifier, read: Pictures, targets: Tensor, parts: Split, loss: TrainingLoss, recipe: Recipe
) -> list[dict[str, Any]]:
    """Fit the head in the first process, which has the features, and take it over in the others."""
    head = classifier.head.cpu()

    def fitted() -> tuple[list[dict[str, Any]], dict[str, Tensor]]:
        features = torch.from_numpy(read.features)
        of = {part: Fold(features[parts.rows(part)], targets[parts.rows(part)]) for part in PARTS}
        history = fit_head(head, of["train"], of["validation"], loss, recipe.head_fit, recipe.seed)
        return history, head.state_dict()

    history, weights = processes.decided_by_first(fitted)
    head.load_state_dict(weights)
    return history


def _logits(classifier: Classifier, read: Pictures, rows: NDArray[np.intp], recipe: Recipe) -> NDArray[np.float32]:
    """Logits of some samples, in the first process; nothing to go by in the others."""
    none = np.empty((0, len(read.samples.space)), dtype=np.float32)
    if recipe.tune == "head":
        if read.features is None:
            return none
        with torch.inference_mode():
            chunks = [read.features[part.numpy()] for part in torch.split(torch.from_numpy(rows), CHUNK)]
            logits = [classifier.head(torch.from_numpy(features).float()) for features in chunks]
        return torch.cat(logits).numpy()
    own = np.array_split(rows, processes.count())[processes.rank()]
    loaded = load_batches(read.samples.images, own, classifier.encoder.spec.size, SCORED_AT_A_TIME)
    tracked = track(loaded, "scoring", math.ceil(len(own) / SCORED_AT_A_TIME))
    batches = [infer(classifier, pictures) for _, pictures in tracked]
    whole = processes.rows_at_first(np.concatenate([none, *batches]))
    return none if whole is None else whole
