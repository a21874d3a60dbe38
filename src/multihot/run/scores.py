"""What a run says of labelled samples, in memory and in `scores.parquet`.

Shapes: N samples, L labels.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from multihot import metrics
from multihot.decisions import Decision
from multihot.errors import RunError
from multihot.labels import LabelSpace
from multihot.run.files import require_own_samples, write_table

REPLICATES = 1000


@dataclass(frozen=True)
class Scores:
    """What a run says of labelled samples.

    Args:
        ids: N names.
        parts: N times the part that a sample is in, such as "test".
        targets: (N, L) 1 present, 0 absent, NaN unknown.
        logits: (N, L).
        probabilities: (N, L) calibrated.
        decided: (N, L) booleans.
    """

    ids: tuple[str, ...]
    parts: tuple[str, ...]
    targets: NDArray[np.float32]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    decided: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        decision: Decision,
        ids: Sequence[str],
        parts: Sequence[str],
        targets: NDArray[np.float32],
        logits: NDArray[np.float32],
    ) -> Self:
        """What a decision makes of logits."""
        probabilities = decision.probabilities(logits)
        return cls(tuple(ids), tuple(parts), targets, logits, probabilities, decision.decide(probabilities))

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, name: str) -> Self:
        """Those of one part."""
        rows = np.flatnonzero(np.array(self.parts, dtype=object) == name)
        return type(self)(
            tuple(self.ids[row] for row in rows),
            tuple(self.parts[row] for row in rows),
            self.targets[rows],
            self.logits[rows],
            self.probabilities[rows],
            self.decided[rows],
        )

    def report(self, names: Sequence[str], replicates: int = REPLICATES, seed: int = 0) -> metrics.Report:
        """Every figure, with 95 % intervals from `replicates` bootstrap resamples."""
        return metrics.report(
            self.targets,
            scores=self.logits,
            probabilities=self.probabilities,
            decided=self.decided,
            names=names,
            replicates=replicates,
            seed=seed,
        )


def write_scores(path: Path, scores: Scores, space: LabelSpace) -> None:
    """One row a sample; targets, logits, probabilities and decided as lists in label order."""

    def column(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
        flat = pa.array(values.reshape(-1), kind, from_pandas=True)
        return pa.FixedSizeListArray.from_arrays(flat, len(space)) if len(space) else pa.nulls(len(values))

    table = pa.table(
        {
            "id": pa.array(scores.ids, pa.string()),
            "part": pa.array(scores.parts, pa.string()),
            "targets": column(scores.targets, pa.float32()),
            "logits": column(scores.logits, pa.float32()),
            "probabilities": column(scores.probabilities, pa.float32()),
            "decided": column(scores.decided, pa.bool_()),
        }
    )
    write_table(
        path, table.replace_schema_metadata({"labels": json.dumps(space.names), "order_hash": space.order_hash})
    )


def read_scores(path: Path, space: LabelSpace) -> Scores:
    """The inverse of `write_scores`; raises where the label order differs, or there are none."""
    require_own_samples(path)
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise RunError(f"{path}: cannot be read: {error}") from error
    metadata = table.schema.metadata or {}
    space.require_order(metadata.get(b"order_hash", b"").decode(), str(path))

    def matrix(name: str) -> NDArray[np.float32]:
        flat = table[name].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat, dtype=np.float32).reshape(len(table), len(space))

    return Scores(
        tuple(table["id"].to_pylist()),
        tuple(table["part"].to_pylist()),
        matrix("targets"),
        matrix("logits"),
        matrix("probabilities"),
        matrix("decided").astype(bool),
    )
