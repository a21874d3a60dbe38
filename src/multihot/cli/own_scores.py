"""Scores of another tool's model, as flags of `evaluate` and `predict`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from multihot.cli.reader import Reader
from multihot.console import pairs
from multihot.data.sources.text import read_text
from multihot.decisions import DecisionSettings
from multihot.errors import ArgumentError
from multihot.progress import logger
from multihot.recipe import Recipe, override
from multihot.scores import EvaluatedScores, Kind, ScoreTable, evaluate_scores, read_score_table, read_targets


@Parameter(name="*")
@dataclass(frozen=True)
class OwnScores:
    """Scores of another tool's model: its file, and what the file does not say."""

    scores: Annotated[
        Path | None,
        Parameter(help="Scores of another tool's model: a table (CSV, TSV, JSON lines, Parquet) with ids, or .npy."),
    ] = None
    kind: Annotated[
        Kind | None,
        Parameter(help="What the scores are, where no column says so; `scores` only rank."),
    ] = None
    names: Annotated[
        Path | None,
        Parameter(help="A text file of label names, one a line, where the file of scores holds lists or an array."),
    ] = None

    def read(self) -> ScoreTable:
        """The scores."""
        if self.scores is None:
            raise ArgumentError("--kind and --names belong to --scores")
        names = None if self.names is None else [line.strip() for line in read_text(self.names).splitlines() if line]
        table = read_score_table(self.scores, self.kind, names)
        logger.info("%s: %s of %d samples and %d labels", self.scores, table.kind, len(table), len(table.space))
        return table


NO_SCORES = OwnScores()


def evaluate_own(
    own: OwnScores, targets: str, reader: Reader, objective: str | None, settings: tuple[str, ...]
) -> EvaluatedScores:
    """Measure scores of another tool's model against what is true."""
    changes = {f"decision.{name}": value for name, value in pairs(settings, "--set").items()}
    if objective is not None:
        changes["decision.objective"] = objective
    decision: DecisionSettings = Recipe.parse(override({}, changes), "decision").decision
    truth = read_targets(targets, reader.source_format, **pairs(reader.settings, "--read"))
    found = evaluate_scores(own.read(), truth, decision)
    for note in (*found.notes, *found.decision.notes):
        logger.info("%s", note)
    for aside in found.table.set_aside:
        logger.warning("set aside %s: %s", aside.id, aside.reason)
    return found
