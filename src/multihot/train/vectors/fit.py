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
from multihot.models import HEADS, AutoSettings, BlendSettings, ChosenEncoderSettings, VectorModel
from multihot.models.encoders import VECTOR_ENCODERS, IdentitySettings
from multihot.recipe import Recipe
from multihot.train.vectors.blend import Blend, fit_any_again, fit_any_alone, try_any
from multihot.train.vectors.candidates import MOST_CELLS
from multihot.train.vectors.search import Judge, search
from multihot.train.vectors.task import Part, Rows, VectorTask
from multihot.train.vectors.trial import Trial

FOLDS = 5
# Above it a validation part of a tenth is large enough to decide on, and every fit takes its time only once.
MOST_SAMPLES = 10_000
Logits = NDArray[np.float32]


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

    encoder: ChosenEncoderSettings
    classifier: VectorModel
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
    few = len(features) <= MOST_SAMPLES and cells * FOLDS <= MOST_CELLS
    return FOLDS if few and not declared else 0


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
    rows = task.outside
    known = dense.numpy()[rows]
    if np.isnan(known).all():
        encoder = _without_search(recipe)
        classifier, nothing = fit_any_alone(task, encoder, train), np.empty((0, len(space)), dtype=np.float32)
        return FittedVectors(encoder, classifier, _decision(nothing, nothing, recipe, space), rows[:0], nothing, [])
    tried, history = _tried(task, recipe, Judge(known, recipe.decision, space, recipe.seed))
    decision = _decision(tried.logits, known, recipe, space)
    return FittedVectors(tried.encoder, fit_any_again(task, tried), decision, rows, tried.logits, history)


def _decision(logits: Logits, targets: Logits, recipe: Recipe, space: LabelSpace) -> Decision:
    return decisions.fit(logits, targets, recipe.decision, space)


def _tried(task: VectorTask, recipe: Recipe, judge: Judge) -> tuple[Trial | Blend, list[dict[str, Any]]]:
    """The encoder of the recipe, or the one that a search finds; and what was gone through."""
    encoder = recipe.vector_encoder
    if isinstance(encoder, AutoSettings):
        tried, searched = search(task, encoder, judge)
        return tried, [*searched, *(tried.history if isinstance(tried, Trial) else [])]
    tried = try_any(task, encoder)
    return tried, tried.history if isinstance(tried, Trial) else []


def _without_search(recipe: Recipe) -> ChosenEncoderSettings:
    encoder = recipe.vector_encoder
    return IdentitySettings() if isinstance(encoder, AutoSettings) else encoder


def _require_room(features: Features, recipe: Recipe) -> None:
    """Sparse features that do not fit into memory as dense ones need an encoder and a head that take them sparse."""
    if isinstance(features.values, np.ndarray) or len(features) * features.width <= MOST_CELLS:
        return
    encoder, head = _without_search(recipe), recipe.head
    members = encoder.members if isinstance(encoder, BlendSettings) else (encoder,)
    if not all(VECTOR_ENCODERS[member.name].sparse and HEADS[head.name].sparse for member in members):
        raise RecipeError(
            f"encoder {encoder.name} with head {head.name} would make {len(features)} x {features.width} dense cells "
            "of sparse features: take the encoder identity with the head linear"
        )


def deal(targets: Targets, rows: Rows, folds: int, seed: int, blocks: NDArray[np.intp] | None) -> Sequence[Part]:
    """The folds of these rows, stratified."""
    at = stratify(targets.take(rows), [1 / folds] * folds, seed=seed, blocks=None if blocks is None else blocks[rows])
    dealt = [Part(rows[at != fold], rows[at == fold]) for fold in range(folds)]
    return [part for part in dealt if len(part.inside) and len(part.outside)]
