"""The graph of a run, and its file."""

from pathlib import Path

import numpy as np

import onnx
from multihot.data import Samples
from multihot.data.loading import load
from multihot.decisions import Decision
from multihot.export.check import pictures_of
from multihot.export.graph import classifier_graph, decision_graph, joined, require_graph
from multihot.export.quantise import quantised
from multihot.models import Classifier
from multihot.onnx import Description, Precision
from multihot.run import Run
from onnx import ModelProto, helper

CALIBRATION_PICTURES = 128


def build(
    run: Run, classifier: Classifier, decision: Decision, precision: Precision, samples: Samples | None
) -> ModelProto:
    """From pixels to probabilities and label sets, in one graph.

    Raises:
        ArgumentError: head or decision cannot be written as a graph.
        DataError: for int8, the run's training samples cannot be found.
    """
    require_graph(run.recipe.head.name)
    side = classifier.encoder.spec.size
    after = decision_graph(decision)  # first, as it may refuse
    logits = classifier_graph(classifier, half=precision == "float16")
    if precision == "int8":
        _, images = pictures_of(run, "train", samples)
        rows = np.unique(np.linspace(0, len(images) - 1, min(CALIBRATION_PICTURES, len(images)), dtype=int))
        loaded = load(images, rows.tolist(), side)
        logits = quantised(logits, (each.pixels.numpy() for each in loaded if each.pixels is not None))
    return joined(logits, after, side)


def save(path: Path, graph: ModelProto, description: Description) -> None:
    """Write a graph with what it says of itself."""
    helper.set_model_props(graph, description.to_properties())
    onnx.save(graph, path)
