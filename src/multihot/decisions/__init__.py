"""Decisions: from logits to label sets, fitted on validation samples."""

from multihot.decisions.decision import Decision, FittedOn, fit
from multihot.decisions.settings import DecisionSettings

__all__ = ["Decision", "DecisionSettings", "FittedOn", "fit"]
