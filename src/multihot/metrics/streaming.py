"""Metrics of data that comes in batches, in one process or many: exact, with everything kept compactly.

A cell takes 2 bits for its target, 1 bit for its decision, and the bytes of its score and probability as they come in.
`SketchStream` keeps nothing of the samples instead.
"""

from collections.abc import Sequence
from typing import Any, Self, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from multihot.errors import ArgumentError
from multihot.labels import Targets
from multihot.metrics.arrays import ArrayLike
from multihot.metrics.assembly import Report
from multihot.metrics.cells import Cells, TargetsLike, read_cells
from multihot.metrics.inputs import read_decided, read_probabilities, read_scores
from multihot.metrics.report import report

Ids: TypeAlias = ArrayLike | Sequence[int]


class ExactStream:
    """Batches in, the `report` of all of them out.

    With `ids`, the samples' positions in the data set, a sample that a distributed sampler handed out twice counts
    once, and figures are bit for bit the same however the samples came in. Without, every row counts, as it came.

    Args:
        labels: L.

    >>> first, second = ExactStream(labels=2), ExactStream(labels=2)
    >>> first.update(np.array([[1, 0]]), decided=np.array([[True, False]]), ids=[0])
    >>> second.update(np.array([[1, 1], [1, 0]]), decided=np.array([[True, False], [True, False]]), ids=[1, 0])
    >>> first.merge(second).compute().figures["exact_match"].value
    0.5
    """

    def __init__(self, labels: int) -> None:
        self.labels = labels
        self._columns: dict[str, list[NDArray[Any]]] = {}

    def update(
        self,
        targets: TargetsLike,
        scores: ArrayLike | None = None,
        probabilities: ArrayLike | None = None,
        decided: ArrayLike | None = None,
        *,
        ids: Ids | None = None,
    ) -> None:
        """Add a batch: what `report` takes, and the same of it every time.

        Raises:
            ArgumentError: as `report`; or the batch has other labels, or brings other inputs than those before.
        """
        cells = read_batch_cells(targets, self.labels)
        block = cells.rows(slice(None))
        known = np.ones(cells.shape, dtype=bool) if block.known is None else block.known.numpy()
        columns: dict[str, NDArray[Any]] = {
            "present": np.packbits(block.present.numpy(), axis=1),
            "known": np.packbits(known, axis=1),
        }
        if decided is not None:
            made = read_decided(decided, cells.shape, cells.device)
            columns["decided"] = np.packbits(made.numpy(), axis=1)
        if probabilities is not None:
            columns["probabilities"] = read_probabilities(probabilities, cells).numpy().copy()
        if scores is not None and scores is not probabilities:
            columns["scores"] = read_scores(scores, cells).numpy().copy()
        if ids is not None:
            columns["ids"] = read_ids(ids, cells.shape[0])
        self._add({name: [column] for name, column in columns.items()})

    def merge(self, other: Self) -> Self:
        """Take in what another stream, usually another process's, has seen; returns this stream."""
        require_same_labels(self.labels, other.labels)
        if other._columns:
            self._add(other._columns)
        return self

    def compute(self, **options: Any) -> Report:
        """The report of all samples; the options are those of `report`."""
        whole = {name: np.concatenate(parts) for name, parts in self._columns.items()}
        if "ids" in whole:
            order = np.unique(whole.pop("ids"), return_index=True)[1]
            whole = {name: column[order] for name, column in whole.items()}
        given: dict[str, Any] = {name: whole[name] for name in ("scores", "probabilities") if name in whole}
        if "decided" in whole:
            given["decided"] = self._bits(whole["decided"])
        return report(self._targets(whole), **given, **options)

    def _targets(self, whole: dict[str, NDArray[Any]]) -> Targets:
        if not whole:
            empty = sparse.csr_array((0, self.labels), dtype=bool)
            return Targets(empty, empty)
        present, known = self._bits(whole["present"]), self._bits(whole["known"])
        return Targets(sparse.csr_array(present & known), sparse.csr_array(~known))

    def _bits(self, packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return np.unpackbits(packed, axis=1, count=self.labels).astype(bool)

    def _add(self, columns: dict[str, list[NDArray[Any]]]) -> None:
        if self._columns and set(columns) != set(self._columns):
            raise ArgumentError(
                f"a batch brings {', '.join(sorted(columns))}; those before brought {', '.join(sorted(self._columns))}"
            )
        for name, parts in columns.items():
            self._columns.setdefault(name, []).extend(parts)


def read_batch_cells(targets: TargetsLike, labels: int) -> Cells:
    """The targets of one batch, off any accelerator; raises `ArgumentError` where their labels are not the stream's."""
    cells = read_cells(targets, torch.device("cpu"))
    require_same_labels(labels, cells.shape[1])
    return cells


def require_same_labels(expected: int, got: int) -> None:
    """Raise an `ArgumentError` unless the numbers of labels are the same."""
    if got != expected:
        raise ArgumentError(f"the stream was made for {expected} labels, got {got}")


def read_ids(ids: Ids, samples: int) -> NDArray[np.int64]:
    """(b,) positions in the data set; raises `ArgumentError` for anything but whole numbers from 0."""
    values = ids.cpu().numpy() if isinstance(ids, torch.Tensor) else np.asarray(ids)
    if values.shape != (samples,) or values.dtype.kind not in "iu" or (values < 0).any():
        raise ArgumentError(f"ids must be {samples} whole numbers from 0, got {values.dtype} of shape {values.shape}")
    return values.astype(np.int64)
