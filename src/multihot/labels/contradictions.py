"""Relations that cannot all hold, found when they are read."""

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.errors import LabelError
from multihot.labels.rules import Rules


def require_consistent(rules: Rules, implies: Sequence[tuple[str, str]], names: Sequence[str], where: str) -> None:
    """Raise a `LabelError` with the shortest explanation where relations contradict each other.

    Contradictions are: a cycle of implications, rules that no label set keeps, and a label that can never hold.
    """
    cycle = shortest_cycle(implies)
    if cycle:
        raise LabelError(f"{where}: implications must not form a cycle: {' -> '.join(cycle)}")
    if witness(rules, np.zeros(len(names))) is None:
        raise LabelError(f"{where}: no label set keeps these together: {_conflict(rules, None)}")
    dead = never_present(rules)
    if len(dead):
        label = int(dead[0])
        raise LabelError(f"{where}: {names[label]} can never hold: {_conflict(rules, label)}")


def shortest_cycle(implies: Sequence[tuple[str, str]]) -> list[str]:
    """The labels of a shortest cycle of implications, the first again at the end; empty where there is none.

    >>> shortest_cycle([("a", "b"), ("b", "c"), ("c", "a"), ("c", "b")])
    ['b', 'c', 'b']
    """
    after: dict[str, list[str]] = {}
    for label, other in implies:
        after.setdefault(label, []).append(other)
    cycles = [cycle for label in after if (cycle := _way_back(label, after))]
    return min(cycles, key=len, default=[])


def _way_back(start: str, after: Mapping[str, Sequence[str]]) -> list[str]:
    came_from: dict[str, str] = {}
    queue = deque([start])
    while queue:
        label = queue.popleft()
        for other in after.get(label, ()):
            if other == start:
                path = [start, label]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if other not in came_from:
                came_from[other] = label
                queue.append(other)
    return []


def witness(rules: Rules, wanted: NDArray[np.float64], present: int | None = None) -> NDArray[np.bool_] | None:
    """(L,) a label set that keeps all rules and has as many wanted labels as can be; None where there is none."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # takes long to import, and most labels have no relations

    lower = np.zeros(len(wanted))
    if present is not None:
        lower[present] = 1
    constraints = [LinearConstraint(rules.weights, rules.least, rules.most)] if len(rules) else []
    # a corner of the relaxed problem is nearly always whole, and found much faster
    for whole in (0, 1):
        integrality = np.full(len(wanted), whole)
        found = milp(-wanted, integrality=integrality, bounds=Bounds(lower, 1), constraints=constraints)
        if found.x is None or np.abs(found.x - found.x.round()).max(initial=0) < 1e-6:
            break
    return None if found.x is None else np.asarray(found.x > 0.5)


def never_present(rules: Rules) -> NDArray[np.intp]:
    """The labels that are in no label set that keeps the rules (which some set does)."""
    wanted = (~_legal_alone(rules)).astype(np.float64)
    while wanted.any():
        found = witness(rules, wanted)
        if found is None or not wanted[found].any():
            break
        wanted[found] = 0
    return np.flatnonzero(wanted)


def _legal_alone(rules: Rules) -> NDArray[np.bool_]:
    """(L,) whether a label with all that it implies, and nothing else, keeps the rules it is connected with."""
    component = rules.components
    sums = sparse.coo_array(_reachable(rules) @ rules.weights.T)
    label, rule = sums.coords
    broken = np.bincount(label[sums.data > rules.most[rule]], minlength=len(component))
    met = np.bincount(label[(rules.least[rule] > 0) & (sums.data >= rules.least[rule])], minlength=len(component))
    first_label = rules.weights.indices[rules.weights.indptr[:-1]]
    needed = np.bincount(component[first_label[rules.least > 0]], minlength=len(rules) + len(component))
    return np.asarray((broken == 0) & (met == needed[component]))


def _reachable(rules: Rules) -> sparse.csr_array:
    """(L, L) each label with all that it implies, one step after another."""
    size = rules.weights.shape[1]
    implications = np.flatnonzero((rules.most == 0) & (rules.weights.sum(axis=1) == 0))
    chosen = rules.weights[implications]
    step = sparse.eye_array(size, format="csr") + chosen.maximum(0).T @ -chosen.minimum(0)
    reached = sparse.csr_array(step)
    while True:
        further = sparse.csr_array(reached @ step)
        further.data[:] = 1
        if further.nnz == reached.nnz:
            return further
        reached = further


def _conflict(rules: Rules, present: int | None) -> str:
    """Rules that cannot hold together (with one label present), none of which can be left out."""
    kept = list(range(len(rules)))
    nothing = np.zeros(rules.weights.shape[1])
    for row in range(len(rules)):
        without = [other for other in kept if other != row]
        if witness(rules.take(without), nothing, present) is None:
            kept = without
    return "; ".join(rules.texts[row] for row in kept)
