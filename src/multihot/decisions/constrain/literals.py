"""Rules as counts of literals, and fewer rules that say the same.

A literal is a label or its negation. `dog implies animal` is "at most 1 of dog and not animal"; so implications,
exclusions and exclusive groups are all of one kind, sets of literals of which at most 1 holds, and those that overlap
can often be merged: cats and dogs are animals, and no cat is a dog, is "at most 1 of cat, dog and not animal".
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from scipy import sparse

from multihot.labels import Rules


class Literal(NamedTuple):
    """A label (sign 1) or its negation (sign -1)."""

    column: int
    sign: int

    def negated(self) -> "Literal":
        """The other of the two."""
        return Literal(self.column, -self.sign)


class Counted(NamedTuple):
    """Between `least` and `most` of the literals hold; 0 <= least, most <= their number."""

    literals: tuple[Literal, ...]
    least: int
    most: int

    @property
    def exclusive(self) -> bool:
        """Whether all it says is that at most one holds."""
        return self.least == 0 and self.most == 1


def counted(rules: Rules) -> list[Counted]:
    """Every rule as a count of literals."""
    weights = sparse.csr_array(rules.weights)
    found = []
    for rule in range(len(rules)):
        stretch = slice(*weights.indptr[rule : rule + 2])
        pairs = zip(weights.indices[stretch].tolist(), weights.data[stretch].tolist(), strict=True)
        literals = tuple(Literal(column, int(weight)) for column, weight in pairs)
        negations = sum(literal.sign < 0 for literal in literals)
        least, most = rules.least[rule] + negations, rules.most[rule] + negations
        found.append(Counted(literals, int(max(least, 0)), int(min(most, len(literals)))))
    return found


def merged(rules: list[Counted]) -> list[Counted]:
    """Fewer rules that the same label sets keep."""
    exclusive = [rule for rule in rules if rule.most == 1]
    kept: list[Counted] = [rule for rule in rules if not rule.exclusive]
    cliques: list[set[Literal]] = []
    conflicts = _Conflicts(exclusive)
    for rule in sorted((rule for rule in exclusive if rule.exclusive), key=lambda rule: -len(rule.literals)):
        if not any(clique.issuperset(rule.literals) for clique in cliques):
            cliques.append(conflicts.extended(rule.literals))
    for clique in list(cliques):
        others = [Counted(tuple(other), 0, 1) for other in cliques if other is not clique]
        if len(clique) == 2 and _follows(clique, [*others, *kept]):
            cliques.remove(clique)
    return kept + [Counted(tuple(sorted(clique)), 0, 1) for clique in cliques]


class _Conflicts:
    """Which literals exclude each other: those that share a rule of which at most 1 holds."""

    def __init__(self, exclusive: Iterable[Counted]) -> None:
        self.rules_of: dict[Literal, set[int]] = defaultdict(set)
        self.members: list[tuple[Literal, ...]] = []
        for position, rule in enumerate(exclusive):
            self.members.append(rule.literals)
            for literal in rule.literals:
                self.rules_of[literal].add(position)

    def of(self, literal: Literal) -> set[Literal]:
        """All that exclude it."""
        return {other for rule in self.rules_of.get(literal, ()) for other in self.members[rule]} - {literal}

    def extended(self, literals: tuple[Literal, ...]) -> set[Literal]:
        """A largest set around these of which still at most 1 can hold."""
        clique = set(literals)
        for other in sorted(self.of(literals[0]) - clique):
            if all(self.rules_of[other] & self.rules_of[member] for member in clique):
                clique.add(other)
        return clique


def _follows(pair: set[Literal], rules: list[Counted]) -> bool:
    """Whether rules already say that two literals exclude each other, by a chain of implications."""
    start, other = sorted(pair)
    conflicts = _Conflicts(rule for rule in rules if rule.most == 1)
    seen, queue = {start}, [start]
    for literal in queue:
        for implied in (conflict.negated() for conflict in conflicts.of(literal)):
            if implied == other.negated():
                return True
            if implied not in seen:
                seen.add(implied)
                queue.append(implied)
    return False
