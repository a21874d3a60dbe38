"""JSON lines, JSON lists of objects and Parquet files as columns of typed cells."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from multihot.data.sources.tables.table import Table
from multihot.data.sources.text import parse_json, read_text
from multihot.errors import DataError


def load_json_table(path: Path) -> Table:
    """Read one object a line, or a list of objects; a key that an object lacks is None there.

    Raises:
        DataError: unreadable, not UTF-8, cut off or otherwise no JSON, or something else than objects in it.
    """
    text = read_text(path)
    if text.lstrip().startswith("["):
        return _from_objects(path, dict(enumerate(parse_json(text, path), start=1)), "object")
    lines = enumerate(text.split("\n"), start=1)
    return _from_objects(path, {number: _line(path, number, line) for number, line in lines if line.strip()}, "line")


def load_parquet_table(path: Path) -> Table:
    """Read a Parquet file.

    Raises:
        DataError: unreadable, or no complete Parquet file.
    """
    try:
        content = pq.read_table(path)
        columns = {name: content.column(name).to_pylist() for name in content.column_names}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    if not content.num_rows:
        raise DataError(f"{path}: no samples in it")
    return Table(path, columns, range(1, content.num_rows + 1), "row")


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}, line {number}: expected one JSON object a line: {error}") from error


def _from_objects(path: Path, objects: Mapping[int, Any], unit: str) -> Table:
    for number, item in objects.items():
        if not isinstance(item, dict):
            raise DataError(f'{path}, {unit} {number}: expected an object such as {{"path": "a.jpg", "labels": ["a"]}}')
    if not objects:
        raise DataError(f"{path}: no samples in it")
    names = dict.fromkeys(name for item in objects.values() for name in item)
    columns = {name: [item.get(name) for item in objects.values()] for name in names}
    return Table(path, columns, list(objects), unit)
