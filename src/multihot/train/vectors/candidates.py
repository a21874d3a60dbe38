"""Which encoders are worth trying on feature vectors, and what trying one would take.

Shapes: N samples, D features.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from multihot.models import HEADS, VectorEncoderSettings
from multihot.models.encoders import (
    VECTOR_ENCODERS,
    DenseSettings,
    ForestSettings,
    IdentitySettings,
    KernelSettings,
)
from multihot.train.vectors.task import Part, VectorTask
from multihot.train.vectors.trial import Trial, try_encoder

# Cells of the features of all folds together that a trial may hold: 2 GiB.
MOST_CELLS = 2**29
# Samples on which an encoder is tried to see how long all would take: this share, but so many at least and at most; and
# the share of a forest's trees.
PROBED_SHARE = 1 / 16
PROBED = (250, 2000)
PROBED_TREES = 0.1

CANDIDATES: tuple[VectorEncoderSettings, ...] = (
    KernelSettings(),
    ForestSettings(),
    IdentitySettings(),
    KernelSettings(shape="gaussian", gamma=0.5),
    KernelSettings(shape="gaussian", gamma=2.0),
    DenseSettings(),
    ForestSettings(kind="random_forest"),
)
"""The most promising first, so that little time still gives a good model: a kernel machine and a forest are the best of
these on most tables, and unlike enough that their blend is better."""


def in_order(task: VectorTask, candidates: Sequence[VectorEncoderSettings]) -> list[VectorEncoderSettings]:
    """The candidates; of sparse features, the linear model first: it suits them, and is by far the fastest."""
    dense = isinstance(task.values, np.ndarray)
    return sorted(candidates, key=lambda encoder: not dense and encoder.name != "identity")


def describe(encoder: VectorEncoderSettings) -> str:
    """The encoder's name, and what differs from its defaults.

    >>> describe(KernelSettings(gamma=2.0)), describe(ForestSettings())
    ('kernel (gamma 2.0)', 'forest')
    """
    others = encoder.model_dump(exclude={"name"}, exclude_defaults=True)
    said = ", ".join(str(value) if isinstance(value, str) else f"{name} {value}" for name, value in others.items())
    return f"{encoder.name} ({said})" if said else encoder.name


def too_large(task: VectorTask, encoder: VectorEncoderSettings) -> str | None:
    """Why an encoder would not fit into memory with these samples; None where it would."""
    samples, width = task.values.shape
    takes_sparse = VECTOR_ENCODERS[encoder.name].sparse and (encoder.name == "forest" or HEADS[task.head.name].sparse)
    if not isinstance(task.values, np.ndarray) and not takes_sparse and samples * width > MOST_CELLS:
        return f"it would fill {samples} x {width} sparse features with zeros"
    if isinstance(encoder, KernelSettings):
        cells = sum(len(part.inside) + len(part.outside) for part in task.parts) * min(encoder.landmarks, samples)
        if cells > MOST_CELLS:
            return f"it would hold {cells * 4 / 2**30:.0f} GiB of features"
    return None


def expected_seconds(task: VectorTask, encoder: VectorEncoderSettings, trials: Sequence[Trial]) -> float:
    """How long a trial would take: as long as one alike did, else by a trial on few samples.

    Args:
        task: what to learn.
        encoder: the candidate.
        trials: those before it.
    """
    for trial in trials:
        if trial.encoder.name == encoder.name == "kernel":
            return trial.seconds
    part = task.parts[0]
    least, most = PROBED
    if len(part.inside) <= 4 * least:
        return 0.0
    count = min(max(round(PROBED_SHARE * len(part.inside)), least), most)
    smaller, times = encoder, len(part.inside) / count * len(task.parts)
    if isinstance(encoder, KernelSettings):
        times *= min(encoder.landmarks, len(part.inside)) / min(encoder.landmarks, count)
    if isinstance(encoder, ForestSettings):
        smaller = encoder.model_copy(update={"trees": math.ceil(PROBED_TREES * encoder.trees)})
        times *= encoder.trees / smaller.trees
    _probe(task, smaller, least // 4)  # what is slow the first time only
    return times * _probe(task, smaller, count)


def _probe(task: VectorTask, encoder: VectorEncoderSettings, count: int) -> float:
    """The seconds of a trial on so many samples."""
    part = Part(_few(task.parts[0].inside, count), _few(task.parts[0].outside, count // 4))
    return try_encoder(replace(task, parts=[part]), encoder).seconds


def _few(rows: np.ndarray, count: int) -> np.ndarray:
    """So many of the rows, at even distances."""
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.intp)]
