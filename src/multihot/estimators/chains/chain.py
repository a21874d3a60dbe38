"""Classifier chains: each label's classifier sees the labels before it."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from multihot.errors import ArgumentError
from multihot.estimators.base import Booleans, Floats, Problem
from multihot.estimators.binary import (
    MetaEstimator,
    fit_label,
    one_thread_each,
    probability_of_presence,
    require_weights_taken,
    seeded,
)
from multihot.estimators.chains.inference import Found, beam, beside, greedy, monte_carlo

Inference = Literal["greedy", "beam", "monte_carlo"]


class ClassifierChain(MetaEstimator):
    """Classifiers in a row: that of each label takes the labels before it as further inputs.

    Read, Pfahringer, Holmes and Frank, "Classifier chains for multi-label classification", Machine Learning 2011.
    With all cells known, `inference="greedy"` is scikit-learn's `ClassifierChain`.

    A classifier is fitted on the samples in which its own label is known. Where a label before it is unknown, its
    input is the probability that the classifier of that label gives (its decision, if it gives no probabilities):
    the sample was not among those that this classifier was fitted on, so the probability is not too sure of itself.

    Args:
        estimator: any scikit-learn classifier of two classes; for beam and Monte Carlo it must give probabilities.
        order: the columns of the labels in the order of the chain, "random", or None for their own order.
        inference: how label sets are found. "greedy" decides one label after the other. "beam" keeps the `width`
            most probable beginnings of a set (Kumar, Vembu, Menon and Elkan 2013), all with `width` 2^L, which is
            exact (Dembczynski, Cheng and Hüllermeier 2010). "monte_carlo" draws `draws` sets (Dembczynski,
            Waegeman and Hüllermeier 2012; Read, Martino and Luengo 2014). These two decide the most probable label
            set, for exact match; their probabilities are those of each label, whose sets `> 0.5` are for Hamming loss.
        width: of the beam.
        draws: of Monte Carlo, for each sample.
        random_state: of a random order, of the draws, and of the base classifiers where they name none.

    Attributes:
        order_: (K,) the columns of the labels that vary, in the order of the chain.
        estimators_: K fitted clones in that order.

    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[0, 1], [0, 1], [1, 0], [1, 0]])
    >>> ClassifierChain(LogisticRegression(), inference="beam").fit(X, y).predict([[0.0], [3.0]])
    array([[0, 1],
           [1, 0]])
    """

    def __init__(
        self,
        estimator: Any,
        *,
        order: ArrayLike | Literal["random"] | None = None,
        inference: Inference = "greedy",
        width: int = 10,
        draws: int = 100,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.order = order
        self.inference = inference
        self.width = width
        self.draws = draws
        self.random_state = random_state

    def _inputs(self, X: Any, *, fitting: bool) -> Any:
        """(N, D) numbers: labels become further columns of them."""
        return validate_data(self, X, reset=fitting, accept_sparse="csr", ensure_all_finite=False)

    def _fit(self, problem: Problem) -> list[str]:
        require_settings(self)
        require_weights_taken(self.estimator, problem.weights)
        generator = check_random_state(self.random_state)
        self.order_ = _order(self.order, self.learned_, len(self.classes_), generator)
        self._seed = int(generator.randint(np.iinfo(np.int32).max))
        places = np.searchsorted(self.learned_, self.order_)
        with one_thread_each():
            self.estimators_ = fit_chain(seeded(self.estimator, self.random_state, generator), problem, places)
        return []

    def _decided(self, inputs: Any) -> Booleans:
        return self._infer(inputs).sets

    def _probabilities(self, inputs: Any) -> Floats:
        return self._infer(inputs).probabilities

    def _infer(self, inputs: Any) -> Found:
        """Sets and probabilities, in the order of `learned_`."""
        with one_thread_each():
            if self.inference == "beam":
                found = beam(self.estimators_, inputs, self.width)
            elif self.inference == "monte_carlo":
                found = monte_carlo(self.estimators_, inputs, self.draws, np.random.default_rng(self._seed))
            else:
                found = greedy(self.estimators_, inputs)
        back = np.argsort(self.order_)
        return Found(found.sets[:, back], found.probabilities[:, back])


def require_settings(chain: Any) -> None:
    """Raise an `ArgumentError` where a chain, or an ensemble of chains, cannot do what it is asked."""
    if chain.inference not in ("greedy", "beam", "monte_carlo"):
        raise ArgumentError(f"inference must be greedy, beam or monte_carlo, got {chain.inference!r}")
    if chain.width < 1 or chain.draws < 1:
        raise ArgumentError(f"width and draws must be at least 1, got {chain.width} and {chain.draws}")
    if chain.inference != "greedy" and not hasattr(chain.estimator, "predict_proba"):
        name = type(chain.estimator).__name__
        raise ArgumentError(f"inference {chain.inference!r} needs probabilities, and {name} has no predict_proba")


def fit_chain(estimator: Any, problem: Problem, places: NDArray[np.intp]) -> list[Any]:
    """K fitted clones, in the order of the chain, which is given by places among the labels that vary."""
    states = problem.targets.dense()[:, places].astype(np.float64)
    joined = beside(problem.inputs, states) if not np.isnan(states).any() else None
    width, fitted = problem.inputs.shape[1], list[Any]()
    for at, place in enumerate(places):
        inputs = joined[:, : width + at] if joined is not None else beside(problem.inputs, states[:, :at])
        known = ~np.isnan(states[:, at])
        whole = np.where(known, states[:, at], 0).astype(np.int64)
        fitted.append(fit_label(estimator, inputs, whole, known, problem.weights, problem.names[place]))
        if not known.all():
            states[~known, at] = _expected(fitted[-1], inputs[~known])
    return fitted


def _expected(classifier: Any, inputs: Any) -> Floats:
    """(N,) the probability of presence, or the decision where there is no probability."""
    if hasattr(classifier, "predict_proba"):
        return probability_of_presence(classifier, inputs)
    return np.asarray(classifier.predict(inputs) == 1, np.float64)


def _order(order: Any, learned: NDArray[np.intp], count: int, generator: np.random.RandomState) -> NDArray[np.intp]:
    """(K,) the columns of the labels that vary, in the order that is asked for."""
    if order is None:
        return learned
    columns = generator.permutation(count) if isinstance(order, str) and order == "random" else np.asarray(order)
    if sorted(columns.tolist()) != list(range(count)):
        raise ArgumentError(f"order must hold each of the columns 0 to {count - 1} once, or be 'random': got {order!r}")
    return np.asarray(columns[np.isin(columns, learned)], np.intp)
