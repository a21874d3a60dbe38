"""Constrain: the most probable label set that keeps the relations of the label space."""

from multihot.decisions.constrain.plan import Plan

__all__ = ["Plan"]
