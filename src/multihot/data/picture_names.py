"""Names of pictures: which files of a folder may be some, and what is an address."""

import os
from collections.abc import Iterator
from pathlib import Path

from multihot.errors import DataError

# What lies beside pictures without being one. Any other file is a sample: one that is no picture is set aside, by name,
# when it is decoded, so that nothing is lost in silence.
_BESIDE = frozenset(
    {".csv", ".db", ".doc", ".docx", ".gz", ".htm", ".html", ".ini", ".ipynb", ".json", ".jsonl", ".lnk", ".log", ".md"}
    | {".npy", ".npz", ".parquet", ".pdf", ".py", ".tar", ".toml", ".tsv", ".txt", ".xls", ".xlsx", ".xml", ".yaml"}
    | {".arff", ".libsvm", ".svm", ".svmlight", ".yml", ".zip"}
)


def is_address(text: str) -> bool:
    """Whether a file is named by the address of a store, and not by a path.

    >>> is_address("s3://bucket/a.jpg"), is_address("photos/a.jpg")
    (True, False)
    """
    return "://" in text


def picture_names(folder: Path) -> Iterator[str]:
    """All files below a folder that may be pictures, as paths relative to it with forward slashes, in no fixed order.

    Hidden files and folders are passed over, and what is plainly something else (.txt, .csv, Thumbs.db, ...).
    """
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            entries = list(os.scandir(folder / prefix))
        except OSError as error:
            raise DataError(f"{folder / prefix}: cannot be listed: {error.strerror or error}") from error
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                if not _leads_back(entry):
                    pending.append(f"{prefix}{entry.name}/")
            elif may_be_picture(entry.name):
                yield prefix + entry.name


def may_be_picture(name: str) -> bool:
    """Whether a file may be a picture, by its name alone.

    >>> may_be_picture("a.jpg"), may_be_picture("a"), may_be_picture("notes.TXT")
    (True, True, False)
    """
    return name[name.rfind(".") :].lower() not in _BESIDE


def _leads_back(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is a link to one that it lies in, so that following it would never end."""
    return entry.is_symlink() and Path(entry.path).parent.resolve().is_relative_to(Path(entry.path).resolve())
