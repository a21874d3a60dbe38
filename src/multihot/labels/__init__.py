"""Labels: their names and order, and what is true of each sample."""

from multihot.labels.label_set import LabelSet
from multihot.labels.space import LabelSpace
from multihot.labels.targets import Targets

__all__ = ["LabelSet", "LabelSpace", "Targets"]
