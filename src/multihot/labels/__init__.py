"""Labels: their names and order, which may hold together, and what is true of each sample."""

from multihot.labels.label_set import LabelSet
from multihot.labels.relations import Count, Group, Relations
from multihot.labels.rules import Rule, Rules
from multihot.labels.space import LabelSpace
from multihot.labels.targets import Targets

__all__ = ["Count", "Group", "LabelSet", "LabelSpace", "Relations", "Rule", "Rules", "Targets"]
