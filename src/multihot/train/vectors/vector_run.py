"""A run on feature vectors."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multihot.data import Features, Samples
from multihot.data.split import PARTS, Part
from multihot.data.split.blocks import tie
from multihot.errors import DataError
from multihot.models import VectorModel, score_samples
from multihot.recipe import Recipe
from multihot.run import RECIPE, Run, write_recipe
from multihot.train.divide import divide
from multihot.train.finish import HeldOut, finish
from multihot.train.vectors.fit import fit_vectors


def train_vectors(samples: Samples, recipe: Recipe, folder: Path) -> Run:
    """Train on feature vectors by a recipe in which every choice is made but that of the encoder."""
    if not len(samples):
        raise DataError(f"{samples.source}: no usable sample")
    contents = samples.features.hashes()
    parts = divide(samples, contents, recipe, folder)
    train, validation, test = (parts.rows(part) for part in PARTS)
    if recipe.cross_fit:
        train = np.union1d(train, validation)
    fitted = fit_vectors(
        samples.features,
        samples.targets,
        samples.space,
        recipe,
        train,
        validation,
        blocks=tie(samples.groups, contents, count=len(samples)),
    )
    recipe = recipe.model_copy(update={"encoder": fitted.encoder})
    write_recipe(folder / RECIPE, recipe)
    held_out: dict[Part, HeldOut] = {
        "validation": HeldOut(fitted.rows, fitted.logits),
        "test": HeldOut(test, _logits(fitted.classifier, samples.features, test)),
    }
    run = Run(folder, recipe, samples.space, fitted.classifier, fitted.decision, samples.features.space)
    return finish(run, samples, held_out, fitted.history)


def _logits(classifier: VectorModel, features: Features, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """(n, L) of the vectors with these rows."""
    batches = [scored.logits for scored in score_samples(classifier, features.take(rows))]
    return np.concatenate(batches) if batches else np.empty((0, classifier.labels), dtype=np.float32)
