"""What holds for every split, whatever the labels, groups and shares."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multihot.data.split import PARTS, SplitSettings, split, stratify
from multihot.labels import Targets

SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.sampled_from([[0.7, 0.1, 0.2], [0.8, 0.2], [0.5, 0.3, 0.2], [0.25] * 4, [0.2] * 5])


@st.composite
def labels(draw, rows, columns, unknown=False):
    """A random (N, L) array of 0, 1 and, if asked for, NaN; labels from rare to common."""
    generator = np.random.default_rng(draw(SEEDS))
    shape = (draw(st.integers(*rows)), draw(st.integers(*columns)))
    values = (generator.random(shape) < generator.random(shape[1])).astype(float)
    if unknown:
        values[generator.random(shape) < 0.2] = np.nan
    return values


def random_blocks(count, seed):
    return np.random.default_rng(seed).integers(0, max(count // 2, 1), count)


@settings(deadline=None, max_examples=40)
@given(labels((0, 60), (0, 6), unknown=True), SHARES, SEEDS, st.booleans())
def test_every_sample_is_in_one_fold_and_no_block_in_two(values, shares, seed, grouped):
    blocks = random_blocks(len(values), seed) if grouped else None
    folds = stratify(Targets.from_dense(values), shares, seed=seed, blocks=blocks)
    assert folds.shape == (len(values),)
    assert set(folds.tolist()) <= set(range(len(shares)))
    if grouped:
        assert len(set(zip(blocks.tolist(), folds.tolist(), strict=True))) == len(set(blocks.tolist()))


@settings(deadline=None, max_examples=40)
@given(labels((60, 120), (0, 3)), SHARES, SEEDS, st.booleans())
def test_sizes_are_met_within_one_block_where_few_labels_hold_on_to_samples(values, shares, seed, grouped):
    blocks = random_blocks(len(values), seed) if grouped else np.arange(len(values))
    folds = stratify(Targets.from_dense(values), shares, seed=seed, blocks=blocks)
    sizes = np.bincount(folds, minlength=len(shares))
    assert np.abs(sizes - np.array(shares) * len(values)).max() < np.bincount(blocks).max()


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 8), st.integers(50, 200), SHARES, SEEDS)
def test_labels_that_exclude_each_other_are_met_within_two_samples(count, rows, shares, seed):
    values = np.eye(count)[np.random.default_rng(seed).integers(0, count, rows)]
    folds = stratify(Targets.from_dense(values), shares, seed=seed)
    held = np.array([values[folds == fold].sum(axis=0) for fold in range(len(shares))])
    common = values.sum(axis=0) * min(shares) >= 1
    assert np.abs(held - np.outer(shares, values.sum(axis=0)))[:, common].max(initial=0) < 2


@settings(deadline=None, max_examples=25)
@given(labels((1, 60), (1, 8)), SHARES, SEEDS, st.randoms())
def test_the_order_of_labels_does_not_matter_and_the_seed_decides(values, shares, seed, random):
    order = list(range(values.shape[1]))
    random.shuffle(order)
    folds = stratify(Targets.from_dense(values), shares, seed=seed)
    assert stratify(Targets.from_dense(values[:, order]), shares, seed=seed).tolist() == folds.tolist()


@settings(deadline=None, max_examples=25)
@given(labels((1, 60), (1, 8), unknown=True), SHARES, SEEDS)
def test_unknown_cells_pull_nowhere(values, shares, seed):
    folds = stratify(Targets.from_dense(values), shares, seed=seed)
    assert stratify(Targets.from_dense(np.nan_to_num(values)), shares, seed=seed).tolist() == folds.tolist()


@settings(deadline=None, max_examples=60)
@given(labels((1, 7), (1, 6)), st.sampled_from([[0.7, 0.1, 0.2], [0.8, 0.2], [1 / 3] * 3]), SEEDS)
def test_as_many_labels_stand_on_every_side_as_any_split_allows(values, shares, seed):
    folds = stratify(Targets.from_dense(values), shares, seed=seed)
    every = np.array(list(itertools.product(range(len(shares)), repeat=len(values))))
    assert sides_missing(values, folds[None], shares)[0] == sides_missing(values, every, shares).min()


def sides_missing(values, candidates, shares):
    """(A,) over A splits: folds without a label of K or more samples, labels of fewer that lack a side; sizes too."""
    columns = np.append(values, np.ones((len(values), 1)), axis=1)
    held = np.stack([(candidates == fold) @ columns > 0 for fold in range(len(shares))])
    total, reached = columns.sum(axis=0), held.sum(axis=0)
    one_sided = (reached < 2) | (~held[0] if len(set(shares)) > 1 else False)
    few = (total > 1) & (total < len(shares))
    return np.where(total >= len(shares), len(shares) - reached, few & one_sided).sum(axis=1)


@pytest.mark.parametrize("count", [2, 3, 4, 9])
def test_a_label_alone_on_its_samples_is_where_it_must_be(count):
    values = np.zeros((200, 20))
    for label in range(20):
        values[label * 10 : label * 10 + count, label] = 1
    parts = split(Targets.from_dense(values), SplitSettings(), seed=0)
    held = {part: values[parts.rows(part)].sum(axis=0) for part in PARTS}
    assert (held["train"] > 0).all()
    assert (held["validation"] + held["test"] > 0).all()
    if count > 2:
        assert (held["validation"] > 0).all()
        assert (held["test"] > 0).all()


@settings(deadline=None, max_examples=40)
@given(labels((3, 50), (1, 4)), SEEDS, st.booleans())
def test_declared_parts_are_kept(values, seed, grouped):
    generator = np.random.default_rng(seed)
    declared = generator.choice(np.array(["train", "test", None]), len(values)).tolist()
    declared[0] = "train"
    groups = random_blocks(len(values), seed).tolist() if grouped else None
    names = split(Targets.from_dense(values), SplitSettings(), seed=seed, declared=declared, groups=groups).names()
    kept = [(name, given) for name, given in zip(names, declared, strict=True) if given is not None]
    assert all(name == "test" for name, given in kept if given == "test")
    assert all(name != "test" for name, given in kept if given == "train" and "test" in declared)
