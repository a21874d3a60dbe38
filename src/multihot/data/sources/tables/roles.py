"""Which column of a table plays which part: labels, split and groups (pictures: `pictures`)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from multihot.data.sources.records import split_of
from multihot.data.sources.tables.cells import is_blank, state_of
from multihot.data.sources.tables.columns import Column
from multihot.data.sources.tables.table import Table, listing
from multihot.errors import DataError

_SPLIT_NAMES = {"split", "subset", "partition"}
_VAGUE_SPLIT_NAMES = {"set", "fold", "phase", "part"}
_GROUP_NAMES = {"group", "group id", "patient", "patient id", "subject", "subject id"}
_ID_NAMES = {"id", "sample", "sample id"}
_UNKNOWN_NAMES = {"unknown labels", "unknown tags"}
_LIST_NAMES = {"label", "tag", "class", "classe", "category", "categorie", "keyword", "genre", "attribute"}
_PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
_FILE_NAMES = {
    "path",
    "paths",
    "file",
    "files",
    "filename",
    "filepath",
    "image",
    "images",
    "img",
    "photo",
    "picture",
    "url",
}
_MOST = 0.5
# What counts rows or measures something: in a small table its numbers may be 0 and 1 by chance.
_MEASURES = (
    {"age", "count", "day", "fold", "grade", "height", "hour", "id", "idx", "index", "length", "level", "month", "no"}
    | {"nr", "num", "number", "price", "rank", "rating", "row", "score", "size", "unnamed: 0", "version", "weight"}
    | {"width", "year"}
)


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
    """The column of the declared split: named as one, with a word for train, validation or test in it.

    Where the name may mean something else too (set, phase), they must be most of its words. Any other word in such a
    column is an error when it is read, not a reason to draw another split.
    """
    return next((name for name in candidates if _is_split(_plain(name), table.columns[name])), None)


def find_groups(table: Table, candidates: Iterable[str]) -> str | None:
    """The column of groups, by its name; one that holds only 0 and 1 is a label."""
    named = (name for name in candidates if _plain(name) in _GROUP_NAMES)
    return next((name for name in named if _states_share(table.columns[name]) < 1), None)


def find_ids(candidates: Iterable[str]) -> str | None:
    """The column of the samples' ids, by its name."""
    return next((name for name in candidates if _plain(name) in _ID_NAMES), None)


def find_unknown(candidates: Iterable[str]) -> str | None:
    """The column that lists the labels that nobody looked for, by its name."""
    return next((name for name in candidates if _plain(name) in _UNKNOWN_NAMES), None)


def find_labels(table: Table, candidates: Sequence[str]) -> LabelColumns:
    """The label columns among those that play no other part.

    A column of lists that is named as one (labels, tags, classes, ...) comes first, then one whose cells are lists,
    then all columns of states, then a column of text that is the only one.

    Raises:
        DataError: there are none, several may hold the lists, or a column holds states in most rows only.
    """
    states = [name for name in candidates if _states_share(table.columns[name]) == 1]
    texts = [name for name in candidates if name not in states and not table.columns[name].blank]
    named = [name for name in texts if _plain(name).rpartition(" ")[2].removesuffix("s") in _LIST_NAMES]
    typed = [name for name in texts if table.columns[name].holds_lists]
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


def may_hold_vectors(table: Table, candidates: Iterable[str]) -> bool:
    """Whether the rows of a table in which no pictures were found may be feature vectors.

    Not where a column is about files, whether or not they are there; and some column must hold numbers.

    Args:
        table: without pictures.
        candidates: the columns that play no other part.
    """
    if any(_is_about_files(name, column) for name, column in table.columns.items()):
        return False
    return any(_numbers_share(table.columns[name]) > _MOST for name in candidates)


def _is_about_files(name: str, column: Column) -> bool:
    if _FILE_NAMES & set(_plain(name).split()):
        return True
    told = [str(value).lower() for value, _ in _told(column)]
    return sum(text.endswith(_PICTURE_ENDINGS) for text in told) > _MOST * len(told)


def _numbers_share(column: Column) -> float:
    if column.holds_lists:
        return 0.0
    told = _told(column)
    return sum(count for value, count in told if _is_number(value)) / max(1, sum(count for _, count in told))


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def _refuse_slips(table: Table, name: str) -> None:
    """A label column must not be passed over because of a few slips in it."""
    values, codes = table.columns[name].distinct
    if _states_share(table.columns[name]) <= _MOST or _is_measure(name):
        return
    slips = {code for code, value in enumerate(values) if state_of(value) is None}
    row = next(row for row, code in enumerate(codes.tolist()) if code in slips)
    raise DataError(
        f"{table.where(row)}: {values[codes[row]]!r} in the column {name!r}, where most others are 0, 1, blank or -1: "
        "correct it, or pass the columns to read as label_columns"
    )


def _is_measure(name: str) -> bool:
    plain = _plain(name)
    return plain in _MEASURES or plain.rpartition(" ")[2] in _MEASURES


def _told(column: Column) -> list[tuple[Any, int]]:
    """The distinct cells that are not blank, and in how many rows each stands."""
    counted = zip(column.distinct.values, column.distinct.counts(), strict=True)
    return [(value, count) for value, count in counted if not is_blank(value)]


def _states_share(column: Column) -> float:
    """The share of cells with a state, among those that are not blank."""
    if column.holds_lists:
        return 0.0
    told = _told(column)
    stating = sum(count for value, count in told if state_of(value) is not None)
    return stating / max(1, sum(count for _, count in told))


def _is_split(name: str, column: Column) -> bool:
    if name not in _SPLIT_NAMES | _VAGUE_SPLIT_NAMES:
        return False
    told = [split_of(value) for value, _ in _told(column)]
    known = len(told) - told.count(None)
    return 2 * known > len(told) if name in _VAGUE_SPLIT_NAMES else known > 0


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
