"""Decisions: from logits to label sets, fitted on validation samples."""

from multihot.decisions import guarantee
from multihot.decisions.abstain import HandOver, RiskRow, hand_over_cells, hand_over_samples, risk_table
from multihot.decisions.calibrate import Calibration
from multihot.decisions.decision import Decision, FittedOn
from multihot.decisions.fit import fit, refit
from multihot.decisions.listed import ListDecision, fit_listed, require_for_lists
from multihot.decisions.module import DecisionModule
from multihot.decisions.select import expected_f_sets, joint_f_sets, joint_of_sets
from multihot.decisions.settings import DecisionSettings, ObjectiveName, Promise
from multihot.decisions.trade_off import TradeOff, trade_off

__all__ = [
    "Calibration",
    "Decision",
    "DecisionModule",
    "DecisionSettings",
    "FittedOn",
    "HandOver",
    "ListDecision",
    "ObjectiveName",
    "Promise",
    "RiskRow",
    "TradeOff",
    "expected_f_sets",
    "fit",
    "fit_listed",
    "guarantee",
    "hand_over_cells",
    "hand_over_samples",
    "joint_f_sets",
    "joint_of_sets",
    "refit",
    "require_for_lists",
    "risk_table",
    "trade_off",
]
