"""What went wrong, in one form: `{"error": {"status", "where", "what", "help"}}`."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from multihot.errors import MultihotError

RETRY_AFTER = "1"
"""Seconds; in this time even a slow model answers what makes room for some."""


class Refused(Exception):  # noqa: N818 - not an error of the server
    """An answer other than the one asked for.

    Args:
        status: of HTTP.
        what: came, and was expected.
        where: in the request.
        remedy: what to do.
    """

    def __init__(self, status: int, what: str, where: str = "request", remedy: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.where = where
        self.remedy = remedy


def problem(refused: Refused, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that says so."""
    own = {"Retry-After": RETRY_AFTER} if refused.status == 503 else {}
    texts = {"where": refused.where, "what": refused.what, "help": refused.remedy}
    error = {"status": refused.status, **{name: as_unicode(text) for name, text in texts.items()}}
    return JSONResponse({"error": error}, refused.status, {**own, **(headers or {})})


def handle_problems(app: FastAPI) -> None:
    """Give every error of the application this form."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(MultihotError, _of_library)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - for mypy
    return problem(error)


def _of_library(_: Request, error: Exception) -> Response:
    return problem(Refused(422, str(error)))


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for mypy
    first = error.errors()[0]
    return problem(Refused(422, str(first["msg"]), place(first["loc"]), "see /openapi.json"))


def _of_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - for mypy
    return problem(Refused(error.status_code, str(error.detail), remedy="see /openapi.json"), error.headers)


def _gone(_: Request, error: Exception) -> Response:
    return problem(Refused(400, "the connection was closed before the request was whole"))


def _unexpected(_: Request, error: Exception) -> Response:
    return problem(Refused(500, "an error in the server", "server", "look in its log"))


def place(steps: Sequence[Any]) -> str:
    """Where in a request something is.

    >>> place(["body", "probabilities", 3])
    'body.probabilities[3]'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".") or "request"


def as_unicode(text: str) -> str:
    r"""Text that can be encoded: half a surrogate pair, which JSON can hold, becomes a question mark.

    >>> as_unicode("a\ud800")
    'a?'
    """
    return text.encode("utf-8", "replace").decode()
