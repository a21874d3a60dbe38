"""The folder of an audit: a page to look at and a table to act on."""

from pathlib import Path

from multihot.audit.audit import Audit
from multihot.audit.page import write_page
from multihot.audit.table import write_csv
from multihot.errors import ArgumentError
from multihot.run import free_name, named_after

PAGE = "audit.html"
TABLE = "audit.csv"


def audit_folder(out: str | Path | None, source: str) -> Path:
    """The folder to write: `audits/NAME` by default, with a number where that exists; never inside the source.

    Raises:
        ArgumentError: it lies in the source, or is a file.
    """
    folder = Path(out) if out is not None else free_name(Path("audits") / named_after(source, "audit"))
    inside = Path(source).resolve()
    if inside.is_dir() and folder.resolve().is_relative_to(inside):
        raise ArgumentError(f"--out {folder}: lies in the source, where nothing is written; choose another folder")
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"--out {folder}: is a file; choose a folder")
    return folder


def write_audit(audit: Audit, folder: str | Path) -> Path:
    """Write `audit.csv` and `audit.html`, each in one move; returns the page."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(audit, folder / TABLE)
    write_page(audit, folder / PAGE)
    return folder / PAGE
