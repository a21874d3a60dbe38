"""Relations that form a forest: the best set by dynamic programming from the leaves to the roots.

Labels and rules are the two kinds of nodes; a rule is connected with its labels. Where there is no cycle, each label
needs one number from below: `gain`, the best sum of weights under it with the label in, less that without it. Covers
groups that share no labels, forests of implications, exclusions, and mixtures of these.
Shapes: N samples, M labels; arrays are (M, N), so that each label lies in one stretch of memory.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from multihot.decisions.constrain.arrays import Array, kth, namespace, ranks
from multihot.decisions.constrain.literals import Counted


class Step(NamedTuple):
    """A rule seen from the leaves: its literals below, and the one above."""

    children: tuple[int, ...]
    child_signs: tuple[int, ...]
    parent: int
    parent_sign: int
    least: int
    most: int


@dataclass(frozen=True)
class Tree:
    """A forest of rules, as steps from the leaves to the roots."""

    steps: tuple[Step, ...]

    @classmethod
    def of(cls, rules: list[Counted]) -> Self | None:
        """The forest that rules form, or None where they form a circle."""
        rules_of = defaultdict(list)
        for position, rule in enumerate(rules):
            for literal in rule.literals:
                rules_of[literal.column].append(position)
        downward: list[Step] = []
        seen_labels: set[int] = set()
        seen_rules: set[int] = set()
        for root in rules_of:
            if root in seen_labels:
                continue
            seen_labels.add(root)
            queue = [root]
            for label in queue:
                for position in rules_of[label]:
                    if position in seen_rules:
                        continue
                    seen_rules.add(position)
                    step = _step(rules[position], label)
                    if not seen_labels.isdisjoint(step.children):
                        return None
                    seen_labels.update(step.children)
                    queue.extend(step.children)
                    downward.append(step)
        return cls(tuple(reversed(downward)))

    def solve(self, weights: Array) -> Array:
        """(M, N) booleans: the set with the highest sum of (M, N) weights that keeps the rules."""
        xp = namespace(weights)
        gains = list(weights)
        places = []
        for step in self.steps:
            below = _below(step, gains)
            places.append(ranks(below))
            gains[step.parent] = gains[step.parent] + step.parent_sign * _message(step, below, places[-1])
        decided = [gain >= 0 for gain in gains]
        for step, place in zip(reversed(self.steps), reversed(places), strict=True):
            above = decided[step.parent] if step.parent_sign > 0 else ~decided[step.parent]
            # the literal above, where it holds, takes one place
            forced = (place < step.least - 1) | (~above & (place < step.least))
            allowed = (place < step.most - 1) | (~above & (place < step.most))
            for row, (child, sign) in enumerate(zip(step.children, step.child_signs, strict=True)):
                wanted = decided[child] if sign > 0 else ~decided[child]
                held = forced[row] | (allowed[row] & wanted)
                decided[child] = held if sign > 0 else ~held
        return xp.stack(decided)


def _step(rule: Counted, parent: int) -> Step:
    signs = {literal.column: literal.sign for literal in rule.literals}
    own = signs.pop(parent)
    return Step(tuple(signs), tuple(signs.values()), parent, own, rule.least, rule.most)


def _below(step: Step, gains: list[Array]) -> Array:
    xp = namespace(gains[0])
    below = [
        gains[child] if sign > 0 else -gains[child] for child, sign in zip(step.children, step.child_signs, strict=True)
    ]
    return xp.stack(below) if below else gains[0][None][:0]


def _message(step: Step, below: Array, places: Array) -> Array:
    """What the literal above gains through this rule when it holds.

    Of k literals below, in falling order s, best sums differ in two terms only: with one less to fill, s[least - 1]
    is no longer forced, and s[most - 1] no longer allowed.
    """
    size = len(below)
    if step.least > size:
        return np.inf
    if step.most == 0:
        return -np.inf
    freed = (-kth(below, places, step.least - 1)).clip(min=0) if step.least > 0 else 0.0
    lost = kth(below, places, step.most - 1).clip(min=0) if step.most <= size else 0.0
    return freed - lost
