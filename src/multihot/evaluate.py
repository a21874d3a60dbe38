"""A run and labelled samples to figures with intervals."""

from dataclasses import dataclass

import numpy as np

from multihot import metrics
from multihot.data import Samples, SetAside
from multihot.errors import DataError
from multihot.models import count_batches
from multihot.progress import track
from multihot.run import ListedRun, ListedScores, Run, Scores
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


def evaluate(run: Run | ListedRun, samples: Samples, *, replicates: int = REPLICATES, seed: int = 0) -> Evaluation:
    """Score samples with a run and compare with their targets.

    Args:
        run: a trained classifier; of one that lists labels, figures at 1, 3 and 5 and of the sets decided.
        samples: labelled samples; their label space is brought into the run's order, unknown names are an error
            (`Samples.with_space` sets them aside).
        replicates: bootstrap resamples behind each interval; 0 leaves intervals out.
        seed: decides the resamples.

    Raises:
        LabelError: the samples have labels that the run does not know.
        DataError: none of the samples can be read.
    """
    samples = samples.with_space(run.space)
    if isinstance(run, ListedRun):
        return _evaluate_lists(run, samples, replicates, seed)
    bad: dict[int, str] = {}
    batches = []
    seen = 0
    for scored in track(run.score(samples.inputs), "scoring", count_batches(samples.inputs)):
        bad.update({seen + at: error for at, error in enumerate(scored.errors) if error is not None})
        batches.append(scored.logits[[error is None for error in scored.errors]])
        seen += len(scored.errors)
    readable = samples.without(bad)
    if not len(readable):
        raise DataError(f"{samples.source}: no sample can be read" + (f": {next(iter(bad.values()))}" if bad else ""))
    logits = np.concatenate([batch for batch in batches if len(batch)])
    scores = Scores.of(run.decision, readable.ids, ["evaluated"] * len(readable), readable.targets.dense(), logits)
    report = scores.report(run.space.names, replicates, seed)
    return Evaluation(report, len(readable), readable.set_aside)


def _evaluate_lists(run: ListedRun, samples: Samples, replicates: int, seed: int) -> Evaluation:
    if not len(samples):
        raise DataError(f"{samples.source}: no sample can be read")
    parts = ["evaluated"] * len(samples)
    scores = ListedScores.of(run.decision, samples.ids, parts, samples.targets, run.rank(samples.features))
    report = scores.report(run.space.names, run.propensities, replicates, seed)
    return Evaluation(report, len(samples), samples.set_aside)
