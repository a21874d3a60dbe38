"""The run directory: what training leaves behind and all others read."""

from multihot.run.files import (
    CHECKPOINTS,
    DECISION,
    EVALUATION,
    FEATURES,
    HISTORY,
    LABELS,
    METRICS,
    PLOTS,
    RECIPE,
    REPORT,
    SCORES,
    SPLIT,
    WEIGHTS,
    free_name,
    read_json,
    read_weights,
    require_finished,
    write_json,
    write_recipe,
    write_split,
    write_text,
    write_weights,
)
from multihot.run.listed_run import ListedRun, load_run
from multihot.run.listed_scores import ListedScores, write_listed_scores
from multihot.run.results import Results
from multihot.run.run import Run
from multihot.run.score_evaluation import ScoreEvaluation, load_results
from multihot.run.scores import Scores, read_scores, write_scores

__all__ = [
    "CHECKPOINTS",
    "DECISION",
    "EVALUATION",
    "FEATURES",
    "HISTORY",
    "LABELS",
    "METRICS",
    "PLOTS",
    "RECIPE",
    "REPORT",
    "SCORES",
    "SPLIT",
    "WEIGHTS",
    "ListedRun",
    "ListedScores",
    "Results",
    "Run",
    "ScoreEvaluation",
    "Scores",
    "free_name",
    "load_results",
    "load_run",
    "read_json",
    "read_scores",
    "read_weights",
    "require_finished",
    "write_json",
    "write_listed_scores",
    "write_recipe",
    "write_scores",
    "write_split",
    "write_text",
    "write_weights",
]
