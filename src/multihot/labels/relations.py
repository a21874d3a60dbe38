"""Relations: which labels may hold together, as a user writes them.

Each becomes one linear rule over the 0/1 states of labels, `least <= sum of weight * state <= most`:

| relation | rule |
|---|---|
| group of k labels, `exactly 1`, `at most 1`, `at least 1`, `1..3` | least <= sum of states <= most |
| `dog` implies `animal` | dog - animal <= 0 |
| `day` excludes `night` | day + night <= 1 |
| total count per sample | least <= sum of all states <= most |
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import yaml

from multihot.errors import LabelError, one_line
from multihot.labels.rules import Rule
from multihot.wording import counted


class Count(NamedTuple):
    """How many labels may hold, both ends included; `most` None is no limit."""

    least: int
    most: int | None

    @classmethod
    def parse(cls, text: object, where: str) -> Self:
        """From `exactly 1`, `at most 1`, `at least 1`, `1..3` or a number, which means exactly.

        >>> Count.parse("at most 2", "colour"), Count.parse("1..3", "colour"), Count.parse(1, "colour")
        (Count(least=0, most=2), Count(least=1, most=3), Count(least=1, most=1))
        """
        form = re.fullmatch(r"(?:(exactly|at most|at least) )?(\d{1,9})|(\d{1,9})\.\.(\d{1,9})", str(text).strip())
        if form is None or isinstance(text, bool):
            raise LabelError(f"{where}: expected 'exactly 1', 'at most 1', 'at least 1' or '1..3', got {text!r}")
        word, number, low, high = form.groups()
        if low is not None:
            count = cls(int(low), int(high))
        else:
            count = {"at most": cls(0, int(number)), "at least": cls(int(number), None)}.get(
                word, cls(int(number), int(number))
            )
        if count.most is not None and count.least > count.most:
            raise LabelError(f"{where}: {text} is empty, the first number must not be the larger")
        return count

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least}"
        if self.least == self.most:
            return f"exactly {self.most}"
        return f"at most {self.most}" if self.least == 0 else f"{self.least}..{self.most}"


@dataclass(frozen=True)
class Group:
    """Labels of which a stated number holds in every sample.

    Args:
        labels: at least one, each once.
        hold: how many.
        name: for messages; may be empty.

    Raises:
        LabelError: a label is given twice, or the number cannot be reached.
    """

    labels: tuple[str, ...]
    hold: Count
    name: str = ""

    def __post_init__(self) -> None:
        repeated = [label for label, count in Counter(self.labels).items() if count > 1]
        if repeated:
            raise LabelError(f"{self}: given more than once: {', '.join(repeated)}")
        if not self.labels or self.hold.least > len(self.labels):
            raise LabelError(f"{self}: impossible, the group has {counted(len(self.labels), 'label')}")

    def __str__(self) -> str:
        shown = ", ".join(self.labels[:6]) + (f", ... ({len(self.labels)} in all)" if len(self.labels) > 6 else "")
        return f"{self.name + ': ' if self.name else ''}{self.hold} of {shown}"


@dataclass(frozen=True)
class Relations:
    """What is known of the labels beforehand.

    Args:
        groups: choose-k groups; a label may be in several.
        implies: pairs (dog, animal): where the first holds, so does the second.
        excludes: pairs that never hold together.
        total: how many labels a sample may have in all.

    >>> relations = Relations.from_dict({
    ...     "groups": {"colour": {"labels": ["black", "blue"], "hold": "exactly 1"}}, "implies": {"jeans": "trousers"}})
    >>> [rule.text for rule in relations.rules()]
    ['colour: exactly 1 of black, blue', 'jeans implies trousers']
    """

    groups: tuple[Group, ...] = ()
    implies: tuple[tuple[str, str], ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()
    total: Count | None = field(default=None)

    def __bool__(self) -> bool:
        return bool(self.groups or self.implies or self.excludes or self.total)

    def names(self) -> list[str]:
        """Every label that is mentioned, once."""
        mentioned = [label for group in self.groups for label in group.labels]
        mentioned += [label for pair in (*self.implies, *self.excludes) for label in pair]
        return list(dict.fromkeys(mentioned))

    def rules(self, all_names: Sequence[str] = ()) -> list[Rule]:
        """Every relation in numbers; `all_names` are the labels of the space, over which a total counts."""
        rules = [_counted(str(group), group.labels, group.hold) for group in self.groups]
        rules += [Rule(f"{a} implies {b}", {a: 1, b: -1}, -float("inf"), 0) for a, b in self.implies]
        rules += [Rule(f"{a} excludes {b}", {a: 1, b: 1}, -float("inf"), 1) for a, b in self.excludes]
        if self.total is not None and all_names:
            rules.append(_counted(f"{self.total} labels in all", all_names, self.total))
        return rules

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe; parts that are empty are left out."""
        implied: dict[str, list[str]] = {}
        for label, other in self.implies:
            implied.setdefault(label, []).append(other)
        groups = [{"name": g.name, "labels": list(g.labels), "hold": str(g.hold)} for g in self.groups]
        values = {"groups": groups, "implies": implied, "excludes": [list(pair) for pair in self.excludes]}
        total = {"total": str(self.total)} if self.total is not None else {}
        return {key: value for key, value in values.items() if value} | total

    @classmethod
    def from_dict(cls, values: object, where: str = "relations") -> Self:
        """The inverse of `to_dict`; groups may also be a mapping name -> {labels, hold}, implies label -> label.

        Raises:
            LabelError: a part is unknown, of the wrong form, or impossible.
        """
        parts = _mapping(values, where)
        unknown = sorted(set(parts) - {"groups", "implies", "excludes", "total"}, key=str)
        if unknown:
            raise LabelError(f"{where}: unknown part {unknown[0]!r}; known are groups, implies, excludes, total")
        total = parts.get("total")
        return cls(
            tuple(_groups(parts.get("groups") or [], f"{where}: groups")),
            tuple(_implications(parts.get("implies") or {}, f"{where}: implies")),
            tuple(_pairs(parts.get("excludes") or [], f"{where}: excludes")),
            None if total is None else Count.parse(total, f"{where}: total"),
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a YAML or JSON file that holds the parts, alone or under the key `relations`."""
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            reason = one_line(error)
            raise LabelError(f"{path}: cannot read relations: {reason}") from error
        inner = values.get("relations", values) if isinstance(values, Mapping) else values
        return cls.from_dict(inner, str(path))


def _counted(text: str, labels: Sequence[str], hold: Count) -> Rule:
    return Rule(text, dict.fromkeys(labels, 1), hold.least, float("inf") if hold.most is None else hold.most)


def _mapping(values: object, where: str) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise LabelError(f"{where}: expected a mapping, got {_short(values)}")
    return values


def _names(values: object, where: str) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or not all(isinstance(name, str) for name in values):
        raise LabelError(f"{where}: expected a list of label names, got {_short(values)}")
    return tuple(values)


def _groups(values: object, where: str) -> list[Group]:
    if isinstance(values, Mapping):
        values = [{"name": name, **_mapping(group, f"{where}: {name}")} for name, group in values.items()]
    if not isinstance(values, list | tuple):
        raise LabelError(f"{where}: expected a list or a mapping of groups, got {_short(values)}")
    groups = []
    for position, value in enumerate(values):
        group = _mapping(value, f"{where}: group {position + 1}")
        name = str(group.get("name") or "")
        place = f"{where}: {name or f'group {position + 1}'}"
        if set(group) - {"name"} != {"labels", "hold"}:
            raise LabelError(f"{place}: expected labels and hold, got {', '.join(map(str, group)) or 'nothing'}")
        labels, hold = _names(group["labels"], place), Count.parse(group["hold"], place)
        try:
            groups.append(Group(labels, hold, name))
        except LabelError as error:
            raise LabelError(f"{where}: {error}") from error
    return groups


def _implications(values: object, where: str) -> list[tuple[str, str]]:
    pairs = []
    for label, others in _mapping(values, where).items():
        listed = [others] if isinstance(others, str) else others
        pairs += [(str(label), other) for other in _names(listed, f"{where}: {label}")]
    return pairs


def _pairs(values: object, where: str) -> list[tuple[str, str]]:
    if not isinstance(values, list | tuple):
        raise LabelError(f"{where}: expected a list of pairs, got {_short(values)}")
    pairs = []
    for value in values:
        names = _names(value, where)
        if len(names) != 2 or names[0] == names[1]:
            raise LabelError(
                f"{where}: expected two labels, got {_short(value)}; for more use a group with 'at most 1'"
            )
        pairs.append((names[0], names[1]))
    return pairs


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
