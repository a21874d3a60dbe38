"""Which column of a table plays which part: labels, split and groups (pictures: `pictures`)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from multihot.data.sources.records import split_of
from multihot.data.sources.tables.cells import state_of
from multihot.data.sources.tables.table import Table, is_blank, listing
from multihot.errors import DataError

_SPLIT_NAMES = {"split", "subset", "partition", "set", "fold", "phase"}
_GROUP_NAMES = {"group", "group id", "patient", "patient id", "subject", "subject id"}
_UNKNOWN_NAMES = {"unknown labels", "unknown tags"}
_LIST_NAMES = {"label", "tag", "class", "classe", "category", "categorie", "keyword", "genre", "attribute"}
_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class LabelColumns:
    """The columns of a table that hold its labels.

    Args:
        form: "list": one column, each cell a list of label names; "states": a column a label, each cell 0, 1 or
            unknown; "values": each column an attribute, each cell the one label of it that holds.
        names: the columns' names.
    """

    form: Literal["list", "states", "values"]
    names: tuple[str, ...]


def find_split(table: Table, candidates: Iterable[str]) -> str | None:
    """The column of the declared split: named as one, with mostly words for train, validation and test in it.

    A word for none of them in such a column is an error when it is read, not a reason to draw another split.
    """
    return next((name for name in candidates if _plain(name) in _SPLIT_NAMES and _is_split(table.columns[name])), None)


def find_groups(table: Table, candidates: Iterable[str]) -> str | None:
    """The column of groups, by its name; one that holds only 0 and 1 is a label."""
    named = (name for name in candidates if _plain(name) in _GROUP_NAMES)
    return next((name for name in named if _states_share(table.columns[name]) < 1), None)


def find_unknown(candidates: Iterable[str]) -> str | None:
    """The column that lists the labels that nobody looked for, by its name."""
    return next((name for name in candidates if _plain(name) in _UNKNOWN_NAMES), None)


def find_labels(table: Table, candidates: Sequence[str]) -> LabelColumns:
    """The label columns among those that play no other part.

    A column of lists that is named as one (labels, tags, classes, ...) comes first, then one whose cells are lists,
    then all columns of states, then a column of text that is the only one.

    Raises:
        DataError: there are none, several may hold the lists, or a column holds states in nearly all rows only.
    """
    states = [name for name in candidates if _states_share(table.columns[name]) == 1]
    texts = [name for name in candidates if name not in states and not all(map(is_blank, table.columns[name]))]
    named = [name for name in texts if _plain(name).rpartition(" ")[2].removesuffix("s") in _LIST_NAMES]
    typed = [name for name in texts if any(isinstance(cell, list) for cell in table.columns[name])]
    lists = named or typed or ([] if states else texts)
    if len(lists) > 1:
        raise DataError(
            f"{table.path}: the labels may be in {listing(lists)}: pass one as label_column, "
            "or as value_columns all that each hold one label in every row"
        )
    if lists:
        return LabelColumns("list", tuple(lists))
    if not states:
        raise DataError(
            f"{table.path}: no labels found in the columns {listing(table.columns)}: expected a column of label lists "
            "(a|b), or one column for each label with 0, 1, blank or -1 in it"
        )
    for name in texts:
        _refuse_slips(table, name)
    return LabelColumns("states", tuple(states))


def _refuse_slips(table: Table, name: str) -> None:
    """A label column must not be passed over because of a few slips in it."""
    cells = table.columns[name]
    if _states_share(cells) < _NEARLY_ALL:
        return
    row = next(row for row, cell in enumerate(cells) if state_of(cell) is None)
    raise DataError(
        f"{table.where(row)}: {cells[row]!r} in the column {name!r}, where nearly all others are 0, 1, blank or -1: "
        "correct it, or pass the columns to read as label_columns"
    )


def _states_share(cells: Sequence[Any]) -> float:
    """The share of cells with a state, among those that are not blank."""
    try:
        counts = Counter(cells)
    except TypeError:  # lists among them
        return 0.0
    told = {cell: count for cell, count in counts.items() if not is_blank(cell)}
    stating = sum(count for cell, count in told.items() if state_of(cell) is not None)
    return stating / max(1, sum(told.values()))


def _is_split(cells: Sequence[Any]) -> bool:
    told = {str(cell) for cell in cells if not is_blank(cell)}
    return 2 * sum(split_of(cell) is not None for cell in told) > len(told)


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
