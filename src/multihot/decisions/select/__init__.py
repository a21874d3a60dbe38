"""Select: how many labels a sample gets."""

from multihot.decisions.select.expected_f import expected_f_sets, joint_f_sets, joint_of_sets
from multihot.decisions.select.scores import Select, selection_scores, weights_of

__all__ = ["Select", "expected_f_sets", "joint_f_sets", "joint_of_sets", "selection_scores", "weights_of"]
