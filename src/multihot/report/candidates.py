"""What `encoder: auto` tried before it chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class Candidates:
    """How each encoder did on samples that it had not seen, or why it was left out.

    Args:
        history: what `Run.history()` gives.
    """

    history: Sequence[Mapping[str, Any]]

    def table(self) -> pa.Table:
        """One row a candidate, and one for their blend.

        Columns: `encoder`, `log_loss`, `objective` and its `value`, `seconds`, the `weight` in a blend that was taken,
        whether it was `kept`, and why it was `skipped`.
        """
        records = [record for record in self.history if record["stage"] == "search"]
        objectives = [next(iter(record.get("objective", {}).items()), (None, None)) for record in records]
        return pa.table(
            {
                "encoder": pa.array([record["encoder"] for record in records], pa.string()),
                "log_loss": pa.array([record.get("loss") for record in records], pa.float64()),
                "objective": pa.array([name for name, _ in objectives], pa.string()),
                "value": pa.array([value for _, value in objectives], pa.float64()),
                "seconds": pa.array([record.get("seconds") for record in records], pa.float64()),
                "weight": pa.array([record.get("weight") for record in records], pa.float64()),
                "kept": pa.array([record["kept"] for record in records], pa.bool_()),
                "skipped": pa.array([record.get("skipped") for record in records], pa.string()),
            }
        )
