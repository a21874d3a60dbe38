"""Label powersets: whole label sets as the classes of one classifier."""

from multihot.estimators.powersets.pruned import PrunedLabelPowerset
from multihot.estimators.powersets.rakel import RAkEL

__all__ = ["PrunedLabelPowerset", "RAkEL"]
