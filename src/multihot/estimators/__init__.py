"""Estimators: the scikit-learn way to learn label sets, with unknown cells never taken for absent ones."""

from multihot.estimators.chains import ClassifierChain, EnsembleOfClassifierChains
from multihot.estimators.classifier import MultiLabelClassifier
from multihot.estimators.mlknn import MLkNN
from multihot.estimators.powersets import PrunedLabelPowerset, RAkEL
from multihot.estimators.relevance import BinaryRelevance
from multihot.estimators.scorers import SCORERS, Scorer, Scorers, make_scorer
from multihot.estimators.splitters import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    multilabel_split,
)

__all__ = [
    "SCORERS",
    "BinaryRelevance",
    "ClassifierChain",
    "EnsembleOfClassifierChains",
    "MLkNN",
    "MultiLabelClassifier",
    "MultilabelStratifiedGroupKFold",
    "MultilabelStratifiedKFold",
    "PrunedLabelPowerset",
    "RAkEL",
    "Scorer",
    "Scorers",
    "make_scorer",
    "multilabel_split",
]
