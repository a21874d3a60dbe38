"""A run and pictures to label sets.

Two halves: `inputs` finds pictures and runs them, `files` writes what comes out.
"""

from multihot.predict.files import PredictionFile
from multihot.predict.inputs import find_pictures, predict

__all__ = ["PredictionFile", "find_pictures", "predict"]
