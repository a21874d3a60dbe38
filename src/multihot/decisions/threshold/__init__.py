"""Thresholds: exact search over all distinct scores, averaged over resamples, shared by rare labels."""

from multihot.decisions.threshold.fit import Cuts, fit_cuts

__all__ = ["Cuts", "fit_cuts"]
