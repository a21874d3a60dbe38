"""Constrained sets: equal to brute force over all sets, in numpy and in torch."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from multihot.decisions.constrain.nested import Nested
from multihot.decisions.constrain.plan import Plan
from multihot.decisions.constrain.program import Program
from multihot.decisions.constrain.tree import Tree
from multihot.errors import LabelError
from multihot.labels import Count, Group, LabelSpace, Relations

SAMPLES = 12


def best_sums(weights: np.ndarray, space: LabelSpace) -> np.ndarray:
    """(N,) the highest sum of (L, N) weights over all label sets that keep the rules."""
    sets = np.array(list(itertools.product([0.0, 1.0], repeat=len(space))))
    legal = sets[~space.rules.violated(sets).any(axis=1)]
    return (legal @ weights).max(axis=0)


def check(space: LabelSpace, seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(len(space), SAMPLES)) * 3
    plan = Plan.of(space.rules)
    decided = plan.decide(weights)
    assert not space.rules.violated(decided.T).any()
    np.testing.assert_allclose((decided * weights).sum(axis=0), best_sums(weights, space), atol=1e-9)
    if plan.closed_form:
        np.testing.assert_array_equal(plan.decide_all(weights), decided)
        np.testing.assert_array_equal(plan.decide_all(torch.from_numpy(weights)).numpy(), decided)


@st.composite
def spaces(draw: st.DrawFn, most_labels: int = 9) -> LabelSpace:
    names = [f"l{i}" for i in range(draw(st.integers(2, most_labels)))]
    pair = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True).map(tuple)
    groups = []
    for _ in range(draw(st.integers(0, 3))):
        members = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        least = draw(st.integers(0, len(members)))
        groups.append(Group(tuple(members), Count(least, draw(st.integers(least, len(members))))))
    total = draw(st.none() | st.integers(0, len(names)))
    try:
        declared = Relations(
            tuple(groups),
            tuple(draw(st.lists(pair, max_size=4, unique=True))),
            tuple(draw(st.lists(pair, max_size=2, unique=True))),
            None if total is None else Count(total, draw(st.none() | st.integers(total, len(names)))),
        )
        return LabelSpace(tuple(names), declared)
    except LabelError:
        return LabelSpace(tuple(names))


@given(spaces(), st.integers(0, 2**16))
@settings(max_examples=60, deadline=None)
def test_equals_brute_force(space: LabelSpace, seed: int) -> None:
    check(space, seed)


@st.composite
def forests(draw: st.DrawFn) -> LabelSpace:
    """Groups and implications that form a forest: each relation ties in labels that none before has tied."""
    names = [f"l{i}" for i in range(draw(st.integers(2, 14)))]
    fresh = draw(st.permutations(names))
    tied = [fresh.pop()]
    groups, implies, excludes = [], [], []
    while fresh:
        old = draw(st.sampled_from(tied))
        new = [fresh.pop() for _ in range(draw(st.integers(1, min(4, len(fresh)))))]
        kind = draw(st.sampled_from(["group", "up", "down", "excludes", "apart"]))
        if kind == "group":
            most = draw(st.integers(1, len(new) + 1))
            groups.append(Group((old, *new), Count(draw(st.integers(0, most)), most)))
        elif kind == "excludes":
            excludes += [(old, label) for label in new]
        elif kind != "apart":
            implies += [(label, old) if kind == "up" else (old, label) for label in new]
        tied += new
    try:
        return LabelSpace(tuple(names), Relations(tuple(groups), tuple(implies), tuple(excludes)))
    except LabelError:
        return LabelSpace(tuple(names))


@given(forests(), st.integers(0, 2**16))
@settings(max_examples=100, deadline=None)
def test_forests_have_a_closed_form(space: LabelSpace, seed: int) -> None:
    assert all(isinstance(part.solver, Tree) for part in Plan.of(space.rules).parts)
    check(space, seed)


@given(st.data(), st.integers(0, 2**16))
@settings(max_examples=60, deadline=None)
def test_groups_under_a_total_have_a_closed_form(data: st.DataObject, seed: int) -> None:
    names = tuple(f"l{i}" for i in range(data.draw(st.integers(3, 12))))
    cut = data.draw(st.integers(1, len(names) - 1))
    groups = []
    for members in (names[:cut], names[cut:], names[: max(1, cut // 2)]):
        least = data.draw(st.integers(0, 1))
        groups.append(Group(members, Count(least, data.draw(st.integers(max(least, 1), len(members))))))
    total = Count(data.draw(st.integers(0, 2)), data.draw(st.integers(2, len(names))))
    try:
        space = LabelSpace(names, Relations(tuple(groups), total=total))
    except LabelError:
        return
    assert all(isinstance(part.solver, Nested) for part in Plan.of(space.rules).parts)
    check(space, seed)


TAXONOMIES = {
    "exclusive kinds": {
        "groups": [{"labels": ["b", "c", "d"], "hold": "at most 1"}, {"labels": ["e", "f"], "hold": "at most 1"}],
        "implies": {"b": "a", "c": "a", "d": "a", "e": "b", "f": "b"},
    },
    "excluded in pairs": {
        "excludes": [["b", "c"], ["c", "d"], ["b", "d"]],
        "implies": {"b": "a", "c": "a", "d": "a", "e": "d", "f": "e"},
    },
    "what follows is said again": {
        "implies": {"d": ["c", "b", "a"], "c": ["b", "a"], "b": "a", "e": ["f", "a"], "f": "a"}
    },
    "a pair inside a group": {
        "groups": [{"labels": ["a", "b", "c"], "hold": "at most 1"}],
        "excludes": [["a", "b"]],
        "implies": {"d": "a", "e": "f"},
    },
}


@pytest.mark.parametrize("declared", TAXONOMIES.values(), ids=TAXONOMIES.keys())
def test_taxonomies_have_a_closed_form(declared: dict) -> None:
    space = LabelSpace(tuple("abcdef"), Relations.from_dict(declared))
    assert all(isinstance(part.solver, Tree) for part in Plan.of(space.rules).parts)
    for seed in range(10):
        check(space, seed)


@pytest.mark.parametrize("size", [3, 70])
def test_ranking_breaks_ties_in_label_order(size: int) -> None:
    names = tuple(f"l{i}" for i in range(size))
    space = LabelSpace(names, Relations((Group(names, Count(2, 2)),)))
    plan = Plan.of(space.rules)
    expected = np.zeros((size, 2), bool)
    expected[:2] = True
    np.testing.assert_array_equal(plan.decide(np.full((size, 2), -1.0)), expected)
    np.testing.assert_array_equal(plan.decide_all(torch.full((size, 2), -1.0)).numpy(), expected)


def test_a_free_answer_that_keeps_the_relations_stands() -> None:
    names = ("a", "b", "c", "d")
    implies = (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"))
    space = LabelSpace(names, Relations(implies=implies))
    (part,) = Plan.of(space.rules).parts
    assert isinstance(part.solver, Program)
    weights = np.array([[-1.0, 2.0], [-1.0, -1.0], [1.0, -1.5], [0.0, -1.0]])
    np.testing.assert_array_equal(part.decide(weights).T, [[False, False, True, True], [False] * 4])


def test_no_samples_and_no_relations() -> None:
    names = ("a", "b")
    assert Plan.of(LabelSpace(names).rules).decide(np.zeros((2, 3))).all()
    space = LabelSpace(names, Relations(excludes=(("a", "b"),)))
    assert Plan.of(space.rules).decide(np.zeros((2, 0))).shape == (2, 0)
