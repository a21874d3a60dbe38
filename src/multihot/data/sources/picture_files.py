"""Pictures written out as files, beside the labels that a writer writes."""

from io import BytesIO
from pathlib import Path, PurePosixPath

from PIL import Image

from multihot.data.decoding import decode_bytes
from multihot.data.samples import Samples, SetAside
from multihot.errors import DataError, ImageError

_RAW = (b"P5", b"P6")
_ENDINGS = {"JPEG": ".jpg", "TIFF": ".tif", "JPEG2000": ".jp2"}


def write_pictures(samples: Samples, folder: Path) -> tuple[dict[int, str], tuple[SetAside, ...]]:
    """Write each picture to the file in a folder that its id names, bytes unchanged; raw pixels become PNG.

    Steps out of the folder are dropped from the name, and an ending is added where it has none. A file that is there
    already is kept where it is the same.

    Returns:
        row -> file name relative to the folder; and the samples whose picture cannot be read, with the reason.

    Raises:
        DataError: two samples want the same file, or another file stands in the way.
    """
    names: dict[int, str] = {}
    owners: dict[str, str] = {}
    set_aside = []
    for row, name in enumerate(samples.ids):
        try:
            content = _portable(samples.images.read(row)[0])
            target = file_name(name, content)
        except ImageError as error:
            set_aside.append(SetAside(name, str(error)))
            continue
        if owners.setdefault(target, name) != name:
            raise DataError(f"{owners[target]} and {name} would both be written to {folder / target}")
        _write(folder / target, content)
        names[row] = target
    return names, tuple(set_aside)


def file_name(name: str, content: bytes) -> str:
    """The file for a sample's id: relative, and with an ending."""
    steps = [step for step in PurePosixPath(name).parts if step not in ("/", "..")]
    path = PurePosixPath(*steps)
    return str(path) if path.suffix else f"{path}{_ending(content)}"


def _portable(content: bytes) -> bytes:
    if not content.startswith(_RAW):
        return content
    buffer = BytesIO()
    Image.fromarray(decode_bytes(content)).save(buffer, "PNG")
    return buffer.getvalue()


def _ending(content: bytes) -> str:
    try:
        with Image.open(BytesIO(content)) as image:
            kind = image.format or ""
    except OSError as error:
        raise ImageError("not a picture") from error
    return _ENDINGS.get(kind, f".{kind.lower()}")


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        if path.read_bytes() != content:
            raise DataError(f"{path}: another file of this name is there already; write to an empty folder")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
