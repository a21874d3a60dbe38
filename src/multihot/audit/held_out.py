"""Probabilities of all samples by classifiers that have not seen them.

Shapes: N samples, D features, L labels.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.data import Features, Samples
from multihot.data.feature_cache import FeatureCache
from multihot.data.split import stratify
from multihot.errors import DataError
from multihot.labels import Targets
from multihot.losses import BinaryCrossEntropySettings, TrainingLoss, binary_cross_entropy
from multihot.models import Head, LinearSettings, VectorModel, build_head
from multihot.models.encode import encode
from multihot.models.encoders import pool
from multihot.progress import track
from multihot.recipe import HeadFitSettings
from multihot.run import Run
from multihot.train.head_fit import fit_head
from multihot.train.judge import Fold
from multihot.train.vectors.blend import try_any
from multihot.train.vectors.task import Part, VectorTask

FOLDS = 5

# Whatever the run's loss: this one makes a sigmoid a probability.
_LOSS = TrainingLoss(BinaryCrossEntropySettings(), binary_cross_entropy)


def held_out_probabilities(
    samples: Samples, targets: Targets, blocks: NDArray[np.intp], run: Run, seed: int = 0
) -> NDArray[np.float32]:
    """(N, L) probabilities of samples, which can be read, each by a classifier fitted on the other folds.

    Pictures: linear heads on the features of the run's encoder as it is. Feature vectors: linear heads with the run's
    encoder, fitted anew.

    Args:
        samples: N pictures or feature vectors.
        targets: (N, L); unknown cells take no part in fitting.
        blocks: (N,) block numbers; samples of one block, such as duplicates, are never on both sides.
        run: on such samples.
        seed: deals samples to folds.
    """
    if isinstance(samples.inputs, Features):
        return _of_vectors(samples.features, targets, blocks, run, seed)
    return out_of_fold(encoded(samples, run), targets, blocks, seed)


def out_of_fold(
    features: NDArray[np.float32], targets: Targets, blocks: NDArray[np.intp], seed: int = 0
) -> NDArray[np.float32]:
    """(N, L) probabilities, each by a linear head fitted on the other folds.

    Args:
        features: (N, D).
        targets: (N, L); unknown cells take no part in fitting.
        blocks: (N,) block numbers; samples of one block, such as duplicates, are never on both sides.
        seed: deals samples to folds.
    """
    folds = stratify(targets, [1 / FOLDS] * FOLDS, seed=seed, blocks=blocks)
    inputs, outputs = torch.from_numpy(features), torch.from_numpy(targets.dense())
    probabilities = np.full(targets.shape, 0.5, dtype=np.float32)
    l2 = _strength(inputs, outputs, folds)
    for fold in track(range(FOLDS), "scoring out of fold", FOLDS):
        held = np.flatnonzero(folds == fold)
        head, _ = _fitted(inputs, outputs, folds, fold, l2)
        with torch.inference_mode():
            probabilities[held] = head(inputs[held]).sigmoid().numpy()
    return probabilities


def _of_vectors(
    features: Features, targets: Targets, blocks: NDArray[np.intp], run: Run, seed: int
) -> NDArray[np.float32]:
    if run.features is None:
        raise DataError("the run was trained on pictures, and cannot judge feature vectors")
    folds = stratify(targets, [1 / FOLDS] * FOLDS, seed=seed, blocks=blocks)
    task = VectorTask(
        features.aligned(run.features).values,
        torch.from_numpy(targets.dense()),
        [Part(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(FOLDS)],
        LinearSettings(),
        HeadFitSettings(),
        lambda rows: _LOSS,
        seed,
    )
    logits = torch.from_numpy(try_any(task, run.recipe.fitted_vector_encoder).logits)
    probabilities: NDArray[np.float32] = logits.sigmoid().numpy()
    return probabilities


def encoded(samples: Samples, run: Run) -> NDArray[np.float32]:
    """(N, D) features of pictures by a run's encoder as it is."""
    if isinstance(run.classifier, VectorModel):
        raise DataError("the run was trained on feature vectors, and cannot judge pictures")
    encoder = run.classifier.encoder
    outputs = encode(encoder, samples.images, FeatureCache(encoder.fingerprint())).outputs
    if outputs.ndim == 2:
        return np.asarray(outputs, np.float32)
    vectors: NDArray[np.float32] = pool(torch.from_numpy(outputs).float(), "average+max").numpy()
    return vectors


def _strength(inputs: Tensor, outputs: Tensor, folds: NDArray[np.intp]) -> float:
    """The regularisation that the last fold chooses, one number for all."""
    _, history = _fitted(inputs, outputs, folds, FOLDS - 1, None)
    return next(float(record["l2"]) for record in history if record["kept"])


def _fitted(
    inputs: Tensor, outputs: Tensor, folds: NDArray[np.intp], fold: int, l2: float | None
) -> tuple[Head, list[dict[str, Any]]]:
    """A head fitted on all folds but one, and what was tried for it."""
    inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
    head = build_head(LinearSettings(), inputs.shape[1], outputs.shape[1])
    train, held = Fold(inputs[inside], outputs[inside]), Fold(inputs[outside], outputs[outside])
    return head, fit_head(head, train, held, _LOSS, HeadFitSettings(l2=l2))
