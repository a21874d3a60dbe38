"""RAkEL: label powersets of a few labels each."""

from math import comb
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from multihot.errors import ArgumentError
from multihot.estimators.base import Floats, Problem
from multihot.estimators.binary import MetaEstimator, one_thread_each, require_weights_taken, seeded
from multihot.estimators.powersets.completion import completed, completion_notes
from multihot.estimators.powersets.sets import SetClassifier, pruned


class RAkEL(MetaEstimator):
    """Random k-labelsets: a label powerset for each of many small sets of labels, which then vote.

    Tsoumakas, Katakis and Vlahavas, "Random k-labelsets for multilabel classification", TKDE 2011: overlapping
    (RAkELo) or disjoint (RAkELd). The votes are probabilities, averaged over the labelsets that hold a label; those
    of a base classifier that gives none are its decisions, as in the paper. The overlapping labelsets begin with a
    partition, so that every label is in one (in the paper a label may be left out by chance); all are distinct.

    Partly unknown samples are completed as by `PrunedLabelPowerset`, once for all labelsets.

    Args:
        estimator: any scikit-learn classifier of many classes.
        labelset_size: k, the labels of each labelset.
        overlapping: whether labelsets share labels; disjoint ones are a partition.
        n_labelsets: how many overlapping ones; None takes 2 for each label, as the paper does.
        n_jobs: labelsets that are fitted or asked at a time, in threads that share the inputs.
        random_state: of the labelsets, and of the base classifiers where they name none.

    Attributes:
        labelsets_: the columns of the labels of each labelset.
    """

    def __init__(
        self,
        estimator: Any,
        *,
        labelset_size: int = 3,
        overlapping: bool = True,
        n_labelsets: int | None = None,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.labelset_size = labelset_size
        self.overlapping = overlapping
        self.n_labelsets = n_labelsets
        self.n_jobs = n_jobs
        self.random_state = random_state

    @property
    def _gives_probabilities(self) -> bool:
        return True

    def _fit(self, problem: Problem) -> list[str]:
        require_weights_taken(self.estimator, problem.weights)
        generator = check_random_state(self.random_state)
        self._places = self._labelsets(len(problem.names), generator)
        self.labelsets_ = [self.learned_[places] for places in self._places]
        with one_thread_each():
            estimator = seeded(self.estimator, self.random_state, generator)
            states = completed(estimator, problem)
            self._classifiers = Parallel(n_jobs=self.n_jobs, prefer="threads")(
                delayed(SetClassifier.fit)(
                    estimator, pruned(states[:, places], prune=0, subsets=0), problem.inputs, problem.weights
                )
                for places in self._places
            )
        return completion_notes(problem.targets)

    def _labelsets(self, count: int, generator: np.random.RandomState) -> list[NDArray[np.intp]]:
        if self.labelset_size < 1 or (self.n_labelsets is not None and self.n_labelsets < 1):
            raise ArgumentError(
                f"labelset_size and n_labelsets must be at least 1, got {self.labelset_size} and {self.n_labelsets}"
            )
        if not self.overlapping:
            return partition(count, self.labelset_size, generator)
        wanted = 2 * count if self.n_labelsets is None else self.n_labelsets
        return labelsets(count, min(self.labelset_size, count), wanted, generator)

    def _probabilities(self, inputs: Any) -> Floats:
        ask = SetClassifier.probabilities if hasattr(self.estimator, "predict_proba") else SetClassifier.decided
        with one_thread_each():
            answers = Parallel(n_jobs=self.n_jobs, prefer="threads")(
                delayed(ask)(classifier, inputs) for classifier in self._classifiers
            )
        total, votes = np.zeros((len(answers[0]), len(self.learned_))), np.zeros(len(self.learned_))
        for places, answer in zip(self._places, answers, strict=True):
            total[:, places] += answer
            votes[places] += 1
        return np.asarray(total / votes)


def partition(count: int, size: int, generator: np.random.RandomState) -> list[NDArray[np.intp]]:
    """Labels 0 to `count` - 1 in random sets of `size`, the last of which may be smaller."""
    order = generator.permutation(count)
    return [np.sort(order[start : start + size]) for start in range(0, count, size)]


def labelsets(count: int, size: int, wanted: int, generator: np.random.RandomState) -> list[NDArray[np.intp]]:
    """Distinct random sets of `size` out of `count` labels, `wanted` of them or as many as cover all labels.

    Fewer only where there are no more.
    """
    found: dict[tuple[int, ...], None] = {}
    for places in partition(count, size, generator):
        others = generator.permutation(np.setdiff1d(np.arange(count), places))
        found[tuple(sorted([*places.tolist(), *others[: size - len(places)].tolist()]))] = None
    while len(found) < min(wanted, comb(count, size)):
        found[tuple(sorted(generator.choice(count, size, replace=False).tolist()))] = None
    return [np.array(places) for places in found]
