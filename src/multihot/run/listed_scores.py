"""What a run on a large label set says of samples: lists of the best labels, in memory and in `scores.parquet`.

Shapes: N samples, L labels, K labels listed a sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import sparse

from multihot import metrics
from multihot.decisions import ListDecision
from multihot.errors import RunError
from multihot.labels import LabelSpace, Targets
from multihot.models.extreme import Ranked
from multihot.run.files import require_own_samples, write_table
from multihot.run.scores import REPLICATES


@dataclass(frozen=True, eq=False)
class ListedScores:
    """What a run says of labelled samples.

    Args:
        ids: N names.
        parts: N times the part that a sample is in, such as "test".
        targets: (N, L).
        ranked: (N, K) the labels listed, with their scores.
        probabilities: (N, K) of these, calibrated.
        decided: (N, K) which of these are given; labels that are not listed are not.
    """

    ids: tuple[str, ...]
    parts: tuple[str, ...]
    targets: Targets
    ranked: Ranked
    probabilities: NDArray[np.float32]
    decided: NDArray[np.bool_]

    @classmethod
    def of(
        cls, decision: ListDecision, ids: Sequence[str], parts: Sequence[str], targets: Targets, ranked: Ranked
    ) -> Self:
        """What a decision makes of lists."""
        probabilities = decision.probabilities(ranked.scores)
        return cls(tuple(ids), tuple(parts), targets, ranked, probabilities, decision.decide(probabilities))

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, name: str) -> Self:
        """Those of one part."""
        rows = np.flatnonzero(np.array(self.parts, dtype=object) == name)
        return type(self)(
            tuple(self.ids[row] for row in rows),
            tuple(self.parts[row] for row in rows),
            self.targets.take(rows),
            self.ranked.take(rows),
            self.probabilities[rows],
            self.decided[rows],
        )

    def report(
        self,
        names: Sequence[str],
        propensities: NDArray[np.float64] | None = None,
        replicates: int = REPLICATES,
        seed: int = 0,
    ) -> metrics.Report:
        """Figures at 1, 3 and 5 and of the sets decided, with 95 % intervals from `replicates` bootstrap resamples."""
        return metrics.report_of_lists(
            self.targets,
            metrics.TopK(self.ranked.labels, self.ranked.scores),
            self.decided,
            names=names,
            propensities=propensities,
            replicates=replicates,
            seed=seed,
        )


def write_listed_scores(path: Path, scores: ListedScores, space: LabelSpace) -> None:
    """One row a sample; `present`, `unknown` and `labels` are lists of columns of the label space."""

    def listed(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
        flat = pa.array(values.reshape(-1), kind)
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])

    table = pa.table(
        {
            "id": pa.array(scores.ids, pa.string()),
            "part": pa.array(scores.parts, pa.string()),
            "present": _cells(scores.targets.present),
            "unknown": _cells(scores.targets.unknown),
            "labels": listed(scores.ranked.labels, pa.int32()),
            "scores": listed(scores.ranked.scores, pa.float32()),
            "probabilities": listed(scores.probabilities, pa.float32()),
            "decided": listed(scores.decided, pa.bool_()),
        }
    )
    write_table(path, table.replace_schema_metadata({"form": "lists", "order_hash": space.order_hash}))


def read_listed_scores(path: Path, space: LabelSpace) -> ListedScores:
    """The inverse of `write_listed_scores`; raises where the label order differs, or there are none."""
    require_own_samples(path)
    try:
        table = pq.read_table(path).combine_chunks()
    except (OSError, pa.ArrowInvalid) as error:
        raise RunError(f"{path}: cannot be read: {error}") from error
    space.require_order((table.schema.metadata or {}).get(b"order_hash", b"").decode(), str(path))

    def matrix(name: str) -> NDArray[Any]:
        flat = table[name].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat).reshape(len(table), table.schema.field(name).type.list_size)

    shape = (len(table), len(space))
    return ListedScores(
        tuple(table["id"].to_pylist()),
        tuple(table["part"].to_pylist()),
        Targets(_matrix(table["present"], shape), _matrix(table["unknown"], shape)),
        Ranked(matrix("labels"), matrix("scores")),
        matrix("probabilities"),
        matrix("decided").astype(bool),
    )


def _cells(matrix: sparse.csr_array) -> pa.Array:
    matrix.sort_indices()
    columns = pa.array(matrix.indices.astype(np.int32))
    return pa.LargeListArray.from_arrays(pa.array(matrix.indptr.astype(np.int64)), columns)


def _matrix(column: pa.ChunkedArray, shape: tuple[int, int]) -> sparse.csr_array:
    lists = column.combine_chunks()
    columns = lists.flatten().to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(lists.value_lengths().to_numpy(zero_copy_only=False))])
    return sparse.csr_array((np.ones(len(columns), np.bool_), columns, ends), shape=shape)
