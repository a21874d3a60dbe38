"""The label columns of a table as targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.data.sources.tables.cells import State, is_blank, says_nothing, state_of
from multihot.data.sources.tables.name_lists import NameLists, UnreadableCellError, name_lists
from multihot.data.sources.tables.roles import LabelColumns
from multihot.data.sources.tables.table import Table
from multihot.errors import DataError
from multihot.labels import Count, Group, Targets
from multihot.wording import counted

_NUMBERS: dict[State, int] = {"present": 1, "absent": 0, "unknown": -1}


@dataclass(frozen=True)
class LabelSets:
    """N label sets.

    Args:
        names: of the L labels.
        targets: (N, L).
        exhaustive: whether the names are all that occur, rather than those that the source declares.
        groups: the groups of labels that the columns form.
        notes: what the user should know.
    """

    names: tuple[str, ...]
    targets: Targets
    exhaustive: bool
    groups: tuple[Group, ...] = ()
    notes: tuple[str, ...] = ()


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
    notes = _no_value_notes(column, listed.no_values)
    if unknown_column is None:
        silent = np.flatnonzero(listed.missing)
        return LabelSets(
            listed.names, Targets(listed.cells, _rows_of_all(silent, listed.cells.shape)), True, notes=notes
        )
    hidden = _lists(table, unknown_column, separator)
    names = sorted({*listed.names, *hidden.names})
    present, unknown = listed.widened(names).cells, hidden.widened(names).cells
    unknown = sparse.csr_array(unknown + _rows_of_all(np.flatnonzero(listed.missing), present.shape))
    return LabelSets(tuple(names), Targets(present, sparse.csr_array(unknown > present)), exhaustive=True, notes=notes)


def _lists(table: Table, column: str, separator: str | None) -> NameLists:
    try:
        return name_lists(table.column(column), separator)
    except UnreadableCellError as error:
        raise DataError(f"{table.where(error.row)}, column {column!r}: {error}") from error


def _no_value_notes(column: str, words: Mapping[str, int]) -> tuple[str, ...]:
    if not words:
        return ()
    spelt = ", ".join(repr(word) for word in sorted(words))
    return (f"column {column!r}: {counted(sum(words.values()), 'cell')} with only {spelt} read as unknown",)


def _from_states(table: Table, columns: Sequence[str]) -> LabelSets:
    states = [_states(table, column) for column in columns]
    return LabelSets(tuple(columns), Targets(_stacked(states, 1), _stacked(states, -1)), exhaustive=False)


def _states(table: Table, column: str) -> NDArray[np.int8]:
    """(N,) 1 present, 0 absent, -1 unknown."""
    values, codes = table.column(column).distinct
    found = [state_of(value) for value in values]
    if None in found:
        row = next(row for row, code in enumerate(codes) if found[code] is None)
        raise DataError(
            f"{table.where(row)}, column {column!r}: expected 1 (present), 0 (absent), blank or -1 (unknown), "
            f"got {table.column(column)[row]!r}"
        )
    return np.array([_NUMBERS[state] for state in found if state is not None], dtype=np.int8)[codes]


def _stacked(columns: Sequence[NDArray[np.int8]], state: int) -> sparse.csr_array:
    """(N, L) where the columns hold a state."""
    rows = [np.flatnonzero(column == state) for column in columns]
    numbers = np.repeat(np.arange(len(columns)), [len(found) for found in rows])
    return _incidence(np.concatenate(rows), numbers, (len(columns[0]), len(columns)))


def _from_values(table: Table, columns: Sequence[str]) -> LabelSets:
    owner: dict[str, str] = {}
    groups: list[Group] = []
    parts: list[Targets] = []
    notes: list[str] = []
    for column in columns:
        names, states = _value_states(table, column)
        shared = next((name for name in names if owner.setdefault(name, column) != column), None)
        if shared is not None:
            raise DataError(
                f"{table.path}: the columns {owner[shared]!r} and {column!r} both hold {shared!r}, "
                "and one label cannot mean both: rename it in one of them"
            )
        if len(names) > 1:
            groups.append(Group(names, Count(1, 1), column))
        parts.append(states)
        notes += _no_value_notes(column, _no_values(table, column))
    present = sparse.hstack([part.present for part in parts], format="csr")
    unknown = sparse.hstack([part.unknown for part in parts], format="csr")
    targets = Targets(sparse.csr_array(present), sparse.csr_array(unknown))
    return LabelSets(tuple(owner), targets, exhaustive=False, groups=tuple(groups), notes=tuple(notes))


def _value_states(table: Table, column: str) -> tuple[tuple[str, ...], Targets]:
    """The distinct values of a column, and which row holds which; all are unknown where a cell says nothing."""
    values, codes = table.column(column).distinct
    spelt = [None if is_blank(cell) or says_nothing(str(cell)) else str(cell).strip() for cell in values]
    names = tuple(sorted({name for name in spelt if name is not None}))
    positions = {name: position for position, name in enumerate(names)}
    held = np.array([-1 if name is None else positions[name] for name in spelt])[codes]
    told, shape = np.flatnonzero(held >= 0), (len(codes), len(names))
    return names, Targets(_incidence(told, held[told], shape), _rows_of_all(np.flatnonzero(held < 0), shape))


def _no_values(table: Table, column: str) -> Mapping[str, int]:
    """The words for no value in a column, and in how many cells each stands."""
    distinct = table.column(column).distinct
    counts = zip(distinct.values, distinct.counts(), strict=True)
    return {cell: count for cell, count in counts if isinstance(cell, str) and says_nothing(cell)}


def _rows_of_all(rows: NDArray[np.intp], shape: tuple[int, int]) -> sparse.csr_array:
    """True everywhere in these rows."""
    return _incidence(np.repeat(rows, shape[1]), np.tile(np.arange(shape[1]), len(rows)), shape)


def _incidence(rows: NDArray[np.intp], columns: NDArray[np.intp], shape: tuple[int, int]) -> sparse.csr_array:
    return sparse.coo_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=shape).tocsr()
