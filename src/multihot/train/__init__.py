"""Training: fit a recipe to samples and leave a run directory."""

from multihot.train.session import train

__all__ = ["train"]
