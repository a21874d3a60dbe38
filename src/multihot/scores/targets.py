"""What is true of the samples that scores are given for, in their order.

Shapes: N samples, L labels.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from multihot.data import Features, Samples, read
from multihot.data.sources.label_arrays import label_array
from multihot.data.sources.tables import TABLE_SUFFIXES
from multihot.data.sources.tables.reading import load_table
from multihot.data.sources.tables.roles import find_ids
from multihot.errors import ArgumentError, DataError, LabelError
from multihot.labels import LabelSpace, Targets
from multihot.scores.reading import declared_names, load_array
from multihot.scores.table import ScoreTable

_LISTED = 5


def read_targets(source: str | Path, format: str | None = None, **options: Any) -> Samples | Targets:  # noqa: A002
    """Read what is true of samples.

    Args:
        source: a table with a column `id` and labels in any form of `multihot.read` (a column a label with 1, 0 and
            blank or -1 for unknown; lists of names); a run's own `scores.parquet`; an .npy file of the shape (N, L);
            or any source that `multihot.read` takes, whose ids are then those of the samples.
        format: as `multihot.read` takes it.
        options: as `multihot.read` takes them.

    Returns:
        Samples, or for an .npy file targets whose rows and columns have no names.

    Raises:
        DataError: the source cannot be read.
    """
    path = Path(source)
    if path.suffix == ".npy" and path.is_file():
        return label_array(load_array(path), None, str(path)).targets
    if format is None and path.suffix.lower() in TABLE_SUFFIXES and path.is_file():
        names = declared_names(path) if path.suffix == ".parquet" else None
        if names is not None and "targets" in pq.read_schema(path).names:
            return _from_scores(path, names)
        if find_ids(load_table(path).columns) is not None and not options.keys() & {"path_column", "feature_columns"}:
            return read(path, "table", feature_columns="", **options)
    return read(source, format, **options)


def _from_scores(path: Path, names: Sequence[str]) -> Samples:
    """The column `targets` of a run's `scores.parquet`."""
    table = pq.read_table(path, columns=["id", "targets"])
    flat = table["targets"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    targets = Targets.from_dense(flat.reshape(-1, len(names)))
    ids = tuple(table["id"].to_pylist())
    return Samples(ids, _nothing(len(ids)), LabelSpace(tuple(names)), targets, source=str(path), exhaustive=False)


def aligned(scores: ScoreTable, targets: Samples | Targets) -> Samples:
    """The samples that have scores, in their order, with the labels of the scores in theirs.

    Args:
        scores: N samples, L labels.
        targets: samples with the same ids, in any order; targets alone have the order of the scores.

    Raises:
        DataError: a sample has scores and no targets, or targets and no scores.
        LabelError: a label has targets and no scores, or scores and no targets. Where the targets are lists of all that
            is present, a label that is in no list is absent.
    """
    if isinstance(targets, Targets):
        return _by_position(scores, targets)
    rows = {name: row for row, name in enumerate(targets.ids)}
    _require_none("samples", [name for name in scores.ids if name not in rows], "scores and no targets", DataError)
    known = set(scores.ids) | {aside.id for aside in scores.set_aside}
    _require_none("samples", [name for name in targets.ids if name not in known], "targets and no scores", DataError)
    _require_none(
        "labels", [name for name in targets.space if name not in scores.space], "targets and no scores", LabelError
    )
    if not targets.exhaustive:
        lacking = [name for name in scores.space if name not in targets.space]
        _require_none("labels", lacking, "scores and no targets", LabelError)
    chosen = targets.with_space(scores.space.with_relations(targets.space.relations))
    return chosen.take([rows[name] for name in scores.ids])


def _by_position(scores: ScoreTable, targets: Targets) -> Samples:
    if targets.shape != scores.values.shape:
        raise ArgumentError(
            f"scores are of {scores.values.shape[0]} samples and {scores.values.shape[1]} labels, targets of "
            f"{targets.shape[0]} and {targets.shape[1]}: arrays without names must have the same shape"
        )
    return Samples(scores.ids, _nothing(len(scores)), scores.space, targets)


def _nothing(samples: int) -> Features:
    return Features(np.zeros((samples, 0), np.float32))


def _require_none(what: str, names: Sequence[str], have: str, error: type[Exception]) -> None:
    if names:
        shown = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
        raise error(f"{len(names)} {what} have {have}: {shown}; both must name the same {what}")
