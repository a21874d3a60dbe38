"""Files of scores: tables with a column a label or a list a row, and arrays.

Shapes: N samples, L labels.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from multihot.data import SetAside
from multihot.data.sources.records import split_of
from multihot.data.sources.tables.cells import is_blank
from multihot.data.sources.tables.columns import Column
from multihot.data.sources.tables.reading import load_table
from multihot.data.sources.tables.roles import find_groups, find_ids, find_split
from multihot.data.sources.tables.table import Table, listing
from multihot.data.sources.tables.vector_rows import vector_rows
from multihot.errors import DataError, one_line
from multihot.labels import LabelSpace
from multihot.scores.table import Kind, ScoreTable

KINDS: tuple[Kind, ...] = get_args(Kind)
_PREFIXES: dict[str, Kind] = {"logit.": "logits", "probability.": "probabilities", "score.": "scores"}


def read_score_table(path: str | Path, kind: Kind | None = None, names: Sequence[str] | None = None) -> ScoreTable:
    """Read the scores of N samples and L labels.

    | file | labels are named by |
    |---|---|
    | a column `id` and one column a label, called `probability.NAME`, `logit.NAME` or `score.NAME` | the columns |
    | the same, each column called as its label alone; `kind` says what they are | the columns |
    | a column `id` and a column `probabilities`, `logits` or `scores` of objects `{"NAME": 0.9}` | the objects |
    | the same of lists of L numbers, as in a run's `scores.parquet` | the file's metadata, or `names` |
    | `.npy` of the shape (N, L); samples are named by their row | `names`, or their column |

    Tables are CSV, TSV, JSON lines or Parquet. A column `split`, `subset` or `part` with train, validation or test in
    it is the split. A row without any score is set aside.

    Args:
        path: the file.
        kind: what the numbers are, where no name of a column says so; where a table has several kinds, the one to read
            (logits before probabilities where it is not given, as those may have been calibrated).
        names: of the L labels in their order, where the file does not name them.

    Raises:
        DataError: no such file, no ids, no scores, or a cell that is no number.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file of scores")
    if path.suffix == ".npy":
        return ScoreTable.from_array(load_array(path), _stated(kind, path), names, str(path))
    table = load_table(path)
    key = find_ids(table.columns)
    if key is None:
        raise DataError(f"{path}: expected a column `id` that names the samples; there are: {listing(table.columns)}")
    split = find_split(table, [name for name in table.columns if name != key])
    columns = _find(table, kind, [name for name in table.columns if name not in (key, split)])
    return _assembled(table, key, split, _matrix(table, columns, names))


def load_array(path: Path) -> NDArray[np.float64]:
    """An .npy file of numbers; nothing pickled is read."""
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: cannot be read as a NumPy array: {one_line(error)}") from error
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise DataError(f"{path}: expected numbers of the shape (samples, labels), got {values.dtype} {values.shape}")
    return np.asarray(values, np.float64)


def declared_names(path: Path) -> list[str] | None:
    """The labels' names in a Parquet file's metadata, in the order of its lists; None where there are none."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        names = json.loads(metadata.get(b"labels", b"null"))
    except (OSError, pa.ArrowException, ValueError):
        return None
    return names if isinstance(names, list) else None


def _stated(kind: Kind | None, path: Path) -> Kind:
    if kind is None:
        raise DataError(f"{path}: what are the numbers? Say --kind probabilities, logits or scores (these only rank)")
    return kind


class _Columns(NamedTuple):
    """Where the scores stand: one column of lists or objects, or one a label with what comes before its name."""

    kind: Kind
    names: Sequence[str]
    prefix: str = ""
    whole: bool = False


def _find(table: Table, kind: Kind | None, candidates: Sequence[str]) -> _Columns:
    whole = {name: name for name in KINDS if name in candidates and _is_whole(table, name)}
    found = {known: _Columns(known, (name,), whole=True) for known, name in whole.items()}
    for prefix, known in _PREFIXES.items():
        named = [name for name in candidates if name.startswith(prefix) and len(name) > len(prefix)]
        if named:
            found.setdefault(known, _Columns(known, named, prefix))
    if not found:
        group = find_groups(table, candidates)
        return _Columns(_stated(kind, table.path), [name for name in candidates if name != group])
    if kind is not None and kind not in found:
        raise DataError(f"{table.path}: its columns hold {' and '.join(found)}, and not {kind}")
    return found[next(known for known in KINDS if known in found)] if kind is None else found[kind]


def _is_whole(table: Table, name: str) -> bool:
    column = table.columns[name]
    nested = isinstance(column.cells, pa.Array) and pa.types.is_nested(column.cells.type)
    return nested or column.holds_lists or any(isinstance(cell, Mapping) for cell in column.distinct.values[:1])


class _Matrix(NamedTuple):
    kind: Kind
    names: Sequence[str]
    values: NDArray[np.float64]


def _matrix(table: Table, columns: _Columns, names: Sequence[str] | None) -> _Matrix:
    if columns.whole:
        column = table.columns[columns.names[0]]
        if column.holds_lists:
            return _Matrix(columns.kind, *_from_lists(table, column, names or declared_names(table.path)))
        return _Matrix(columns.kind, *_from_objects(table, column))
    if not columns.names:
        raise DataError(f"{table.path}: no scores in it: expected one column a label beside the ids")
    read_rows = vector_rows(table, None, columns.names, leave_out=False)
    strange = [name for name in columns.names if name not in (read_rows.features.names or ())]
    if strange:
        raise DataError(
            f"{table.path}: the column {strange[0]!r} holds no numbers: take it away, or call the columns of scores "
            "probability.NAME, logit.NAME or score.NAME"
        )
    labels = [name.removeprefix(columns.prefix) for name in columns.names]
    return _Matrix(columns.kind, labels, read_rows.features.dense().astype(np.float64))


def _from_objects(table: Table, column: Column) -> tuple[Sequence[str], NDArray[np.float64]]:
    if isinstance(column.cells, pa.StructArray):
        names = [field.name for field in column.cells.type]
        return names, np.stack([_floats(table, cells) for cells in column.cells.flatten()], axis=1)
    cells = column.values
    names = list(dict.fromkeys(name for cell in cells for name in cell or ()))
    rows = [pa.array([(cell or {}).get(name) for cell in cells]) for name in names]
    return names, np.stack([_floats(table, row) for row in rows], axis=1)


def _from_lists(table: Table, column: Column, names: Sequence[str] | None) -> tuple[Sequence[str], NDArray[np.float64]]:
    if names is None:
        raise DataError(
            f"{table.path}: the lists do not say which number is of which label: give --names, a file with one label "
            'a line, or write objects such as {"cat": 0.9, "dog": 0.1}'
        )
    lists = column.lists if column.lists is not None else pa.array(column.values, pa.large_list(pa.float64()))
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    told = ~np.isnan(lengths.astype(np.float64))
    strange = np.flatnonzero(told & (lengths != len(names)))
    if len(strange):
        row = int(strange[0])
        raise DataError(f"{table.where(row)}: {int(lengths[row])} numbers for {len(names)} labels")
    values = np.full((len(column), len(names)), np.nan)
    values[told] = _floats(table, lists.flatten()).reshape(-1, len(names))
    return names, values


def _floats(table: Table, cells: pa.Array) -> NDArray[np.float64]:
    try:
        return np.asarray(pc.cast(cells, pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    except pa.ArrowException as error:
        raise DataError(f"{table.path}: expected numbers as scores: {error}") from error


def _assembled(table: Table, key: str, split: str | None, matrix: _Matrix) -> ScoreTable:
    ids = ["" if is_blank(cell) else str(cell).strip() for cell in table.column(key).values]
    if "" in ids:
        raise DataError(f"{table.where(ids.index(''))}: nothing in the column {key!r}, which names the samples")
    parts = None if split is None else _parts(table, split)
    silent = np.isnan(matrix.values).all(axis=1)
    kept = np.flatnonzero(~silent)
    return ScoreTable(
        tuple(ids[row] for row in kept),
        LabelSpace(tuple(matrix.names)),
        matrix.values[kept],
        matrix.kind,
        None if parts is None else tuple(parts[row] for row in kept),
        tuple(SetAside(ids[row], "no scores") for row in np.flatnonzero(silent)),
        str(table.path),
    )


def _parts(table: Table, column: str) -> list[str | None]:
    cells = table.column(column).values
    parts = [None if is_blank(cell) else split_of(cell) for cell in cells]
    strange = [row for row, cell in enumerate(cells) if parts[row] is None and not is_blank(cell)]
    if strange:
        raise DataError(
            f"{table.where(strange[0])}, column {column!r}: expected train, validation or test, "
            f"got {cells[strange[0]]!r}"
        )
    return parts
