"""Multi-label classification: samples with any number of labels in, label sets you can trust out."""

import os
from typing import TYPE_CHECKING, Any

# Torch's threads wait for each other by spinning, which on a machine with other work takes ten times as long as
# sleeping does; without other work there is no difference to measure. Read when torch is loaded, so set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"

from multihot.audit import audit
from multihot.data import Features, ImageArrays, ImageFiles, Samples, read
from multihot.errors import MultihotError
from multihot.evaluate import evaluate
from multihot.inspect import Inspection, inspect, write_inspection
from multihot.labels import LabelSet, LabelSpace, Targets
from multihot.predict import predict
from multihot.recipe import Recipe
from multihot.report import write_report
from multihot.run import Run, ScoreEvaluation
from multihot.scores import ScoreTable, evaluate_scores, read_score_table, read_targets, write_evaluation
from multihot.train import train

if TYPE_CHECKING:
    from multihot.estimators import MultiLabelClassifier

__all__ = [
    "Features",
    "ImageArrays",
    "ImageFiles",
    "Inspection",
    "LabelSet",
    "LabelSpace",
    "MultiLabelClassifier",
    "MultihotError",
    "Recipe",
    "Run",
    "Samples",
    "ScoreEvaluation",
    "ScoreTable",
    "Targets",
    "audit",
    "evaluate",
    "evaluate_scores",
    "inspect",
    "predict",
    "read",
    "read_score_table",
    "read_targets",
    "train",
    "write_evaluation",
    "write_inspection",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """`MultiLabelClassifier`, loaded when first asked for: scikit-learn takes half a second."""
    if name == "MultiLabelClassifier":
        from multihot.estimators import MultiLabelClassifier

        return MultiLabelClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
