"""Calibrate: from logits to probabilities that mean what they say."""

from multihot.decisions.calibrate.fit import fit_calibration
from multihot.decisions.calibrate.maps import Calibration, Method

__all__ = ["Calibration", "Method", "fit_calibration"]
