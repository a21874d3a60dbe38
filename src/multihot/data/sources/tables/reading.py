"""Tables of pictures or feature vectors and labels: CSV, TSV, JSON lines and Parquet."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from multihot.data.features import Features
from multihot.data.images import ImageFiles, Images
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.records import Rows, arrange, split_of
from multihot.data.sources.tables.cells import is_blank
from multihot.data.sources.tables.label_sets import LabelSets, label_sets
from multihot.data.sources.tables.picture_rows import picture_rows
from multihot.data.sources.tables.pictures import OutsideError, Pictures, find_pictures
from multihot.data.sources.tables.roles import (
    LabelColumns,
    find_groups,
    find_ids,
    find_labels,
    find_split,
    find_unknown,
    may_hold_vectors,
)
from multihot.data.sources.tables.table import Table, listing
from multihot.data.sources.tables.text import load_text_table
from multihot.data.sources.tables.typed import load_json_table, load_parquet_table
from multihot.data.sources.tables.vector_rows import vector_rows
from multihot.errors import ArgumentError, DataError, FormatError
from multihot.labels import LabelSpace, Relations, Targets

_ALL_OTHERS = "*"
TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet")


def read_table(
    source: Path,
    *,
    path_column: str | None = None,
    feature_columns: str | Sequence[str] | None = None,
    id_column: str | None = None,
    label_column: str | None = None,
    label_columns: str | Sequence[str] | None = None,
    value_columns: str | Sequence[str] | None = None,
    unknown_column: str | None = None,
    separator: str | None = None,
    split_column: str | None = None,
    group_column: str | None = None,
    root: str | Path | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Samples:
    """Read a table, one picture or feature vector a row. Whatever is not given is found out.

    Args:
        source: a CSV or TSV file with a header line, JSON lines, a JSON list of objects, Parquet, or the folder of one.
        path_column: the column that names the pictures.
        feature_columns: where the rows are feature vectors, the columns of numbers and of other values that they stand
            in, each of the latter a feature a value; names, or text with commas between them, or `*` for all columns
            that play no other part, which must be named then; "" for a table of labels alone.
        id_column: the column of the feature vectors' ids; "" for none.
        label_column: the column whose cells list the labels: `a|b`, `a;b`, `a,b`, `["a", "b"]` or `['a', 'b']`.
        label_columns: columns named by their label, with 1, 0, blank or -1 (both unknown), or true and false; names, or
            text with commas between them.
        value_columns: columns such as colour and season, whose cells each name the one label of theirs that holds, so
            that each column is a group of which exactly one holds; in a row with a blank cell they are unknown.
        unknown_column: beside `label_column`, a column that lists the labels nobody looked for; "" for none.
        separator: what stands between labels in a list; "" takes each cell as one label.
        split_column: the column with train, validation or test; "" for none.
        group_column: the column of groups that must not straddle a split; "" for none.
        root: the folder that the paths start from, and must not leave; where it is not given, that of the table.
        delimiter: what stands between the fields of a CSV file.
        encoding: the encoding of a CSV file, where it is neither UTF-8 nor UTF-16.

    Raises:
        DataError: the file cannot be read as a table, or a column cannot be found or understood.
    """
    file = table_in(source) if source.is_dir() else source
    if file is None:
        raise DataError(f"{source}: expected a table in this folder that names pictures")
    table = load_table(file, delimiter, encoding)
    _require_one_kind(feature_columns, id_column, path_column, root)
    labels = _named_labels(label_column, label_columns, value_columns)
    pictures, missing = None, None
    if feature_columns is None:
        try:
            pictures = find_pictures(table, path_column, None if root is None else Path(root))
        except DataError as error:
            if isinstance(error, OutsideError) or path_column is not None or root is not None:
                raise
            missing = error
    key = _chosen(table, id_column, find_ids(table.columns)) if pictures is None else pictures.column
    others = [name for name in table.columns if name != key]
    split = _chosen(table, split_column, find_split(table, others))
    group = _chosen(table, group_column, find_groups(table, others))
    unknown = _chosen(table, unknown_column, find_unknown(others))
    others = [name for name in others if name not in (split, group, unknown)]
    if missing is not None:
        labels, feature_columns = _labels_of_vectors(table, others, labels, missing), _ALL_OTHERS
    features = _features(table, feature_columns, others, labels)
    labels = labels or find_labels(table, [name for name in others if name not in features])
    sets = label_sets(table, labels, separator, unknown)
    found = _found(table, pictures, key, features, leave_out=feature_columns == _ALL_OTHERS)
    parts, groups = _splits(table, split), _groups(table, group)
    present = Rows(
        ids=found.ids,
        inputs=found.inputs,
        targets=sets.targets.take(found.rows),
        split=None if parts is None else [parts[row] for row in found.rows.tolist()],
        groups=None if groups is None else [groups[row] for row in found.rows.tolist()],
    )
    unread = [name for name in others if name not in labels.names and name not in found.features]
    if unknown is not None and labels.form != "list":
        unread.append(unknown)
    notes = [*_unread_notes(table, unread, labels), *sets.notes]
    if missing is not None:
        notes.append(_guess_note(labels, found.features))
    rows, space = _occurring(present, sets)
    return arrange(rows, space, source, exhaustive=sets.exhaustive, set_aside=found.set_aside, notes=notes)


def _labels_of_vectors(
    table: Table, others: Sequence[str], named: LabelColumns | None, missing: DataError
) -> LabelColumns:
    """The labels of a table without pictures; raises that they are missing where its rows are no feature vectors."""
    try:
        labels = named or find_labels(table, others)
    except DataError:
        raise missing from None
    if not may_hold_vectors(table, [name for name in others if name not in labels.names]):
        raise missing
    return labels


def _guess_note(labels: LabelColumns, features: Sequence[str]) -> str:
    how = {"list": "lists of labels", "states": "labels", "values": "attributes"}[labels.form]
    return (
        f"no column names pictures, so that the rows were read as feature vectors: {how} in {listing(labels.names)}, "
        f"features in {listing(features)}; to read others, name them (--read label_columns=A,B --read "
        "feature_columns=C,D)"
    )


def _unread_notes(table: Table, unread: Sequence[str], labels: LabelColumns) -> Iterator[str]:
    if unread:
        yield f"columns not read: {listing(unread)}"
    blank = [name for name in unread if table.columns[name].blank] if labels.form == "states" else []
    if blank:
        yield (
            f"nothing stands in {listing(blank)}: to have such a column as a label that is unknown "
            "everywhere, name all label columns (label_columns / --read label_columns=A,B,...)"
        )


class _Found(NamedTuple):
    """The samples of a table: its rows that can be used, their ids and inputs, and the columns read as features."""

    rows: NDArray[np.intp]
    ids: Sequence[str]
    inputs: Images | Features
    set_aside: Sequence[SetAside] = ()
    features: Sequence[str] = ()


def _found(
    table: Table, pictures: Pictures | None, id_column: str | None, features: Sequence[str], *, leave_out: bool
) -> _Found:
    if pictures is not None:
        named = picture_rows(table, pictures)
        return _Found(named.rows, named.ids, ImageFiles(named.paths), named.set_aside)
    vectors = vector_rows(table, id_column, features, leave_out=leave_out)
    read = [name for name in features if name not in vectors.left_out]
    return _Found(np.arange(len(table)), vectors.ids, vectors.features, features=read)


def _features(
    table: Table, given: str | Sequence[str] | None, others: Sequence[str], labels: LabelColumns | None
) -> Sequence[str]:
    """The columns of feature vectors: those named, or all that play no other part."""
    if not given:
        return ()
    if given != _ALL_OTHERS:
        return [name for name in _names(given) if table.column(name)]
    if labels is None:
        raise ArgumentError(
            "feature_columns=*: which columns are labels cannot be told from features then: name them as label_columns "
            "(0/1 columns), label_column (lists) or value_columns"
        )
    return [name for name in others if name not in labels.names]


def _occurring(rows: Rows, sets: LabelSets) -> tuple[Rows, LabelSpace]:
    """Without the labels of rows that were set aside alone, where the labels are those that occur."""
    targets, names = rows.targets, sets.names
    if sets.exhaustive:
        held = np.bincount(targets.present.indices, minlength=len(names)) + len(rows.ids) - targets.known()
        columns = np.flatnonzero(held)
        if len(columns) < len(names):
            targets = Targets(targets.present[:, columns], targets.unknown[:, columns])
            names = tuple(names[column] for column in columns.tolist())
    return rows._replace(targets=targets), LabelSpace(names, Relations(sets.groups))


def table_in(folder: Path) -> Path | None:
    """The one table in a folder that names pictures; None where none does, `FormatError` where several do."""
    naming = [table for table in tables_in(folder) if unusable(table) is None]
    if len(naming) > 1:
        names = ", ".join(table.name for table in naming)
        raise FormatError(f"{folder}: several tables name pictures: {names}; give one of them as the source")
    return naming[0] if naming else None


def tables_in(folder: Path) -> list[Path]:
    """The files directly in a folder that may be tables."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in TABLE_SUFFIXES and path.is_file())


def unusable(table: Path) -> str | None:
    """Why a file is no table that names pictures; None where it is one."""
    try:
        find_pictures(load_table(table))
    except OutsideError:  # it is meant all the same, and what it lacks is said when it is read
        return None
    except DataError as error:
        return str(error)
    return None


def load_table(path: Path, delimiter: str | None = None, encoding: str | None = None) -> Table:
    """A table's cells, its kind recognised by the file's first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if start.startswith(b"PAR1"):
        return load_parquet_table(path)
    if start.startswith((b"{", b"[")):
        return load_json_table(path)
    return load_text_table(path, delimiter, encoding)


def _require_one_kind(features: object, ids: object, paths: object, root: object) -> None:
    if features is not None and (paths, root) != (None, None):
        raise ArgumentError("a row is a feature vector or a picture: give feature_columns, or path_column and root")
    if features is None and ids is not None:
        raise ArgumentError("id_column names feature vectors: give feature_columns too; a picture's id is its path")


def _chosen(table: Table, given: str | None, found: str | None) -> str | None:
    """The column the user named ("" for none), else the one found."""
    if given:
        table.column(given)
    return found if given is None else given or None


def _named_labels(
    label_column: str | None, label_columns: str | Sequence[str] | None, value_columns: str | Sequence[str] | None
) -> LabelColumns | None:
    given = [
        LabelColumns("list", (label_column,)) if label_column else None,
        LabelColumns("states", _names(label_columns)) if label_columns else None,
        LabelColumns("values", _names(value_columns)) if value_columns else None,
    ]
    named = [labels for labels in given if labels is not None]
    if len(named) > 1:
        raise ArgumentError("give one of label_column, label_columns and value_columns, got more than one")
    return named[0] if named else None


def _names(columns: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in (columns.split(",") if isinstance(columns, str) else columns))


def _splits(table: Table, column: str | None) -> list[str | None] | None:
    if column is None:
        return None
    values, codes = table.columns[column].distinct
    parts = [None if is_blank(value) else split_of(value) for value in values]
    strange = {code for code, value in enumerate(values) if parts[code] is None and not is_blank(value)}
    if strange:
        row = next(row for row, code in enumerate(codes.tolist()) if code in strange)
        raise DataError(
            f"{table.where(row)}, column {column!r}: expected train, validation or test, got {values[codes[row]]!r}; "
            'correct it, or pass split_column="" to read no split'
        )
    return [parts[code] for code in codes.tolist()]


def _groups(table: Table, column: str | None) -> list[str | None] | None:
    if column is None:
        return None
    values, codes = table.columns[column].distinct
    names = [None if is_blank(value) else str(value).strip() for value in values]
    return [names[code] for code in codes.tolist()]
