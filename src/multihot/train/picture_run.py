"""A run on pictures: encode each once and fit a head, or train encoder and head together.

Shapes: N samples, n samples of a part, L labels.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray

from multihot import decisions
from multihot.data import Samples
from multihot.data.loading import load
from multihot.data.picture_cache import PictureCache
from multihot.data.split import Split
from multihot.losses import build_loss
from multihot.models import Classifier, build_classifier, has_pretrained_weights
from multihot.models.encode import infer_batches
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


def train_pictures(samples: Samples, recipe: Recipe, folder: Path) -> Run:
    """Train on pictures by a recipe in which every choice is made."""
    classifier = build_classifier(recipe.picture_encoder, recipe.head, len(samples.space), load_weights=True)
    accelerator = accelerator_for(recipe)
    classifier.to(accelerator.device)
    read = read_pictures(samples, classifier.encoder, recipe)
    parts = divide(read.samples, read.contents, recipe, folder)
    history = _fit(classifier, read, parts, recipe, accelerator, folder)
    held_out = {
        part: HeldOut(parts.rows(part), _logits(classifier, read, parts.rows(part), recipe)) for part in HELD_OUT
    }
    rows, logits = held_out["validation"]
    decision = decisions.fit(logits, read.samples.targets.take(rows).dense(), recipe.decision, samples.space)
    return finish(Run(folder, recipe, samples.space, classifier.eval(), decision), read.samples, held_out, history)


def _fit(
    classifier: Classifier, read: Pictures, parts: Split, recipe: Recipe, accelerator: Accelerator, folder: Path
) -> list[dict[str, Any]]:
    targets = torch.from_numpy(read.samples.targets.dense())
    rows, held_out = parts.rows("train"), parts.rows("validation")
    loss = build_loss(recipe.loss, read.samples.space, read.samples.targets.take(rows))
    history: list[dict[str, Any]] = []
    if read.features is not None:
        features = torch.from_numpy(read.features)
        train_part, validation_part = (Fold(features[part], targets[part]) for part in (rows, held_out))
        history += fit_head(classifier.head.cpu(), train_part, validation_part, loss, recipe.head_fit, recipe.seed)
    else:
        classifier.head.learn_labels(targets[rows])
    if recipe.tune != "head":
        cache = PictureCache(read.contents, classifier.encoder.spec.size) if recipe.full.picture_cache else None
        task = Task(read.samples.images, targets, rows, held_out, loss, recipe.seed, cache)
        pretrained = has_pretrained_weights(recipe.picture_encoder)
        factor = recipe.full.encoder_learning_rate_factor if pretrained else 1.0
        checkpoint = folder / CHECKPOINTS / "last.safetensors"
        history += train_full(classifier, task, recipe.full, accelerator, checkpoint, factor)
    return history


def _logits(classifier: Classifier, read: Pictures, rows: NDArray[np.intp], recipe: Recipe) -> NDArray[np.float32]:
    if recipe.tune == "head" and read.features is not None:
        with torch.inference_mode():
            chunks = [read.features[part.numpy()] for part in torch.split(torch.from_numpy(rows), CHUNK)]
            logits = [classifier.head(torch.from_numpy(features).float()) for features in chunks]
        return torch.cat(logits).numpy()
    loaded = load(read.samples.images, rows.tolist(), classifier.encoder.spec.size)
    batches = [logits for _, logits in infer_batches(classifier, track(loaded, "scoring", len(rows)))]
    return np.concatenate(batches) if batches else np.empty((0, len(read.samples.space)), dtype=np.float32)
