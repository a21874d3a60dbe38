"""A run and labelled samples to figures with intervals."""

from dataclasses import dataclass

import numpy as np

from multihot import metrics
from multihot.data import Samples, SetAside
from multihot.data.loading import load
from multihot.errors import DataError
from multihot.models.encode import infer_batches
from multihot.progress import track
from multihot.run import Run, Scores
from multihot.run.scores import REPLICATES


@dataclass(frozen=True)
class Evaluation:
    """How a run does on samples.

    Args:
        report: every figure with its 95 % interval, and the per-label table.
        samples: how many were evaluated.
        set_aside: the samples that were not, with reasons.
    """

    report: metrics.Report
    samples: int
    set_aside: tuple[SetAside, ...]


def evaluate(run: Run, samples: Samples, *, replicates: int = REPLICATES, seed: int = 0) -> Evaluation:
    """Score samples with a run and compare with their targets.

    Args:
        run: a trained classifier.
        samples: labelled pictures; their label space is brought into the run's order, unknown names are an error
            (`Samples.with_space` sets them aside).
        replicates: bootstrap resamples behind each interval; 0 leaves intervals out.
        seed: decides the resamples.

    Raises:
        LabelError: the samples have labels that the run does not know.
        DataError: none of the pictures can be read.
    """
    samples = samples.with_space(run.space)
    loaded = load(samples.images, range(len(samples)), run.classifier.encoder.spec.size)
    bad: dict[int, str] = {}
    batches = []
    for batch, logits in infer_batches(run.classifier, track(loaded, "scoring", len(samples))):
        bad.update({picture.row: picture.error for picture in batch if picture.error is not None})
        batches.append(logits[[picture.error is None for picture in batch]])
    readable = samples.without(bad)
    if not len(readable):
        raise DataError(f"{samples.source}: no sample can be read" + (f": {next(iter(bad.values()))}" if bad else ""))
    logits = np.concatenate([batch for batch in batches if len(batch)])
    scores = Scores.of(run.decision, readable.ids, ["evaluated"] * len(readable), readable.targets.dense(), logits)
    report = scores.report(run.space.names, replicates, seed)
    return Evaluation(report, len(readable), readable.set_aside)
