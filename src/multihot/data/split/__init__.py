"""Splits: which samples train, validate and test, with every label on every side where that is possible."""

from multihot.data.split.iterative import stratify
from multihot.data.split.parts import PARTS, Part, Split, SplitSettings, split

__all__ = ["PARTS", "Part", "Split", "SplitSettings", "split", "stratify"]
