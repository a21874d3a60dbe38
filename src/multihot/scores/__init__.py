"""Scores of another tool's model: read, put beside what is true, decided and measured.

`reading` knows the files, `targets` brings labels and samples into the order of the scores, `evaluation` fits the
decision and measures, each on samples of its own.
"""

from multihot.scores.evaluation import EvaluatedScores, evaluate_scores
from multihot.scores.prediction import predict_from_scores
from multihot.scores.reading import read_score_table
from multihot.scores.table import Kind, ScoreTable
from multihot.scores.targets import read_targets
from multihot.scores.writing import write_evaluation

__all__ = [
    "EvaluatedScores",
    "Kind",
    "ScoreTable",
    "evaluate_scores",
    "predict_from_scores",
    "read_score_table",
    "read_targets",
    "write_evaluation",
]
