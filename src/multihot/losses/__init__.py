"""Losses: pure functions of logits and targets, unreduced, blind to unknown cells."""

from multihot.losses.binary import binary_cross_entropy
from multihot.losses.reduction import Reduction, reduce
from multihot.losses.settings import LossSettings, build_loss

__all__ = ["LossSettings", "Reduction", "binary_cross_entropy", "build_loss", "reduce"]
