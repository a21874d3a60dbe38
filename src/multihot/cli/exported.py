"""`multihot predict model.onnx`: an application of its own, as it needs no torch, which takes seconds to load."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from multihot.cli.app import Flag, application
from multihot.console import prediction_line, said_of_errors, show
from multihot.data.picture_names import is_address
from multihot.errors import ArgumentError
from multihot.labels import LabelSet
from multihot.onnx import EngineName, Predictor
from multihot.predict.files import PredictionFile
from multihot.predict.finding import find_pictures
from multihot.progress import logger, track

app = application()


@app.command
def predict(
    file: Path,
    /,
    *inputs: str,
    out: Path | None = None,
    explain: Path | None = None,
    overwrite: Annotated[bool, Flag] = False,
    engine: EngineName = "auto",
) -> None:
    """Give label sets to pictures, by a run that was exported.

    Args:
        file: what multihot export wrote.
        inputs: picture files, folders or glob patterns; for a run on feature vectors, files of these.
        out: a .jsonl, .csv or .parquet file; the screen by default.
        explain: not of an exported file: heat maps need the run that it was exported from.
        overwrite: replace the file where there is one of that name.
        engine: what runs the file; auto takes OpenVINO where it is installed and faster.
    """
    if explain is not None:
        raise ArgumentError(f"--explain: {file} has no maps in it; name the run directory that it was exported from")
    if not inputs:
        raise ArgumentError(
            "nothing to predict: after the file, name pictures, folders or glob patterns, or files of feature vectors"
        )
    predictor = Predictor(file, engine)
    asked = _of_pictures if predictor.description.takes == "pixels" else _of_vectors
    label_sets = asked(predictor, inputs)
    if out is None:
        for label_set in label_sets:
            show(prediction_line(label_set))
        return
    with PredictionFile(out, predictor.labels, overwrite=overwrite) as written:
        for label_set in label_sets:
            written.write(label_set)
    logger.info("written: %s", out)


def _of_pictures(predictor: Predictor, inputs: Sequence[str]) -> Iterator[LabelSet]:
    stored = [text for text in inputs if is_address(text)]
    if stored:
        raise ArgumentError(f"{stored[0]}: an exported file takes pictures on disk; addresses are for a run directory")
    paths = find_pictures(inputs)
    return said_of_errors(track(predictor.predict_files(paths), "predicting", len(paths)))


def _of_vectors(predictor: Predictor, files: Sequence[str]) -> Iterator[LabelSet]:
    from multihot.data import FeatureSpace
    from multihot.data.sources.unlabelled import read_features

    space = FeatureSpace(predictor.description.size, predictor.description.features)
    for file in files:
        ids, features = read_features(file, space)
        yield from predictor.predict_vectors(ids, features.dense())


def is_asked(arguments: list[str]) -> bool:
    """Whether a command line is for an exported file.

    >>> is_asked(["predict", "model.onnx", "a.jpg"]), is_asked(["export", "run", "--to", "model.onnx"])
    (True, False)
    """
    return arguments[:1] == ["predict"] and any(argument.endswith(".onnx") for argument in arguments)
