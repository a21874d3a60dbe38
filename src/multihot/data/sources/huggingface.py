"""Hugging Face `datasets`: a folder that `save_to_disk` wrote, or a name on the hub. Needs the extra `huggingface`."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from multihot.data.decoding import decode_bytes
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.label_arrays import LabelArray, label_array
from multihot.data.sources.picture_files import portable
from multihot.data.sources.records import Rows, arrange, split_of
from multihot.data.sources.tables.columns import Column
from multihot.data.sources.tables.label_sets import label_sets
from multihot.data.sources.tables.roles import LabelColumns, find_labels
from multihot.data.sources.tables.table import Table, listing
from multihot.errors import DataError, ImageError, MissingExtraError, one_line
from multihot.labels import LabelSpace, Relations, Targets

_UNSPLIT = "unsplit"
_KEPT = ("id", "group", "unknown_labels")


class EncodedImages:
    """N pictures in the rows of a `datasets.Dataset`, read from its memory-mapped file when asked for.

    Args:
        dataset: M rows with an undecoded image in a column.
        column: that column.
        rows: (N,) which of the M rows, in which order; all of them where it is not given.
    """

    def __init__(self, dataset: Any, column: str, rows: Sequence[int] | NDArray[np.intp] | None = None) -> None:
        self._dataset = dataset
        self._column = column
        self._rows = np.arange(len(dataset)) if rows is None else np.asarray(rows, dtype=np.intp)

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, row: int) -> bytes:
        """The picture's bytes; raises `ImageError` where there are none."""
        cell = self._dataset[int(self._rows[row])][self._column] or {}
        content: bytes | None
        content, path = cell.get("bytes"), cell.get("path")
        try:
            content = Path(path).read_bytes() if content is None and path else content
        except OSError as error:
            raise ImageError(f"cannot be read: {error.strerror or error}") from error
        if content is None:
            raise ImageError("no picture in this row")
        return content

    def decode(self, row: int) -> NDArray[np.uint8]:
        """One picture as (H, W, 3) RGB; raises `ImageError` with the reason where it cannot be decoded."""
        return decode_bytes(self.read(row))

    def take(self, rows: Sequence[int]) -> Self:
        """The pictures with these indices, in their order."""
        return type(self)(self._dataset, self._column, self._rows[np.asarray(rows, dtype=np.intp)])


def recognises(source: Path) -> bool:
    """Whether this is a folder that `save_to_disk` wrote."""
    saved = (source / "state.json").is_file() and (source / "dataset_info.json").is_file()
    return saved or (source / "dataset_dict.json").is_file()


def read_huggingface(
    source: Path, *, image_column: str | None = None, label_column: str | None = None, config: str | None = None
) -> Samples:
    """Read a data set of Hugging Face: pictures, and labels as classes, lists of classes or names, or 0/1 vectors.

    Its splits are the split. A null, and -1 in a vector, is unknown.

    Args:
        source: the folder, or a data set's name (`hf://NAME` in `read`).
        image_column: the column of pictures; the first one of that type where it is not given.
        label_column: the column of labels; found by type and name where it is not given.
        config: which configuration of the data set to load by name.

    Raises:
        DataError: it cannot be loaded, or has no such columns.
        MissingExtraError: the library `datasets` is not installed.
    """
    library = _library("reading data sets of Hugging Face")
    parts = _load(library, source, config)
    try:
        joined = library.concatenate_datasets(list(parts.values()))
    except Exception as error:
        raise DataError(f"{source}: the parts {', '.join(parts)} differ in their columns: {error}") from error
    images = _column(joined.features, image_column, [n for n, f in joined.features.items() if _is(f, "Image")], source)
    undecoded = joined.select_columns([images]).cast_column(images, library.Image(decode=False))
    others = joined.select_columns([name for name in joined.column_names if name != images])
    table = others.with_format("arrow")[:]
    columns = {name: Column.from_arrow(table.column(name)) for name in table.column_names}
    labels = _labels(Table(source, columns, range(len(joined)), "row"), others.features, label_column)
    rows = Rows(
        ids=_ids(columns, parts),
        inputs=EncodedImages(undecoded, images),
        targets=labels.targets,
        split=[split_of(name) for name, part in parts.items() for _ in range(len(part))],
        groups=columns["group"].values if "group" in columns and columns["group"].texts is not None else None,
    )
    return arrange(rows, labels.space, source, exhaustive=labels.exhaustive)


def _library(purpose: str) -> ModuleType:
    try:
        return import_module("datasets")
    except ImportError as error:
        raise MissingExtraError(purpose, "huggingface") from error


def _load(library: ModuleType, source: Path, config: str | None) -> dict[str, Any]:
    """The parts by name."""
    try:
        found = library.load_from_disk(str(source)) if source.exists() else library.load_dataset(str(source), config)
    except Exception as error:  # the library raises whatever its loaders and the network do
        raise DataError(f"{source}: cannot be loaded as a Hugging Face data set: {one_line(error)}") from error
    parts = dict(found) if isinstance(found, Mapping) else {_UNSPLIT: found}
    filled = {name: part for name, part in parts.items() if len(part)}
    if not filled:
        raise DataError(f"{source}: no samples in it")
    return filled


def _column(features: Mapping[str, Any], given: str | None, found: Sequence[str], source: Path) -> str:
    if given is not None and given not in features:
        raise DataError(f"{source}: no column {given!r}; there are: {listing(features)}")
    name = given or next(iter(found), None)
    if name is None:
        raise DataError(f"{source}: no column of images; there are: {listing(features)}")
    return name


def _labels(table: Table, features: Mapping[str, Any], given: str | None) -> LabelArray:
    if given is not None:
        table.column(given)
    classes = [name for name, feature in features.items() if _classes(feature) is not None and name not in _KEPT]
    candidates = [name for name in table.columns if name not in _KEPT]
    name = given or next(iter(classes), None) or find_labels(table, candidates).names[0]
    feature, column = features[name], table.columns[name]
    names = _classes(feature)
    if names is not None and _is(feature, "ClassLabel"):
        return label_array(np.array([-1 if n is None else n for n in column.values]), names, f"{table.path}: {name}")
    if names is not None:
        hidden = table.columns["unknown_labels"].values if "unknown_labels" in table.columns else None
        return _of_classes(column.values, hidden, names)
    if column.lists is not None and not pa.types.is_large_string(column.lists.type.value_type):
        try:
            vectors = np.array(column.values)
        except ValueError as error:
            raise DataError(f"{table.path}: {name}: vectors of different lengths") from error
        return label_array(vectors, None, f"{table.path}: {name}")
    hidden_column = "unknown_labels" if "unknown_labels" in table.columns else None
    sets = label_sets(table, LabelColumns("list", (name,)), None, hidden_column)
    return LabelArray(LabelSpace(sets.names, Relations(sets.groups)), sets.targets, exhaustive=True)


def _of_classes(
    present: Sequence[list[int] | None], unknown: Sequence[list[int] | None] | None, names: Sequence[str]
) -> LabelArray:
    space = LabelSpace(tuple(names))
    hidden: Sequence[Sequence[int] | None] = unknown or [()] * len(present)
    every = range(len(names))
    targets = Targets.from_sets(
        ([names[number] for number in numbers or ()] for numbers in present),
        space,
        (
            [names[number] for number in (every if numbers is None else set(more or ()) - set(numbers))]
            for numbers, more in zip(present, hidden, strict=True)
        ),
    )
    return LabelArray(space, targets, exhaustive=False)


def _classes(feature: Any) -> list[str] | None:
    """The names of a column of classes, or of lists of classes."""
    names: list[str] | None = getattr(getattr(feature, "feature", feature), "names", None)
    return names


def _is(feature: Any, kind: str) -> bool:
    return type(feature).__name__ == kind


def _ids(columns: Mapping[str, Column], parts: Mapping[str, Any]) -> list[str]:
    """The column `id` where it holds texts that differ, else the number in each part."""
    texts = columns["id"].texts if "id" in columns else None
    if texts is not None and not texts.null_count and len(texts.unique()) == len(texts):
        return columns["id"].values
    return [f"{name}/{row:05d}" for name, part in parts.items() for row in range(len(part))]


def write_huggingface(samples: Samples, destination: Path) -> tuple[SetAside, ...]:
    """Write a folder as `save_to_disk` does: image, labels and unknown_labels as lists of classes, id and group.

    Args:
        samples: what to write.
        destination: a new folder.

    Returns:
        The samples whose picture cannot be read, with the reason.

    Raises:
        MissingExtraError: the library `datasets` is not installed.
    """
    library = _library("writing data sets of Hugging Face")
    classes = library.Sequence(library.ClassLabel(names=list(samples.space.names)))
    text = library.Value("string")
    columns = {"image": library.Image(), "labels": classes, "unknown_labels": classes, "id": text, "group": text}
    split = samples.split or (None,) * len(samples)
    bad: dict[int, str] = {}
    unfinished = destination / "unfinished"
    unfinished.mkdir(parents=True)
    parts = {}
    for part in sorted(set(split), key=str):
        file = unfinished / f"{part or _UNSPLIT}.arrow"
        with library.arrow_writer.ArrowWriter(features=library.Features(columns), path=str(file)) as writer:
            for example in _examples(samples, [row for row, own in enumerate(split) if own == part], bad):
                writer.write(example)
            writer.finalize()
        parts[part or _UNSPLIT] = library.Dataset.from_file(str(file))
    library.DatasetDict(parts).save_to_disk(str(destination))
    del parts
    shutil.rmtree(unfinished)
    return tuple(SetAside(samples.ids[row], reason) for row, reason in sorted(bad.items()))


def _examples(samples: Samples, rows: Sequence[int], bad: dict[int, str]) -> Iterator[dict[str, Any]]:
    present, unknown = samples.targets.present, samples.targets.unknown
    for row in rows:
        try:
            content = portable(samples.images.read(row))
        except ImageError as error:
            bad[row] = str(error)
            continue
        yield {
            "image": {"bytes": content, "path": None},
            "labels": sorted(present.indices[present.indptr[row] : present.indptr[row + 1]].tolist()),
            "unknown_labels": sorted(unknown.indices[unknown.indptr[row] : unknown.indptr[row + 1]].tolist()),
            "id": samples.ids[row],
            "group": None if samples.groups is None else samples.groups[row],
        }
