"""Training: fit a recipe to samples and leave a run directory."""

from multihot.train.head_fit import fit_head
from multihot.train.judge import Fold
from multihot.train.session import train
from multihot.train.sharded_head import ShardedLinearHead

__all__ = ["Fold", "ShardedLinearHead", "fit_head", "train"]
