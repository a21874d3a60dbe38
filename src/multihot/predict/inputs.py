"""Pictures or feature vectors, wherever the user points, to label sets."""

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from multihot.data import FeatureSpace, ImageFiles
from multihot.data.sources.folders import picture_names
from multihot.data.sources.unlabelled import read_features
from multihot.errors import DataError
from multihot.labels import LabelSet
from multihot.progress import track
from multihot.run import Run


def find_pictures(inputs: str | Path | Iterable[str | Path]) -> list[Path]:
    """Files as they are named, folders with all that is below them, and glob patterns (`**` too); no file twice.

    A named file that does not exist stays in the list, and gets its error in prediction.

    Raises:
        DataError: a folder or pattern holds nothing.
    """
    found: dict[Path, None] = {}
    for text in [inputs] if isinstance(inputs, str | Path) else inputs:
        path = Path(text)
        if path.is_dir():
            matches = [path / name for name in sorted(picture_names(path))]
        elif glob.has_magic(str(text)) and not path.exists():
            matches = [Path(name) for name in sorted(glob.glob(str(text), recursive=True)) if Path(name).is_file()]  # noqa: PTH207
        else:
            matches = [path]
        if not matches:
            raise DataError(f"{text}: no pictures found")
        found.update(dict.fromkeys(matches))
    return list(found)


def predict(run: Run, inputs: str | Path | Iterable[str | Path]) -> Iterator[LabelSet]:
    """Label sets of pictures or of feature vectors, one by one as they are done.

    Args:
        run: what predicts.
        inputs: picture files, folders and glob patterns; or, for a run on feature vectors, files of these.

    A picture that cannot be read has its reason in `error`, and costs nothing else.

    Raises:
        DataError: a folder or pattern holds nothing, or a file of feature vectors cannot be read or lacks a feature.
    """
    if run.features is not None:
        return _predict_vectors(run, run.features, [inputs] if isinstance(inputs, str | Path) else inputs)
    paths = find_pictures(inputs)
    return track(run.label_sets([str(path) for path in paths], ImageFiles(paths)), "predicting", len(paths))


def _predict_vectors(run: Run, space: FeatureSpace, files: Iterable[str | Path]) -> Iterator[LabelSet]:
    for file in files:
        ids, features = read_features(file, space)
        yield from track(run.label_sets(ids, features), f"predicting {file}", len(features))
