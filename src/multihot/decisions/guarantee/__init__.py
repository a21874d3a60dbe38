"""Guarantee: thresholds whose risk on new samples like the calibration samples is bounded, whatever the model."""

from multihot.decisions.guarantee.missed import (
    missed_threshold,
    missed_thresholds_by_group,
    missed_thresholds_by_label,
)
from multihot.decisions.guarantee.positives import Positives
from multihot.decisions.guarantee.tested import hoeffding_bentkus, large_threshold, wrong_threshold

__all__ = [
    "Positives",
    "hoeffding_bentkus",
    "large_threshold",
    "missed_threshold",
    "missed_thresholds_by_group",
    "missed_thresholds_by_label",
    "wrong_threshold",
]
