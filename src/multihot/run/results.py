"""What a folder says of samples: read by reports, whatever the scores come from."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from multihot.labels import LabelSpace
from multihot.run.files import HISTORY, METRICS, SPLIT, read_json, require_own_samples


class Results:
    """A folder of figures, and of what became of each sample.

    Attributes:
        folder: where they are.
        space: the L labels.
    """

    folder: Path
    space: LabelSpace

    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` holds: per part, each figure with its 95 % interval."""
        return read_json(self.folder / METRICS)

    def history(self) -> list[dict[str, Any]]:
        """What `history.jsonl` holds: one record an epoch, or a strength of regularisation tried."""
        text = (self.folder / HISTORY).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def split(self) -> pa.Table:
        """Columns `id`, `part` ("set aside" too), `reason`, `path` and `content` (hash), from `split.parquet`."""
        require_own_samples(self.folder / SPLIT)
        return pq.read_table(self.folder / SPLIT)

    def notes(self) -> list[str]:
        """What was noticed in source and split and the user should know, a sentence each."""
        require_own_samples(self.folder / SPLIT)
        metadata = pq.read_schema(self.folder / SPLIT).metadata or {}
        return [str(note) for note in json.loads(metadata.get(b"notes", b"[]"))]
