"""The command that serves."""

import importlib.util
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from pydantic import ValidationError

from multihot.console import pairs
from multihot.data.sources.text import read_text
from multihot.errors import ArgumentError, MissingExtraError
from multihot.models import RuntimeName

NEEDED = ("fastapi", "uvicorn", "python_multipart", "prometheus_client")


def serve(
    *runs: str,
    host: str | None = None,
    port: int | None = None,
    tokens: Path | None = None,
    runtime: RuntimeName | None = None,
    host_name: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative="", show_default=False)] = (),
) -> None:
    """Answer requests over HTTP, of programs and at a web page; SIGHUP loads the runs again.

    Args:
        runs: run directories, or .onnx files that export wrote; NAME=PATH serves one under another name than its own.
        host: the address to listen at; 127.0.0.1 by default, which only this machine reaches.
        port: 8000 by default; 0 takes a free one.
        tokens: a text file of tokens, one a line; one of them must come with every request, page included.
        runtime: what computes the features of pictures; auto measures which is fastest on this machine.
        host_name: a name that the server is reached by, as behind a proxy; may be repeated.
        settings: another setting, NAME=VALUE (batch_size=32, max_bytes=1000000, timeout=10); may be repeated.
    """
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        raise MissingExtraError("multihot serve", "serve")
    from multihot.serve import Runs, ServeSettings
    from multihot.serve import serve as serve_runs

    given: dict[str, Any] = {"host": host, "port": port, "names": host_name, "runtime": runtime}
    given |= {} if tokens is None else {"tokens": _tokens(tokens)}
    values = {name: value for name, value in given.items() if value is not None} | pairs(settings, "--set")
    try:
        chosen = ServeSettings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        known = ", ".join(ServeSettings.model_fields)
        raise ArgumentError(f"{name}: {first['msg']}; settings of serve are {known}") from error
    serve_runs(Runs.named(runs, chosen))


def _tokens(path: Path) -> list[str]:
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]
