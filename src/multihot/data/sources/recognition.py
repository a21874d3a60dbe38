"""Which format a source is in."""

from pathlib import Path

from multihot.data.sources.tables import load_table
from multihot.data.sources.tables.pictures import find_pictures
from multihot.errors import DataError, FormatError

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet")


def recognise(source: Path) -> tuple[str, Path]:
    """The format's name, and the file or folder to read in that format (a folder may hold the one table to read).

    Raises:
        DataError: there is nothing at this path.
        FormatError: the format is not known, or the folder holds several tables that could be meant.
    """
    if source.is_dir():
        table = _table_in(source)
        return ("folders", source) if table is None else ("table", table)
    if not source.exists():
        raise DataError(f"{source}: no such file or folder")
    if source.suffix.lower() in TABLE_SUFFIXES:
        return "table", source
    raise FormatError(
        f"{source}: not recognised; expected a folder of labelled folders or a table ({', '.join(TABLE_SUFFIXES)}); "
        "name the format if it is one of these"
    )


def _table_in(folder: Path) -> Path | None:
    """The one table in a folder that names pictures."""
    tables = sorted(path for path in folder.iterdir() if path.suffix.lower() in TABLE_SUFFIXES and path.is_file())
    naming = [table for table in tables if _names_pictures(table)]
    if len(naming) > 1:
        names = ", ".join(table.name for table in naming)
        raise FormatError(f"{folder}: several tables name pictures: {names}; give one of them as the source")
    return naming[0] if naming else None


def _names_pictures(table: Path) -> bool:
    try:
        find_pictures(load_table(table))
    except DataError:
        return False
    return True
