"""Text and JSON files, read with errors that say what is wrong with the file."""

import json
from pathlib import Path
from typing import Any

from multihot.errors import ArgumentError, DataError

_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_text(path: Path, encoding: str | None = None) -> str:
    """A text file's content, line ends as they are.

    Args:
        path: the file.
        encoding: where it is not given, UTF-8 (with or without a byte order mark) or UTF-16 (with one).

    Raises:
        DataError: unreadable, empty, or not text in this encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    name = encoding or _BYTE_ORDER_MARKS.get(content[:2], "utf-8-sig")
    try:
        text = content.decode(name)
    except LookupError as error:
        raise ArgumentError(f"unknown encoding {encoding!r}") from error
    except UnicodeError as error:
        raise DataError(f"{path}: not text in the encoding {name}: {error}; save it as UTF-8") from error
    if not text.strip():
        raise DataError(f"{path}: empty file")
    if "\0" in text:
        raise DataError(f"{path}: not a text file (it holds NUL characters)")
    return text


def read_json(path: Path) -> Any:
    """A JSON file's content; what is cut off or otherwise no JSON is a `DataError` that says where."""
    return parse_json(read_text(path), path)


def parse_json(text: str, path: Path) -> Any:
    """The value that a file's text spells."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise DataError(f"{path}: JSON nested too deeply") from error
    except ValueError as error:
        raise DataError(f"{path}: no complete JSON: {error}") from error
