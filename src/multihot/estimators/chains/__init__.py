"""Chains: classifiers in a row, each of which sees the labels decided before it."""

from multihot.estimators.chains.chain import ClassifierChain
from multihot.estimators.chains.ensemble import EnsembleOfClassifierChains

__all__ = ["ClassifierChain", "EnsembleOfClassifierChains"]
