"""Where every sample went: into a part, or aside with a reason."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

PARTS = ("train", "validation", "test", "set aside")


@dataclass(frozen=True)
class Accounting:
    """All samples of a run.

    Args:
        split: what `Run.split()` gives.
    """

    split: pa.Table

    def counts(self) -> dict[str, int]:
        """Samples by part, in the order train, validation, test, set aside."""
        return {part: pc.sum(pc.equal(self.split["part"], part)).as_py() or 0 for part in PARTS}

    def table(self) -> pa.Table:
        """One row a sample that was set aside: `id` and `reason`."""
        aside = self.split.filter(pc.equal(self.split["part"], "set aside"))
        return aside.select(["id", "reason"])
