"""Which column of a table names the pictures, and where they lie."""

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from multihot.data.picture_names import picture_names
from multihot.data.sources.tables.cells import state_of
from multihot.data.sources.tables.columns import Column
from multihot.data.sources.tables.table import Table
from multihot.data.sources.tables.table import listing as listed
from multihot.errors import DataError

_SAMPLED_CELLS = 50
_SEARCHED_FILES = 1_000_000
_ANYWHERE = Path("/")


class OutsideError(DataError):
    """A table names pictures, all of them outside the folder that its paths must not leave."""


@dataclass(frozen=True)
class Pictures:
    """The pictures that a table's column names.

    Args:
        column: the column's name.
        root: the folder that its paths start from.
        within: the folder that no path may leave; the root lies in it.
        elsewhere: what is no path from the root -> the path below the root that it stands for.
    """

    column: str
    root: Path
    within: Path
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    _listings: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)

    def find(self, cell: Any) -> str:
        """The path of the picture that a cell names; raises `DataError` with the reason where there is none."""
        name = spelling(cell)
        name = self.elsewhere.get(name, name)
        if name.startswith(("/", "../")) and self._leads_out(name):
            raise DataError(f"lies outside {self.within}: pass a folder that holds it as root (--read root=FOLDER)")
        path = self.root / name
        folder, _, last = name.rpartition("/")
        if last not in self.listing(folder) and not _is_file(path):
            raise DataError(f"no such file in {self.root}")
        return str(path)

    @cached_property
    def _bounds(self) -> list[tuple[str, str]]:
        """Where the root and the folder around it lie, as they are spelt and with all links followed."""
        return [(place(self.root), place(self.within)) for place in (os.path.abspath, os.path.realpath)]

    def _leads_out(self, name: str) -> bool:
        return not any(
            PurePosixPath(posixpath.normpath(posixpath.join(root, name))).is_relative_to(within)
            for root, within in self._bounds
        )

    def listing(self, folder: str) -> frozenset[str]:
        """The names of the files in a folder: one look at it is faster than one at each of its files."""
        if folder not in self._listings:
            try:
                entries = frozenset(entry.name for entry in os.scandir(self.root / folder) if entry.is_file())
            except (OSError, ValueError):  # a name that no folder can have
                entries = frozenset()
            self._listings[folder] = entries
        return self._listings[folder]

    def share_found(self, cells: Iterable[Any]) -> float:
        """The share of cells that name a picture."""
        found = []
        for cell in cells:
            try:
                self.find(cell)
            except DataError:
                found.append(False)
            else:
                found.append(True)
        return sum(found) / max(1, len(found))


def find_pictures(table: Table, column: str | None = None, root: Path | None = None) -> Pictures:
    """The column whose cells name existing files, and the folder they start from.

    Tried are paths from the table's own folder and from the folders in it, or from `root` and, where it lies in that,
    the table's folder; then names alone, with or without extension, of files anywhere below ("00012" for
    pictures/a/00012.jpg), where just one file has the name. None may lie outside `root`, or the table's folder.

    Raises:
        DataError: no column (or not the named one) names an existing file, or `root` is no folder.
        OutsideError: all the pictures that are named lie outside.
    """
    if root is not None and not root.is_dir():
        raise DataError(f"{root}: expected the folder in which the pictures of {table.path} lie")
    samples = {name: _sample(table.column(name)) for name in ([column] if column else table.columns)}
    beside = table.path.parent
    top = root or beside
    if root is None:
        places = [top, *_folders_in(top)]
    else:
        places = [top, beside] if beside.resolve().is_relative_to(top.resolve()) else [top]
    found = _best((Pictures(name, place, top) for place in places for name in samples), samples)
    if found is None:
        names = _names_below(top)
        found = _best((Pictures(name, top, top, names) for name in samples), samples)
    if found is None:
        _refuse_outside(table, samples, top)
        raise DataError(
            f"{table.path}: no column names pictures in {top} (looked at: {listed(samples)}); "
            "pass the folder of the pictures as root, or the columns of feature vectors as feature_columns (* for all "
            'but the labels, "" for a table of labels alone)'
        )
    if found.share_found([found.column]) == 1:
        raise DataError(f"{table.path}: expected column names in the first line, got a sample: {found.column!r}")
    return found


def _refuse_outside(table: Table, samples: Mapping[str, Sequence[Any]], top: Path) -> None:
    for name, cells in samples.items():
        anywhere = Pictures(name, table.path.parent, _ANYWHERE)
        outside = next((cell for cell in cells if anywhere.share_found([cell])), None)
        if outside is not None:
            raise OutsideError(
                f"{table.path}: the pictures in the column {name!r} lie outside {top}, such as {outside}: "
                "pass a folder that holds them as root (--read root=FOLDER)"
            )


def spelling(cell: Any) -> str:
    """A path as tables spell it: forward slashes, and no steps that lead nowhere.

    >>> spelling(" ./images/a/../b.jpg")
    'images/b.jpg'
    """
    return posixpath.normpath(str(cell).strip().replace("\\", "/"))


def _sample(column: Column) -> list[Any]:
    """Some distinct cells that may be names, spread over the column."""
    spread = (column[row] for row in range(0, len(column), max(1, len(column) // (4 * _SAMPLED_CELLS))))
    names = dict.fromkeys(cell for cell in spread if isinstance(cell, str | int) and state_of(cell) is None)
    return list(names)[:_SAMPLED_CELLS]


def _best(trials: Iterable[Pictures], samples: Mapping[str, Sequence[Any]]) -> Pictures | None:
    """The trial that finds the largest share of its column's sampled cells; None where no trial finds any."""
    best, most = None, 0.0
    for trial in trials:
        share = trial.share_found(samples[trial.column])
        if share == 1:
            return trial
        if share > most:
            best, most = trial, share
    return best


def _folders_in(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _names_below(top: Path) -> dict[str, str]:
    """Name with and without extension, and path without -> path from the top, for what just one file has."""
    paths: dict[str, str] = {}
    for path in islice(picture_names(top), _SEARCHED_FILES):
        name = PurePosixPath(path)
        for key in {name.name, name.stem, str(name.with_suffix(""))}:
            paths[key] = "" if key in paths else path
    return {key: path for key, path in paths.items() if path}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False
