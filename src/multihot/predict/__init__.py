"""A run and pictures to label sets.

`inputs` runs pictures, wherever `images` finds them, and `files` writes what comes out; `ray_engine` does both with
many processes, each of which writes `parts`.
"""

from typing import TYPE_CHECKING

from multihot.lazy import names_from

if TYPE_CHECKING:
    from multihot.predict.files import PredictionFile
    from multihot.predict.finding import find_pictures
    from multihot.predict.inputs import predict
    from multihot.predict.ray_engine import predict_on_ray

__all__ = ["PredictionFile", "find_pictures", "predict", "predict_on_ray"]

if not TYPE_CHECKING:
    _HOMES = {
        "multihot.predict.files": "PredictionFile",
        "multihot.predict.finding": "find_pictures",
        "multihot.predict.inputs": "predict",
        "multihot.predict.ray_engine": "predict_on_ray",
    }
    __getattr__ = names_from(__name__, _HOMES)
