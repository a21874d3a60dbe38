"""The web page: its files, held in memory, and the reports of runs."""

import base64
import hashlib
import re
from importlib import resources

from fastapi import APIRouter, Request, Response

from multihot.pages import theme
from multihot.serve.problems import Refused
from multihot.serve.routes import RunName, state_of

_TYPES = {"css": "text/css", "js": "text/javascript", "html": "text/html", "svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)


def _files() -> dict[str, bytes]:
    """Name -> content of all that the page is made of."""
    folder = resources.files("multihot.serve") / "static"
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    shared = (resources.files("multihot.pages") / "templates" / "page.css").read_bytes()
    return files | {"page.css": _colours().encode() + shared}


def _colours() -> str:
    def root(colours: "dict[str, str]") -> str:
        return ":root { " + " ".join(f"--{name}: {value};" for name, value in colours.items()) + " }\n"

    dark = f"@media screen and (prefers-color-scheme: dark) {{ {root(dict(theme.DARK))}}}\n"
    return root(dict(theme.LIGHT)) + dark


_FILES = _files()
_SORT = (resources.files("multihot.pages") / "templates" / "sort.js").read_text(encoding="utf-8")


@router.get("/")
async def index() -> Response:
    """The page."""
    return _file("index.html")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """A part of the page."""
    return _file(name)


@router.get("/report")
async def report(request: Request, run: RunName = None) -> Response:
    """The report of a run, in a sandbox: whoever wrote it, it can ask nothing of this server."""
    service = state_of(request).runs.get(run)
    if service.report is None:
        raise Refused(404, f"the run {service.name!r} has no report", "query.run", "write it by `multihot report RUN`")
    return Response(
        service.report, media_type="text/html", headers={"content-security-policy": _policy(service.report)}
    )


def _file(name: str) -> Response:
    content = _FILES.get(name)
    if content is None:
        raise Refused(404, "no such file", "path")
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]])


def _policy(report: bytes) -> str:
    """Only the script that multihot puts into its pages may run."""
    scripts = re.findall(r"<script>(.*?)</script>", report.decode("utf-8", "replace"), re.DOTALL)
    known = [script for script in scripts if script.strip() == _SORT.strip()]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in known]
    script = " ".join(hashes) or "'none'"
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src {script}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
