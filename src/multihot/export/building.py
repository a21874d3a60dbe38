"""The graph of a run, and its file."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, helper

from multihot.data import Features, Images, Samples
from multihot.data.loading import load
from multihot.decisions import Decision
from multihot.export.check import part_of
from multihot.export.graph import after_resize, classifier_graph, decision_graph, joined, require_graph
from multihot.export.quantise import quantised
from multihot.models import Classifier
from multihot.onnx import Description, Precision
from multihot.run import Run

CALIBRATION_PICTURES = 128


def build(run: Run, decision: Decision, precision: Precision, samples: Samples | None) -> ModelProto:
    """From pixels or features to probabilities and label sets, in one graph.

    Raises:
        ArgumentError: head or decision cannot be written as a graph.
        DataError: for int8, the run's training samples cannot be found.
    """
    require_graph(run.classifier)
    after = decision_graph(decision)  # first, as it may refuse
    classifier = run.classifier
    logits = classifier_graph(classifier, half=precision == "float16")
    if not isinstance(classifier, Classifier):
        return joined(logits, after)
    side = classifier.encoder.spec.size
    if precision == "int8" and not isinstance(train := part_of(run, "train", samples).inputs, Features):
        logits = quantised(logits, _calibration(train, side))
    return after_resize(joined(logits, after), side)


def _calibration(images: Images, side: int) -> Iterator[NDArray[np.uint8]]:
    """Some of the pictures, (3, S, S)."""
    rows = np.unique(np.linspace(0, len(images) - 1, min(CALIBRATION_PICTURES, len(images)), dtype=int))
    return (each.pixels.numpy() for each in load(images, rows.tolist(), side) if each.pixels is not None)


def save(path: Path, graph: ModelProto, description: Description) -> None:
    """Write a graph with what it says of itself."""
    helper.set_model_props(graph, description.to_properties())
    onnx.save(graph, path)
