"""YOLO: a `data.yaml` with the names, images in `images/...` and a text file of boxes for each in `labels/...`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from multihot.data.picture_names import picture_names
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.picture_files import flat_names, write_pictures
from multihot.data.sources.records import Record, assemble, relative, split_of
from multihot.data.sources.text import read_text, read_yaml
from multihot.errors import DataError
from multihot.wording import counted

_PARTS = ("train", "val", "test")
_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
_SUFFIXES = (".yaml", ".yml")
_WHOLE = "0.5 0.5 1 1"  # centre, width and height in shares of the picture's


@dataclass(frozen=True)
class _Layout:
    """A data.yaml.

    Args:
        file: where it lies.
        base: the folder that its paths start from.
        names: class number -> label.
        entries: part of the split -> folders of pictures, or text files that list pictures.
    """

    file: Path
    base: Path
    names: dict[int, str]
    entries: dict[str, list[str]]


def recognises(source: Path) -> bool:
    """Whether this is a data.yaml, or a folder with one; one beside pictures and boxes is, however damaged."""
    file = _layout_file(source)
    return file is not None and (_is_layout(file) or _lies_beside_boxes(file))


def read_yolo(source: Path) -> Samples:
    """Read a YOLO data set; a label holds where at least one box of its class is given.

    As in YOLO, a picture without a file of boxes has no labels. What stands under `train`, `val` and `test` is the
    split; a folder or list that does not exist is left out, with a note.

    Args:
        source: the data.yaml, or the folder that it is in.

    Raises:
        DataError: no data.yaml, no names in it, none of its folders exists, or a file of boxes is damaged.
    """
    file = _layout_file(source)
    if file is None:
        raise DataError(f"{source}: expected a data.yaml with names and train in it, or the folder of one")
    layout = _layout(file)
    places = [(part, entry, _find(entry, layout)) for part, entries in layout.entries.items() for entry in entries]
    notes = [f"{part}: {entry} does not exist and was left out" for part, entry, place in places if place is None]
    existing = [(part, place) for part, _, place in places if place is not None]
    members = [(path, part) for part, place in existing for path in _pictures(place, layout)]
    if not members:
        raise DataError(f"{file}: no pictures in what stands under {', '.join(layout.entries)}; {'; '.join(notes)}")
    parts: dict[Path, str] = {}
    for path, part in members:
        parts.setdefault(path, part)
    found = [path for path in parts if path.is_file()]
    records = [
        Record(relative(path, file.parent), path, _labels(path, layout), split=split_of(parts[path])) for path in found
    ]
    boxes = _boxes_without_picture([place for _, place in existing if place.is_dir()], parts)
    set_aside = [SetAside(relative(path, file.parent), "boxes of a picture that is not there") for path in boxes]
    set_aside += [SetAside(relative(path, file.parent), "no such file") for path in parts.keys() - set(found)]
    notes += _counted(len(members) - len(parts), sum(not _boxes_of(path).is_file() for path in found))
    return assemble(records, source, list(layout.names.values()), sorted(set_aside), notes)


def _counted(doubled: int, boxless: int) -> Iterator[str]:
    if doubled:
        yield f"{counted(doubled, 'picture')} in two parts of the split: read as of the first"
    if boxless:
        yield f"{counted(boxless, 'picture')} without a file of boxes: read as without labels"


def _layout_file(source: Path) -> Path | None:
    """The file itself, or in a folder the first that is a layout, else the data.yaml that should be one."""
    if not source.is_dir():
        return source if source.suffix.lower() in _SUFFIXES else None
    files = sorted(path for path in source.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    files.sort(key=lambda path: path.stem != "data")
    named = next((file for file in files if file.stem == "data"), None)
    return next((file for file in files if _is_layout(file)), named)


def _is_layout(file: Path) -> bool:
    try:
        content = read_yaml(file)
    except DataError:
        return False
    return _names_and_parts(content)


def _names_and_parts(content: Any) -> bool:
    return isinstance(content, dict) and "names" in content and any(part in content for part in _PARTS)


def _lies_beside_boxes(file: Path) -> bool:
    places = [file.parent, *(file.parent / part for part in ("train", "valid", "val", "test"))]
    return any((place / "images").is_dir() and (place / "labels").is_dir() for place in places)


def _layout(file: Path) -> _Layout:
    content = read_yaml(file)
    if not _names_and_parts(content):
        raise DataError(f"{file}: expected names and train (or val, test) in it; is it cut off?")
    given = content["names"]
    if not isinstance(given, dict | list) or not given:
        raise DataError(f"{file}: expected names as a list, or as class numbers with their names, got {given!r}")
    numbered = given if isinstance(given, dict) else dict(enumerate(given))
    try:
        names = {int(number): str(numbered[number]) for number in sorted(numbered)}
    except (TypeError, ValueError) as error:
        raise DataError(f"{file}: expected class numbers with their names under names") from error
    base = file.parent / str(content.get("path") or ".")
    entries = {part: [str(entry) for entry in _listed(content[part])] for part in _PARTS if content.get(part)}
    return _Layout(file, base if base.is_dir() else file.parent, names, entries)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _find(entry: str, layout: _Layout) -> Path | None:
    """The folder or list of an entry; exports say `../train/images` where `train/images` lies beside the data.yaml."""
    inside = Path(*[step for step in Path(entry).parts if step != ".."])
    places = [layout.base / entry, layout.file.parent / entry, layout.file.parent / inside]
    return next((place for place in places if place.exists()), None)


def _pictures(place: Path, layout: _Layout) -> Iterator[Path]:
    """The pictures in a folder, or those that a text file lists, from its own folder where they begin with `./`."""
    if place.is_dir():
        yield from (place / name for name in sorted(picture_names(place)))
        return
    for line in read_text(place).splitlines():
        if line.strip():
            start = place.parent if line.startswith("./") else layout.base
            yield start / line.strip()


def _boxes_of(picture: Path) -> Path:
    """The file of boxes: the last folder called images becomes labels, the extension .txt."""
    parts = list(picture.parts)
    last = max((position for position, part in enumerate(parts[:-1]) if part == "images"), default=None)
    if last is not None:
        parts[last] = "labels"
    return Path(*parts).with_suffix(".txt")


def _boxes_without_picture(folders: Iterable[Path], pictures: Iterable[Path]) -> list[Path]:
    """The files of boxes of pictures that should be in these folders; only where boxes have folders of their own."""
    expected = {_boxes_of(path) for path in pictures}
    apart = {_boxes_of(folder / "x").parent for folder in folders} - set(folders)
    return sorted(path for folder in apart for path in folder.rglob("*.txt") if path not in expected)


def _labels(picture: Path, layout: _Layout) -> set[str]:
    path = _boxes_of(picture)
    if not path.is_file():
        return set()
    labels = set()
    for number, line in enumerate(read_text(path, may_be_empty=True).splitlines(), start=1):
        if line.strip():
            kind = line.split()[0].removesuffix(".0")
            if not kind.isdecimal() or int(kind) not in layout.names:
                raise DataError(
                    f"{path}, line {number}: expected one of {len(layout.names)} class numbers, got {kind!r}"
                )
            labels.add(layout.names[int(kind)])
    return labels


def write_yolo(samples: Samples, destination: Path) -> tuple[SetAside, ...]:
    """Write a data.yaml, the pictures, and a file of boxes for each: a label is a box around the whole picture.

    Samples without a declared part go to train, as they do when they are split.

    Args:
        samples: what to write; nothing may be unknown, which boxes cannot say.
        destination: a new folder.

    Returns:
        The samples whose picture cannot be read, with the reason.

    Raises:
        DataError: a label is unknown somewhere.
    """
    if samples.targets.unknown.nnz:
        raise DataError(f"{destination}: boxes cannot say that a label is unknown: write a table")
    split = samples.split or (None,) * len(samples)
    parts = [_FOLDERS[part or "train"] for part in split]
    names = [f"images/{part}/{name}" for part, name in zip(parts, flat_names(samples), strict=True)]
    files, set_aside = write_pictures(samples, destination, names)
    for row, file in files.items():
        start, stop = samples.targets.present.indptr[row : row + 2]
        numbers = sorted(samples.targets.present.indices[start:stop].tolist())
        boxes = _boxes_of(destination / file)
        boxes.parent.mkdir(parents=True, exist_ok=True)
        boxes.write_text("".join(f"{number} {_WHOLE}\n" for number in numbers), encoding="utf-8")
    layout = {"path": "."} | {part: f"images/{part}" for part in dict.fromkeys(["train", *sorted(parts)])}
    content = layout | {"names": dict(enumerate(samples.space.names))}
    (destination / "images" / "train").mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    (destination / "data.yaml").write_text(text, encoding="utf-8")
    return set_aside
