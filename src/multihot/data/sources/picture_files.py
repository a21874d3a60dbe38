"""Pictures written out as files, beside the labels that a writer writes."""

import logging
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

from PIL import Image

from multihot.data.decoding import decode_bytes
from multihot.data.samples import Samples, SetAside
from multihot.errors import DataError, ImageError

logger = logging.getLogger("multihot")

_RAW = (b"P5", b"P6")
_ENDINGS = {"JPEG": ".jpg", "TIFF": ".tif", "JPEG2000": ".jp2"}


def write_pictures(
    samples: Samples, folder: Path, names: Sequence[str] | None = None
) -> tuple[dict[int, str], tuple[SetAside, ...]]:
    """Write each picture to the file in a folder that its id names, bytes unchanged; raw pixels become PNG.

    Steps out of the folder are dropped from the name, and an ending is added where it has none. A file that is there
    already is kept where it is the same.

    Args:
        samples: whose pictures to write.
        folder: where to.
        names: of the files, where they are not those of the samples.

    Returns:
        row -> file name relative to the folder; and the samples whose picture cannot be read, with the reason.

    Raises:
        DataError: two samples want the same file, or another file stands in the way.
    """
    files: dict[int, str] = {}
    owners: dict[str, str] = {}
    set_aside = []
    for row, name in enumerate(samples.ids):
        try:
            content = portable(samples.images.read(row))
            target = file_name(names[row] if names else name, content)
        except ImageError as error:
            set_aside.append(SetAside(name, str(error)))
            continue
        if owners.setdefault(target, name) != name:
            raise DataError(f"{owners[target]} and {name} would both be written to {folder / target}")
        _write(folder / target, content)
        files[row] = target
    return files, tuple(set_aside)


def warn_of_new_ids(samples: Samples, files: Mapping[int, str]) -> None:
    """Say which ids change, where a sample is called by its file: an ending was added, or steps were dropped."""
    changed = [(samples.ids[row], file) for row, file in files.items() if samples.ids[row] != file]
    if changed:
        (old, new), more = changed[0], f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        logger.warning("ids change to the names of files: %s becomes %s%s", old, new, more)


def flat_names(samples: Samples) -> list[str]:
    """File names without folders, spaces or equal stems: as much of each id as makes them differ.

    >>> from multihot.data.images import ImageFiles
    >>> from multihot.labels import LabelSpace, Targets
    >>> def named(*ids):
    ...     return flat_names(Samples(ids, ImageFiles(ids), LabelSpace(("x",)), Targets.from_dense([[1]] * len(ids))))
    >>> named("a/1.png", "a/2 b.png"), named("a/1.png", "b/1.png"), named("1.png", "1.jpg")
    (['1.png', '2_b.png'], ['a-1.png', 'b-1.png'], ['1-png.png', '1-jpg.jpg'])
    """
    paths = [PurePosixPath("_".join(name.split())) for name in samples.ids]
    joined = ["-".join(step for step in path.parts if step not in ("/", "..")) for path in paths]
    kinds = [f"{name.replace('.', '-')}{path.suffix}" for name, path in zip(joined, paths, strict=True)]
    for names in ([path.name for path in paths], joined, kinds):
        if len({PurePosixPath(name).stem.lower() for name in names}) == len(names):
            return names
    first: dict[str, str] = {}
    one, other = next(
        (first[stem], name)
        for name, kind in zip(samples.ids, kinds, strict=True)
        if first.setdefault(stem := PurePosixPath(kind).stem.lower(), name) != name
    )
    raise DataError(
        f"{samples.source or 'samples'}: {one!r} and {other!r} differ only by case, spaces or separators, too "
        "little to name files in one folder: rename one of them, or write a table"
    )


def file_name(name: str, content: bytes) -> str:
    """The file for a sample's id: relative, and with an ending."""
    steps = [step for step in PurePosixPath(name).parts if step not in ("/", "..")]
    path = PurePosixPath(*steps)
    return str(path) if path.suffix else f"{path}{ending(content)}"


def portable(content: bytes) -> bytes:
    """A picture's bytes as a file that others read too: raw pixels as PNG, all others as they are."""
    if not content.startswith(_RAW):
        return content
    buffer = BytesIO()
    Image.fromarray(decode_bytes(content)).save(buffer, "PNG")
    return buffer.getvalue()


def ending(content: bytes) -> str:
    """The ending that fits a picture's content; raises `ImageError` where it is none."""
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
