"""IDX, the format of MNIST and its kin: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, gzipped or not."""

import gzip
import math
import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multihot.data.samples import Samples
from multihot.data.sources.array_parts import Part, samples_of
from multihot.errors import DataError

_FILE = re.compile(r"(.*?)[-_.]?images[-_.]idx\d-ubyte(\.gz)?", re.IGNORECASE)
_UNSIGNED_BYTE = 0x08
_PARTS = {"t10k": "test"}


def recognises(source: Path) -> bool:
    """Whether this is a folder with IDX files of pictures, or one such file."""
    return bool(_picture_files(source))


def read_idx(source: Path, *, names: str | Sequence[str] | None = None) -> Samples:
    """Read IDX pictures with their labels: class numbers, or a 0/1 matrix. `train` and `t10k` are the split.

    Args:
        source: the folder, or one file of pictures with its labels beside it.
        names: the labels' names, otherwise their numbers; names, or text with commas between them.

    Raises:
        DataError: no such files, no labels beside them, or a file that is damaged.
    """
    files = _picture_files(source)
    if not files:
        raise DataError(f"{source}: expected files such as train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz")
    parts = [Part(_PARTS.get(name, name), _read(file), _read(_labels_of(file))) for name, file in files.items()]
    return samples_of(parts, names.split(",") if isinstance(names, str) else names, source)


def _picture_files(source: Path) -> dict[str, Path]:
    """Part -> file of pictures; of a file and its gzipped twin the plain one."""
    candidates = sorted(source.iterdir()) if source.is_dir() else [source]
    found: dict[str, Path] = {}
    for file in candidates:
        match = _FILE.fullmatch(file.name)
        if match:
            found.setdefault(match[1].lower(), file)
    return found


def _labels_of(pictures: Path) -> Path:
    name = pictures.name.removesuffix(".gz").replace("images", "labels")
    likely = [re.sub(r"idx\d", f"idx{axes}", name) + ending for axes in (1, 2) for ending in ("", ".gz")]
    found = next((pictures.with_name(name) for name in likely if pictures.with_name(name).is_file()), None)
    if found is None:
        raise DataError(f"{pictures}: no file of labels beside it, expected {likely[0]}")
    return found


def _read(path: Path) -> NDArray[np.uint8]:
    """The array in a file: two zero bytes, the type, the number of dimensions, their sizes, then the values."""
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    if len(content) < 4 or content[:3] != bytes((0, 0, _UNSIGNED_BYTE)) or len(content) < 4 + 4 * content[3]:
        raise DataError(
            f"{path}: expected an IDX file of bytes (00 00 08 ...), got {content[:4].hex(' ') or 'nothing'}"
        )
    shape = struct.unpack_from(f">{content[3]}I", content, 4)
    values = np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * len(shape))
    if math.prod(shape) != len(values):
        raise DataError(
            f"{path}: cut off or damaged: its header tells of {math.prod(shape)} bytes, {len(values)} follow"
        )
    return values.reshape(shape)
