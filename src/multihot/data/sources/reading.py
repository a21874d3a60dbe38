"""`read`: any source in, `Samples` out."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from multihot.data.samples import Samples
from multihot.data.sources.arrays import read_arrays
from multihot.data.sources.coco import read_coco
from multihot.data.sources.folders import read_folders
from multihot.data.sources.idx import read_idx
from multihot.data.sources.label_studio import read_label_studio
from multihot.data.sources.recognition import hint, recognise
from multihot.data.sources.tables import read_table
from multihot.data.sources.voc import read_voc
from multihot.data.sources.yolo import read_yolo
from multihot.errors import ArgumentError, DataError, FormatError
from multihot.labels import LabelSpace

FORMATS: dict[str, Callable[..., Samples]] = {
    "folders": read_folders,
    "table": read_table,
    "coco": read_coco,
    "voc": read_voc,
    "yolo": read_yolo,
    "label-studio": read_label_studio,
    "arrays": read_arrays,
    "idx": read_idx,
}


def read(
    source: str | Path,
    format: str | None = None,  # noqa: A002
    *,
    space: LabelSpace | None = None,
    unknown_labels: Literal["error", "set aside"] = "error",
    **options: Any,
) -> Samples:
    """Read labelled samples from a folder or file.

    Args:
        source: the folder or file.
        format: a name of `FORMATS`; recognised where it is not given.
        space: the labels to have, in their order, such as those of a run; otherwise those of the source.
        unknown_labels: what to do about labels that `space` does not have: raise a `LabelError` that lists them, or
            leave those labels out, with a note that names them; the samples stay.
        options: the format's own settings, the keyword arguments of its reader.

    Raises:
        DataError: the source cannot be read; `FormatError` where its format is the question.
        LabelError: labels that `space` does not have.
        ArgumentError: an option that the format does not have.
    """
    path = Path(source)
    if format is None:
        name, path = recognise(path)
    elif format in FORMATS:
        name = format
    else:
        raise FormatError(f"unknown format {format!r}; known are: {', '.join(FORMATS)}")
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    reader = FORMATS[name]
    known = [parameter for parameter in inspect.signature(reader).parameters if parameter != "source"]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ArgumentError(f"{path}: the format {name!r} has no option {unknown[0]!r}; it has: {', '.join(known)}")
    try:
        samples = reader(path, **options)
    except DataError as error:
        if name == "folders" and (advice := hint(path)):
            raise type(error)(f"{error}{advice}") from error
        raise
    return samples if space is None else samples.with_space(space, unknown_labels=unknown_labels)
