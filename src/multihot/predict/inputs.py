"""Pictures or feature vectors, wherever the user points, to label sets."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from multihot.data import FeatureSpace
from multihot.data.sources.unlabelled import read_features
from multihot.labels import LabelSet
from multihot.predict.images import find_images
from multihot.progress import track
from multihot.run import ListedRun, Run


def predict(run: Run | ListedRun, inputs: str | Path | Iterable[str | Path]) -> Iterator[LabelSet]:
    """Label sets of pictures or of feature vectors, one by one as they are done.

    Args:
        run: what predicts.
        inputs: picture files, folders and glob patterns, also as addresses (`s3://bucket/*.jpg`); or, for a run on
            feature vectors, files of these.

    A picture that cannot be read has its reason in `error`, and costs nothing else.

    Raises:
        DataError: a folder or pattern holds nothing, a store cannot be reached, or a file of feature vectors cannot be
            read or lacks a feature.
    """
    if isinstance(run, ListedRun) or run.features is not None:
        return _predict_vectors(run, [inputs] if isinstance(inputs, str | Path) else inputs)
    names, images = find_images(inputs)
    return track(run.label_sets(names, images), "predicting", len(names))


def _predict_vectors(run: Run | ListedRun, files: Iterable[str | Path]) -> Iterator[LabelSet]:
    space = run.features or FeatureSpace(0)
    for file in files:
        ids, features = read_features(file, space)
        yield from track(run.label_sets(ids, features), f"predicting {file}", len(features))
