"""What a folder says of samples: read by reports, whatever the scores come from."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from multihot.decisions import Decision
from multihot.labels import LabelSpace
from multihot.run.files import HISTORY, METRICS, SCORES, SPLIT, read_json
from multihot.run.scores import Scores, read_scores


class Results:
    """A folder of scores, figures and the decision behind them.

    Attributes:
        folder: where they are.
        space: the L labels.
        decision: scores to probabilities and label sets.
    """

    folder: Path
    space: LabelSpace
    decision: Decision

    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` holds: per part, each figure with its 95 % interval."""
        return read_json(self.folder / METRICS)

    def history(self) -> list[dict[str, Any]]:
        """What `history.jsonl` holds: one record an epoch, or a strength of regularisation tried."""
        text = (self.folder / HISTORY).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def scores(self) -> Scores:
        """Validation and test scores, from `scores.parquet`."""
        return read_scores(self.folder / SCORES, self.space)

    def split(self) -> pa.Table:
        """Columns `id`, `part` ("set aside" too), `reason`, `path` and `content` (hash), from `split.parquet`."""
        return pq.read_table(self.folder / SPLIT)

    def notes(self) -> list[str]:
        """What was noticed in source and split and the user should know, a sentence each."""
        metadata = pq.read_schema(self.folder / SPLIT).metadata or {}
        return [str(note) for note in json.loads(metadata.get(b"notes", b"[]"))]
