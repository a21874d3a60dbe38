"""Estimators: the scikit-learn way to learn label sets, with unknown cells never taken for absent ones."""

from multihot.estimators.chains import ClassifierChain, EnsembleOfClassifierChains
from multihot.estimators.mlknn import MLkNN
from multihot.estimators.powersets import PrunedLabelPowerset, RAkEL
from multihot.estimators.relevance import BinaryRelevance

__all__ = [
    "BinaryRelevance",
    "ClassifierChain",
    "EnsembleOfClassifierChains",
    "MLkNN",
    "PrunedLabelPowerset",
    "RAkEL",
]
