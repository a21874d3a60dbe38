"""Prediction by many processes, on one machine or many, through Ray."""

import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from multihot.errors import ArgumentError, DataError, MissingExtraError
from multihot.models import RuntimeName
from multihot.predict.images import find_images
from multihot.predict.parts import Manifest, PartsFolder
from multihot.progress import logger, track
from multihot.recipe import Recipe
from multihot.run import DECISION, FEATURES, LABELS, METRICS, RECIPE, WEIGHTS, require_finished
from multihot.wording import counted

SAMPLES_A_PART = 1000
_SECONDS_BETWEEN_LINES = 60


def predict_on_ray(
    run: str | Path,
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    workers: int | None = None,
    samples_a_part: int = SAMPLES_A_PART,
    runtime: RuntimeName = "auto",
) -> None:
    """Label sets of pictures as Parquet parts in a folder, by the processes of a Ray cluster.

    The cluster is the one that the variable RAY_ADDRESS names; without it, this machine alone for as long as it takes.
    Work that was stopped, for whatever reason, goes on when the same is asked for again.

    Args:
        run: a run on pictures; its files are sent to the workers.
        inputs: pictures, folders and glob patterns, as paths or addresses that every machine can read.
        out: a folder, as a path or address that every machine can write.
        workers: processes, each with the whole model; by default one for each GPU, or each core where there is none.
        samples_a_part: how many samples a worker does at a time.
        runtime: what computes the features of pictures, in every worker.

    Raises:
        MissingExtraError: Ray is not installed.
        ArgumentError: the folder holds other predictions, or the run takes feature vectors.
        DataError: a folder or pattern holds nothing, a store cannot be reached, every picture is bad, or one part ended
            its worker again and again.
    """
    if find_spec("ray") is None:
        raise MissingExtraError("prediction by --engine ray", "ray")
    if workers is not None and workers < 1:
        raise ArgumentError(f"there must be at least one worker, got {workers}")
    files = _run_files(Path(run))
    names, _ = find_images(inputs)
    manifest = Manifest.of(files, names, samples_a_part)
    folder = PartsFolder(out)
    folder.open(manifest)
    try:
        _write_missing(files, names, manifest, folder, workers, runtime)
    except KeyboardInterrupt:
        logger.info("%d of %d parts are written; the same command goes on", len(folder.written()), manifest.parts)
        raise
    _say_of_errors(folder.count_errors(), len(names), out)
    logger.info("written: %s in %s: %s", counted(len(names), "sample"), counted(manifest.parts, "part"), out)


def _run_files(folder: Path) -> dict[str, bytes]:
    require_finished(folder)
    if (folder / FEATURES).is_file() or Recipe.load(folder / RECIPE).lists_labels:
        raise ArgumentError(f"{folder}: takes feature vectors, and --engine ray predicts pictures; leave --engine out")
    return {name: (folder / name).read_bytes() for name in (RECIPE, LABELS, WEIGHTS, DECISION, METRICS)}


def _write_missing(
    files: Mapping[str, bytes],
    names: Sequence[str],
    manifest: Manifest,
    folder: PartsFolder,
    workers: int | None,
    runtime: RuntimeName,
) -> None:
    missing = sorted(set(range(manifest.parts)) - folder.written())
    there = manifest.parts - len(missing)
    if there:
        logger.info("%d of %d parts are there already", there, manifest.parts)
    if not missing:
        return
    from multihot.predict.ray_workers import cluster, start, write_parts

    said = time.monotonic()
    with cluster(files, workers) as held:
        written = write_parts(start(folder.name, workers, len(missing), runtime), held, names, manifest, missing)
        for done, _ in enumerate(track(written, "predicting parts", len(missing)), start=1):
            if time.monotonic() - said > _SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                logger.info("%d of %d parts", there + done, manifest.parts)
    folder.clean()


def _say_of_errors(bad: int, samples: int, out: str | Path) -> None:
    if bad and bad == samples:
        raise DataError(f"none of the {samples:,} pictures could be read; {out} says why, one by one")
    if bad:
        logger.warning("%d of %d pictures could not be read; each says why", bad, samples)
