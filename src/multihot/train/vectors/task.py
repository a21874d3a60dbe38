"""What classifiers of feature vectors are fitted on, and the beginning of each fit.

Shapes: N samples, D features, L labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from multihot.losses import TrainingLoss
from multihot.models import Head, VectorClassifier, VectorEncoderSettings
from multihot.models.encoders import Preparation, build_vector_encoder
from multihot.models.encoders.preparation import as_tensor
from multihot.models.heads import HeadSettings
from multihot.models.vector_classifier import dense_unless, head_after
from multihot.recipe import HeadFitSettings
from multihot.train.head_fit import head_solutions
from multihot.train.judge import Fold
from multihot.train.solutions import Solutions
from multihot.train.vectors.joint import frozen_part, trained_part

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Part:
    """Samples that a classifier is fitted on, and samples that it has not seen.

    Args:
        inside: rows of the first.
        outside: rows of the others; may be empty.
    """

    inside: Rows
    outside: Rows


@dataclass(frozen=True)
class VectorTask:
    """What to learn.

    Args:
        values: (N, D) dense, NaN where a value is missing, or sparse.
        targets: (N, L) 1 present, 0 absent, NaN unknown.
        parts: one whose samples left out choose among solutions; or folds, each sample outside of one of them.
        head: settings of the head, for encoders that one follows.
        head_fit: how it is fitted.
        loss_for: what training makes small, of the rows that it is fitted on.
        seed: decides what is random.
    """

    values: NDArray[np.floating[Any]] | sparse.csr_array
    targets: Tensor
    parts: Sequence[Part]
    head: HeadSettings
    head_fit: HeadFitSettings
    loss_for: Callable[[Rows], TrainingLoss]
    seed: int

    @property
    def outside(self) -> Rows:
        """The rows of all samples that are outside of a part, ascending."""
        return np.sort(np.concatenate([part.outside for part in self.parts]))

    @property
    def inside(self) -> Rows:
        """The rows of all samples that are inside of a part, ascending."""
        return np.unique(np.concatenate([part.inside for part in self.parts]))

    def encode(self, classifier: VectorClassifier, rows: Rows) -> Fold:
        """What a classifier's trained part is given of these samples."""
        with torch.no_grad():
            return Fold(frozen_part(classifier, as_tensor(self.values[rows])), self.targets[torch.from_numpy(rows)])


@dataclass(frozen=True)
class Attempt:
    """A classifier, the part of it that is fitted in steps, and the solutions that this goes through."""

    classifier: VectorClassifier
    trained: Head
    solutions: Solutions
    loss: TrainingLoss


def begin(task: VectorTask, encoder: VectorEncoderSettings, rows: Rows, *, choose: bool) -> Attempt:
    """Begin to fit a classifier on the samples of these rows; going through its solutions does the rest.

    Args:
        task: what to learn.
        encoder: settings of the encoder, which learns at once.
        rows: of the samples to learn from.
        choose: whether samples left out will choose among solutions.
    """
    torch.manual_seed(task.seed)
    values, targets = task.values[rows], task.targets[torch.from_numpy(rows)]
    preparation = Preparation(values.shape[1]).learn(values)
    built = build_vector_encoder(encoder, preparation.dimension, targets.shape[1])
    built.learn(dense_unless(built.sparse, preparation(as_tensor(values))), targets, task.seed)
    head = head_after(built, task.head)
    head.learn_labels(targets)
    classifier = VectorClassifier(preparation, built, head).eval()
    trained, loss = trained_part(classifier), task.loss_for(rows)
    solutions = head_solutions(trained, task.encode(classifier, rows), loss, task.head_fit, choose=choose)
    return Attempt(classifier, trained, solutions, loss)
