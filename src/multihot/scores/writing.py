"""Evaluated scores as a folder that `multihot report` shows and `multihot predict --scores` decides by."""

import importlib.metadata
import platform
from pathlib import Path

from multihot.errors import RunError
from multihot.run import (
    DECISION,
    EVALUATION,
    LABELS,
    METRICS,
    SCORES,
    SPLIT,
    ScoreEvaluation,
    write_json,
    write_scores,
    write_split,
)
from multihot.scores.evaluation import EvaluatedScores


def write_evaluation(found: EvaluatedScores, folder: str | Path) -> ScoreEvaluation:
    """Write a new folder: labels, decision, scores, split and figures, as a run has them.

    Raises:
        RunError: the folder is not empty.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder}: exists already; choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    space = found.samples.space
    about = {
        "kind": found.table.kind,
        "scores": found.table.source,
        "targets": found.samples.source,
        "folds": found.folds,
        "seed": found.seed,
        "python": platform.python_version(),
        "multihot": importlib.metadata.version("multihot"),
    }
    write_json(folder / LABELS, space.to_dict())
    write_json(folder / DECISION, found.decision.to_dict())
    write_scores(folder / SCORES, found.scores, space)
    write_split(folder / SPLIT, found.samples, found.parts, [None] * len(found.samples), found.notes)
    write_json(folder / EVALUATION, about)
    write_json(folder / METRICS, {part: report.to_dict() for part, report in found.reports.items()})
    return ScoreEvaluation(folder, space, found.decision, about)
