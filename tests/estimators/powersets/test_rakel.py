"""Random k-labelsets."""

from itertools import chain
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from multihot.errors import ArgumentError
from multihot.estimators import PrunedLabelPowerset, RAkEL
from multihot.estimators.powersets.rakel import labelsets, partition


def sampled(labels: int = 6) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(4)
    X = generator.normal(size=(90, 4))
    return X, (X @ generator.normal(size=(4, labels)) + generator.normal(size=(90, labels)) > 0.5).astype(int)


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 40), st.integers(0, 3))
def test_overlapping_labelsets_are_distinct_and_cover_all_labels(count: int, size: int, wanted: int, seed: int) -> None:
    size = min(size, count)
    found = labelsets(count, size, wanted, np.random.RandomState(seed))
    assert all(len(places) == len(set(places.tolist())) == size for places in found)
    assert len({tuple(places.tolist()) for places in found}) == len(found)
    assert set(chain.from_iterable(found)) == set(range(count))
    assert min(wanted, comb(count, size)) <= len(found) <= max(wanted, -(-count // size))


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 3))
def test_disjoint_labelsets_are_a_partition(count: int, size: int, seed: int) -> None:
    found = partition(count, size, np.random.RandomState(seed))
    assert sorted(chain.from_iterable(found)) == list(range(count))
    assert [len(places) for places in found[:-1]] == [size] * (len(found) - 1)


def test_of_one_labelset_of_all_labels_it_is_the_label_powerset() -> None:
    X, y = sampled(3)
    one = RAkEL(GaussianNB(), labelset_size=3).fit(X, y)
    other = PrunedLabelPowerset(GaussianNB(), prune=0).fit(X, y)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X))


def test_of_labelsets_of_one_label_it_is_one_classifier_a_label() -> None:
    X, y = sampled()
    fitted = RAkEL(GaussianNB(), labelset_size=1, overlapping=False).fit(X, y)
    expected = [GaussianNB().fit(X, column).predict_proba(X)[:, 1] for column in y.T]
    np.testing.assert_allclose(fitted.predict_proba(X), np.column_stack(expected))


def test_votes_are_averaged_over_the_labelsets_that_hold_a_label() -> None:
    X, y = sampled()
    fitted = RAkEL(DummyClassifier(), random_state=0).fit(X, y)
    assert len(fitted.labelsets_) == 12
    np.testing.assert_allclose(fitted.predict_proba(X[:1])[0], y.mean(axis=0))  # as each of them gives the share
    decisions = RAkEL(LinearSVC(), random_state=0).fit(X, y)
    holding = np.bincount(np.concatenate(decisions.labelsets_), minlength=6)
    votes = decisions.predict_proba(X) * holding
    np.testing.assert_allclose(votes, votes.round(), atol=1e-9)
    np.testing.assert_array_equal(decisions.predict(X), votes > holding / 2)


def test_labelsets_name_columns_of_y() -> None:
    X, y = sampled()
    y[:, 2] = 0
    fitted = RAkEL(GaussianNB(), labelset_size=2, overlapping=False, random_state=0).fit(X, y)
    assert sorted(chain.from_iterable(fitted.labelsets_)) == [0, 1, 3, 4, 5]


def test_the_same_seed_gives_the_same_labelsets() -> None:
    X, y = sampled()
    one, again, other = (RAkEL(GaussianNB(), random_state=seed).fit(X, y) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.labelsets_, again.labelsets_)
    assert not np.array_equal(one.labelsets_, other.labelsets_)


@pytest.mark.parametrize("settings", [{"labelset_size": 0}, {"n_labelsets": 0}])
def test_settings_below_one_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ArgumentError, match="labelset_size and n_labelsets must be at least 1"):
        RAkEL(LogisticRegression(), **settings).fit(*sampled())
