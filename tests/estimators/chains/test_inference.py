"""Beam and Monte-Carlo inference against all label sets, one by one."""

from itertools import product

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from multihot.estimators import ClassifierChain
from multihot.estimators.chains import inference


def fitted_chain(labels: int = 4) -> tuple[ClassifierChain, np.ndarray]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(200, 3))
    y = np.zeros((200, labels))
    for label in range(labels):  # each label depends on the one before it
        before = y[:, label - 1] if label else 0
        y[:, label] = X[:, label % 3] + 1.5 * before + generator.normal(size=200) > 0.7
    return ClassifierChain(LogisticRegression(), order=np.roll(np.arange(labels), 1)).fit(X, y), X[:25]


def joint(chain: ClassifierChain, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(2^L, L) all label sets, and (N, 2^L) their probabilities, from the product of the chain's factors."""
    sets = np.array(list(product([0, 1], repeat=len(chain.order_))))
    probabilities = np.ones((len(X), len(sets)))
    for place, classifier in enumerate(chain.estimators_):
        for at, states in enumerate(sets[:, chain.order_]):
            inputs = np.hstack([X, np.tile(states[:place], (len(X), 1))])
            probabilities[:, at] *= classifier.predict_proba(inputs)[:, states[place]]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    return sets, probabilities


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_a_full_beam_is_exact(form: type) -> None:
    chain, X = fitted_chain()
    sets, probabilities = joint(chain, X)
    exact = chain.set_params(inference="beam", width=16)
    np.testing.assert_array_equal(exact.predict(form(X)), sets[probabilities.argmax(axis=1)])
    np.testing.assert_allclose(exact.predict_proba(form(X)), probabilities @ sets, rtol=1e-9)


def test_a_wider_beam_finds_no_less_probable_set() -> None:
    chain, X = fitted_chain(6)
    sets, probabilities = joint(chain, X)
    found = []
    for width in (1, 2, 4, 64):
        decided = chain.set_params(inference="beam", width=width).predict(X)
        at = (decided[:, None] == sets).all(axis=2).argmax(axis=1)
        found.append(probabilities[np.arange(len(X)), at])
    assert (np.diff([values.mean() for values in found]) >= 0).all()
    np.testing.assert_allclose(found[-1], probabilities.max(axis=1))


def test_a_beam_of_one_is_greedy() -> None:
    chain, X = fitted_chain()
    expected, probabilities = chain.predict(X), chain.predict_proba(X)
    narrow = chain.set_params(inference="beam", width=1)
    np.testing.assert_array_equal(narrow.predict(X), expected)
    np.testing.assert_allclose(narrow.predict_proba(X), probabilities)


def test_many_draws_give_the_true_probabilities_and_the_most_probable_set() -> None:
    chain, X = fitted_chain()
    sets, probabilities = joint(chain, X)
    drawn = chain.set_params(inference="monte_carlo", draws=20_000)
    np.testing.assert_allclose(drawn.predict_proba(X), probabilities @ sets, atol=0.01)
    np.testing.assert_array_equal(drawn.predict(X), sets[probabilities.argmax(axis=1)])


def test_draws_follow_their_distribution() -> None:
    """One draw of each of many equal samples: the sets come as often as they are probable."""
    chain, X = fitted_chain()
    sets, probabilities = joint(chain, X[:1])
    found = inference.monte_carlo(chain.estimators_, np.repeat(X[:1], 5000, axis=0), 1, np.random.default_rng(0))
    drawn = found.sets[:, np.argsort(chain.order_)]
    often = (drawn[:, None] == sets).all(axis=2).mean(axis=0)
    np.testing.assert_allclose(often, probabilities[0], atol=0.025)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, X = fitted_chain()
    chain.set_params(inference="beam")
    expected = chain.predict_proba(X)
    monkeypatch.setattr(inference, "BLOCK_CELLS", 20)
    np.testing.assert_allclose(chain.predict_proba(X), expected)
