"""Several encoders tried, and their logits blended.

Shapes: N' samples that were left out, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multihot.models import BlendSettings, ChosenEncoderSettings, VectorBlend, VectorModel
from multihot.train.vectors.task import Rows, VectorTask
from multihot.train.vectors.trial import Trial, fit_again, fit_alone, try_encoder
from multihot.train.vectors.weights import blend_weights, cross_fitted


@dataclass(frozen=True)
class Blend:
    """Several trials of one task, and what their logits count.

    Args:
        trials: of the members.
        weights: of their logits, none negative.
        logits: (N', L) blended; where the weights were fitted, each sample's by weights fitted on others.
    """

    trials: Sequence[Trial]
    weights: Sequence[float]
    logits: NDArray[np.float32]

    @property
    def encoder(self) -> BlendSettings:
        """Settings that make the same blend again."""
        return BlendSettings(members=tuple(trial.encoder for trial in self.trials), weights=tuple(self.weights))


def blend(task: VectorTask, trials: Sequence[Trial]) -> Blend:
    """The blend of lowest log loss; trials that it can do without are left out."""
    targets = task.targets.numpy()[task.outside]
    weights = blend_weights(np.stack([trial.logits for trial in trials]), targets, task.seed)
    kept = [trial for trial, weight in zip(trials, weights, strict=True) if weight > 0] or list(trials)
    logits = cross_fitted(np.stack([trial.logits for trial in kept]), targets, task.seed)
    return Blend(kept, [float(weight) for weight in weights if weight > 0] or [1.0] * len(kept), logits)


def try_any(task: VectorTask, encoder: ChosenEncoderSettings) -> Trial | Blend:
    """Try an encoder, or all members of a blend; a blend without weights gets them."""
    if not isinstance(encoder, BlendSettings):
        return try_encoder(task, encoder)
    trials = [try_encoder(task, member) for member in encoder.members]
    if encoder.weights is None:
        return blend(task, trials)
    weights = np.asarray(encoder.weights, np.float32)
    return Blend(trials, encoder.weights, np.tensordot(weights, np.stack([trial.logits for trial in trials]), 1))


def fit_any_again(task: VectorTask, tried: Trial | Blend) -> VectorModel:
    """The classifier that was chosen, fitted on all samples."""
    if isinstance(tried, Trial):
        return fit_again(task, tried)
    return VectorBlend([fit_again(task, trial) for trial in tried.trials], tried.weights).eval()


def fit_any_alone(task: VectorTask, encoder: ChosenEncoderSettings, rows: Rows) -> VectorModel:
    """A classifier fitted on the samples of these rows where none could choose; members then count the same."""
    if not isinstance(encoder, BlendSettings):
        return fit_alone(task, encoder, rows)
    weights = encoder.weights or [1 / len(encoder.members)] * len(encoder.members)
    return VectorBlend([fit_alone(task, member, rows) for member in encoder.members], weights).eval()
