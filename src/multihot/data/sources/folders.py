"""Folder names as labels: `black_jeans/x.jpg` is black and jeans, `a/b/x.jpg` is a and b."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from multihot.data.picture_names import picture_names
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.picture_files import write_pictures
from multihot.data.sources.records import Record, assemble, split_of
from multihot.errors import ArgumentError, DataError
from multihot.wording import counted, sayable


def read_folders(source: Path, *, separator: str = "_") -> Samples:
    """Read a folder whose subfolders name the labels.

    Where all pictures lie in folders called train, validation (or val, valid) and test, with labelled folders in them,
    those are read as the split.

    Args:
        source: the folder.
        separator: what stands between the labels in a folder's name; "" takes each name as one label.

    Raises:
        DataError: no folder, no pictures in it, or none of them in a labelled subfolder.
    """
    if not isinstance(separator, str):
        raise ArgumentError(f"separator must be text, got {separator!r}")
    if not source.is_dir():
        raise DataError(f"{source}: expected a folder with labelled folders in it")
    names, set_aside = _sayable(sorted(picture_names(source)))
    if not names:
        raise DataError(f"{source}: no pictures found in this folder or below")
    folders = {name: tuple(name.split("/")[:-1]) for name in names}
    splits = _split_folders(set(folders.values()))
    labels = {folder: _labels(folder[1:] if splits else folder, separator) for folder in set(folders.values())}
    if not any(labels.values()):
        raise DataError(
            f"{source}: {counted(len(names), 'file')} and no labels found; expected folders named by labels "
            "(black_jeans/x.jpg), or give a table of files and labels (CSV, TSV) as the source"
        )
    records = (
        Record(name, source / name, labels[folder], split=splits.get(folder[0]) if splits else None)
        for name, folder in folders.items()
    )
    unlabelled = sum(not labels[folder] for folder in folders.values())
    return assemble(records, source, set_aside=set_aside, notes=tuple(_notes(labels.values(), splits, unlabelled)))


def write_folders(samples: Samples, destination: Path, *, separator: str = "_") -> tuple[SetAside, ...]:
    """Write each picture into a folder named by its labels; the parts of a split become folders above those.

    Samples without a declared part go to train, as they do when they are split.

    Args:
        samples: what to write; nothing may be unknown, which a folder's name cannot say.
        destination: an empty or new folder.
        separator: what stands between the labels in a folder's name.

    Returns:
        The samples whose picture cannot be read, with the reason.

    Raises:
        DataError: a label is unknown somewhere, or its name does not fit into a folder's.
    """
    if not separator:
        raise ArgumentError("separator must not be empty: samples with several labels could not be read again")
    if samples.targets.unknown.nnz:
        raise DataError(f"{destination}: folder names cannot say that a label is unknown: write a table")
    unfit = [name for name in samples.space if set(name) & {"/", "\\"} or name.startswith(".") or separator in name]
    if unfit:
        raise DataError(f"{destination}: the label {unfit[0]!r} does not fit into a folder's name: write a table")
    files = [PurePosixPath(name).name for name in samples.ids]
    if len(set(files)) < len(files):
        files = ["-".join(PurePosixPath(name).parts) for name in samples.ids]
    names = []
    for row, file in enumerate(files):
        part = (samples.split[row] or "train",) if samples.split is not None else ()
        labels = separator.join(samples.targets.names(row, samples.space)) or separator
        names.append("/".join((*part, labels, file)))
    return write_pictures(replace(samples, ids=tuple(names)), destination)[1]


def _sayable(names: Sequence[str]) -> tuple[list[str], list[SetAside]]:
    """The names that can be written down, and those that are no text in the file system's encoding."""
    good = [name for name in names if sayable(name) == name]
    bad = [name for name in names if sayable(name) != name]
    return good, [SetAside(name, "the file's name is not valid UTF-8: rename it") for name in bad]


def _split_folders(folders: set[tuple[str, ...]]) -> dict[str, str]:
    """Top folder -> part of the split, where every picture lies in a labelled folder of such a top folder."""
    parts = {folder[0]: split_of(folder[0]) for folder in folders if len(folder) > 1}
    known = {top: part for top, part in parts.items() if part is not None}
    return known if len(known) == len(parts) and all(len(folder) > 1 for folder in folders) else {}


def _labels(folders: Sequence[str], separator: str) -> frozenset[str]:
    """The labels that the folders on the way to a file give."""
    names = [name for folder in folders for name in (folder.split(separator) if separator else [folder])]
    return frozenset(name.strip() for name in names if name.strip())


def _notes(labels: Collection[frozenset[str]], splits: dict[str, str], unlabelled: int) -> Iterator[str]:
    if splits:
        yield f"the folders {', '.join(sorted(splits))} were read as the split"
    if unlabelled:
        yield f"{counted(unlabelled, 'file')} in no labelled folder: read as without labels"
    for name in sorted(frozenset.intersection(*labels)):
        yield f"every sample has the label {name!r}: if it is none, give the folder of that name as the source"
