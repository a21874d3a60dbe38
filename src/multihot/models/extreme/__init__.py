"""Scorers for large label sets: sparse features in, each sample's best labels out, never N x L scores."""

from multihot.models.extreme.label_trees import LabelTrees, fit_label_trees, require_trees_for
from multihot.models.extreme.one_vs_rest import OneVsRest, fit_one_vs_rest
from multihot.models.extreme.ranked import Ranked
from multihot.models.extreme.settings import ExtremeSettings, LabelTreesSettings, OneVsRestSettings

__all__ = [
    "ExtremeSettings",
    "LabelTrees",
    "LabelTreesSettings",
    "OneVsRest",
    "OneVsRestSettings",
    "Ranked",
    "fit_label_trees",
    "fit_one_vs_rest",
    "require_trees_for",
]
