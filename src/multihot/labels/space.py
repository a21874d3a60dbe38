"""The label space: which labels there are, and in which order."""

import json
import reprlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from numpy.typing import ArrayLike
from scipy import sparse

from multihot.errors import LabelError
from multihot.labels.contradictions import require_consistent
from multihot.labels.order import order_hash
from multihot.labels.relations import Relations
from multihot.labels.rules import Rules


@dataclass(frozen=True)
class LabelSpace:
    """Label names in a fixed order: column `j` of every targets, logits or decided array is `names[j]`.

    Args:
        names: unique, non-empty names; their order is the order of columns everywhere.
        relations: which labels may hold together; none by default.

    Raises:
        LabelError: a name is empty, not text, or given twice; relations name other labels or contradict each other.

    >>> space = LabelSpace(("black", "jeans"))
    >>> len(space), space.index("jeans"), "red" in space
    (2, 1, False)
    """

    names: tuple[str, ...]
    relations: Relations = field(default=Relations())

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        empty = [name for name in self.names if not isinstance(name, str) or not name.strip()]
        if empty:
            raise LabelError(f"label names must be non-empty text, got {empty[0]!r}")
        repeated = [name for name, count in Counter(self.names).items() if count > 1]
        if repeated:
            raise LabelError(f"label names must be unique, given more than once: {_listing(repeated)}")
        if self.relations:
            self.require_known(self.relations.names(), "relations")
            require_consistent(self.rules, self.relations.implies, self.names, "relations")

    @classmethod
    def from_sets(cls, label_sets: Iterable[Iterable[str]]) -> Self:
        """The space of all names that occur, in alphabetical order.

        >>> LabelSpace.from_sets([{"jeans", "black"}, set(), {"red"}]).names
        ('black', 'jeans', 'red')
        """
        return cls(tuple(sorted({name for names in label_sets for name in names})))

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._positions

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    def index(self, name: str) -> int:
        """The column of a label. Raises `LabelError` where the name is not in the space."""
        self.require_known([name])
        return self._positions[name]

    def require_known(self, names: Iterable[str], where: str = "") -> None:
        """Raise a `LabelError` that lists every name not in the space; `where` starts the message."""
        unknown = sorted({name for name in names if name not in self._positions})
        if unknown:
            start = f"{where}: " if where else ""
            raise LabelError(f"{start}unknown label names: {_listing(unknown)}; known are: {_listing(self.names)}")

    @cached_property
    def order_hash(self) -> str:
        """64 bits (hexadecimal) that change whenever a name or the order changes; written into every artefact."""
        return order_hash(self.names)

    def require_order(self, order_hash: str | None, where: str) -> None:
        """Raise a `LabelError` unless an artefact's hash is this space's: columns are never silently reordered."""
        if order_hash != self.order_hash:
            raise LabelError(
                f"{where}: made for other labels or another label order "
                f"(hash {order_hash or 'missing'}, expected {self.order_hash}); use the labels.json it was made with"
            )

    def with_relations(self, relations: Relations, where: str = "") -> Self:
        """The same labels in the same order, with these relations; `where` starts the message of an error."""
        try:
            return replace(self, relations=relations)
        except LabelError as error:
            raise LabelError(f"{where}: {error}" if where else str(error)) from error

    @cached_property
    def rules(self) -> Rules:
        """The relations in numbers."""
        return Rules.of(self.relations.rules(self.names), self.names)

    def violations(
        self, states: ArrayLike | sparse.csr_array, unknown: sparse.csr_array | None = None
    ) -> dict[str, int]:
        """How many samples break each relation for certain; relations that all keep are left out.

        Args:
            states: (N, L) decided booleans, or 1 present, 0 absent, NaN unknown; or `Targets.present`.
            unknown: (N, L) `Targets.unknown`, where the states are sparse.

        >>> relations = Relations.from_dict({"implies": {"jeans": "trousers"}})
        >>> LabelSpace(("jeans", "trousers"), relations).violations([[True, False], [True, True]])
        {'jeans implies trousers': 1}
        """
        counts = self.rules.violated(states, unknown).sum(axis=0)
        return {text: int(count) for text, count in zip(self.rules.texts, counts, strict=True) if count}

    def to_dict(self) -> dict[str, Any]:
        """What `labels.json` holds; relations only where there are any."""
        values: dict[str, Any] = {"labels": list(self.names), "order_hash": self.order_hash}
        return values | ({"relations": self.relations.to_dict()} if self.relations else {})

    @classmethod
    def from_dict(cls, values: object, where: str = "labels.json") -> Self:
        """The inverse of `to_dict`; raises `LabelError` where the names do not match the stored hash."""
        if not isinstance(values, Mapping) or not isinstance(names := values.get("labels"), list):
            raise LabelError(f'{where}: expected {{"labels": ["name", ...]}}, got {reprlib.repr(values)}')
        space = cls(tuple(names), Relations.from_dict(values.get("relations") or {}, f"{where}: relations"))
        space.require_order(values.get("order_hash"), where)
        return space

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a `labels.json`."""
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")), where=str(path))
        except (OSError, ValueError) as error:
            raise LabelError(f"{path}: cannot read the label space: {error}") from error


def _listing(names: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(map(str, names[:most]))
    return shown if len(names) <= most else f"{shown}, ... ({len(names)} in all)"
