"""One training run from samples to a finished run directory; each step of it is a name.

Shapes: N samples, L labels.
"""

import importlib.metadata
import json
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor

from multihot import decisions, metrics
from multihot.data import Samples
from multihot.data.feature_cache import FeatureCache
from multihot.data.loading import load, median_shorter_side
from multihot.data.split import Part, Split, split
from multihot.errors import DataError, RunError
from multihot.losses import build_loss
from multihot.models import Classifier, build_classifier, choose_device, choose_size, has_pretrained_weights
from multihot.models.encode import encode, infer_batches
from multihot.progress import logger, track
from multihot.recipe import Recipe
from multihot.run import (
    CHECKPOINTS,
    DECISION,
    HISTORY,
    LABELS,
    METRICS,
    RECIPE,
    SCORES,
    SPLIT,
    WEIGHTS,
    Run,
    Scores,
    free_name,
    write_json,
    write_recipe,
    write_scores,
    write_split,
    write_text,
    write_weights,
)
from multihot.train.full import Task, train_full
from multihot.train.linear_fit import Fold, fit_linear_head

REPLICATES = 1000
HELD_OUT: tuple[Part, ...] = ("validation", "test")


def train(
    samples: Samples,
    recipe: Recipe | None = None,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    keep_checkpoints: bool = False,
) -> Run:
    """Train a classifier, fit its decision on validation samples, measure it on test samples.

    Args:
        samples: labelled pictures; those that cannot be read are set aside and listed in the run.
        recipe: every setting; the defaults suit photographs.
        out: the run directory; `runs/NAME` by default, with a number where that exists.
        resume: go on with an unfinished run in `out`, by its own recipe; a finished one is returned as it is.
        keep_checkpoints: leave `checkpoints/` in a run that ended well.

    Returns:
        The run, as `Run.load(out)` would give it.

    Raises:
        DataError: no sample, no label, or too many unreadable pictures.
        RecipeError: a setting does not fit the samples, or another recipe than the one being resumed.
        RunError: `out` already holds a run.
    """
    folder = claim(out, samples.source, resume)
    if (folder / METRICS).is_file():
        logger.info("%s is finished already", folder)
        return Run.load(folder)
    recipe = _settle(recipe, samples, folder, resume)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        classifier = build_classifier(recipe.encoder, recipe.head, len(samples.space), load_weights=True)
        accelerator = _accelerator(recipe)
        classifier.to(accelerator.device)
        read = _read_pictures(samples, classifier, recipe)
        parts = split(
            read.samples.targets,
            recipe.split,
            seed=recipe.seed,
            declared=read.samples.split,
            groups=read.samples.groups,
            contents=read.contents,
        )
        _announce(read.samples, parts)
        _require_same_samples(folder / SPLIT, read, parts)
        write_recipe(folder / RECIPE, recipe)
        write_split(folder / SPLIT, read.samples, parts.names(), read.contents)
        history = _fit(classifier, read, parts, recipe, accelerator, folder)
        return _finish(folder, recipe, classifier, read, parts, history, keep_checkpoints)


def claim(out: str | Path | None, source: str, resume: bool) -> Path:
    """The run directory to write: new, or the unfinished one to go on with."""
    folder = Path(out) if out is not None else free_name(Path("runs") / (Path(source).stem or "run"))
    if folder.is_dir() and any(folder.iterdir()) and not resume:
        if not (folder / RECIPE).is_file():
            raise RunError(f"{folder}: is not empty and not a run; choose another --out")
        raise RunError(f"{folder}: already holds a run; choose another --out, or go on with it by --resume")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _settle(recipe: Recipe | None, samples: Samples, folder: Path, resume: bool) -> Recipe:
    """The recipe with every choice made that it leaves open."""
    stored = Recipe.load(folder / RECIPE) if resume and (folder / RECIPE).is_file() else None
    if stored is not None:
        given = stored if recipe is None else _complete(recipe, samples)
        if given.model_copy(update={"provenance": stored.provenance}) != stored:
            raise RunError(f"{folder}: was begun by another recipe ({RECIPE}); resume without settings of your own")
        return stored
    if not len(samples.space):
        raise DataError(f"{samples.source}: no labels to learn")
    return _complete(recipe or Recipe(), samples)


def _complete(recipe: Recipe, samples: Samples) -> Recipe:
    size = choose_size(recipe.encoder, median_shorter_side(samples.images))
    gpu = choose_device(recipe.device).type == "cuda"
    pretrained = has_pretrained_weights(recipe.encoder)
    tune = recipe.tune or ("full" if not pretrained else "head-then-full" if gpu else "head")
    versions = {name: importlib.metadata.version(name) for name in ("multihot", "torch", "timm", "numpy")}
    return recipe.model_copy(
        update={
            "encoder": recipe.encoder.model_copy(update={"size": size}),
            "tune": tune,
            "provenance": {"source": samples.source, "python": platform.python_version(), **versions},
        }
    )


def _accelerator(recipe: Recipe) -> Accelerator:
    torch.backends.cudnn.deterministic = True
    device = choose_device(recipe.device)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    precision = recipe.full.mixed_precision
    if precision == "auto":
        precision = "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    return Accelerator(cpu=device.type == "cpu", mixed_precision=precision)


@dataclass(frozen=True)
class _Pictures:
    """Samples whose pictures can be read, with content hashes, and features (N, D) where the head needs them."""

    samples: Samples
    contents: tuple[str, ...]
    features: NDArray[np.float32] | None


def _read_pictures(samples: Samples, classifier: Classifier, recipe: Recipe) -> _Pictures:
    """Read every picture once: encode it, or where the encoder will change, see that it can be decoded."""
    if not len(samples):
        reason = f": {samples.set_aside[0].id}: {samples.set_aside[0].reason}" if samples.set_aside else ""
        raise DataError(f"{samples.source}: no usable sample{reason}")
    if recipe.tune == "full":
        loaded = load(samples.images, range(len(samples)), recipe.encoder.size or 8)
        checked = [picture._replace(pixels=None) for picture in track(loaded, "reading pictures", len(samples))]
        bad = {picture.row: picture.error for picture in checked if picture.error is not None}
        features, contents = None, tuple(picture.content for picture in checked)
    else:
        encoder = classifier.encoder
        encoded = encode(encoder, samples.images, FeatureCache(encoder.fingerprint()), recipe.linear_fit.batch_size)
        logger.info("encoded %d pictures at %d pixels (%d new)", len(samples), encoder.spec.size, encoded.fresh)
        features, contents, bad = encoded.outputs, encoded.contents, encoded.bad
    kept = np.array([row for row in range(len(samples)) if row not in bad], dtype=np.intp)
    readable = samples.without(bad)
    _require_enough(readable, len(samples), recipe)
    return _Pictures(readable, tuple(contents[row] for row in kept), None if features is None else features[kept])


def _require_enough(readable: Samples, before: int, recipe: Recipe) -> None:
    aside = before - len(readable)
    if not len(readable) or aside > recipe.bad_limit * before:
        first = readable.set_aside[-aside]
        raise DataError(
            f"{readable.source}: {aside} of {before} pictures cannot be read (limit: bad_limit={recipe.bad_limit:g}); "
            f"the first is {first.id}: {first.reason}"
        )


def _require_same_samples(path: Path, read: _Pictures, parts: Split) -> None:
    """Raise a `RunError` where the run being resumed was begun on other samples."""
    if not path.is_file():
        return
    before = pq.read_table(path, columns=["id", "part", "content"]).slice(0, len(read.samples))
    now = {"id": list(read.samples.ids), "part": parts.names(), "content": list(read.contents)}
    if before.to_pydict() != now:
        raise RunError(f"{path}: the samples have changed since this run was begun; start another run")


def _announce(samples: Samples, parts: Split) -> None:
    counts = ", ".join(f"{len(parts.rows(part))} {part}" for part in ("train", "validation", "test"))
    total = len(samples) + len(samples.set_aside)
    logger.info("%d samples: %s, %d set aside; %d labels", total, counts, len(samples.set_aside), len(samples.space))
    for sample in samples.set_aside:
        logger.warning("set aside %s: %s", sample.id, sample.reason)
    for note in parts.notes:
        logger.info("split: %s", note)


def _fit(
    classifier: Classifier, read: _Pictures, parts: Split, recipe: Recipe, accelerator: Accelerator, folder: Path
) -> list[dict[str, Any]]:
    targets = torch.from_numpy(read.samples.targets.dense())
    loss = build_loss(recipe.loss, read.samples.space)
    rows, held_out = parts.rows("train"), parts.rows("validation")
    history: list[dict[str, Any]] = []
    if read.features is not None:
        features = torch.from_numpy(read.features)
        train_part, validation_part = (Fold(features[part], targets[part]) for part in (rows, held_out))
        history += fit_linear_head(classifier.head.cpu(), train_part, validation_part, loss, recipe.linear_fit.l2)
    if recipe.tune != "head":
        task = Task(read.samples.images, targets, rows, held_out, loss, recipe.seed)
        factor = recipe.full.encoder_learning_rate_factor if has_pretrained_weights(recipe.encoder) else 1.0
        checkpoint = folder / CHECKPOINTS / "last.safetensors"
        history += train_full(classifier, task, recipe.full, accelerator, checkpoint, factor)
    return history


def _finish(
    folder: Path,
    recipe: Recipe,
    classifier: Classifier,
    read: _Pictures,
    parts: Split,
    history: Sequence[dict[str, Any]],
    keep_checkpoints: bool,
) -> Run:
    """Score validation and test, fit the decision, measure, write; `metrics.json` last, as it marks the end."""
    space = read.samples.space
    rows = {part: parts.rows(part) for part in HELD_OUT}
    scored = {part: _logits(classifier, read, rows[part], recipe) for part in HELD_OUT}
    targets = {part: read.samples.targets.take(rows[part]).dense() for part in HELD_OUT}
    decision = decisions.fit(scored["validation"], targets["validation"], recipe.decision, space)
    for note in decision.notes:
        logger.info("decision: %s", note)
    scores = _scores(read.samples, parts, scored, targets, decision)
    write_json(folder / LABELS, space.to_dict())
    write_weights(folder / WEIGHTS, classifier, space)
    write_json(folder / DECISION, decision.to_dict())
    write_text(folder / HISTORY, "".join(json.dumps(record) + "\n" for record in history))
    write_scores(folder / SCORES, scores, space)
    write_json(folder / METRICS, {part: measure(scores.part(part), space.names) for part in HELD_OUT})
    if not keep_checkpoints:
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    return Run(folder, recipe, space, classifier.eval(), decision)


def _logits(classifier: Classifier, read: _Pictures, rows: NDArray[np.intp], recipe: Recipe) -> NDArray[np.float32]:
    if recipe.tune == "head" and read.features is not None:
        with torch.inference_mode():
            logits: Tensor = classifier.head(torch.from_numpy(read.features[rows]))
        return logits.numpy()
    loaded = load(read.samples.images, rows.tolist(), classifier.encoder.spec.size)
    batches = [logits for _, logits in infer_batches(classifier, track(loaded, "scoring", len(rows)))]
    return np.concatenate(batches) if batches else np.empty((0, len(read.samples.space)), dtype=np.float32)


def _scores(
    samples: Samples,
    parts: Split,
    logits: dict[Part, NDArray[np.float32]],
    targets: dict[Part, NDArray[np.float32]],
    decision: decisions.Decision,
) -> Scores:
    together = np.concatenate(list(logits.values()))
    probabilities = decision.probabilities(together)
    return Scores(
        ids=tuple(samples.ids[row] for part in HELD_OUT for row in parts.rows(part)),
        parts=tuple(part for part in logits for _ in logits[part]),
        targets=np.concatenate(list(targets.values())),
        logits=together,
        probabilities=probabilities,
        decided=decision.decide(probabilities),
    )


def measure(scores: Scores, names: Sequence[str], replicates: int = REPLICATES) -> dict[str, Any]:
    """Every figure of scored samples with its 95 % interval, as `metrics.json` holds them."""
    found = metrics.report(
        scores.targets,
        scores=scores.logits,
        probabilities=scores.probabilities,
        decided=scores.decided,
        names=names,
        replicates=replicates,
    )
    return found.to_dict()
