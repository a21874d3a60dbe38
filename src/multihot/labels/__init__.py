"""Labels: their names and order, which may hold together, and what is true of each sample."""

from typing import TYPE_CHECKING

from multihot.lazy import names_from

if TYPE_CHECKING:
    from multihot.labels.label_set import LabelSet
    from multihot.labels.relations import Count, Group, Relations
    from multihot.labels.rules import Rule, Rules
    from multihot.labels.space import LabelSpace
    from multihot.labels.targets import Targets

__all__ = ["Count", "Group", "LabelSet", "LabelSpace", "Relations", "Rule", "Rules", "Targets"]

if not TYPE_CHECKING:
    _HOMES = {
        "multihot.labels.label_set": "LabelSet",
        "multihot.labels.relations": "Count Group Relations",
        "multihot.labels.rules": "Rule Rules",
        "multihot.labels.space": "LabelSpace",
        "multihot.labels.targets": "Targets",
    }
    __getattr__ = names_from(__name__, _HOMES)
