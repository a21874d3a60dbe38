"""`write_svmlight` and `write_extreme`: labels and features as lines of numbers, their names in files beside them."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path

from scipy import sparse

from multihot.data.samples import Samples, SetAside
from multihot.data.sources.sparse_text.names import names_path
from multihot.data.sources.vector_files import (
    own_ids,
    part_paths,
    part_rows,
    require_new,
    require_sayable,
    spelt,
    write_lines,
)
from multihot.errors import DataError


def write_svmlight(samples: Samples, destination: Path) -> tuple[SetAside, ...]:
    """Write svmlight text: a file, or in a folder a file for each part of the split.

    Features count from 1. Groups become numbers (`qid:`), ids that are not the samples' numbers comments. Labels whose
    names are no numbers are numbered, and named in `labels.txt` (`NAME_labels.txt` for a file); so are features.

    Args:
        samples: feature vectors; nothing may be unknown.
        destination: a new .svm file, or a folder.

    Returns:
        Nothing: all samples are written.

    Raises:
        DataError: a file exists already, or a label is unknown.
    """
    numbers = _numbers(samples)
    paths = _begun(samples, destination, ".svm", labels=numbers is None)
    groups = {group: number for number, group in enumerate(dict.fromkeys(filter(None, samples.groups or ())), start=1)}
    for part, rows in part_rows(samples).items():
        lines = _held(_lines(samples, rows, numbers or range(len(samples.space)), first=1), samples.features.width)
        if groups and samples.groups is not None:
            qids = [f" qid:{groups[group]}" if group else "" for group in (samples.groups[row] for row in rows)]
            lines = (line.replace(" ", f"{qid} ", 1) for line, qid in zip(lines, qids, strict=True))
        ids = own_ids(samples, rows, part)
        if ids is not None:
            lines = (f"{line} # {name}" for line, name in zip(lines, ids, strict=True))
        write_lines(paths[part], lines)
    return ()


def write_extreme(samples: Samples, destination: Path) -> tuple[SetAside, ...]:
    """Write extreme classification text: a file, or in a folder a file for each part of the split.

    Names that are no numbers, and ids that are not the samples' numbers, go into files beside it, a line each.

    Args:
        samples: feature vectors; nothing may be unknown.
        destination: a new .txt file, or a folder.

    Returns:
        Nothing: all samples are written.

    Raises:
        DataError: a file exists already, or a label is unknown.
    """
    count = len(samples.space)
    paths = _begun(samples, destination, ".txt", labels=samples.space.names != tuple(map(str, range(count))))
    for part, rows in part_rows(samples).items():
        header = f"{len(rows)} {samples.features.width} {count}"
        write_lines(paths[part], chain([header], _lines(samples, rows, range(count), first=0)))
        ids = own_ids(samples, rows, part)
        if ids is not None:
            write_lines(names_path(paths[part], "ids", own=True), ids)
    return ()


def _numbers(samples: Samples) -> list[int] | None:
    """The labels' names as numbers, where reading them from the lines gives the same labels in the same order."""
    names = samples.space.names
    numbers = [int(name) for name in names if re.fullmatch(r"0|-?[1-9]\d{0,8}", name)]
    if len(numbers) < len(names) or sorted(numbers) != numbers or not samples.targets.positives().all():
        return None
    return numbers


def _lines(samples: Samples, rows: Sequence[int], numbers: Sequence[int], first: int) -> Iterator[str]:
    """`labels features` of each sample."""
    features = sparse.csr_array(samples.features.take(rows).values)
    features.sort_indices()
    present = samples.targets.take(rows).present
    for row, (start, end) in enumerate(pairwise(features.indptr.tolist())):
        columns = (features.indices[start:end] + first).tolist()
        texts = spelt(features.data[start:end], "nan")
        pairs = [f"{column}:{text}" for column, text in zip(columns, texts, strict=True)]
        labels = sorted(present.indices[present.indptr[row] : present.indptr[row + 1]].tolist())
        yield f"{','.join(str(numbers[label]) for label in labels)} {' '.join(pairs)}"


def _held(lines: Iterator[str], width: int) -> Iterator[str]:
    """The lines with written zeros, which tell the number of features and keep an empty sample from being blank."""
    for row, line in enumerate(lines):
        told = row > 0 or not width or f" {width}:" in line
        line = line if told else f"{line} {width}:0"
        yield line if line.strip() else " 1:0"


def _begun(samples: Samples, destination: Path, suffix: str, *, labels: bool) -> dict[str, Path]:
    """Part of the split -> its file; the names of labels, if asked for, and of features that have some are written."""
    require_sayable(samples, destination)
    paths = part_paths(samples, destination, suffix)
    file = next(iter(paths.values()))
    own = file == destination
    written: dict[Path, Sequence[str]] = {}
    if labels:
        written[names_path(file, "labels", own=own)] = samples.space.names
    if samples.features.names is not None:
        written[names_path(file, "features", own=own)] = samples.features.names
    for path, names in written.items():
        require_new(path)
        torn = next((name for name in names if name != name.strip() or len(name.splitlines()) != 1), None)
        if torn is not None:
            raise DataError(f"{path}: a line cannot hold the name {torn!r}: write .npz")
    for path, names in written.items():
        write_lines(path, names)
    return paths
