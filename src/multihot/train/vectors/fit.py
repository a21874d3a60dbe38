"""Fit a classifier of feature vectors and its decision, in memory.

Shapes: N samples, D features, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from multihot import decisions
from multihot.data import Features
from multihot.data.split import stratify
from multihot.decisions import Decision
from multihot.errors import RecipeError
from multihot.labels import LabelSpace, Targets
from multihot.losses import build_loss
from multihot.models import HEADS, AutoSettings, VectorClassifier, VectorEncoderSettings
from multihot.models.encoders import VECTOR_ENCODERS, IdentitySettings
from multihot.recipe import Recipe
from multihot.train.vectors.task import Part, Rows, VectorTask
from multihot.train.vectors.trial import fit_again, fit_alone, try_encoder

FOLDS = 5
# Cells of the features of all folds together that cross-fitting may hold: 2 GiB.
MOST_CELLS = 2**29


@dataclass(frozen=True)
class FittedVectors:
    """What was fitted.

    Args:
        encoder: settings of the encoder, chosen where the recipe left it open.
        classifier: features to logits.
        decision: logits to label sets, fitted on the scores of samples that were not seen.
        rows: N' rows of the samples that chose and decided.
        logits: (N', L) of these, by classifiers that have not seen them.
        history: what was tried.
    """

    encoder: VectorEncoderSettings
    classifier: VectorClassifier
    decision: Decision
    rows: Rows
    logits: NDArray[np.float32]
    history: list[dict[str, Any]]


def folds_for(recipe: Recipe, features: Features, *, declared: bool) -> int:
    """Into how many parts the training samples are dealt; 0 where a validation part chooses.

    Args:
        recipe: its `cross_fit` decides where it is set.
        features: of all samples.
        declared: whether the source declares a validation part.
    """
    if recipe.cross_fit is not None:
        return recipe.cross_fit if recipe.cross_fit > 1 else 0
    cells = features.values.size if isinstance(features.values, np.ndarray) else features.values.nnz
    return FOLDS if not declared and cells * FOLDS <= MOST_CELLS else 0


def fit_vectors(
    features: Features,
    targets: Targets,
    space: LabelSpace,
    recipe: Recipe,
    train: Rows,
    validation: Rows,
    *,
    blocks: NDArray[np.intp] | None = None,
) -> FittedVectors:
    """Fit a classifier and its decision.

    Args:
        features: (N, D).
        targets: (N, L).
        space: the labels.
        recipe: its encoder, head, loss, decision and seed are used. Where its `cross_fit` deals the training samples
            into folds, each gets scores by a classifier that has not seen it, and the classifier is then fitted again
            on all of them.
        train: rows that weights are fitted on.
        validation: rows that choose among solutions and fit the decision, where no folds do.
        blocks: (N,) samples of one number are in one fold.

    Raises:
        RecipeError: sparse features that encoder or head would have to fill with zeros, and that are too many for it.
    """
    _require_room(features, recipe)
    folds = recipe.cross_fit or 0
    parts = deal(targets, train, folds, recipe.seed, blocks) if folds else [Part(train, validation)]
    dense = torch.from_numpy(targets.dense())
    task = VectorTask(
        features.values,
        dense,
        parts,
        recipe.head,
        recipe.head_fit,
        lambda rows: build_loss(recipe.loss, space, targets.take(rows)),
        recipe.seed,
    )
    encoder = _chosen(recipe)
    rows = task.outside
    known = dense[torch.from_numpy(rows)]
    if known.isnan().all():
        classifier, history = fit_alone(task, encoder, train), []
        logits = np.empty((0, len(space)), dtype=np.float32)
        rows = rows[:0]
    else:
        trial = try_encoder(task, encoder)
        classifier, history, logits = fit_again(task, trial), trial.history, trial.logits
    decision = decisions.fit(logits, dense.numpy()[rows], recipe.decision, space)
    return FittedVectors(encoder, classifier, decision, rows, logits, history)


def _chosen(recipe: Recipe) -> VectorEncoderSettings:
    encoder = recipe.vector_encoder
    return IdentitySettings() if isinstance(encoder, AutoSettings) else encoder


def _require_room(features: Features, recipe: Recipe) -> None:
    """Sparse features that do not fit into memory as dense ones need an encoder and a head that take them sparse."""
    if isinstance(features.values, np.ndarray) or len(features) * features.width <= MOST_CELLS:
        return
    encoder, head = _chosen(recipe), recipe.head
    if not (VECTOR_ENCODERS[encoder.name].sparse and HEADS[head.name].sparse):
        raise RecipeError(
            f"encoder {encoder.name} with head {head.name} would make {len(features)} x {features.width} dense cells "
            "of sparse features: take the encoder identity with the head linear"
        )


def deal(targets: Targets, rows: Rows, folds: int, seed: int, blocks: NDArray[np.intp] | None) -> Sequence[Part]:
    """The folds of these rows, stratified."""
    at = stratify(targets.take(rows), [1 / folds] * folds, seed=seed, blocks=None if blocks is None else blocks[rows])
    dealt = [Part(rows[at != fold], rows[at == fold]) for fold in range(folds)]
    return [part for part in dealt if len(part.inside) and len(part.outside)]
