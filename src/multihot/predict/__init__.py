"""A run and pictures to label sets.

Two halves: `inputs` finds pictures and runs them, `files` writes what comes out.
"""

from typing import TYPE_CHECKING

from multihot.lazy import names_from

if TYPE_CHECKING:
    from multihot.predict.files import PredictionFile
    from multihot.predict.finding import find_pictures
    from multihot.predict.inputs import predict

__all__ = ["PredictionFile", "find_pictures", "predict"]

if not TYPE_CHECKING:
    _HOMES = {
        "multihot.predict.files": "PredictionFile",
        "multihot.predict.finding": "find_pictures",
        "multihot.predict.inputs": "predict",
    }
    __getattr__ = names_from(__name__, _HOMES)
