"""Whether a run that is gone on with has the samples that it was begun on."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from multihot.data import Samples
from multihot.data.split import Split
from multihot.errors import RunError


def require_same_samples(path: Path, samples: Samples, contents: Sequence[str], parts: Split) -> None:
    """Raise a `RunError` where the run being resumed was begun on other samples."""
    if not path.is_file():
        return
    before = pq.read_table(path, columns=["id", "part", "content"]).slice(0, len(samples))
    now = {"id": list(samples.ids), "part": parts.names(), "content": list(contents)}
    if before.to_pydict() != now:
        raise RunError(f"{path}: the samples have changed since this run was begun; start another run")


def require_same_ids(path: Path, samples: Samples) -> None:
    """Raise a `RunError` where a finished run was made of samples with other names."""
    if set(pq.read_table(path, columns=["id"])["id"].to_pylist()) != {*samples.ids, *(a.id for a in samples.set_aside)}:
        raise RunError(f"{path}: this run was made of other samples; start another run")
