"""Scores and what is true of them, to a decision and figures, each fitted and measured on samples of its own.

Shapes: N samples, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multihot import metrics
from multihot.data import Samples
from multihot.data.split import stratify
from multihot.data.split.blocks import tie
from multihot.decisions import Decision, DecisionSettings
from multihot.errors import ArgumentError, DataError
from multihot.labels import Targets
from multihot.run import Scores
from multihot.run.scores import REPLICATES
from multihot.scores.fitting import fit_decision
from multihot.scores.table import ScoreTable
from multihot.scores.targets import aligned

FOLDS = 5


@dataclass(frozen=True, eq=False)
class EvaluatedScores:
    """What was found of scores.

    Args:
        table: the scores.
        samples: what is true of them, in their order.
        decision: for new scores: fitted on the validation part, or where there is none on all samples.
        scores: what was decided of the samples measured, by a decision that had not seen them.
        folds: into how many the samples were dealt; None where the decision was fitted on a validation part.
        parts: the part of each sample.
        notes: what the user should know, a sentence each.
        replicates: bootstrap resamples behind each interval.
        seed: decides the folds and the resamples.
    """

    table: ScoreTable
    samples: Samples
    decision: Decision
    scores: Scores
    folds: int | None
    parts: tuple[str, ...]
    notes: tuple[str, ...]
    replicates: int = REPLICATES
    seed: int = 0

    @cached_property
    def reports(self) -> dict[str, metrics.Report]:
        """Every figure with its interval, "test" and, where the decision was fitted on one, "validation"."""
        names = self.samples.space.names
        return {
            part: self.scores.part(part).report(names, self.replicates, self.seed)
            for part in dict.fromkeys(self.scores.parts)
        }

    @property
    def report(self) -> metrics.Report:
        """The figures of the samples that no decision about them was fitted on."""
        return self.reports["test"]


def evaluate_scores(
    scores: ScoreTable,
    targets: Samples | Targets | ArrayLike,
    settings: DecisionSettings | None = None,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> EvaluatedScores:
    """Measure another tool's model by its scores, and fit a decision for them.

    Nothing is decided on the data that it is measured on. Where the samples are split (by the scores' file or that of
    the targets) into validation and test, the decision is fitted on validation and measured on test. Otherwise it is
    cross-fitted: samples are dealt to five folds, stratified by label and with groups kept whole; those of each fold
    are decided by a decision fitted on the other four, and all are measured together. The decision that is kept was
    then fitted on all. Training samples take no part.

    Args:
        scores: N samples, L labels.
        targets: what is true of them: samples with the same ids, or (N, L) of 1 present, 0 absent and NaN unknown in
            the order of the scores.
        settings: what the decision is fitted for.
        replicates: bootstrap resamples behind each interval; 0 leaves intervals out.
        seed: decides the folds and the resamples.

    Raises:
        DataError: a sample without scores or targets, or too few samples.
        LabelError: a label without scores or targets.
        ArgumentError: shapes do not match, or scores that only rank are to be cut without calibration.

    >>> table = ScoreTable.from_array(np.linspace(-3, 3, 40).reshape(20, 2), "logits", ("cat", "dog"))
    >>> found = evaluate_scores(table, table.values > 0, replicates=0)
    >>> found.folds, found.report.figures["micro_f1"].value
    (5, 1.0)
    """
    settings = settings or DecisionSettings()
    if scores.kind == "scores" and settings.calibration == "none":
        raise ArgumentError("scores that only rank become probabilities by calibration: it must not be none")
    samples = aligned(scores, targets if isinstance(targets, Samples | Targets) else Targets.from_dense(targets))
    parts, notes = _parts(scores, samples)
    if not {"validation", "test"} <= set(parts):
        parts = tuple("test" if part != "train" else part for part in parts)
    fitted = (_on_validation if "validation" in parts else _cross_fitted)(scores, samples, settings, parts, seed)
    samples = replace(samples, set_aside=(*samples.set_aside, *scores.set_aside))
    notes = (*notes, *samples.notes, *fitted.notes)
    return EvaluatedScores(
        scores, samples, fitted.decision, fitted.scores, fitted.folds, parts, notes, replicates, seed
    )


class _Fitted(NamedTuple):
    decision: Decision
    scores: Scores
    folds: int | None = None

    @property
    def notes(self) -> list[str]:
        if self.folds is None:
            return []
        cross_fitted = f"each sample was decided by a fit on the other folds of {self.folds}"
        return [f"decision: no validation part, so {cross_fitted}; the decision kept was fitted on all"]


def _parts(scores: ScoreTable, samples: Samples) -> tuple[tuple[str, ...], Sequence[str]]:
    """The part of each sample, "test" where nothing is declared."""
    declared = [given for given in (scores.parts, samples.split) if given is not None and any(given)]
    at_odds = enumerate(zip(*declared, strict=True)) if len(declared) == 2 else ()
    # Training samples have scores for validation where these were cross-fitted.
    row = next((row for row, both in at_odds if both[0] != both[1] and both != ("validation", "train")), None)
    if row is not None:
        raise DataError(
            f"sample {scores.ids[row]} is in {declared[0][row]} by the scores and in {declared[1][row]} by the targets"
        )
    if not declared:
        return ("test",) * len(scores), []
    undeclared = [name for name, part in zip(scores.ids, declared[0], strict=True) if part is None]
    if undeclared:
        raise DataError(f"{len(undeclared)} samples are in no part of the split that others are in: {undeclared[0]}")
    parts = tuple(part or "" for part in declared[0])
    training = parts.count("train")
    if training == len(parts):
        raise DataError("all samples are training samples: scores of these say nothing about new ones")
    note = f"split: {training} training samples take no part: their scores say nothing about new samples"
    return parts, [note] if training else []


def _on_validation(
    scores: ScoreTable, samples: Samples, settings: DecisionSettings, parts: Sequence[str], seed: int
) -> _Fitted:
    rows = np.flatnonzero(np.array(parts) != "train")
    logits, targets = scores.logits[rows], samples.targets.take(rows).dense()
    names = [parts[row] for row in rows.tolist()]
    inside = np.array(names) == "validation"
    decision = fit_decision(logits[inside], targets[inside], settings, samples.space, scores.kind, "validation")
    ids = [scores.ids[row] for row in rows.tolist()]
    return _Fitted(decision, Scores.of(decision, ids, names, targets, logits.astype(np.float32)))


def _cross_fitted(
    scores: ScoreTable, samples: Samples, settings: DecisionSettings, parts: Sequence[str], seed: int
) -> _Fitted:
    rows = np.flatnonzero(np.array(parts) == "test")
    own = samples.take(rows)
    logits, targets = scores.logits[rows], own.targets.dense()
    fold, folds = _folds(own, seed)
    probabilities, decided = np.empty(logits.shape, np.float32), np.empty(logits.shape, np.bool_)
    for held in range(folds):
        inside, outside = fold != held, fold == held
        decision = fit_decision(logits[inside], targets[inside], settings, own.space, scores.kind, "scored")
        probabilities[outside] = decision.probabilities(logits[outside])
        decided[outside] = decision.decide(probabilities[outside])
    decision = fit_decision(logits, targets, settings, own.space, scores.kind, "scored")
    names = ("test",) * len(own)
    scored = Scores(own.ids, names, targets, logits.astype(np.float32), probabilities, decided)
    return _Fitted(decision, scored, folds)


def _folds(samples: Samples, seed: int) -> tuple[NDArray[np.intp], int]:
    blocks = tie(samples.groups, count=len(samples))
    folds = min(FOLDS, int(blocks.max(initial=-1)) + 1)
    if folds < 2:
        raise DataError(f"{len(samples)} samples in {folds} groups: a decision cannot be fitted on others of them")
    return stratify(samples.targets, [1 / folds] * folds, seed=seed, blocks=blocks), folds
