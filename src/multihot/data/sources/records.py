"""What readers have in common: records of single samples, assembled into `Samples`."""

import os
import posixpath
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from multihot.data.features import Features
from multihot.data.images import ImageFiles, Images
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.similar_names import similar_names
from multihot.errors import DataError
from multihot.labels import LabelSpace, Targets
from multihot.wording import sayable

_SPLITS = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "tst": "test",
}


class Record(NamedTuple):
    """One sample on disk, as a reader found it.

    Args:
        id: its name, unique within the source.
        path: its picture.
        present: the names of its labels.
        unknown: the names of labels that nobody looked for.
        split: "train", "validation", "test" or None.
        group: samples of one group never straddle a split.
    """

    id: str
    path: str | Path
    present: Collection[str]
    unknown: Collection[str] = ()
    split: str | None = None
    group: str | None = None


class Rows(NamedTuple):
    """N samples as a reader found them, column by column and in any order.

    Args:
        ids: their names, unique within the source.
        inputs: their pictures, or feature vectors.
        targets: (N, L).
        split: "train", "validation", "test" or None, for each.
        groups: a group's name or None, for each.
    """

    ids: Sequence[str]
    inputs: Images | Features
    targets: Targets
    split: Sequence[str | None] | None = None
    groups: Sequence[str | None] | None = None


def assemble(
    records: Iterable[Record],
    source: Path,
    declared: Sequence[str] | None = None,
    set_aside: Sequence[SetAside] = (),
    notes: Sequence[str] = (),
) -> Samples:
    """Samples in the order of their ids.

    Args:
        records: the samples; an id given twice is a `DataError`.
        source: where they came from.
        declared: the names of all labels in the source's own order; where a source declares none, the names that
            occur, in alphabetical order, and each sample's are all that it has.
        set_aside: samples that the reader found unusable.
        notes: what the reader wants the user to know.
    """
    found = list(records)
    names = declared
    if names is None:
        names = sorted({name for record in found for name in (*record.present, *record.unknown)})
    space = LabelSpace(tuple(names))
    rows = Rows(
        ids=[record.id for record in found],
        inputs=ImageFiles([record.path for record in found]),
        targets=Targets.from_sets((record.present for record in found), space, (record.unknown for record in found)),
        split=[record.split for record in found],
        groups=[record.group for record in found],
    )
    return arrange(rows, space, source, exhaustive=declared is None, set_aside=set_aside, notes=notes)


def arrange(
    rows: Rows,
    space: LabelSpace,
    source: Path,
    *,
    exhaustive: bool,
    set_aside: Sequence[SetAside] = (),
    notes: Sequence[str] = (),
) -> Samples:
    """Samples in the order of their ids.

    Args:
        rows: the samples; an id given twice is a `DataError`.
        space: the L labels.
        source: where they came from.
        exhaustive: whether a label outside the space is absent from all samples.
        set_aside: samples that the reader found unusable.
        notes: what the reader wants the user to know.
    """
    _require_samples(rows.ids, source, set_aside)
    _require_text([*space.names, *rows.ids, *(group for group in rows.groups or () if group)], source)
    if not space.names:
        raise DataError(f"{source}: no labels found in any of the {len(rows.ids)} samples")
    order = pc.sort_indices(pa.array(rows.ids, pa.large_string())).to_pylist()
    return Samples(
        ids=tuple(rows.ids[row] for row in order),
        inputs=rows.inputs.take(order),
        space=space,
        targets=rows.targets.take(order),
        split=_column(rows.split, order),
        groups=_column(rows.groups, order),
        set_aside=tuple(SetAside(sayable(name), reason) for name, reason in set_aside),
        source=str(source),
        exhaustive=exhaustive,
        notes=(*notes, *similar_names(space)),
    )


def split_of(cell: Any) -> str | None:
    """The part of the split that a cell or a folder's name means.

    >>> split_of("Val"), split_of("dog")
    ('validation', None)
    """
    return _SPLITS.get(str(cell).strip().lower())


def file_in(folder: Path, name: str) -> Path:
    """A file that a source names; raises `DataError` with the reason where it is missing or lies outside the folder."""
    spelt = posixpath.normpath(name)
    if spelt.startswith(("/", "../")):
        raise DataError(f"lies outside {folder}")
    path = folder / spelt
    try:
        found = path.is_file()
    except OSError:  # a name that no file can have
        found = False
    if not found:
        raise DataError(f"no such file in {folder}")
    return path


def relative(path: Path, top: Path) -> str:
    """A file's path from a folder, with forward slashes: the sample's id."""
    return Path(os.path.relpath(path, top)).as_posix()


def _require_samples(ids: Sequence[str], source: Path, set_aside: Sequence[SetAside]) -> None:
    if not ids:
        why = f": {len(set_aside)} set aside, the first: {set_aside[0].id}: {set_aside[0].reason}" if set_aside else ""
        raise DataError(f"{source}: no usable samples{why}")
    if len(set(ids)) == len(ids):
        return
    repeated = [f"{name} ({count} times)" for name, count in Counter(ids).items() if count > 1]
    more = f" and {len(repeated) - 1} more" if len(repeated) > 1 else ""
    raise DataError(f"{source}: each sample must be given once, got {min(repeated)}{more}")


def _require_text(names: Iterable[str], source: Path) -> None:
    """JSON can spell names that no file can hold: half of a surrogate pair."""
    try:
        "".join(names).encode()
    except UnicodeEncodeError as error:
        near = error.object[max(0, error.start - 20) : error.end + 20]
        raise DataError(f"{source}: a name is not valid text, near {near!r}") from error


def _column(values: Sequence[str | None] | None, order: Sequence[int]) -> tuple[str | None, ...] | None:
    if values is None or all(value is None for value in values):
        return None
    return tuple(values[row] for row in order)
