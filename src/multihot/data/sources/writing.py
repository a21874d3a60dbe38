"""`write`: `Samples` out, in a format that `read` takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from multihot.data.samples import Samples, SetAside
from multihot.data.sources.arrays import write_arrays
from multihot.data.sources.coco import write_coco
from multihot.data.sources.folders import write_folders
from multihot.data.sources.options import require_options
from multihot.data.sources.tables import WRITTEN_SUFFIXES, write_table
from multihot.errors import FormatError

WRITERS: dict[str, Callable[..., tuple[SetAside, ...]]] = {
    "table": write_table,
    "arrays": write_arrays,
    "coco": write_coco,
    "folders": write_folders,
}


def write(
    samples: Samples,
    destination: str | Path,
    format: str | None = None,  # noqa: A002
    **options: Any,
) -> tuple[SetAside, ...]:
    """Write samples with their pictures.

    Args:
        samples: what to write.
        destination: a new .csv, .tsv, .jsonl, .parquet or .npz file; a folder for the other formats.
        format: a name of `WRITERS`; told by the destination's ending where it is not given.
        options: the format's own settings, the keyword arguments of its writer.

    Returns:
        The samples that were not written because their picture cannot be read, with the reason.

    Raises:
        DataError: something stands in the way, or the format cannot hold what the samples say.
        FormatError: the format is not known or cannot be written.
        ArgumentError: an option that the format does not have.
    """
    path = Path(destination)
    told = dict.fromkeys(WRITTEN_SUFFIXES, "table") | {".npz": "arrays"}
    name = format or told.get(path.suffix.lower())
    if name not in WRITERS:
        raise FormatError(f"{path}: cannot be written in the format {name!r}, expected one of {', '.join(WRITERS)}")
    require_options(WRITERS[name], options, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return WRITERS[name](samples, path, **options)
