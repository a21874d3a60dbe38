"""Groups that lie apart or inside each other, such as exclusive groups under a total: the best set by ranking.

From the innermost group outwards, the highest labels that a group must have are forced, and those beyond what it may
have are barred; the sums that a group can reach are concave in its count, so no choice is ever regretted.
Shapes: N samples, M labels; arrays are (M, N).
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from multihot.decisions.constrain.arrays import Array, namespace, ranks
from multihot.decisions.constrain.literals import Counted

TIER = 1e4
"""Added to the weight of a forced label, taken from that of a barred one: more than any difference of weights."""


class Columns(NamedTuple):
    """Labels of which between `least` and `most` hold."""

    columns: tuple[int, ...]
    least: int
    most: int


@dataclass(frozen=True)
class Nested:
    """Groups, the inner before the outer."""

    groups: tuple[Columns, ...]

    @classmethod
    def of(cls, rules: list[Counted]) -> Self | None:
        """The nested groups that rules form, or None where they are no groups or overlap."""
        if any(literal.sign < 0 for rule in rules for literal in rule.literals):
            return None
        rising = sorted(rules, key=lambda rule: len(rule.literals))
        groups = [Columns(tuple(each.column for each in rule.literals), rule.least, rule.most) for rule in rising]
        outer: dict[int, int] = {}
        for position, group in enumerate(groups):
            inside = {outer[column] for column in group.columns if column in outer}
            covered = {column for inner in inside for column in groups[inner].columns}
            if not covered <= set(group.columns):
                return None
            outer.update(dict.fromkeys(group.columns, position))
        return cls(tuple(groups))

    def solve(self, weights: Array) -> Array:
        """(M, N) booleans: the set with the highest sum of (M, N) weights that keeps the groups."""
        xp = namespace(weights)
        priority = list(weights)
        for group in self.groups:
            members = xp.stack([priority[column] for column in group.columns])
            places = ranks(members)
            members = xp.where(places < group.least, members + TIER, members)
            members = xp.where(places >= group.most, members - TIER, members)
            for column, member in zip(group.columns, members, strict=True):
                priority[column] = member
        return xp.stack(priority) >= 0
