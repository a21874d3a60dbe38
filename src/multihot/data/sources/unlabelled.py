"""Feature vectors to predict on: files as labelled ones are, with or without labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from multihot.data.features import Features, FeatureSpace
from multihot.data.sources.arrays import load_arrays
from multihot.data.sources.reading import read
from multihot.data.sources.recognition import recognise
from multihot.data.sources.tables.reading import load_table
from multihot.data.sources.tables.roles import find_ids
from multihot.data.sources.tables.table import Table, listing
from multihot.data.sources.tables.vector_rows import vector_rows
from multihot.data.sources.vectors import numbered
from multihot.errors import ArgumentError, DataError, FormatError

_FEATURES = ("features", "x", "x_test", "test_features")


def read_features(source: str | Path, space: FeatureSpace) -> tuple[Sequence[str], Features]:
    """Ids and vectors of samples whose labels, if they have any, are not looked at.

    Args:
        source: a table with the columns that the features were read from, a .npy or .npz file with an array of
            features, or any source of feature vectors that `read` takes.
        space: the features wanted, such as those of a run.

    Raises:
        DataError: the source cannot be read, or lacks a feature.
    """
    path = Path(source)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    if path.suffix.lower() in (".npy", ".npz"):
        ids, features = _of_arrays(path)
    else:
        name, path = _recognised(path)
        ids, features = _of_table(load_table(path, None, None), space) if name == "table" else _labelled(path, name)
    try:
        return ids, features.aligned(space)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _recognised(path: Path) -> tuple[str, Path]:
    try:
        return recognise(path)
    except FormatError as error:
        if path.is_dir():
            raise
        raise DataError(f"{path}: expected feature vectors: a table, .npy, .npz, ARFF, svmlight or xc text") from error


def _labelled(path: Path, name: str) -> tuple[Sequence[str], Features]:
    samples = read(path, name)
    return samples.ids, samples.features


def _of_table(table: Table, space: FeatureSpace) -> tuple[Sequence[str], Features]:
    """The columns of the features; a nominal one's stand in one column."""
    names = dict.fromkeys(_column(name, table) for name in space.names or ())
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise DataError(f"{table.path}: no column {listing(missing)}; there are {listing(table.columns)}")
    others = [name for name in table.columns if name not in names]
    rows = vector_rows(table, find_ids(others), list(names), leave_out=False)
    return rows.ids, rows.features


def _column(name: str, table: Table) -> str:
    return name if name in table.columns else name.partition("=")[0]


def _of_arrays(path: Path) -> tuple[Sequence[str], Features]:
    arrays = load_arrays(path)
    found = next((arrays[key] for key in arrays if len(arrays) == 1 or key.lower() in _FEATURES), None)
    if found is None:
        samples = read(path)
        return samples.ids, samples.features
    try:
        features = Features(np.asarray(found, dtype=np.float64))
    except (ArgumentError, ValueError) as error:
        raise DataError(f"{path}: {error}") from error
    return numbered("", len(features)), features
