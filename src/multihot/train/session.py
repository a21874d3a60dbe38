"""One training run, from samples to a finished run directory."""

import shutil
from collections.abc import Callable
from pathlib import Path

import torch

from multihot import processes
from multihot.data import Features, Samples
from multihot.errors import RecipeError
from multihot.progress import logger
from multihot.recipe import Recipe
from multihot.run import CHECKPOINTS, METRICS, SPLIT, ListedRun, Run, load_run
from multihot.train.listed import train_listed
from multihot.train.picture_run import train_pictures
from multihot.train.same import require_same_ids
from multihot.train.settle import claim, settle
from multihot.train.vectors.vector_run import train_vectors


def train(
    samples: Samples,
    recipe: Recipe | None = None,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    keep_checkpoints: bool = False,
) -> Run | ListedRun:
    """Train a classifier, fit its decision on validation samples, measure it on test samples.

    Under torchrun all processes call it alike, and share the work on pictures; the first writes the run. Processes that
    were started again after one died go on by themselves.

    Args:
        samples: labelled pictures or feature vectors; pictures that cannot be read are set aside and listed in the run.
        recipe: every setting; the defaults suit photographs, and tables of features.
        out: the run directory; `runs/NAME` by default, with a number where that exists.
        resume: go on with an unfinished run in `out`, by its own recipe; a finished one is returned as it is.
        keep_checkpoints: leave `checkpoints/` in a run that ended well.

    Returns:
        The run, as `load_run(out)` would give it: a `ListedRun` where the label set is large.

    Raises:
        DataError: no sample, no label, or too many unreadable pictures.
        RecipeError: a setting does not fit the samples, or another recipe than the one being resumed.
        RunError: `out` already holds a run.
    """
    _require_one_process(samples)
    processes.join()
    folder, recipe, finished = processes.decided_by_first(lambda: _begin(samples, recipe, out, resume))
    if finished:
        logger.info("%s is finished already: nothing to do", folder)
        return load_run(folder)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        run = _way(recipe, samples)(samples, recipe, folder)
    if processes.is_first() and not keep_checkpoints:
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    return run


def _begin(samples: Samples, recipe: Recipe | None, out: str | Path | None, resume: bool) -> tuple[Path, Recipe, bool]:
    """The run directory, the recipe with every choice made, and whether that run is finished."""
    folder = claim(out, samples.source, resume)
    recipe = settle(recipe, samples, folder, resume or processes.restarted())
    finished = (folder / METRICS).is_file()
    if finished:
        require_same_ids(folder / SPLIT, samples)
    return folder, recipe, finished


def _require_one_process(samples: Samples) -> None:
    """Raise a `RecipeError` where several processes were started for what one trains."""
    if processes.count() > 1 and isinstance(samples.inputs, Features):
        raise RecipeError(
            f"{samples.source}: feature vectors are trained by one process, and {processes.count()} were started; "
            "leave torchrun out"
        )


def _way(recipe: Recipe, samples: Samples) -> Callable[[Samples, Recipe, Path], Run | ListedRun]:
    if recipe.lists_labels:
        return train_listed
    return train_vectors if isinstance(samples.inputs, Features) else train_pictures
