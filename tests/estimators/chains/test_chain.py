"""Classifier chains are scikit-learn's where all is known, and honest where it is not."""

from typing import Any

import numpy as np
import pytest
from sklearn import multioutput
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from multihot.errors import ArgumentError
from multihot.estimators import ClassifierChain, EnsembleOfClassifierChains


def sampled(count: int = 80) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(2)
    X = generator.normal(size=(count, 4))
    first = X[:, 0] > 0
    y = np.column_stack([first, first ^ (X[:, 1] > 1), X[:, 2] > 0.5])
    return X, y.astype(float)


@pytest.mark.parametrize("base", [LogisticRegression(), LinearSVC(random_state=0)])
@pytest.mark.parametrize("order", [None, [2, 0, 1]])
def test_with_all_known_it_is_scikit_learn_s(base: Any, order: list[int] | None) -> None:
    X, y = sampled()
    ours, theirs = (
        made(base, order=order).fit(X, y.astype(int)) for made in (ClassifierChain, multioutput.ClassifierChain)
    )
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    if hasattr(base, "predict_proba"):
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
    assert hasattr(ours, "predict_proba") == hasattr(base, "predict_proba")


class Recording(LogisticRegression):
    """Keeps what it was fitted on."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Recording":
        self.seen_ = (X.copy(), y.copy())
        return super().fit(X, y)


def test_an_unknown_input_is_the_earlier_classifier_s_probability() -> None:
    X, y = sampled()
    y[:20, 0] = np.nan
    y[15:40, 1] = np.nan
    first, second, third = ClassifierChain(Recording()).fit(X, y).estimators_
    np.testing.assert_array_equal(first.seen_[0], X[20:])
    inputs, states = second.seen_
    rows = np.r_[0:15, 40:80]
    np.testing.assert_array_equal(states, y[rows, 1])
    np.testing.assert_allclose(inputs[:15, 4], first.predict_proba(X[:15])[:, 1])
    np.testing.assert_array_equal(inputs[15:, 4], y[40:, 0])
    inputs, states = third.seen_
    assert len(states) == 80
    np.testing.assert_allclose(inputs[:20, 4], first.predict_proba(X[:20])[:, 1])
    of_second = second.predict_proba(inputs[15:40, :5])[:, 1]
    np.testing.assert_allclose(inputs[15:40, 5], of_second)


def test_without_probabilities_an_unknown_input_is_the_earlier_decision() -> None:
    X, y = sampled()
    y[:20, 0] = np.nan
    fitted = ClassifierChain(LinearSVC(random_state=0)).fit(X, y)
    inputs = np.column_stack([X, y[:, 0]])
    inputs[:20, 4] = fitted.estimators_[0].predict(X[:20])
    expected = LinearSVC(random_state=0).fit(inputs, y[:, 1].astype(int))
    np.testing.assert_allclose(fitted.estimators_[1].coef_, expected.coef_)


def test_a_chain_uses_what_it_decided() -> None:
    """The second label is the first, and neither has to do with the input."""
    y = np.random.default_rng(1).integers(0, 2, (400, 1)).repeat(2, axis=1)
    noise = np.random.default_rng(0).normal(size=(400, 1))
    chain = ClassifierChain(LogisticRegression(C=100)).fit(noise, y)
    np.testing.assert_array_equal(*chain.predict(noise).T)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (ClassifierChain(LogisticRegression(), order=[0, 1]), "each of the columns 0 to 2 once"),
        (ClassifierChain(LogisticRegression(), inference="breadth"), "greedy, beam or monte_carlo, got 'breadth'"),
        (ClassifierChain(LogisticRegression(), width=0), "at least 1, got 0 and 100"),
        (ClassifierChain(LinearSVC(), inference="beam"), "LinearSVC has no predict_proba"),
        (EnsembleOfClassifierChains(LinearSVC(), inference="monte_carlo"), "LinearSVC has no predict_proba"),
        (EnsembleOfClassifierChains(LogisticRegression(), 0), "n_chains must be at least 1, got 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(made: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        made.fit(*sampled())
