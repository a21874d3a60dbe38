"""`export`: a run in, one checked ONNX file out."""

from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from multihot.data import Samples
from multihot.decisions import Decision
from multihot.errors import ArgumentError, MissingExtraError
from multihot.export.check import compare, part_of, require_same
from multihot.export.licence import licence_of
from multihot.export.relations import in_closed_form
from multihot.models import Classifier
from multihot.onnx import Description, Precision, Predictor
from multihot.progress import logger
from multihot.run import Run

LIBRARIES = ("onnx", "onnxscript", "onnxruntime")


def export(
    run: Run,
    to: str | Path,
    *,
    precision: Precision = "float32",
    samples: Samples | None = None,
    overwrite: bool = False,
) -> Description:
    """Write a run as one ONNX file, and check it against the run.

    The file takes decoded pictures `pixels` (B, H, W, 3) uint8 RGB, or `features` (B, D) float32, and gives
    `probabilities` (B, L) float32 and `decided` (B, L) booleans: resize, classifier, calibration, thresholds and
    relations are inside.

    Args:
        run: of pictures or of feature vectors.
        to: a new .onnx file.
        precision: float16 halves the file, int8 (static quantisation) makes it about a third; what that costs is
            measured.
        samples: the source that the run was trained on, where its pictures are not where they were; always for
            feature vectors.
        overwrite: whether a file of this name may be replaced.

    Returns:
        What is in the file, and how it compared with the run on the run's test samples.

    Raises:
        ArgumentError: another ending, the file exists, or head or decision cannot be written as a graph.
        DataError: the run's test samples cannot be found.
        RunError: in float32, the file decides otherwise than the run; it is then not written.
        MissingExtraError: the libraries of the `export` extra are not installed.
    """
    path = Path(to)
    if path.suffix != ".onnx":
        raise ArgumentError(f"{path}: a run is exported as .onnx, got {path.suffix!r}")
    if path.exists() and not overwrite:
        raise ArgumentError(f"{path}: exists already; choose another file, or replace it by --overwrite")
    _require_libraries()
    from multihot.export.building import build, save

    if precision != "float32" and not isinstance(run.classifier, Classifier):
        raise ArgumentError(f"precision {precision} is for runs on pictures; feature vectors are exported in float32")
    decision, left_out = in_closed_form(run.decision)
    for text in left_out:
        logger.warning("relation not kept by the exported file: %s", text)
    test = part_of(run, "test", samples)
    graph = build(run, decision, precision, samples)
    description = describe(run, decision, left_out, precision)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        save(part, graph, description)
        check = compare(run, decision, Predictor(part, "onnxruntime"), test)
        if precision == "float32":
            require_same(check, path)
        description = replace(description, check=check)
        save(part, graph, description)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return description


def describe(run: Run, decision: Decision, left_out: tuple[str, ...], precision: Precision) -> Description:
    """What the file will say of itself, before it is checked."""
    classifier = run.classifier
    pictures = isinstance(classifier, Classifier)
    thresholds = (None if np.isnan(value) else value for value in decision.thresholds.tolist())
    return Description(
        labels=run.space.names,
        order_hash=run.space.order_hash,
        objective=decision.objective,
        thresholds=tuple(thresholds),
        relations=decision.space.relations.to_dict(),
        relations_left_out=left_out,
        takes="pixels" if pictures else "features",
        size=classifier.encoder.spec.size if isinstance(classifier, Classifier) else classifier.width,
        features=None if run.features is None else run.features.names,
        encoder=run.recipe.encoder.name,
        head=run.recipe.head.name,
        licence=licence_of(run.recipe.picture_encoder) if pictures else "",
        precision=precision,
        version=metadata.version("multihot"),
    )


def _require_libraries() -> None:
    if any(find_spec(name) is None for name in LIBRARIES):
        raise MissingExtraError("ONNX export", "export")
