"""CSV and TSV files as columns of text: encoding, delimiter, quotes and header are found out here."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice
from pathlib import Path

from multihot.data.sources.tables.table import Table, listing
from multihot.data.sources.text import read_text
from multihot.errors import ArgumentError, DataError

_DELIMITERS = (",", "\t", ";", "|")
_SNIFFED_ROWS = 200


def load_text_table(path: Path, delimiter: str | None = None, encoding: str | None = None) -> Table:
    """Read a CSV or TSV file with a header line; every cell stays text, without the spaces around it.

    Columns without a name (an index that pandas wrote, a delimiter at each line's end) are left out.

    Args:
        path: the file.
        delimiter: what stands between fields; found out from the first rows where it is not given.
        encoding: UTF-8, or UTF-16 with a byte order mark, where it is not given.

    Raises:
        DataError: unreadable, empty, not text in this encoding, a ragged row, a repeated header name.
    """
    text = read_text(path, encoding)
    if delimiter is not None and len(delimiter) != 1:
        raise ArgumentError(f"delimiter must be one character, got {delimiter!r}")
    delimiter = delimiter or _sniff(text)
    rows = _rows(text, delimiter, path)
    _, header = next(rows, (0, [""]))
    _check_header(header, path)
    numbers: list[int] = []
    body: list[list[str]] = []
    for number, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{path}, line {number}: expected {len(header)} fields as in the header ({listing(header)}), got "
                f"{len(row)} ({_shown(row)}); quote fields in which the delimiter {delimiter!r} occurs"
            )
        numbers.append(number)
        body.append(row)
    if not body:
        raise DataError(f"{path}: a header line and no samples")
    columns = {name: values for name, values in zip(header, zip(*body, strict=True), strict=True) if name}
    return Table(path, columns, numbers, "line")


def _sniff(text: str) -> str:
    """The delimiter that cuts the first rows into the same number of fields; where none does, the header decides."""
    widths = {delimiter: _widths(text, delimiter) for delimiter in _DELIMITERS}
    even = [delimiter for delimiter in _DELIMITERS if len(set(widths[delimiter])) == 1 and widths[delimiter][0] > 1]
    return max(even or _DELIMITERS, key=lambda delimiter: widths[delimiter][:1])


def _widths(text: str, delimiter: str) -> list[int]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        return [len(row) for row in islice(reader, _SNIFFED_ROWS) if row]
    except csv.Error:  # said with its line number when all rows are read
        return []


def _rows(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The line at which each row ends, and its fields; rows without any content are passed over."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            fields = [field.strip() for field in row]
            if any(fields):
                yield reader.line_num, fields
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}; check the quotes") from error


def _check_header(header: Sequence[str], path: Path) -> None:
    repeated = [name for name, count in Counter(header).items() if name and count > 1]
    if repeated:
        raise DataError(f"{path}: column names must be unique, given more than once: {listing(repeated)}")
    if len(header) < 2:
        raise DataError(
            f"{path}: expected a header line with two columns or more (a picture's path, its labels), "
            f"got {_shown(header)}"
        )


def _shown(row: Sequence[str]) -> str:
    text = ", ".join(map(repr, row))
    return text if len(text) <= 100 else f"{text[:100]}..."
