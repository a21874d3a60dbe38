"""Decisions: from logits to label sets, fitted on validation samples."""

from multihot.decisions.decision import Decision, FittedOn, fit
from multihot.decisions.select import expected_f_sets, joint_f_sets, joint_of_sets
from multihot.decisions.settings import DecisionSettings

__all__ = ["Decision", "DecisionSettings", "FittedOn", "expected_f_sets", "fit", "joint_f_sets", "joint_of_sets"]
