"""The command that predicts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from multihot.cli.app import Flag
from multihot.cli.cluster import ALONE, Cluster, local_path
from multihot.cli.own_scores import NO_SCORES, OwnScores
from multihot.console import prediction_line, said_of_errors, show
from multihot.errors import ArgumentError
from multihot.explain import explain as explain_by
from multihot.explain import write_heat_maps
from multihot.labels import LabelSet
from multihot.models import RuntimeName
from multihot.predict import PredictionFile
from multihot.predict import predict as predict_with
from multihot.predict.images import find_images
from multihot.progress import logger
from multihot.run import ListedRun, Run, ScoreEvaluation, load_run
from multihot.scores import predict_from_scores


def predict(
    run: Path,
    /,
    *inputs: str,
    own: OwnScores = NO_SCORES,
    out: str | None = None,
    explain: Path | None = None,
    overwrite: Annotated[bool, Flag] = False,
    runtime: RuntimeName = "auto",
    cluster: Cluster = ALONE,
) -> None:
    """Give label sets to pictures, feature vectors, or scores of another tool's model.

    Args:
        run: a run directory, or what export wrote (.onnx); with --scores, what evaluate --scores --out wrote.
        inputs: picture files, folders or glob patterns, addresses too (s3://bucket/*.jpg); for a run on feature
            vectors, files of these.
        own: new scores of the model whose scores were evaluated.
        out: a .jsonl, .csv or .parquet file, with --engine a folder; the screen by default.
        explain: a folder for heat maps of pictures: a PNG for each label decided, where in the picture it was seen.
        overwrite: replace the file where there is one of that name, and write into a folder that is not empty.
        runtime: what computes the features of pictures; auto measures which is fastest on this machine.
        cluster: many processes instead of one.
    """
    if cluster != ALONE and (cluster.engine is None or own != NO_SCORES or explain is not None):
        raise ArgumentError(
            "--workers and --samples-per-part belong to --engine ray, which takes neither --scores nor --explain"
        )
    if own != NO_SCORES:
        if explain is not None:
            raise ArgumentError("--explain: scores of another tool's model tell nothing of where labels were seen")
        evaluation = ScoreEvaluation.load(run)
        _hand_over(predict_from_scores(evaluation, own.read()), evaluation, out, overwrite)
        return
    if not inputs:
        raise ArgumentError(
            "nothing to predict: after the run, name pictures, folders or glob patterns, or files of feature vectors"
        )
    if cluster != ALONE:
        cluster.predict(run, inputs, out, overwrite, runtime)
        return
    loaded = load_run(run, runtime)
    if explain is None:
        label_sets = predict_with(loaded, inputs)
    else:
        names, _ = find_images(inputs)
        label_sets = write_heat_maps(explain_by(loaded, names), explain, overwrite=overwrite)
    _hand_over(label_sets, loaded, out, overwrite)


def _hand_over(
    label_sets: Iterator[LabelSet], made_by: Run | ListedRun | ScoreEvaluation, out: str | None, overwrite: bool
) -> None:
    """Show label sets, or write them to a file."""
    if out is None:
        for label_set in said_of_errors(label_sets):
            show(prediction_line(label_set))
        return
    lists = isinstance(made_by, ListedRun)
    with PredictionFile(local_path(out), made_by.space, overwrite=overwrite, lists=lists) as file:
        for label_set in said_of_errors(label_sets):
            file.write(label_set)
    logger.info("written: %s", out)
