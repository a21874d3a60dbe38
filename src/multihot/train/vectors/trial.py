"""One encoder tried: scores of samples by classifiers that have not seen them, and the solution these choose.

Shapes: N samples, L labels.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from multihot.models import VectorClassifier, VectorEncoderSettings
from multihot.progress import track
from multihot.train.judge import Fold, Tally, tally_head
from multihot.train.solutions import Search, copy_of
from multihot.train.vectors.task import Attempt, Rows, VectorTask, begin


@dataclass(frozen=True)
class Trial:
    """How an encoder does on samples that its classifiers have not seen.

    Args:
        encoder: its settings.
        logits: (N', L) of the task's samples outside of its parts, in the order of their rows.
        loss: the mean loss there.
        seconds: how long it took.
        history: one record a solution; `kept` marks the chosen one.
        classifier: the chosen one where the task has one part; None where each part has another.
    """

    encoder: VectorEncoderSettings
    logits: NDArray[np.float32]
    loss: float
    seconds: float
    history: list[dict[str, Any]]
    classifier: VectorClassifier | None


def try_encoder(task: VectorTask, encoder: VectorEncoderSettings, description: str = "") -> Trial:
    """Fit a classifier on the inside of each part, going through the solutions of all parts side by side.

    The solution with the lowest mean loss over all samples outside is chosen: one strength, or one epoch, for all.

    Args:
        task: what to learn.
        encoder: its settings.
        description: what stands before the progress bar.
    """
    description = description or f"fitting {encoder.name}"
    started = time.perf_counter()
    with torch.random.fork_rng():
        beginning = (begin(task, encoder, part.inside, choose=True) for part in task.parts)
        attempts = list(track(beginning, description, len(task.parts)))
        seen = list(zip(attempts, task.parts, strict=True))
        outside = [task.encode(attempt.classifier, part.outside) for attempt, part in seen]
        search, history = Search(attempts[0].solutions.patience), []
        best, weights = Tally(), copy_of(attempts[0].classifier)
        side_by_side = zip(*(attempt.solutions.records for attempt in attempts), strict=True)
        for records in track(side_by_side, description, attempts[0].solutions.most):
            tally = _tally(attempts, outside)
            judgement = tally.judgement()
            history.append({**records[0], "train": None, "validation": judgement})
            if search.is_best(judgement["loss"]):
                best, weights = tally, copy_of(attempts[0].classifier) if len(attempts) == 1 else weights
            if search.is_over():
                break
    rows = np.concatenate([part.outside for part in task.parts])
    logits = best.logits.numpy()[np.argsort(rows, kind="stable")]
    alone = attempts[0].classifier if len(attempts) == 1 else None
    if alone is not None:
        alone.load_state_dict(weights)
    seconds = time.perf_counter() - started
    return Trial(encoder, logits, min(search.losses), seconds, search.mark(history), alone)


def fit_again(task: VectorTask, trial: Trial) -> VectorClassifier:
    """The classifier that a trial chose: the one there is, or one fitted as far as its were, on all samples."""
    if trial.classifier is not None:
        return trial.classifier
    chosen = next(number for number, record in enumerate(trial.history) if record["kept"])
    return fit_alone(task, trial.encoder, task.inside, chosen)


def fit_alone(
    task: VectorTask, encoder: VectorEncoderSettings, rows: Rows, chosen: int | None = None
) -> VectorClassifier:
    """A classifier fitted on the samples of these rows.

    Args:
        task: what to learn.
        encoder: settings of the encoder.
        rows: of the samples.
        chosen: the number of the solution to stop at; None where no sample could choose one: the last of those that
            are then gone through.
    """
    with torch.random.fork_rng():
        attempt = begin(task, encoder, rows, choose=chosen is not None)
        for _ in islice(attempt.solutions.records, None if chosen is None else chosen + 1):
            pass
    return attempt.classifier.eval()


def _tally(attempts: Sequence[Attempt], outside: Sequence[Fold]) -> Tally:
    tally = Tally()
    for attempt, fold in zip(attempts, outside, strict=True):
        tally.extend(tally_head(attempt.trained, fold, attempt.loss))
    return tally
