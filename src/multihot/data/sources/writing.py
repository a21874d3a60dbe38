"""`write`: `Samples` out, in a format that `read` takes."""

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from multihot.data.features import Features
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.arff.writing import parents, write_arff
from multihot.data.sources.arrays import write_arrays
from multihot.data.sources.coco import write_coco
from multihot.data.sources.folders import write_folders
from multihot.data.sources.huggingface import write_huggingface
from multihot.data.sources.idx import write_idx
from multihot.data.sources.label_studio import write_label_studio
from multihot.data.sources.options import require_options
from multihot.data.sources.sparse_text.writing import write_extreme, write_svmlight
from multihot.data.sources.tables import WRITTEN_SUFFIXES, has_column_per_label, write_table
from multihot.data.sources.voc import write_voc
from multihot.data.sources.webdataset import write_webdataset
from multihot.data.sources.yolo import write_yolo
from multihot.errors import DataError, FormatError

WRITERS: dict[str, Callable[..., tuple[SetAside, ...]]] = {
    "table": write_table,
    "arrays": write_arrays,
    "coco": write_coco,
    "folders": write_folders,
    "voc": write_voc,
    "yolo": write_yolo,
    "label-studio": write_label_studio,
    "idx": write_idx,
    "webdataset": write_webdataset,
    "huggingface": write_huggingface,
    "arff": write_arff,
    "svmlight": write_svmlight,
    "xc": write_extreme,
}
_OF_VECTORS = ("table", "arrays", "arff", "svmlight", "xc")
_OF_PICTURES = ("table", "arrays", "coco", "folders", "voc", "yolo", "label-studio", "idx", "webdataset", "huggingface")
_FOLDERS = ("coco", "folders", "voc", "yolo", "idx", "webdataset", "huggingface")
_WITHOUT_SPLIT = ("label-studio",)
_WITH_GROUPS = ("table", "arrays", "svmlight", "webdataset", "huggingface")
_ONLY_LABELS_THAT_OCCUR = ("folders", "label-studio", "webdataset")
_LABELS_BY_NAME = (*_ONLY_LABELS_THAT_OCCUR, "voc")

logger = logging.getLogger("multihot")


def write(
    samples: Samples,
    destination: str | Path,
    format: str | None = None,  # noqa: A002
    **options: Any,
) -> tuple[SetAside, ...]:
    """Write samples, with their pictures or feature vectors.

    Args:
        samples: what to write.
        destination: a new .csv, .tsv, .jsonl, .parquet, .npz, .arff or .svm file; a folder for the other formats.
        format: a name of `WRITERS`; told by the destination's ending where it is not given.
        options: the format's own settings, the keyword arguments of its writer.

    Returns:
        The samples that were not written because their picture cannot be read, with the reason.

    Raises:
        DataError: something stands in the way, or the format cannot hold what the samples say.
        FormatError: the format is not known, cannot be written, or holds no samples of this kind.
        ArgumentError: an option that the format does not have.
    """
    path = Path(destination)
    name = _format_of(path, format)
    kind, able = (
        ("feature vectors", _OF_VECTORS) if isinstance(samples.inputs, Features) else ("pictures", _OF_PICTURES)
    )
    if name not in able:
        raise FormatError(f"{path}: the format {name!r} cannot hold {kind}, expected one of {', '.join(able)}")
    require_options(WRITERS[name], options, name)
    for loss in _losses(samples, path, name, options):
        logger.warning("%s: %s", path, loss)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _write_folder(samples, path, name, options) if name in _FOLDERS else WRITERS[name](samples, path, **options)


def unwritten_labels(samples: Samples, destination: Path, format: str | None = None) -> list[str]:  # noqa: A002
    """The labels that no sample has, where the format of `write` has no place for such."""
    name = _format_of(destination, format)
    if not (name in _ONLY_LABELS_THAT_OCCUR or (name == "table" and not has_column_per_label(samples, destination))):
        return []
    held = samples.targets.positives() + len(samples) - samples.targets.known()
    return [label for label, count in zip(samples.space, held.tolist(), strict=True) if not count]


def _format_of(path: Path, given: str | None) -> str:
    told = dict.fromkeys(WRITTEN_SUFFIXES, "table") | {".npz": "arrays", ".arff": "arff", ".svm": "svmlight"}
    name = given or told.get(path.suffix.lower())
    if name is None:
        raise FormatError(f"{path}: its ending tells no format: give one (--to): {', '.join(WRITERS)}")
    if name not in WRITERS:
        raise FormatError(f"{path}: cannot be written in the format {name!r}, expected one of {', '.join(WRITERS)}")
    return name


def _write_folder(samples: Samples, path: Path, name: str, options: dict[str, Any]) -> tuple[SetAside, ...]:
    """Written beside and renamed, so that a folder is whole or not there."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DataError(f"{path}: exists already; give a new folder")
    unfinished = path.with_name(f"{path.name}.part")
    if unfinished.exists():
        raise DataError(f"{unfinished}: left by a conversion that was stopped; remove it")
    try:
        set_aside = WRITERS[name](samples, unfinished, **options)
        unfinished.replace(path)
    except DataError as error:
        raise type(error)(str(error).replace(str(unfinished), str(path))) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return set_aside


def _losses(samples: Samples, path: Path, name: str, options: Mapping[str, Any]) -> Iterator[str]:
    """What the samples say and the format has no place for, a sentence each."""
    if name in _WITHOUT_SPLIT and samples.split is not None:
        yield f"the split is not written: the format {name!r} has no place for it"
    if name not in _WITH_GROUPS and samples.groups is not None:
        yield f"groups are not written: the format {name!r} has no place for them"
    relations = samples.space.relations
    nested = parents(samples.space) if name == "arff" and options.get("form", "mulan") == "mulan" else {}
    if replace(relations, implies=tuple(pair for pair in relations.implies if nested.get(pair[0]) != pair[1])):
        which = "some of them" if nested else "them"
        yield f"relations between labels are not written: the format {name!r} has no place for {which}"
    bare = unwritten_labels(samples, path, name)
    if bare:
        yield f"labels that no sample has are not written: {', '.join(bare)}"
    by_name = name in _LABELS_BY_NAME or (name == "table" and not has_column_per_label(samples, path))
    if by_name and list(samples.space) != sorted(samples.space):
        yield "the order of the labels is not written: read again, they stand in the order of their names"
    if name == "idx":
        yield "ids and the names of labels are not written: the format 'idx' has no place for them"
