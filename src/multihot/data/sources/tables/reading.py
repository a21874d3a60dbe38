"""Tables of pictures and labels: CSV, TSV, JSON lines and Parquet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from multihot.data.samples import Samples, SetAside
from multihot.data.sources.records import Record, assemble, split_of
from multihot.data.sources.tables.label_sets import label_sets
from multihot.data.sources.tables.pictures import Pictures, find_pictures, spelling
from multihot.data.sources.tables.roles import LabelColumns, find_groups, find_labels, find_split, find_unknown
from multihot.data.sources.tables.table import Table, is_blank, listing
from multihot.data.sources.tables.text import load_text_table
from multihot.data.sources.tables.typed import load_json_table, load_parquet_table
from multihot.errors import ArgumentError, DataError, FormatError

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet")


def read_table(
    source: Path,
    *,
    path_column: str | None = None,
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
    """Read a table, one picture a row. Whatever is not given is found out.

    Args:
        source: a CSV or TSV file with a header line, JSON lines, a JSON list of objects, Parquet, or the folder of one.
        path_column: the column that names the pictures.
        label_column: the column whose cells list the labels: `a|b`, `a;b`, `a,b`, `["a", "b"]` or `['a', 'b']`.
        label_columns: columns named by their label, with 1, 0, blank or -1 (both unknown), or true and false; names, or
            text with commas between them.
        value_columns: columns such as colour and season, whose cells each name the one label of theirs that holds, so
            that each column is a group of which exactly one holds; in a row with a blank cell they are unknown.
        unknown_column: beside `label_column`, a column that lists the labels nobody looked for; "" for none.
        separator: what stands between labels in a list; "" takes each cell as one label.
        split_column: the column with train, validation or test; "" for none.
        group_column: the column of groups that must not straddle a split; "" for none.
        root: the folder that the paths start from, and must not leave.
        delimiter: what stands between the fields of a CSV file.
        encoding: the encoding of a CSV file, where it is neither UTF-8 nor UTF-16.

    Raises:
        DataError: the file cannot be read as a table, or a column cannot be found or understood.
    """
    file = table_in(source) if source.is_dir() else source
    if file is None:
        raise DataError(f"{source}: expected a table in this folder that names pictures")
    table = load_table(file, delimiter, encoding)
    pictures = find_pictures(table, path_column, None if root is None else Path(root))
    others = [name for name in table.columns if name != pictures.column]
    split = _chosen(table, split_column, find_split(table, others))
    group = _chosen(table, group_column, find_groups(table, others))
    unknown = _chosen(table, unknown_column, find_unknown(others))
    others = [name for name in others if name not in (split, group, unknown)]
    labels = _named_labels(label_column, label_columns, value_columns) or find_labels(table, others)
    sets = label_sets(table, labels, separator, unknown)
    files, set_aside = _files(table, pictures)
    parts = _splits(table, split)
    groups = [None] * len(table) if group is None else [_text(cell) for cell in table.columns[group]]
    records = (
        Record(name, path, sets.present[row], sets.unknown[row], parts[row], groups[row])
        for row, (name, path) in files.items()
    )
    unread = [name for name in others if name not in labels.names]
    if unknown is not None and labels.form != "list":
        unread.append(unknown)
    notes = [f"columns not read: {listing(unread)}"] if unread else []
    return assemble(records, source, sets.declared, set_aside, notes, sets.groups)


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


def _files(table: Table, pictures: Pictures) -> tuple[dict[int, tuple[str, Path]], list[SetAside]]:
    """Row -> the sample's id and file; and the rows without a file, by name and with the reason."""
    files: dict[int, tuple[str, Path]] = {}
    set_aside: list[SetAside] = []
    first: dict[str, int] = {}
    for row, cell in enumerate(table.columns[pictures.column]):
        if is_blank(cell):
            set_aside.append(
                SetAside(f"{table.unit} {table.numbers[row]}", f"nothing in the column {pictures.column!r}")
            )
            continue
        name = spelling(cell)
        if first.setdefault(name, row) != row:
            raise DataError(
                f"{table.where(row)}: {name} was already given in {table.unit} {table.numbers[first[name]]}: "
                "each picture must have one row"
            )
        try:
            files[row] = name, pictures.find(cell)
        except DataError as error:
            set_aside.append(SetAside(name, str(error)))
    return files, set_aside


def _splits(table: Table, column: str | None) -> list[str | None]:
    if column is None:
        return [None] * len(table)
    parts = [None if is_blank(cell) else split_of(cell) for cell in table.columns[column]]
    for row, (cell, part) in enumerate(zip(table.columns[column], parts, strict=True)):
        if part is None and not is_blank(cell):
            raise DataError(f"{table.where(row)}, column {column!r}: expected train, validation or test, got {cell!r}")
    return parts


def _text(cell: Any) -> str | None:
    return None if is_blank(cell) else str(cell).strip()
