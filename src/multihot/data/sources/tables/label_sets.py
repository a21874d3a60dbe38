"""The label columns of a table as label sets: present and unknown names, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass

from multihot.data.sources.tables.cells import names_in, separator_of, states_of
from multihot.data.sources.tables.roles import LabelColumns
from multihot.data.sources.tables.table import Table, is_blank
from multihot.errors import DataError
from multihot.labels import Count, Group


@dataclass(frozen=True)
class LabelSets:
    """N label sets.

    Args:
        present: the names that hold in each row.
        unknown: the names that nobody looked for in each row.
        declared: all names in the source's order, where it declares them; else None: those that occur are all.
        groups: the groups of labels that the columns form.
    """

    present: Sequence[Sequence[str]]
    unknown: Sequence[Sequence[str]]
    declared: tuple[str, ...] | None
    groups: tuple[Group, ...] = ()


def label_sets(
    table: Table, labels: LabelColumns, separator: str | None = None, unknown_column: str | None = None
) -> LabelSets:
    """Read the label columns; a cell that cannot be read is a `DataError` with its row and column."""
    if labels.form == "list":
        return _from_lists(table, labels.names[0], separator, unknown_column)
    if labels.form == "states":
        return _from_states(table, labels.names)
    return _from_values(table, labels.names)


def _from_lists(table: Table, column: str, separator: str | None, unknown_column: str | None) -> LabelSets:
    listed = _lists(table, column, separator)
    hidden = _lists(table, unknown_column, separator) if unknown_column else [()] * len(table)
    every: tuple[str, ...] = ()
    if None in listed:
        every = tuple(sorted({name for names in (*listed, *hidden) for name in names or ()}))
    unknown = [
        every if present is None else [name for name in names or () if name not in present]
        for present, names in zip(listed, hidden, strict=True)
    ]
    return LabelSets([names or () for names in listed], unknown, None)


def _lists(table: Table, column: str, separator: str | None) -> list[tuple[str, ...] | None]:
    cells = table.column(column)
    if separator is None:
        separator = separator_of(cells)
    lists = []
    for row, cell in enumerate(cells):
        try:
            lists.append(names_in(cell, separator))
        except ValueError as error:
            raise DataError(f"{table.where(row)}, column {column!r}: {error}") from error
    return lists


def _from_states(table: Table, columns: Sequence[str]) -> LabelSets:
    present: list[list[str]] = [[] for _ in range(len(table))]
    unknown: list[list[str]] = [[] for _ in range(len(table))]
    into = {"present": present, "unknown": unknown}
    for column in columns:
        cells = table.column(column)
        for row, state in enumerate(states_of(cells)):
            if state is None:
                raise DataError(
                    f"{table.where(row)}, column {column!r}: expected 1 (present), 0 (absent), blank or -1 (unknown), "
                    f"got {cells[row]!r}"
                )
            if state != "absent":
                into[state][row].append(column)
    return LabelSets(present, unknown, tuple(columns))


def _from_values(table: Table, columns: Sequence[str]) -> LabelSets:
    present: list[list[str]] = [[] for _ in range(len(table))]
    unknown: list[list[str]] = [[] for _ in range(len(table))]
    owner: dict[str, str] = {}
    groups = []
    for column in columns:
        cells = [None if is_blank(cell) else str(cell).strip() for cell in table.column(column)]
        values = sorted({cell for cell in cells if cell is not None})
        shared = next((value for value in values if owner.setdefault(value, column) != column), None)
        if shared is not None:
            raise DataError(
                f"{table.path}: the columns {owner[shared]!r} and {column!r} both hold {shared!r}, "
                "and one label cannot mean both: rename it in one of them"
            )
        if len(values) > 1:
            groups.append(Group(tuple(values), Count(1, 1), column))
        for row, cell in enumerate(cells):
            if cell is None:
                unknown[row].extend(values)
            else:
                present[row].append(cell)
    return LabelSets(present, unknown, tuple(owner), tuple(groups))
