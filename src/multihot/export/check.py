"""The exported file against the run it was made of, on samples of the run's own test part.

Shapes: N samples, B samples in a batch, L labels.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multihot import metrics
from multihot.data import Features, ImageFiles, Images, Samples, decode_bytes
from multihot.data.ahead import ahead
from multihot.data.loading import resize
from multihot.decisions import Decision
from multihot.errors import DataError, RunError
from multihot.models.encode import infer
from multihot.onnx import Predictor, SelfCheck
from multihot.progress import track
from multihot.run import Run

Metric = Callable[[Any, Any], Any]

LEAST_CELLS_EQUAL = 0.999
MOST_DIFFERENCE = 1e-3
WAITING = 2  # decoded pictures held for each thread


class Part(NamedTuple):
    """N samples of a part of a run's split, by name."""

    ids: tuple[str, ...]
    inputs: Images | Features


class Pair(NamedTuple):
    """What the run and the file say of the same samples: logits; probabilities and decided labels, (B, L) each."""

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    decided: NDArray[np.bool_]


def part_of(run: Run, part: str, samples: Samples | None = None) -> Part:
    """The inputs of a part of the run's split: from `samples`, or where the run read its pictures.

    Raises:
        DataError: they are not there, or are no pictures, or no feature vectors, as the run takes them.
    """
    rows = [row for row in run.split().select(["id", "part", "path"]).to_pylist() if row["part"] == part]
    ids = tuple(row["id"] for row in rows)
    if samples is not None:
        places = {name: place for place, name in enumerate(samples.ids)}
        missing = [name for name in ids if name not in places]
        if missing:
            raise DataError(f"{samples.source}: {len(missing)} {part} samples of the run are not in it: {missing[0]}")
        inputs = samples.images if run.features is None else samples.features
        return Part(ids, inputs.take([places[name] for name in ids]))
    gone = next((row for row in rows if row["path"] is None or not Path(row["path"]).is_file()), None)
    if gone is not None:
        where = f"not at {gone['path']}" if gone["path"] else "in no file of its own"
        raise DataError(f"{run.folder}: the {part} sample {gone['id']} is {where}: name the source (--source)")
    return Part(ids, ImageFiles([row["path"] for row in rows]))


def compare(run: Run, decision: Decision, file: Predictor, test: Part) -> SelfCheck:
    """The run and the file on the run's test samples.

    Args:
        run: of pictures or of feature vectors.
        decision: the run's, without the relations that the file leaves out.
        file: to be checked.
        test: the samples.

    Raises:
        RunError: there are none.
        DataError: one cannot be read any more.
    """
    if not test.ids:
        raise RunError(f"{run.folder}: no test samples to check the file against")
    inputs = test.inputs
    pairs = _on_vectors(run, file, inputs) if isinstance(inputs, Features) else _on_pictures(run, file, inputs)
    logits, probabilities, decided = (np.concatenate(column) for column in zip(*pairs, strict=True))
    expected = decision.probabilities(logits)
    expected_sets = decision.decide(expected)
    targets = _targets(run, test.ids)
    return SelfCheck(
        samples=len(test.ids),
        cells_equal=float((decided == expected_sets).mean()),
        largest_difference=float(np.abs(probabilities - expected).max()),
        mean_average_precision_lost=_lost(metrics.mean_average_precision, targets, expected, probabilities),
        exact_match_lost=_lost(metrics.exact_match, targets, expected_sets, decided),
    )


def _on_pictures(run: Run, file: Predictor, images: Images) -> Iterator[Pair]:
    size = file.description.size
    decoded = ahead(lambda row: decode_bytes(images.read(row), size), range(len(images)), WAITING)
    for pixels in track(decoded, "checking the file", len(images)):
        own = resize(pixels, size)
        yield Pair(infer(run.classifier, own[None]), *file.run(pixels[None]))


def _on_vectors(run: Run, file: Predictor, features: Features) -> Iterator[Pair]:
    own = features if run.features is None else features.aligned(run.features)
    start = 0
    for scored in run.score(own):
        rows = range(start, start + len(scored.logits))
        yield Pair(scored.logits, *file.run(own.take(rows).dense().astype(np.float32)))
        start = rows.stop


def require_same(check: SelfCheck, where: Path) -> None:
    """Raise a `RunError` where a file decides otherwise than the run it was made of."""
    if check.cells_equal < LEAST_CELLS_EQUAL or not check.largest_difference <= MOST_DIFFERENCE:
        raise RunError(
            f"{where}: not written: on {check.samples} test samples {check.cells_equal:.2%} of the labels are decided "
            f"as by the run (expected {LEAST_CELLS_EQUAL:.1%}) and probabilities differ by up to "
            f"{check.largest_difference:.2g} (expected {MOST_DIFFERENCE:g})"
        )


def _targets(run: Run, ids: tuple[str, ...]) -> NDArray[np.float32]:
    scores = run.scores().part("test")
    rows = {name: row for row, name in enumerate(scores.ids)}
    return scores.targets[[rows[name] for name in ids]]


def _lost(metric: Metric, targets: NDArray[np.float32], of_run: NDArray[Any], of_file: NDArray[Any]) -> float | None:
    """The run's figure less the file's; None where the targets say nothing."""
    lost = float(metric(targets, of_run)) - float(metric(targets, of_file))
    return None if math.isnan(lost) else lost
