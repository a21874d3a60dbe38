"""Binary relevance: one classifier a label."""

from typing import Any

import numpy as np
from scipy.special import logit
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from multihot.estimators.base import Booleans, Floats, Problem
from multihot.estimators.binary import MetaEstimator, fit_labels, one_thread_each, probability_of_presence


class BinaryRelevance(MetaEstimator):
    """One clone of a base classifier for each label, by itself: the baseline, and often hard to beat.

    A label is learned from the samples in which it is known. With all cells known this is scikit-learn's
    `MultiOutputClassifier`, whose `predict_proba` is one (N, L) array here.

    Args:
        estimator: any scikit-learn classifier of two classes.
        n_jobs: labels that are fitted at a time, in threads that share the inputs.

    Attributes:
        estimators_: K fitted clones, of the labels `learned_`.

    >>> from sklearn.linear_model import LogisticRegression
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> y = np.array([[0, 1], [0, np.nan], [1, 0], [1, 0]])
    >>> BinaryRelevance(LogisticRegression()).fit(X, y).predict([[0.0], [3.0]])
    array([[0, 1],
           [1, 0]])
    """

    def __init__(self, estimator: Any, *, n_jobs: int | None = None) -> None:
        self.estimator = estimator
        self.n_jobs = n_jobs

    def _fit(self, problem: Problem) -> list[str]:
        self.estimators_ = fit_labels(self.estimator, problem, self.n_jobs)
        return []

    def _decided(self, inputs: Any) -> Booleans:
        with one_thread_each():
            return np.stack([fitted.predict(inputs) == 1 for fitted in self.estimators_], axis=1)

    def _probabilities(self, inputs: Any) -> Floats:
        with one_thread_each():
            return np.stack([probability_of_presence(fitted, inputs) for fitted in self.estimators_], axis=1)

    @available_if(lambda self: hasattr(self.estimator, "decision_function"))
    def decision_function(self, X: Any) -> Floats:
        """(N, L) the base classifiers' decision functions: above 0 where a label is decided present."""
        check_is_fitted(self)
        return self._with_constants(self._inputs(X, fitting=False), self._logits, logit(self._constants))

    def _logits(self, inputs: Any) -> Floats:
        with one_thread_each():
            return np.stack([fitted.decision_function(inputs) for fitted in self.estimators_], axis=1)
