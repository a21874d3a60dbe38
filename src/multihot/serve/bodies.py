"""Bodies of requests to parts that are judged. Nothing is written to disk, and nothing that is named is fetched."""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from multihot.errors import one_line
from multihot.serve.problems import Refused, as_unicode
from multihot.serve.service import Kind
from multihot.serve.settings import ServeSettings

MOST_ID = 300
"""Characters of an id that are kept."""

_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
"""A text in JSON, also one without an end."""


class Content(NamedTuple):
    """What a request asks about.

    Args:
        ids: N names of samples.
        parts: what a model prepares: N pictures as files' bytes, or one list of N rows.
        kind: what they are.
    """

    ids: Sequence[str]
    parts: Sequence[Any]
    kind: Kind


def read_content(content_type: str, body: bytes, settings: ServeSettings) -> Content:
    """Pictures from multipart/form-data, or rows of features from JSON.

    Raises:
        Refused: another type, damaged, empty, or more than a request may hold.
    """
    kind, options = parse_options_header(content_type)
    if kind == b"multipart/form-data":
        return _pictures(options.get(b"boundary", b""), body, settings.max_images)
    if kind == b"application/json":
        return _rows(body, settings.max_rows)
    remedy = "send pictures as multipart/form-data (curl -F images=@photo.jpg), or features as application/json"
    raise Refused(415, f"cannot read {content_type[:80]!r}", "header.content-type", remedy)


def _pictures(boundary: bytes, body: bytes, most: int) -> Content:
    files = _Files(most)
    try:
        parser = MultipartParser(boundary, files.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise Refused(400, f"damaged multipart/form-data: {one_line(error)}", "body") from error
    if not files.ended:
        raise Refused(400, "multipart/form-data without its last boundary: truncated", "body")
    if not files.contents:
        raise Refused(422, "no picture in it", "body", "send each picture as a file: curl -F images=@photo.jpg")
    return Content(files.ids, files.contents, "pictures")


class _Files:
    """The files of a form, as its parser comes by them; other fields are left out."""

    def __init__(self, most: int) -> None:
        self.ids: list[str] = []
        self.contents: list[bytes] = []
        self.ended = False
        self._most = most
        self._field = b""
        self._value = b""
        self._disposition = b""
        self._data: list[memoryview] | None = None

    def callbacks(self) -> Any:
        """For the parser; not kept here, as what is in a circle stays in memory until garbage is looked for."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._finish,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._disposition, self._data = b"", None

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"filename")
        if name is None:
            return
        if len(self.ids) == self._most:
            raise Refused(413, f"more than {self._most} pictures", "body", "send fewer a request")
        self.ids.append(name.decode("utf-8", "replace")[:MOST_ID])
        self._data = []

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._data is not None:
            self._data.append(memoryview(data)[start:end])

    def _finish(self) -> None:
        if self._data is not None:
            self.contents.append(b"".join(self._data))
            self._data = None

    def _end(self) -> None:
        self.ended = True


def _rows(body: bytes, most: int) -> Content:
    allowed = 2 * most + 10_000
    if _brackets(body) > allowed and _brackets(_TEXT.sub(b"", body)) > allowed:
        what = f"more than {allowed:,} lists and objects, for {most:,} rows at most"
        raise Refused(413, what, "body", "send fewer a request")
    values = read_json(body)
    rows = values.get("features") if isinstance(values, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list | dict) for row in rows):
        remedy = '{"features": [[1.5, null], {"age": 31, "weight": 70}]}'
        raise Refused(422, "expected a list of rows, each a list or an object of numbers", "body.features", remedy)
    if not rows:
        raise Refused(422, "no rows in it", "body.features")
    if len(rows) > most:
        raise Refused(413, f"{len(rows)} rows, at most {most} are taken", "body.features", "send fewer a request")
    ids = values.get("ids", [str(number) for number in range(len(rows))])
    if not isinstance(ids, list) or len(ids) != len(rows) or not all(isinstance(name, str) for name in ids):
        raise Refused(422, f"expected a list of {len(rows)} texts, one a row", "body.ids")
    return Content([as_unicode(name[:MOST_ID]) for name in ids], [rows], "features")


def _brackets(body: bytes) -> int:
    """Lists and objects in JSON. 30 MB can hold ten million, over which Python's collector takes half a minute."""
    return body.count(b"[") + body.count(b"{")


def read_json(body: bytes) -> Any:
    """JSON as its standard has it.

    Raises:
        Refused: it is none.
    """
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused(400, f"not JSON: {said[:200]}", "body") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON; null is a missing value")
