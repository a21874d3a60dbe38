"""Before training: which folder, which recipe, which device."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs

from multihot import processes
from multihot.data import Features, Samples
from multihot.data.loading import median_shorter_side
from multihot.errors import DataError, RecipeError, RunError
from multihot.losses import BinaryCrossEntropySettings
from multihot.models import (
    HEADS,
    AutoSettings,
    LinearSettings,
    choose_device,
    choose_size,
    default_pooling,
    has_pretrained_weights,
)
from multihot.models.extreme import ExtremeSettings
from multihot.recipe import Recipe
from multihot.run import RECIPE, free_name, named_after
from multihot.train.listed import scorer_for
from multihot.train.vectors.fit import folds_for


def claim(out: str | Path | None, source: str, resume: bool) -> Path:
    """The run directory to write: new, or the unfinished one to go on with."""
    if resume and out is None:
        raise RunError("--resume needs the run to go on with: --out RUN")
    if out is None:
        folder = free_name(Path("runs") / named_after(source, "run"))
        folder = Path(processes.same_after_restart(f"run of {source}", str(folder)))
    else:
        folder = Path(out)
    above = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        why = "may not be written to" if above.is_dir() else "is a file"
        raise RunError(f"{folder}: no run can be written there, as {above} {why}; choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not resume and not processes.restarted():
        if not (folder / RECIPE).is_file():
            raise RunError(f"{folder}: is not empty and not a run; choose another --out")
        raise RunError(f"{folder}: already holds a run; choose another --out, or go on with it by --resume")
    return folder


def settle(recipe: Recipe | None, samples: Samples, folder: Path, resume: bool) -> Recipe:
    """The recipe with every choice made that it leaves open."""
    stored = Recipe.load(folder / RECIPE) if resume and (folder / RECIPE).is_file() else None
    if stored is not None:
        given = stored if recipe is None else _complete(recipe, samples)
        # How processes hold the weights changes nothing of what they become.
        full = stored.full.model_copy(update={"parallel": given.full.parallel})
        going_on = stored.model_copy(update={"full": full})
        if given.model_copy(update={"provenance": stored.provenance}) != going_on:
            raise RunError(f"{folder}: was begun by another recipe ({RECIPE}); resume without settings of your own")
        return going_on
    if not len(samples.space):
        raise DataError(f"{samples.source}: no labels to learn")
    if len(samples) and not samples.targets.positives().any():
        raise DataError(f"{samples.source}: no sample is known to have any of its {len(samples.space)} labels")
    return _complete(recipe or Recipe(), samples)


def _complete(recipe: Recipe, samples: Samples) -> Recipe:
    versions = {name: importlib.metadata.version(name) for name in ("multihot", "torch", "timm", "numpy")}
    choices = _for_vectors(recipe, samples) if isinstance(samples.inputs, Features) else _for_pictures(recipe, samples)
    provenance = {"source": samples.source, "python": platform.python_version(), **versions}
    return recipe.model_copy(update={**choices, "provenance": provenance})


def _for_pictures(recipe: Recipe, samples: Samples) -> dict[str, Any]:
    encoder = recipe.picture_encoder
    size = choose_size(encoder, median_shorter_side(samples.images))
    pooling = encoder.pooling or ("none" if HEADS[recipe.head.name].takes == "maps" else default_pooling(encoder))
    gpu = choose_device(recipe.device).type == "cuda"
    pretrained = has_pretrained_weights(encoder)
    tune = recipe.tune or ("full" if not pretrained else "head-then-full" if gpu else "head")
    if tune == "head" and recipe.full.parallel == "sharded":
        raise RecipeError("full.parallel: sharded is for tune full and head-then-full, and this trains the head alone")
    return {"encoder": encoder.model_copy(update={"size": size, "pooling": pooling}), "tune": tune}


def _for_vectors(recipe: Recipe, samples: Samples) -> dict[str, Any]:
    if recipe.tune is not None:
        raise RecipeError(f"tune: {recipe.tune} is about encoders of pictures, and the samples are feature vectors")
    if recipe.runtime not in ("auto", "torch"):
        raise RecipeError(f"runtime: {recipe.runtime} is for encoders of pictures, and the samples are feature vectors")
    if recipe.full.parallel == "sharded":
        raise RecipeError("full.parallel: sharded is for encoders of pictures, and the samples are feature vectors")
    listing = _listing_encoder(recipe, samples)
    if listing is not None:
        if recipe.head != LinearSettings() or recipe.loss != BinaryCrossEntropySettings():
            raise RecipeError(f"encoder: {listing.name} brings its own head and loss: leave both out")
        return {"encoder": listing, "cross_fit": 0}
    declared = samples.split is not None and "validation" in samples.split
    return {"encoder": recipe.vector_encoder, "cross_fit": folds_for(recipe, samples.features, declared=declared)}


def _listing_encoder(recipe: Recipe, samples: Samples) -> ExtremeSettings | None:
    """The scorer that lists labels: as the recipe says, or chosen where it leaves the encoder open."""
    if isinstance(recipe.encoder, AutoSettings):
        return scorer_for(samples)
    return recipe.listing_encoder if recipe.lists_labels else None


def accelerator_for(recipe: Recipe) -> Accelerator:
    """Device and precision as the recipe says; under torchrun, one GPU a process.

    Raises:
        RecipeError: fewer GPUs than processes, or fewer samples a step; or one process to shard weights.
    """
    torch.backends.cudnn.deterministic = True
    device = choose_device(recipe.device)
    if processes.count() > 1:
        device = _own_device(device, recipe)
    elif recipe.full.parallel == "sharded":
        raise RecipeError(
            "full.parallel: sharded divides the weights among processes, and there is one: start several by torchrun, "
            "or take replicated"
        )
    if device.type == "cuda":
        torch.cuda.set_device(device)
    precision = recipe.full.mixed_precision
    if precision == "auto":
        native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        precision = "bf16" if native else "no"
    # Some parameters of some encoders take no part; which these are never changes.
    wrapping = DistributedDataParallelKwargs(static_graph=True)
    return Accelerator(cpu=device.type == "cpu", mixed_precision=precision, kwargs_handlers=[wrapping])


def _own_device(device: torch.device, recipe: Recipe) -> torch.device:
    if recipe.full.batch_size < processes.count():
        raise RecipeError(
            f"full.batch_size: {recipe.full.batch_size} is less than one for each of {processes.count()} processes"
        )
    if device.type != "cuda":
        return device
    if str(device) != "cuda":
        raise RecipeError(f"device: {device} is one GPU, and torchrun gives each process its own; leave it at auto")
    if processes.count_here() > torch.cuda.device_count():
        raise RecipeError(
            f"torchrun started {processes.count_here()} processes here, for {torch.cuda.device_count()} GPUs; "
            "start one for each GPU, or set device=cpu"
        )
    return torch.device("cuda", processes.rank_here())
