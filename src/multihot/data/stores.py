"""Files at addresses: `s3://bucket/a.jpg`, `gs://...`, and any other file system that pyarrow or fsspec knows."""

import glob
import re
from collections.abc import Iterator
from functools import cache

import pyarrow as pa
from fsspec.core import url_to_fs
from fsspec.utils import glob_translate
from pyarrow.fs import FileSelector, FileSystem, FileType, FSSpecHandler, LocalFileSystem, PyFileSystem

from multihot.data.picture_names import is_address, may_be_picture
from multihot.errors import DataError, one_line


def locate(name: str) -> tuple[FileSystem, str]:
    """The file system of a path or address, and the file's path in it.

    Raises:
        DataError: no file system of that kind is installed, or it cannot be reached.
    """
    if not is_address(name):
        return LocalFileSystem(), name
    scheme, _, rest = name.partition("://")
    host, _, key = rest.partition("/")
    file_system, root = _top(f"{scheme}://{host}/")
    return file_system, f"{root.rstrip('/')}/{key}"


@cache  # finding out where a bucket lies asks the network
def _top(address: str) -> tuple[FileSystem, str]:
    try:
        try:
            file_system, root = FileSystem.from_uri(address)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # none of its own
            other, root = url_to_fs(address)
            file_system = PyFileSystem(FSSpecHandler(other))
    except (OSError, ImportError, ValueError) as error:
        raise DataError(f"{address}: cannot be opened: {reason_of(error)}") from error
    return file_system, root


def find_files(name: str) -> list[str]:
    """Addresses of the file of that name, of all pictures below a folder, or of all files that match a pattern; sorted.

    `*` stays within one folder, `**` does not. A file that does not exist is found: it gets its error when it is read.

    Raises:
        DataError: the store cannot be listed.
    """
    file_system, path = locate(name)
    try:
        kind = file_system.get_file_info(path.rstrip("/")).type
        if kind == FileType.Directory or name.endswith("/"):
            top = f"{name.rstrip('/')}/"
            return sorted(top + below for below in _below(file_system, path) if _is_shown(below))
        if kind == FileType.NotFound and glob.has_magic(name):
            return sorted(_matches(file_system, path, name))
    except OSError as error:
        raise DataError(f"{name}: cannot be listed: {reason_of(error)}") from error
    return [name]


def _matches(file_system: FileSystem, path: str, name: str) -> Iterator[str]:
    leading = re.split(r"[*?[]", path, maxsplit=1)[0]
    folder = leading[: leading.rfind("/") + 1]
    pattern = path[len(folder) :]
    top, matcher = name[: len(name) - len(pattern)], re.compile(glob_translate(pattern))
    for below in _below(file_system, folder, recursive="/" in pattern):
        if matcher.match(below):
            yield top + below


def _below(file_system: FileSystem, folder: str, recursive: bool = True) -> Iterator[str]:
    """Paths of all files, relative to the folder."""
    folder = folder.rstrip("/") or "/"
    for info in file_system.get_file_info(FileSelector(folder, allow_not_found=True, recursive=recursive)):
        if info.type == FileType.File:
            yield info.path[len(folder) :].lstrip("/")


def _is_shown(below: str) -> bool:
    return may_be_picture(below) and not any(part.startswith(".") for part in below.split("/"))


def reason_of(error: BaseException) -> str:
    """What an error of a store says, without line breaks."""
    return one_line(getattr(error, "strerror", None) or error)
