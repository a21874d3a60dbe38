"""Multi-label classification: samples with any number of labels in, label sets you can trust out."""

__version__ = "0.1.0"

from multihot.data import ImageArrays, ImageFiles, Samples, read
from multihot.errors import MultihotError
from multihot.evaluate import evaluate
from multihot.labels import LabelSet, LabelSpace, Targets
from multihot.predict import predict
from multihot.recipe import Recipe
from multihot.report import write_report
from multihot.run import Run
from multihot.train import train

__all__ = [
    "ImageArrays",
    "ImageFiles",
    "LabelSet",
    "LabelSpace",
    "MultihotError",
    "Recipe",
    "Run",
    "Samples",
    "Targets",
    "evaluate",
    "predict",
    "read",
    "train",
    "write_report",
]
