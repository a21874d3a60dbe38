"""Which format a source is in."""

from collections.abc import Callable
from pathlib import Path

from multihot.data.sources import arrays, coco, idx, label_studio, voc, yolo
from multihot.data.sources.tables import TABLE_SUFFIXES, table_in
from multihot.errors import DataError, FormatError

# Asked in this order: what is marked by files of its own before what is only plausible.
_RECOGNISERS: dict[str, Callable[[Path], bool]] = {
    "coco": coco.recognises,
    "voc": voc.recognises,
    "yolo": yolo.recognises,
    "label-studio": label_studio.recognises,
    "idx": idx.recognises,
    "arrays": arrays.recognises,
}


def recognise(source: Path) -> tuple[str, Path]:
    """The format's name, and the file or folder to read in that format (a folder may hold the one table to read).

    Raises:
        DataError: there is nothing at this path.
        FormatError: the format is not known, or the folder holds several tables that could be meant.
    """
    if not source.exists():
        raise DataError(f"{source}: no such file or folder")
    marked = _marked(source)
    if marked is not None:
        return marked, source
    if source.is_dir():
        table = table_in(source)
        return ("folders", source) if table is None else ("table", table)
    if source.suffix.lower() in TABLE_SUFFIXES:
        return "table", source
    raise FormatError(
        f"{source}: not recognised; expected a folder of labelled folders or a table ({', '.join(TABLE_SUFFIXES)}); "
        "name the format if it is a known one"
    )


def hint(source: Path) -> str:
    """What to add to a message about a folder that cannot be read: it may be a part of a data set."""
    above = source.resolve().parent
    marked = _marked(above) if source.is_dir() else None
    return "" if marked is None else f"; {above} is a data set in the format {marked!r}, give that as the source"


def _marked(source: Path) -> str | None:
    return next((name for name, recognises in _RECOGNISERS.items() if recognises(source)), None)
