"""ML-kNN: from how many neighbours have a label to the probability that it is present."""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize
from sklearn.utils.validation import validate_data

from multihot.errors import ArgumentError
from multihot.estimators.base import Booleans, Floats, MultiLabelEstimator, Problem
from multihot.estimators.neighbours import Neighbourhood


class MLkNN(MultiLabelEstimator):
    """The k nearest training samples, and Bayes' rule on how many of them have a label.

    Zhang and Zhou, "ML-KNN: a lazy learning approach to multi-label learning", Pattern Recognition 2007. For each
    label, with H1 and H0 that a sample has it or not, and E_j that j of its k neighbours do:

        P(H1) = (s + samples with the label) / (2 s + samples)
        P(E_j | H1) = (s + samples with the label and j such neighbours) / (s (k + 1) + samples with the label)

    P(E_j | H0) likewise, and P(H1 | E_j) by Bayes' rule. A label is decided where P(H1 | E_j) >= P(H0 | E_j), so
    also where they are equal. The neighbours of a training sample are *other* samples: it is not its own neighbour,
    though another sample with the same features is. Neighbours at equal distances are taken in the samples' order.

    A label is learned from the samples in which it is known, as if there were no others: they are its k nearest.

    Args:
        k: how many neighbours.
        s: smoothing; 1 is Laplace's.
        metric: "euclidean", or "cosine" for texts and other counts.

    Attributes:
        prior_: (K,) P(H1) of the labels `learned_`.
        conditional_: (2, K, k + 1) P(E_j | H0) and P(E_j | H1).

    >>> X = np.array([[0.0], [0.1], [0.2], [1.0], [1.1], [1.2]])
    >>> y = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]])
    >>> MLkNN(k=2).fit(X, y).predict([[0.15], [1.05]])
    array([[1, 0],
           [0, 1]])
    """

    def __init__(self, k: int = 10, *, s: float = 1.0, metric: Literal["euclidean", "cosine"] = "euclidean") -> None:
        self.k = k
        self.s = s
        self.metric = metric

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from N samples.

        Args:
            X: (N, D), dense or sparse, finite.
            y: (N, L) array of 1 present, 0 absent, NaN unknown; the same sparse (stored NaN is unknown, what is not
                stored absent); `multihot.Targets`; or N collections of label names.

        Raises:
            ArgumentError: y has another form, lengths differ, or a parameter is out of range.
        """
        return self._read_and_learn(X, y)

    def _inputs(self, X: Any, *, fitting: bool) -> Any:
        inputs = validate_data(self, X, reset=fitting, accept_sparse="csr", dtype=np.float64)
        return normalize(inputs) if self.metric == "cosine" else inputs

    def _fit(self, problem: Problem) -> list[str]:
        if self.k < 1 or self.s <= 0 or self.metric not in ("euclidean", "cosine"):
            raise ArgumentError(
                f"k must be at least 1, s above 0 and metric euclidean or cosine, got {self.k}, {self.s}, {self.metric}"
            )
        self._neighbourhood = Neighbourhood.of(problem.inputs, problem.targets, self.k)
        counts = self._neighbourhood.counts_among_others()
        states = problem.targets.dense()
        tables = np.stack([self._frequencies(counts, states == state) for state in (0, 1)])
        totals = tables.sum(axis=2)
        self.prior_ = (self.s + totals[1]) / (2 * self.s + totals.sum(axis=0))
        self.conditional_ = (self.s + tables) / (self.s * (self.k + 1) + totals[:, :, None])
        return self._few_notes(problem)

    def _frequencies(self, counts: NDArray[np.intp], chosen: Booleans) -> Floats:
        """(K, k + 1) how many of the chosen cells (N, K) have each count."""
        labels, width = counts.shape[1], self.k + 1
        cells = (np.arange(labels) * width + counts)[chosen]
        return np.bincount(cells, minlength=labels * width).reshape(labels, width).astype(np.float64)

    def _few_notes(self, problem: Problem) -> list[str]:
        least = int(problem.targets.known().min())
        few = least <= self.k
        return [f"k is {self.k}, and a label is known in {least} samples only: all of them are its neighbours"] * few

    def _probabilities(self, inputs: Any) -> Floats:
        present, absent = self._joint(inputs)
        return np.asarray(present / (present + absent))

    def _decided(self, inputs: Any) -> Booleans:
        present, absent = self._joint(inputs)
        return np.asarray(present >= absent)

    def _joint(self, inputs: Any) -> tuple[Floats, Floats]:
        """(Q, K) the probability of what was seen together with the label present, and with it absent."""
        counts = self._neighbourhood.counts(inputs)
        labels = np.arange(counts.shape[1])
        absent, present = self.conditional_[:, labels, counts]
        return self.prior_ * present, (1 - self.prior_) * absent

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
