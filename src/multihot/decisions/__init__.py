"""Decisions: from logits to label sets, fitted on validation samples."""

from multihot.decisions import guarantee
from multihot.decisions.calibrate import Calibration
from multihot.decisions.decision import Decision, FittedOn
from multihot.decisions.fit import fit
from multihot.decisions.select import expected_f_sets, joint_f_sets, joint_of_sets
from multihot.decisions.settings import DecisionSettings, Promise

__all__ = [
    "Calibration",
    "Decision",
    "DecisionSettings",
    "FittedOn",
    "Promise",
    "expected_f_sets",
    "fit",
    "guarantee",
    "joint_f_sets",
    "joint_of_sets",
]
