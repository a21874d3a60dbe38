"""An ensemble is the mean of its chains."""

import numpy as np
import pytest
from sklearn import multioutput
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from multihot.estimators import EnsembleOfClassifierChains


def sampled() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    X = generator.normal(size=(60, 4))
    return X, (X[:, :3] + generator.normal(size=(60, 3)) > 0.5).astype(int)


def test_without_resamples_it_is_the_mean_of_scikit_learn_s_chains() -> None:
    X, y = sampled()
    ours = EnsembleOfClassifierChains(LogisticRegression(), 4, bootstrap=False, random_state=0).fit(X, y)
    orders = [chain.order_.tolist() for chain in ours.chains_]
    assert len({tuple(order) for order in orders}) > 1
    theirs = [multioutput.ClassifierChain(LogisticRegression(), order=order).fit(X, y) for order in orders]
    expected = np.mean([chain.predict_proba(X) for chain in theirs], axis=0)
    np.testing.assert_allclose(ours.predict_proba(X), expected, atol=1e-12)
    np.testing.assert_array_equal(ours.predict(X), expected > 0.5)


def test_chains_of_a_base_without_probabilities_vote() -> None:
    X, y = sampled()
    fitted = EnsembleOfClassifierChains(LinearSVC(), 5, random_state=0).fit(X, y)
    votes = fitted.predict_proba(X) * 5
    np.testing.assert_allclose(votes, votes.round())
    np.testing.assert_array_equal(fitted.predict(X), votes > 2.5)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_the_same_seed_gives_the_same_ensemble(n_jobs: int | None) -> None:
    X, y = sampled()
    settings = {"n_chains": 3, "inference": "monte_carlo"}
    one = EnsembleOfClassifierChains(LogisticRegression(), random_state=0, **settings).fit(X, y)
    again = EnsembleOfClassifierChains(LogisticRegression(), random_state=0, n_jobs=n_jobs, **settings).fit(X, y)
    other = EnsembleOfClassifierChains(LogisticRegression(), random_state=1, **settings).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), one.predict_proba(X))
    assert not np.array_equal(other.predict_proba(X), one.predict_proba(X))


def test_a_resample_that_lacks_a_label_is_no_error() -> None:
    X, y = sampled()
    y[:, 1] = np.arange(60) == 0
    fitted = EnsembleOfClassifierChains(LogisticRegression(), 10, random_state=0).fit(X, y)
    assert {len(chain.learned_) for chain in fitted.chains_} == {2, 3}
    assert fitted.notes_ == ()
