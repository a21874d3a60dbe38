"""Text and JSON files, read with errors that say what is wrong with the file."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from xml.parsers import expat

import yaml
from pydantic import TypeAdapter, ValidationError

from multihot.errors import ArgumentError, DataError, one_line

T = TypeVar("T")
_START = 1_000_000
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_text(path: Path, encoding: str | None = None, *, may_be_empty: bool = False) -> str:
    """A text file's content, line ends as they are.

    Args:
        path: the file.
        encoding: where it is not given, UTF-8 (with or without a byte order mark) or UTF-16 (with one).
        may_be_empty: whether a file without any text is as good as another.

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
    if not text.strip() and not may_be_empty:
        raise DataError(f"{path}: empty file")
    if "\0" in text:
        raise DataError(f"{path}: not a text file (it holds NUL characters)")
    return text


def starts_like(path: Path, pattern: re.Pattern[str]) -> bool:
    """Whether the first million characters of a file match; false where they cannot be read."""
    try:
        with path.open("rb") as file:
            return pattern.match(file.read(_START).decode("utf-8-sig", "ignore")) is not None
    except OSError:
        return False


def parse_as(kind: type[T], text: str, path: Path) -> T:
    """JSON text as a model; raises `DataError` with the first thing that does not fit."""
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(f"{path}: {place + ': ' if place else ''}{first['msg']}") from error


def parse_xml(
    path: Path,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], Any],
    text: Callable[[str], None] | None = None,
) -> None:
    """Walk through an XML file.

    Args:
        path: the file.
        start: called with the tag and the attributes of each element.
        end: called with the tag where an element ends.
        text: called with pieces of the text in elements.

    Raises:
        DataError: unreadable, no complete XML, or with entities in it.
    """

    def refuse(*_: object) -> None:
        raise DataError(f"{path}: declares entities, which could unfold without end; remove its DOCTYPE")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, expat.ExpatError) as error:
        raise DataError(f"{path}: cannot be read as XML: {error}") from error


def read_yaml(path: Path) -> Any:
    """The plain values that a YAML file spells."""
    try:
        return yaml.safe_load(read_text(path))
    except DataError:
        raise
    except yaml.MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise DataError(f"{path}{place}: cannot be parsed as YAML (cut off?): {error.problem}") from error
    except Exception as error:  # on odd scalars PyYAML raises whatever it stumbles over
        raise DataError(f"{path}: cannot be parsed as YAML: {one_line(error)}") from error


def parse_json(text: str, path: Path) -> Any:
    """The value that a file's text spells."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise DataError(f"{path}: JSON nested too deeply") from error
    except ValueError as error:
        raise DataError(f"{path}: no complete JSON: {error}") from error
