"""Multi-label classification: samples with any number of labels in, label sets you can trust out."""

import os
import sys
from typing import TYPE_CHECKING

from multihot.lazy import Face, names_from

# Torch's threads wait for each other by spinning, which on a machine with other work takes ten times as long as
# sleeping does; without other work there is no difference to measure. Read when torch is loaded, so set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"

if TYPE_CHECKING:
    from multihot.audit import audit  # type: ignore[no-redef]  # mypy sees the module of that name
    from multihot.data import Features, ImageArrays, ImageFiles, Samples, read
    from multihot.errors import MultihotError
    from multihot.estimators import MultiLabelClassifier
    from multihot.evaluate import evaluate
    from multihot.explain import Explanation, explain  # type: ignore[no-redef]
    from multihot.export import export  # type: ignore[no-redef]
    from multihot.hub import pull, push  # type: ignore[no-redef]
    from multihot.inspect import Inspection, inspect, write_inspection
    from multihot.labels import LabelSet, LabelSpace, Targets
    from multihot.predict import predict
    from multihot.recipe import Recipe
    from multihot.report import write_report
    from multihot.run import ListedRun, Run, ScoreEvaluation, load_run
    from multihot.scores import ScoreTable, evaluate_scores, read_score_table, read_targets, write_evaluation
    from multihot.train import train

__all__ = [
    "Explanation",
    "Features",
    "ImageArrays",
    "ImageFiles",
    "Inspection",
    "LabelSet",
    "LabelSpace",
    "ListedRun",
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
    "explain",
    "export",
    "inspect",
    "load_run",
    "predict",
    "pull",
    "push",
    "read",
    "read_score_table",
    "read_targets",
    "train",
    "write_evaluation",
    "write_inspection",
    "write_report",
]

if not TYPE_CHECKING:
    _HOMES = {
        "multihot.audit": "audit",
        "multihot.data": "Features ImageArrays ImageFiles Samples read",
        "multihot.errors": "MultihotError",
        "multihot.estimators": "MultiLabelClassifier",
        "multihot.evaluate": "evaluate",
        "multihot.explain": "Explanation explain",
        "multihot.export": "export",
        "multihot.hub": "pull push",
        "multihot.inspect": "Inspection inspect write_inspection",
        "multihot.labels": "LabelSet LabelSpace Targets",
        "multihot.predict": "predict",
        "multihot.recipe": "Recipe",
        "multihot.report": "write_report",
        "multihot.run": "ListedRun Run ScoreEvaluation load_run",
        "multihot.scores": "ScoreTable evaluate_scores read_score_table read_targets write_evaluation",
        "multihot.train": "train",
    }
    __getattr__ = names_from(__name__, _HOMES)
    sys.modules[__name__].__class__ = Face
