"""Which given labels are in doubt, by the scores of heads that have not seen them, where there is enough to go by.

Shapes: N samples, L labels, J labels that are judged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from multihot.audit.held_out import held_out_probabilities
from multihot.audit.label_issues import Cells, LabelIssues, label_issues
from multihot.data import Samples
from multihot.labels import Targets
from multihot.pages.drawing import short
from multihot.run import Run
from multihot.wording import counted

LEAST_KNOWN = 30
"""Samples, copies counted once, of which a label must be known to be judged: pure noise in 16 was called wrong with a
chance of 0.9, in 6 of 1.0."""
LEAST_OF_EACH = 5
"""Samples that must have the label, and that must lack it. A head that has seen no other one, or a single one, is sure
that the last is wrong: of labels without any meaning with 1 or 2 positives among 60 samples, that was a chance of 1.0;
with 5 at most 0.45."""

_NAMES = 5


def doubts(
    samples: Samples, blocks: NDArray[np.intp], run: Run | None, seed: int
) -> tuple[LabelIssues | None, list[str]]:
    """The labels in doubt, None where they were not looked for, and what is to be said about it.

    Args:
        samples: N, which can be read.
        blocks: (N,) block numbers; samples of one block, such as duplicates, count once and share a fold.
        run: its encoder gives the features; None where there is no run.
        seed: deals samples to folds.
    """
    if run is None:
        return None, ["labels in doubt were not looked for: this needs a trained run (--run RUN)"]
    judged = _judged(samples.targets, blocks)
    notes = [*_about_labels(samples, judged, run)]
    if not len(judged):
        return None, notes
    targets = Targets(samples.targets.present[:, judged], samples.targets.unknown[:, judged])
    issues = label_issues(targets, held_out_probabilities(samples, targets, blocks, run, seed))
    return _among_all(issues, judged, len(samples.space)), [*notes, *_about_scores(run)]


def _judged(targets: Targets, blocks: NDArray[np.intp]) -> NDArray[np.intp]:
    """(J,) the labels with enough samples to be judged."""
    different = targets.take(np.unique(blocks, return_index=True)[1])
    positives, known = different.positives(), different.known()
    rarer = np.minimum(positives, known - positives)
    return np.flatnonzero((known >= LEAST_KNOWN) & (rarer >= LEAST_OF_EACH))


def _among_all(issues: LabelIssues, judged: NDArray[np.intp], labels: int) -> LabelIssues:
    """The same findings with the columns of all labels; no noise rate of those that were not judged."""

    def moved(cells: Cells) -> Cells:
        return replace(cells, labels=judged[cells.labels])

    added, missed = np.full((2, labels), np.nan)
    added[judged], missed[judged] = issues.added, issues.missed
    return replace(issues, wrong=moved(issues.wrong), unfilled=moved(issues.unfilled), added=added, missed=missed)


def _about_labels(samples: Samples, judged: NDArray[np.intp], run: Run) -> Iterator[str]:
    names = samples.space.names
    left_out = np.setdiff1d(np.arange(len(names)), judged)
    if len(left_out) or not names:
        which = f"those of {_listed([names[label] for label in left_out])}" if len(judged) else "any label"
        yield (
            f"labels in doubt were not looked for among {which}: this takes {LEAST_KNOWN} readable samples that "
            f"differ, {LEAST_OF_EACH} with the label and {LEAST_OF_EACH} without; with fewer, a head that has not seen "
            "a sample knows too little to doubt its labels"
        )
    strange = [name for name in names if name not in run.space]
    if strange:
        judged_too = ", and are judged by heads fitted here like all others" if len(judged) else ""
        yield f"not among the labels of the run: {_listed(strange)}; its encoder knows nothing of them{judged_too}"


def _about_scores(run: Run) -> Iterator[str]:
    fitted = "linear heads on the features of" if run.features is None else "classifiers fitted anew with the encoder"
    yield f"scores: {fitted} {run.recipe.encoder.name}, out of fold, duplicates kept together"
    if run.features is None and run.recipe.tune != "head":
        yield (
            "scores: the run's encoder was trained on labels that are judged here, so wrong ones among its training "
            "samples are harder to see; a run with --tune head judges all alike"
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(short(name) for name in names[:_NAMES])
    return f"{shown} and {counted(len(names) - _NAMES, 'other')}" if len(names) > _NAMES else shown
