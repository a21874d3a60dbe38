"""`read`: any source in, `Samples` out."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from multihot.data.samples import Samples
from multihot.data.sources.folders import read_folders
from multihot.data.sources.tables import read_table
from multihot.errors import ArgumentError, DataError, FormatError

FORMATS: dict[str, Callable[..., Samples]] = {
    "folders": read_folders,
    "table": read_table,
}


def read(source: str | Path, format: str | None = None, **options: Any) -> Samples:  # noqa: A002
    """Read labelled samples from a folder or file.

    Args:
        source: the folder or file.
        format: a name of `FORMATS`; recognised where it is not given.
        options: the reader's own settings.
    """
    path = Path(source)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    name = format or ("folders" if path.is_dir() else "table")
    if name not in FORMATS:
        raise FormatError(f"unknown format {name!r}; known are: {', '.join(FORMATS)}")
    reader = FORMATS[name]
    known = [parameter for parameter in inspect.signature(reader).parameters if parameter != "source"]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ArgumentError(f"the format {name} has no option {unknown[0]!r}; it has: {', '.join(known)}")
    return reader(path, **options)
