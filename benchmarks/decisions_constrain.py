"""How fast are label sets made to keep their relations, and are they the best ones?

100,000 samples x 100 labels with five groups and a tree of implications: every sample is decided, from probabilities to
sets, in under 2 s. Next to it in the same run: one integer programme a sample (HiGHS through scipy) for some of them,
whose sums of weights must be equal; and 1,000 samples with relations that no closed form covers.

    .venv/bin/python benchmarks/decisions_constrain.py
"""

import time

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from multihot import decisions
from multihot.decisions import DecisionSettings
from multihot.decisions.constrain import Plan
from multihot.labels import Count, Group, LabelSpace, Relations

SAMPLES, LABELS = 100_000, 100
LIMIT_S = 2.0
NAMES = tuple(f"label {j}" for j in range(LABELS))


def groups_and_tree() -> LabelSpace:
    """Five groups of ten labels, three of them exclusive, and a tree over the other fifty."""
    counts = [Count(1, 1)] * 3 + [Count(1, 3)] * 2
    groups = tuple(Group(NAMES[10 * at : 10 * at + 10], count) for at, count in enumerate(counts))
    implies = tuple((NAMES[50 + at], NAMES[50 + (at - 1) // 3]) for at in range(1, 50))
    return LabelSpace(NAMES, Relations(groups, implies))


def lattice() -> LabelSpace:
    """Labels that each imply up to two others, and a group across them."""
    names = NAMES[:30]
    pairs = {(names[at], names[other]) for at in range(1, 30) for other in ((at - 1) // 3, (at - 1) // 2)}
    return LabelSpace(names, Relations((Group(names[20:], Count(1, 2)),), tuple(sorted(pairs))))


def scored(samples: int, labels: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    generator = np.random.default_rng(0)
    targets = (generator.random((samples, labels)) < 0.1).astype(np.float64)
    return generator.normal(4 * targets - 3, 2).astype(np.float32), targets


def programme(space: LabelSpace, weights: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(L, N) one integer programme a sample."""
    rules = LinearConstraint(space.rules.weights, space.rules.least, space.rules.most)
    whole = np.ones(len(space), np.int64)
    found = [
        milp(-own, integrality=whole, bounds=Bounds(0, 1), constraints=rules, options={"mip_rel_gap": 0})
        for own in weights.T
    ]
    return np.array([np.asarray(one.x) > 0.5 for one in found]).T


def show_closed_form() -> None:
    space = groups_and_tree()
    logits, targets = scored(SAMPLES, LABELS)
    decision = decisions.fit(logits[:2000], targets[:2000], DecisionSettings(), space)
    probabilities = decision.probabilities(logits)
    free = probabilities >= decision.thresholds
    broken = space.rules.violated(free).any(axis=1)
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        decided = decision.decide(probabilities)
        taken.append(time.perf_counter() - started)
    print(f"{SAMPLES:,} x {LABELS}, groups and a tree; {broken.mean():.1%} of free sets break a relation")
    print(f"  decide: {min(taken):.2f} s, limit {LIMIT_S:.0f} s; broken: {violations(space, decided)}")
    few = np.random.default_rng(1).normal(size=(LABELS, 200)) * 3
    started = time.perf_counter()
    best = programme(space, few)
    peer = (time.perf_counter() - started) / few.shape[1]
    gap = np.abs((Plan.of(space.rules).decide(few) * few).sum(axis=0) - (best * few).sum(axis=0)).max()
    ratio = peer * SAMPLES / min(taken)
    print(f"  HiGHS: {peer * 1e3:.1f} ms a sample, {ratio:,.0f} times as long; largest difference of sums {gap:.1e}")


def show_programme() -> None:
    space = lattice()
    weights = np.random.default_rng(0).normal(size=(len(space), 1000)) * 3
    plan = Plan.of(space.rules)
    started = time.perf_counter()
    decided = plan.decide(weights)
    mine = (time.perf_counter() - started) / weights.shape[1]
    started = time.perf_counter()
    best = programme(space, weights[:, :200])
    peer = (time.perf_counter() - started) / 200
    gap = np.abs((decided[:, :200] * weights[:, :200]).sum(axis=0) - (best * weights[:, :200]).sum(axis=0)).max()
    print(f"1,000 x {len(space)}, labels that imply two others, and a group: no closed form")
    print(f"  decide: {mine * 1e3:.2f} ms a sample; broken: {violations(space, decided.T)}")
    print(
        f"  HiGHS: {peer * 1e3:.2f} ms a sample, {peer / mine:.1f} times as long; largest difference of sums {gap:.1e}"
    )


def violations(space: LabelSpace, decided: NDArray[np.bool_]) -> int:
    return int(space.rules.violated(decided).any(axis=1).sum())


if __name__ == "__main__":
    show_closed_form()
    show_programme()
