"""The label powerset, pruned: one class for each label set that is frequent enough."""

from typing import Any

import numpy as np

from multihot.errors import ArgumentError
from multihot.estimators.base import Booleans, Floats, Problem
from multihot.estimators.binary import MetaEstimator, one_thread_each, require_weights_taken
from multihot.estimators.powersets.completion import completed, completion_notes
from multihot.estimators.powersets.sets import SetClassifier, pruned
from multihot.wording import counted, listing


class PrunedLabelPowerset(MetaEstimator):
    """One classifier whose classes are the label sets seen in more than `prune` samples.

    Read, Pfahringer and Holmes, "Multi-label classification using ensembles of pruned sets", ICDM 2008, with their
    strategy A. `prune=0` is the label powerset (LP): every set that was seen is a class, and no other is ever decided.

    A partly unknown sample is completed first: each unknown cell gets the decision of a clone of the base classifier
    fitted on the samples in which that label is known. A sample of which nothing is known is left out.

    Args:
        estimator: any scikit-learn classifier of many classes.
        prune: the frequency, in samples, up to which a set is no class.
        subsets: how many of the kept sets inside its own a sample of a pruned set stands for, the largest first;
            0 leaves such samples out.

    Attributes:
        sets_: (S, K) the sets that are classes, over the labels `learned_`.

    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X = np.array([[0.0], [0.1], [1.0], [1.1], [2.0]])
    >>> y = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1]])
    >>> PrunedLabelPowerset(DecisionTreeClassifier(), subsets=0).fit(X, y).sets_.astype(int)
    array([[0, 1],
           [1, 0]])
    """

    def __init__(self, estimator: Any, *, prune: int = 1, subsets: int = 2) -> None:
        self.estimator = estimator
        self.prune = prune
        self.subsets = subsets

    def _fit(self, problem: Problem) -> list[str]:
        if self.prune < 0 or self.subsets < 0:
            raise ArgumentError(f"prune and subsets must be at least 0, got {self.prune} and {self.subsets}")
        require_weights_taken(self.estimator, problem.weights)
        with one_thread_each():
            examples = pruned(completed(self.estimator, problem), self.prune, self.subsets)
            self._classifier = SetClassifier.fit(self.estimator, examples, problem.inputs, problem.weights)
        self.sets_ = examples.sets
        return completion_notes(problem.targets) + _lost_notes(examples.sets, problem.names)

    def _decided(self, inputs: Any) -> Booleans:
        with one_thread_each():
            return self._classifier.decided(inputs)

    def _probabilities(self, inputs: Any) -> Floats:
        with one_thread_each():
            return self._classifier.probabilities(inputs)


def _lost_notes(sets: Booleans, names: tuple[str, ...]) -> list[str]:
    """The labels that no kept set has, and those that all have."""
    lost, always = np.flatnonzero(~sets.any(axis=0)), np.flatnonzero(sets.all(axis=0))
    return [
        f"{counted(len(labels), 'label')} in {how} of the {len(sets):,} sets kept, so always decided {what}: "
        f"{listing([names[label] for label in labels])}"
        for labels, how, what in ((lost, "none", "absent"), (always, "each", "present"))
        if len(labels)
    ]
