"""Thresholds: exact search over all distinct scores, and shrinkage of rare labels."""

from multihot.decisions.threshold.fit import Thresholds, fit_thresholds

__all__ = ["Thresholds", "fit_thresholds"]
