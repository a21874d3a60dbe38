"""Samples: what every source reads into, and all later steps take."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.data.features import Features
from multihot.data.images import Images
from multihot.errors import ArgumentError, DataError
from multihot.labels import LabelSpace, Targets


class SetAside(NamedTuple):
    """A sample that cannot be used, by name and with the reason."""

    id: str
    reason: str


@dataclass(frozen=True, repr=False)
class Samples:
    """N samples, pictures or feature vectors, with their targets, in a fixed order.

    Args:
        ids: N unique names; for files the path relative to the source, with forward slashes.
        inputs: the N pictures, decoded one at a time and only when asked for, or the N feature vectors.
        space: the L labels.
        targets: (N, L) present, absent or unknown.
        split: per sample "train", "validation", "test" or None, where the source declares it.
        groups: per sample a group name or None; samples of one group never straddle a split.
        set_aside: samples already found unusable, with reasons; they are not among the N.
        source: where they came from, for messages and reports.
        exhaustive: whether the source lists all labels that are present, so that any label outside `space` is absent;
            otherwise it says nothing about other labels.
        notes: what the reader noticed and the user should know, a sentence each.

    Raises:
        ArgumentError: lengths do not match, or an id is given twice.
    """

    ids: tuple[str, ...]
    inputs: Images | Features
    space: LabelSpace
    targets: Targets
    split: tuple[str | None, ...] | None = None
    groups: tuple[str | None, ...] | None = None
    set_aside: tuple[SetAside, ...] = ()
    source: str = ""
    exhaustive: bool = True
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        expected = (len(self.ids), len(self.space))
        if self.targets.shape != expected or len(self.inputs) != expected[0]:
            raise ArgumentError(
                f"{len(self.ids)} ids, {len(self.inputs)} inputs and {len(self.space)} labels "
                f"do not match targets of shape {self.targets.shape}"
            )
        if len(set(self.ids)) < len(self.ids):
            repeated = Counter(self.ids).most_common(1)[0][0]
            raise ArgumentError(f"sample ids must be unique, given more than once: {repeated}")
        for name, column in (("split", self.split), ("groups", self.groups)):
            if column is not None and len(column) != len(self.ids):
                raise ArgumentError(f"{name} has {len(column)} entries for {len(self.ids)} samples")

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        aside = f", {len(self.set_aside)} set aside" if self.set_aside else ""
        return f"<Samples: {len(self)} samples, {len(self.space)} labels{aside}, from {self.source or 'memory'}>"

    @property
    def images(self) -> Images:
        """The pictures; raises `DataError` where the samples are feature vectors."""
        if isinstance(self.inputs, Features):
            raise DataError(f"{self.source or 'samples'}: expected pictures, got {len(self)} feature vectors")
        return self.inputs

    @property
    def features(self) -> Features:
        """The feature vectors; raises `DataError` where the samples are pictures."""
        if not isinstance(self.inputs, Features):
            raise DataError(f"{self.source or 'samples'}: expected feature vectors, got pictures")
        return self.inputs

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> Self:
        """The samples with these indices, in their order; `set_aside` stays as it is."""
        index = np.asarray(rows, dtype=np.intp).tolist()
        return replace(
            self,
            ids=tuple(map(self.ids.__getitem__, index)),
            inputs=self.inputs.take(index),
            targets=self.targets.take(index),
            split=None if self.split is None else tuple(map(self.split.__getitem__, index)),
            groups=None if self.groups is None else tuple(map(self.groups.__getitem__, index)),
        )

    def without(self, bad: dict[int, str]) -> Self:
        """Set samples aside: their indices with the reasons."""
        if not bad:
            return self
        kept = [row for row in range(len(self)) if row not in bad]
        aside = tuple(SetAside(self.ids[row], reason) for row, reason in sorted(bad.items()))
        return replace(self.take(kept), set_aside=self.set_aside + aside)

    def with_space(
        self,
        space: LabelSpace,
        *,
        unknown_labels: Literal["error", "set aside"] = "error",
    ) -> Self:
        """The same samples with the columns of another label space, a run's for example.

        A label that only `space` has is absent where the source lists all that is present (`exhaustive`), else unknown.

        Args:
            space: the labels to have, in their order.
            unknown_labels: what to do about labels of these samples that `space` does not have: raise a `LabelError`
                that lists them, or leave those labels out, with a note that names them; the samples stay.
        """
        left_out = [name for name in self.space if name not in space]
        if unknown_labels == "error" or len(left_out) == len(self.space) > 0:
            space.require_known(left_out, self.source)
        elsewhere = len(self.space)
        columns = [self.space.index(name) if name in self.space else elsewhere for name in space]
        targets = Targets(
            _with_column(self.targets.present, filled=False)[:, columns],
            _with_column(self.targets.unknown, filled=not self.exhaustive)[:, columns],
        )
        note = (f"labels set aside, not in the label space asked for: {', '.join(left_out)}",) if left_out else ()
        return replace(self, space=space, targets=targets, notes=self.notes + note)


def _with_column(cells: sparse.csr_array, *, filled: bool) -> sparse.csr_array:
    """One more column on the right, all true or all false."""
    column = sparse.csr_array(np.full((cells.shape[0], 1), filled))
    return sparse.csr_array(sparse.hstack([cells, column], format="csr"))
