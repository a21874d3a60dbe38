"""Samples: what every source reads into, and all later steps take."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from multihot.data.images import Images
from multihot.errors import ArgumentError
from multihot.labels import LabelSpace, Targets


class SetAside(NamedTuple):
    """A sample that cannot be used, by name and with the reason."""

    id: str
    reason: str


@dataclass(frozen=True)
class Samples:
    """N samples with their targets, in a fixed order; pictures are decoded only when asked for.

    Args:
        ids: N unique names; for files the path relative to the source, with forward slashes.
        images: the N pictures, decoded one at a time by `images.decode(i)`.
        space: the L labels.
        targets: (N, L) present, absent or unknown.
        split: per sample "train", "validation", "test" or None, where the source declares it.
        groups: per sample a group name or None; samples of one group never straddle a split.
        set_aside: samples already found unusable, with reasons; they are not among the N.
        source: where they came from, for messages and reports.
        notes: what the reader noticed and the user should know, a sentence each.

    Raises:
        ArgumentError: lengths do not match, or an id is given twice.
    """

    ids: tuple[str, ...]
    images: Images
    space: LabelSpace
    targets: Targets
    split: tuple[str | None, ...] | None = None
    groups: tuple[str | None, ...] | None = None
    set_aside: tuple[SetAside, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        expected = (len(self.ids), len(self.space))
        if self.targets.shape != expected or len(self.images) != expected[0]:
            raise ArgumentError(
                f"{len(self.ids)} ids, {len(self.images)} images and {len(self.space)} labels "
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

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> Self:
        """The samples with these indices, in their order; `set_aside` stays as it is."""
        index = [int(row) for row in rows]
        return replace(
            self,
            ids=tuple(self.ids[row] for row in index),
            images=self.images.take(index),
            targets=self.targets.take(index),
            split=None if self.split is None else tuple(self.split[row] for row in index),
            groups=None if self.groups is None else tuple(self.groups[row] for row in index),
        )

    def without(self, bad: dict[int, str]) -> Self:
        """Set samples aside: their indices with the reasons."""
        if not bad:
            return self
        kept = [row for row in range(len(self)) if row not in bad]
        aside = tuple(SetAside(self.ids[row], reason) for row, reason in sorted(bad.items()))
        return replace(self.take(kept), set_aside=self.set_aside + aside)
