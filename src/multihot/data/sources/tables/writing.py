"""Tables written: a row a sample, with a column for each label or a list of labels."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from multihot.data.features import Features
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.picture_files import warn_of_new_ids, write_pictures
from multihot.errors import DataError, FormatError

WRITTEN_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
_MOST_COLUMNS = 1000
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_STATES = {1.0: 1, 0.0: 0}
_UNKNOWN = -1


def has_column_per_label(samples: Samples, destination: Path) -> bool:
    """Whether the table has a column for each label, rather than lists of those that each row has.

    Beside features it has not: a feature may be 0 or 1 as well.
    """
    few = len(samples.space) <= _MOST_COLUMNS and not isinstance(samples.inputs, Features)
    return few and destination.suffix.lower() in _DELIMITERS


def write_table(samples: Samples, destination: Path) -> tuple[SetAside, ...]:
    """Write a table, a row a sample; pictures go into its folder, features into columns of their names, or f0, f1, ...

    CSV and TSV of pictures get a column for each label with 1, 0 or -1 (unknown), which keeps the order and state of
    all labels. Above a thousand labels, in JSON lines and Parquet, and beside features, each row lists its labels, and
    those unknown to it.

    Args:
        samples: what to write.
        destination: a new .csv, .tsv, .jsonl or .parquet file.

    Returns:
        The samples whose picture cannot be read, with the reason.

    Raises:
        DataError: the file exists already, or the name of a label or feature cannot be that of a column.
    """
    kind = destination.suffix.lower()
    if kind not in WRITTEN_SUFFIXES:
        raise FormatError(f"{destination}: expected a file that ends in {', '.join(WRITTEN_SUFFIXES)}")
    if destination.exists():
        raise DataError(f"{destination}: exists already")
    as_states = has_column_per_label(samples, destination)
    given = {name for name, column in _given(samples).items() if column is not None}
    if isinstance(samples.inputs, Features):
        columns = _vectors(samples, samples.inputs, given, destination)
        rows: list[int] = list(range(len(samples)))
        set_aside: tuple[SetAside, ...] = ()
    else:
        if as_states:
            _require_free(given | {"path"}, samples.space, "label", destination)
        columns, rows, set_aside = _pictures(samples, destination)
    columns |= _parts(samples, rows) | (_states if as_states else _lists)(samples, rows)
    unfinished = destination.with_name(f"{destination.name}.part")
    _write(columns, unfinished, kind)
    unfinished.replace(destination)
    return set_aside


def _require_free(taken: set[str], names: Iterable[str], what: str, destination: Path) -> None:
    clash = sorted(taken & set(names))
    if clash:
        raise DataError(
            f"{destination}: the {what} {clash[0]!r} and the table's own {clash[0]!r} would be two columns of one "
            f"name: use {'.jsonl' if what == 'label' else '.npz'}"
        )


def _pictures(samples: Samples, destination: Path) -> tuple[dict[str, Sequence[Any]], list[int], tuple[SetAside, ...]]:
    """The column of paths, the rows that could be written, and those that could not."""
    files, set_aside = write_pictures(samples, destination.parent)
    rows = list(files)
    # Reading finds files by names without endings ("train/00012") where all names are such.
    bare = all(files[row] == f"{samples.ids[row]}{PurePosixPath(files[row]).suffix}" for row in rows)
    if not bare:
        warn_of_new_ids(samples, files)
    return {"path": [samples.ids[row] if bare else files[row] for row in rows]}, rows, set_aside


def _vectors(samples: Samples, features: Features, given: set[str], destination: Path) -> dict[str, Sequence[Any]]:
    """The columns of ids and features; nothing stands where a value is missing."""
    names = features.names or tuple(f"f{number}" for number in range(features.width))
    _require_free(given | {"id", "labels", "unknown_labels"}, names, "feature", destination)
    values = features.dense().astype(object)
    values[np.isnan(features.dense())] = None
    return {"id": list(samples.ids), **{name: values[:, column].tolist() for column, name in enumerate(names)}}


def _parts(samples: Samples, rows: Sequence[int]) -> dict[str, list[str | None]]:
    return {name: [column[row] for row in rows] for name, column in _given(samples).items() if column is not None}


def _given(samples: Samples) -> dict[str, Sequence[str | None] | None]:
    return {"split": samples.split, "group": samples.groups}


def _states(samples: Samples, rows: Sequence[int]) -> dict[str, list[int]]:
    dense = samples.targets.take(rows).dense()
    return {
        name: [_STATES.get(value, _UNKNOWN) for value in dense[:, column].tolist()]
        for column, name in enumerate(samples.space)
    }


def _lists(samples: Samples, rows: Sequence[int]) -> dict[str, list[list[str]]]:
    lists = {"labels": _names(samples.targets.present, samples, rows)}
    if samples.targets.unknown.nnz:
        lists["unknown_labels"] = _names(samples.targets.unknown, samples, rows)
    return lists


def _names(cells: sparse.csr_array, samples: Samples, rows: Sequence[int]) -> list[list[str]]:
    names = samples.space.names
    return [
        [names[column] for column in sorted(cells.indices[cells.indptr[row] : cells.indptr[row + 1]])] for row in rows
    ]


def _write(columns: Mapping[str, Sequence[Any]], path: Path, kind: str) -> None:
    if kind == ".parquet":
        own = dict.fromkeys(("path", "id", "split", "group"), pa.string())
        types = {**own, **dict.fromkeys(("labels", "unknown_labels"), pa.list_(pa.string()))}
        pq.write_table(
            pa.table({name: pa.array(cells, types.get(name, pa.float64())) for name, cells in columns.items()}), path
        )
        return
    rows = zip(*columns.values(), strict=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        if kind == ".jsonl":
            file.writelines(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
            return
        table = csv.writer(file, delimiter=_DELIMITERS[kind])
        table.writerow(columns)
        table.writerows([json.dumps(cell) if isinstance(cell, list) else cell for cell in row] for row in rows)
