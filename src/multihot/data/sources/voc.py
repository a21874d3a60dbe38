"""Pascal VOC: a folder with `JPEGImages`, `Annotations/*.xml` and `ImageSets/Main/*.txt`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal
from xml.sax.saxutils import escape

from multihot.data.decoding import stored_size
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.picture_files import flat_names, write_pictures
from multihot.data.sources.records import Record, assemble, split_of
from multihot.data.sources.text import parse_xml, read_text
from multihot.errors import DataError

State = Literal["present", "absent", "unknown"]
_STATES: dict[str, State] = {"1": "present", "-1": "absent", "0": "unknown"}
_SETS = ("trainval", "train", "val", "test")
_SUBSETS = {"train": "train", "validation": "val", "test": "test"}


def recognises(source: Path) -> bool:
    """Whether this is a folder with images and annotations under VOC's names."""
    return (source / "JPEGImages").is_dir() and ((source / "Annotations").is_dir() or _main(source).is_dir())


def read_voc(source: Path) -> Samples:
    """Read a Pascal VOC folder; `train.txt`, `val.txt` and `test.txt` in ImageSets/Main are the split.

    A class is present where an object of it is annotated, unknown where all its objects are marked difficult, else
    absent. Class files (`dog_train.txt`: 1 present, -1 absent, 0 only difficult objects) go before the annotations.

    Args:
        source: the folder.

    Raises:
        DataError: not such a folder, or a file in it is damaged.
    """
    if not recognises(source):
        raise DataError(f"{source}: expected a VOC folder, with JPEGImages and Annotations or ImageSets/Main in it")
    pictures = {path.stem: path for path in (source / "JPEGImages").iterdir() if not path.name.startswith(".")}
    annotations = {path.stem: path for path in (source / "Annotations").glob("*.xml")}
    listed = _listed_states(source)
    parts = _parts(source) or dict.fromkeys([*annotations, *listed])
    records, set_aside = [], []
    names = {name for states in listed.values() for name in states}
    for name, part in parts.items():
        if name not in pictures:
            set_aside.append(SetAside(name, "no such picture in JPEGImages"))
        elif name not in annotations and name not in listed:
            set_aside.append(SetAside(name, "neither annotated nor in a class file"))
        else:
            states = (_annotated_states(annotations[name]) if name in annotations else {}) | listed.get(name, {})
            names.update(states)
            records.append(_record(pictures[name], states, part))
    return assemble(records, source, sorted(names), set_aside)


def _record(picture: Path, states: dict[str, State], part: str | None) -> Record:
    present = [label for label, state in states.items() if state == "present"]
    unknown = [label for label, state in states.items() if state == "unknown"]
    return Record(f"JPEGImages/{picture.name}", picture, present, unknown, part)


def _main(source: Path) -> Path:
    return source / "ImageSets" / "Main"


def _parts(source: Path) -> dict[str, str | None]:
    """Image name -> part of the split, for all names in the lists of images."""
    parts: dict[str, str | None] = {}
    for subset in _SETS:
        path = _main(source) / f"{subset}.txt"
        if path.is_file():
            parts |= {fields[0]: split_of(subset) for _, fields in _lines(path)}
    return parts


def _listed_states(source: Path) -> dict[str, dict[str, State]]:
    """Image name -> class -> state, from the class files."""
    states: defaultdict[str, dict[str, State]] = defaultdict(dict)
    for path in sorted(_main(source).glob("*_*.txt")):
        label, _, subset = path.stem.rpartition("_")
        for number, fields in _lines(path) if subset in _SETS else ():
            if len(fields) != 2 or fields[1] not in _STATES:
                raise DataError(f"{path}, line {number}: expected an image and 1, 0 or -1, got {' '.join(fields)!r}")
            states[fields[0]][label] = _STATES[fields[1]]
    return dict(states)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if line.strip():
            yield number, line.split()


def _annotated_states(path: Path) -> dict[str, State]:
    """Class -> present, or unknown where all its objects are difficult."""
    states: dict[str, State] = {}
    for fields in _objects(path):
        label = fields.get("name", "").strip()
        if not label:
            raise DataError(f"{path}: an object without a name")
        if fields.get("difficult", "0").strip() != "1":
            states[label] = "present"
        else:
            states.setdefault(label, "unknown")
    return states


def _objects(path: Path) -> list[dict[str, str]]:
    """The text of the fields of each object, parts of an object (a head, a hand) left out."""
    tags: list[str] = []
    objects: list[dict[str, str]] = []

    def start(tag: str, _: object) -> None:
        tags.append(tag)
        if tags[1:] == ["object"]:
            objects.append({})

    def text(value: str) -> None:
        if len(tags) == 3 and tags[1] == "object":
            objects[-1][tags[2]] = objects[-1].get(tags[2], "") + value

    parse_xml(path, start, lambda _: tags.pop(), text)
    return objects


def write_voc(samples: Samples, destination: Path) -> tuple[SetAside, ...]:
    """Write a VOC folder: pictures, an annotation each, the lists of the split, and the class files.

    What is present becomes an object whose box is the whole picture; what is unknown one that is marked difficult, and
    0 in the class files. Samples without a part of the split stand in trainval.txt alone.

    Args:
        samples: what to write.
        destination: a new folder.

    Returns:
        The samples whose picture cannot be read, with the reason.

    Raises:
        DataError: a label's name does not fit into that of a class file.
    """
    unfit = [name for name in samples.space if "/" in name or not name.isprintable() or name != name.strip()]
    if unfit:
        raise DataError(f"{destination}: the label {unfit[0]!r} does not fit into a file's name: write a table")
    files, set_aside = write_pictures(samples, destination / "JPEGImages", flat_names(samples))
    (destination / "Annotations").mkdir(parents=True, exist_ok=True)
    _main(destination).mkdir(parents=True)
    for row, file in files.items():
        size = stored_size(samples.images.read(row)) or (1, 1)
        objects = _objects_of(samples.targets.take([row]).dense()[0].tolist(), samples.space.names, size)
        fields = _field("filename", file) + _field("size", _size(*size)) + objects
        text = _field("annotation", fields)
        (destination / "Annotations" / f"{PurePosixPath(file).stem}.xml").write_text(text, encoding="utf-8")
    _write_lists(samples, files, _main(destination))
    return set_aside


def _objects_of(values: Sequence[float], names: Sequence[str], size: tuple[int, int]) -> str:
    corners = zip(("xmin", "ymin", "xmax", "ymax"), (1, 1, *size), strict=True)
    box = _field("bndbox", "".join(_field(tag, str(corner)) for tag, corner in corners))
    objects = [
        _field("object", _field("name", escape(name)) + _field("difficult", str(int(value != value))) + box)
        for name, value in zip(names, values, strict=True)
        if value != 0
    ]
    return "".join(objects)


def _size(width: int, height: int) -> str:
    return _field("width", str(width)) + _field("height", str(height)) + _field("depth", "3")


def _field(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>"


def _write_lists(samples: Samples, files: Mapping[int, str], folder: Path) -> None:
    """The lists of pictures of each part, and the class files; a sample without a part counts to trainval."""
    split = samples.split or (None,) * len(samples)
    parts = {row: _SUBSETS.get(split[row] or "", "trainval") for row in files}
    stems = {row: PurePosixPath(file).stem for row, file in files.items()}
    for subset in _SETS:
        rows = [row for row, part in parts.items() if part == subset]
        listed = [row for row, part in parts.items() if part != "test"] if subset == "trainval" else rows
        if not listed:
            continue
        (folder / f"{subset}.txt").write_text("".join(f"{stems[row]}\n" for row in listed), encoding="utf-8")
        states = samples.targets.take(rows).dense()
        for column, name in enumerate(samples.space if rows else ()):
            numbers = [0 if value != value else 1 if value else -1 for value in states[:, column].tolist()]
            lines = "".join(f"{stems[row]} {number:2d}\n" for row, number in zip(rows, numbers, strict=True))
            (folder / f"{name}_{subset}.txt").write_text(lines, encoding="utf-8")
