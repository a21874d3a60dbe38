"""Classifiers of feature vectors, fitted in memory: nothing here reads or writes a file."""

from multihot.train.vectors.fit import FittedVectors, fit_vectors, folds_for

__all__ = ["FittedVectors", "fit_vectors", "folds_for"]
