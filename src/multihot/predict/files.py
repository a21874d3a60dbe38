"""Files of label sets: JSON lines, CSV or Parquet, written as they come."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from multihot.errors import ArgumentError
from multihot.labels import LabelSet
from multihot.labels.order import order_hash
from multihot.progress import logger
from multihot.wording import counted

ROWS_IN_MEMORY = 4096
CELLS_IN_MEMORY = 2**22  # a probability is a Python number until it is written, of about fifty bytes


class Writer(Protocol):
    """Takes label sets one by one."""

    def write(self, label_set: LabelSet) -> None:
        """Write one."""
        ...

    def close(self) -> None:
        """Write what is left."""
        ...


class JsonLinesWriter:
    """One JSON object a line: id, labels, probabilities, error."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write(self, label_set: LabelSet) -> None:
        """Write one line."""
        self._file.write(json.dumps(label_set.to_dict(), ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class CsvWriter:
    """Columns id, labels (joined by `|`; a JSON list where a name holds one), error, and a probability a label."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._names = names
        self._as_json = any("|" in name for name in names)
        self._rows.writerow(columns(names))

    def write(self, label_set: LabelSet) -> None:
        """Write one row."""
        labels = json.dumps(label_set.labels) if self._as_json else "|".join(label_set.labels)
        values = [f"{label_set.probabilities[name]:.6g}" if label_set.probabilities else "" for name in self._names]
        self._rows.writerow([label_set.id, labels, label_set.error or "", *values])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ParquetWriter:
    """Columns id, labels (list), error, and a float32 probability a label; the schema holds the label order's hash."""

    def __init__(self, place: Path | IO[bytes], names: Sequence[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._names = names
        self._most_rows = max(1, min(ROWS_IN_MEMORY, CELLS_IN_MEMORY // max(len(names), 1)))
        kinds = [pa.string(), pa.list_(pa.string()), pa.string(), *[pa.float32()] * len(names)]
        schema = pa.schema(list(zip(columns(names), kinds, strict=True)), metadata={"order_hash": order_hash(names)})
        self._writer = pq.ParquetWriter(place, schema)
        self._rows: list[LabelSet] = []

    def write(self, label_set: LabelSet) -> None:
        """Keep one, and write a row group when there are enough."""
        self._rows.append(label_set)
        if len(self._rows) >= self._most_rows:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        leading = [
            [row.id for row in self._rows],
            [list(row.labels) for row in self._rows],
            [row.error for row in self._rows],
        ]
        probabilities = [[row.probabilities.get(name) for row in self._rows] for name in self._names]
        self._writer.write_batch(pa.record_batch([*leading, *probabilities], schema=self._writer.schema))
        self._rows.clear()

    def close(self) -> None:
        """Write the rows that are left, and the footer."""
        self._flush()
        self._writer.close()


class ListedCsvWriter:
    """Columns id, labels and error, and `listed` (JSON): the probabilities of the labels listed, by name."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._as_json = any("|" in name for name in names)
        self._rows.writerow(["id", "labels", "error", "listed"])

    def write(self, label_set: LabelSet) -> None:
        """Write one row."""
        labels = json.dumps(label_set.labels) if self._as_json else "|".join(label_set.labels)
        listed = {name: float(f"{value:.6g}") for name, value in label_set.probabilities.items()}
        self._rows.writerow([label_set.id, labels, label_set.error or "", json.dumps(listed, ensure_ascii=False)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ListedParquetWriter:
    """Columns id, labels (list), error, and of the labels listed `listed` (names) and `probabilities` (float32)."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts, floats = pa.list_(pa.string()), pa.list_(pa.float32())
        kinds = {"id": pa.string(), "labels": texts, "error": pa.string(), "listed": texts, "probabilities": floats}
        self._writer = pq.ParquetWriter(path, pa.schema(kinds, metadata={"order_hash": order_hash(names)}))
        self._rows: list[dict[str, Any]] = []

    def write(self, label_set: LabelSet) -> None:
        """Keep one, and write a row group when there are enough."""
        listed = {"listed": list(label_set.probabilities), "probabilities": list(label_set.probabilities.values())}
        self._rows.append(label_set.to_dict() | listed)
        if len(self._rows) >= ROWS_IN_MEMORY:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        self._writer.write_batch(pa.RecordBatch.from_pylist(self._rows, self._writer.schema))
        self._rows.clear()

    def close(self) -> None:
        """Write the rows that are left, and the footer."""
        self._flush()
        self._writer.close()


LISTED_WRITERS: dict[str, Callable[[Path, Sequence[str]], Writer]] = {
    ".jsonl": JsonLinesWriter,
    ".csv": ListedCsvWriter,
    ".parquet": ListedParquetWriter,
}

WRITERS: dict[str, Callable[[Path, Sequence[str]], Writer]] = {
    ".jsonl": JsonLinesWriter,
    ".csv": CsvWriter,
    ".parquet": ParquetWriter,
}


class PredictionFile:
    """A file of label sets in the form that its name says; it appears when it is whole.

    Where something ends the work before that, what was written stays beside it, and is named in a warning.

    Args:
        path: ends in .jsonl, .csv or .parquet.
        names: of the labels, in their order; a label space is them.
        overwrite: whether a file of this name may be replaced.
        lists: whether label sets have the probabilities of the labels listed alone.

    Raises:
        ArgumentError: another ending, or the file exists.
    """

    def __init__(self, path: Path, names: Iterable[str], *, overwrite: bool = False, lists: bool = False) -> None:
        if path.exists() and not overwrite:
            raise ArgumentError(f"{path}: exists already; choose another file, or replace it by --overwrite")
        if path.suffix not in WRITERS:
            raise ArgumentError(f"{path}: predictions are written as {', '.join(WRITERS)}, got {path.suffix!r}")
        self._path = path
        self._writers = LISTED_WRITERS if lists else WRITERS
        self._part = path.with_name(f".{path.name}.part")
        self._names = tuple(names)
        self._written = 0

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._writers[self._path.suffix](self._part, self._names)
        return self

    def write(self, label_set: LabelSet) -> None:
        """Add one."""
        self._writer.write(label_set)
        self._written += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if kind is None:
            self._part.replace(self._path)
        elif self._written:
            logger.warning("not finished: %s so far, in %s", counted(self._written, "label set"), self._part)
        else:
            self._part.unlink()


def columns(names: Sequence[str]) -> list[str]:
    """The columns of a table of predictions."""
    return ["id", "labels", "error", *(f"probability.{name}" for name in names)]
