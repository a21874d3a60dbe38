"""Folder names as labels: `black_jeans/x.jpg` is black and jeans, `a/b/x.jpg` is a and b."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from multihot.data.samples import Samples
from multihot.data.sources.records import Record, assemble
from multihot.errors import ArgumentError, DataError

# What lies beside pictures without being one. Any other file is a sample: one that is no picture is set aside, by name,
# when it is decoded, so that nothing is lost in silence.
_BESIDE = frozenset(
    {".csv", ".db", ".doc", ".docx", ".gz", ".htm", ".html", ".ini", ".ipynb", ".json", ".jsonl", ".lnk", ".log", ".md"}
    | {".npy", ".npz", ".parquet", ".pdf", ".py", ".tar", ".toml", ".tsv", ".txt", ".xls", ".xlsx", ".xml", ".yaml"}
    | {".yml", ".zip"}
)


def read_folders(source: Path, *, separator: str = "_") -> Samples:
    """Read a folder whose subfolders name the labels.

    Args:
        source: the folder.
        separator: what stands between the labels in a folder's name; "" takes each name as one label.

    Raises:
        DataError: no folder, no pictures in it, or none of them in a subfolder.
    """
    if not isinstance(separator, str):
        raise ArgumentError(f"separator must be text, got {separator!r}")
    if not source.is_dir():
        raise DataError(f"{source}: expected a folder of labelled folders, got a file or nothing")
    names = sorted(picture_names(source))
    if not names:
        raise DataError(f"{source}: no pictures found in this folder or below")
    if not any("/" in name for name in names):
        raise DataError(
            f"{source}: {len(names)} files and no labels found: expected subfolders named by labels "
            "(black_jeans/x.jpg), or a table (CSV, TSV) of files and labels, whose path is given instead"
        )
    labels = {folder: _labels(folder, separator) for folder in {name.rpartition("/")[0] for name in names}}
    return assemble((Record(name, source / name, labels[name.rpartition("/")[0]]) for name in names), source)


def picture_names(folder: Path) -> Iterator[str]:
    """All files below a folder that may be pictures, as paths relative to it with forward slashes.

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
                pending.append(f"{prefix}{entry.name}/")
            elif PurePosixPath(entry.name).suffix.lower() not in _BESIDE:
                yield prefix + entry.name


def _labels(folder: str, separator: str) -> frozenset[str]:
    """The labels that a relative folder's name gives, each folder on the way included."""
    parts = PurePosixPath(folder).parts
    names = [name for part in parts for name in (part.split(separator) if separator else [part])]
    return frozenset(name.strip() for name in names if name.strip())
