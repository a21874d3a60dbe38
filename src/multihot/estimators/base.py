"""What all estimators share: how inputs and label sets are read, and labels that never vary.

Shapes: N samples, L labels, K labels that vary.
"""

import logging
from abc import ABC, abstractmethod
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import _safe_indexing, check_array, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from multihot.errors import ArgumentError
from multihot.estimators.labels import read_labels
from multihot.labels import Targets
from multihot.wording import counted, listing

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

logger = logging.getLogger("multihot")


class Problem(NamedTuple):
    """What is left to learn once inputs and label sets are read: no label is constant, and no sample all unknown.

    Args:
        inputs: N samples, as the base classifier takes them.
        targets: (N, K) of labels that each have a known positive and a known negative.
        weights: (N,) of the samples, or None where all weigh the same.
        names: K names, for messages.
    """

    inputs: Any
    targets: Targets
    weights: Floats | None
    names: tuple[str, ...]

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The samples with these indices, in their order."""
        if len(rows) == len(self.targets) and np.array_equal(rows, np.arange(len(rows))):
            return self
        weights = None if self.weights is None else self.weights[rows]
        return self._replace(inputs=_safe_indexing(self.inputs, rows), targets=self.targets.take(rows), weights=weights)


class MultiLabelEstimator(ClassifierMixin, BaseEstimator, ABC):
    """A scikit-learn classifier of label sets that learns nothing from unknown cells.

    A child learns only labels that vary: a label without a known positive, or without a known negative, is left out,
    said so in `notes_` and in one line of the log, and has the same probability for every sample: (positives + 1) /
    (known + 2), the rule of succession.

    Attributes:
        classes_: (L,) the labels' names where y had names, else their columns.
        learned_: (K,) the columns of the labels that vary.
        notes_: what the data did not allow, a sentence each.
        n_features_in_: width of the inputs, where they have one.
    """

    @abstractmethod
    def _fit(self, problem: Problem) -> list[str]:
        """Learn the K labels that vary; returns notes."""

    @abstractmethod
    def _probabilities(self, inputs: Any) -> Floats:
        """(N, K) the probability of each label that varies."""

    @property
    def _gives_probabilities(self) -> bool:
        return True

    def _decided(self, inputs: Any) -> Booleans:
        """(N, K) whether each label that varies is present."""
        return np.asarray(self._probabilities(inputs) > 0.5)

    def _inputs(self, X: Any, *, fitting: bool) -> Any:
        """The samples as `_fit` takes them: tables and texts as they are, for the base classifier to check."""
        if hasattr(X, "iloc") or _are_texts(X):
            validate_data(self, X, reset=fitting, skip_check_array=True)
            return indexable(X)[0]
        return validate_data(self, X, reset=fitting, accept_sparse="csr", dtype=None, ensure_all_finite=False)

    def _read_and_learn(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        inputs, labels = self._inputs(X, fitting=True), read_labels(y)
        check_consistent_length(inputs, labels.targets)
        if not len(labels.targets) or not len(labels.classes):
            raise ArgumentError(f"there is nothing to learn from: y has the shape {labels.targets.shape}")
        self._learned(*_weighted(inputs, labels.targets, sample_weight), labels.classes)
        self._sparse_output = sparse.issparse(y)
        if self.notes_:
            logger.warning("%s: %s", type(self).__name__, "; ".join(self.notes_))
        return self

    def _learned(self, inputs: Any, targets: Targets, weights: Floats | None, classes: NDArray[Any]) -> Self:
        """This estimator, after learning from what is read; it says nothing."""
        positives, known = targets.positives(), targets.known()
        self.classes_ = classes
        self.learned_ = np.flatnonzero((positives > 0) & (positives < known))
        self._constants = (positives + 1) / (known + 2)
        notes = _constant_notes(classes, positives, known)
        if len(self.learned_):
            names = tuple(str(classes[label]) for label in self.learned_)
            varying = Targets(targets.present[:, self.learned_], targets.unknown[:, self.learned_])
            known_rows = np.flatnonzero(np.diff(varying.unknown.indptr) < len(names))
            notes += self._fit(Problem(inputs, varying, weights, names).take(known_rows))
        self.notes_ = tuple(notes)
        self._sparse_output = False
        return self

    def predict(self, X: Any) -> Any:
        """(N, L) 1 where a label is decided present, else 0; sparse where `fit` got a sparse `y`."""
        check_is_fitted(self)
        inputs = self._inputs(X, fitting=False)
        decided = self._with_constants(inputs, self._decided, self._constants > 0.5).astype(np.int64)
        return sparse.csr_array(decided) if self._sparse_output else decided

    @available_if(lambda self: self._gives_probabilities)
    def predict_proba(self, X: Any) -> Floats:
        """(N, L) the probability of each label."""
        check_is_fitted(self)
        return self._with_constants(self._inputs(X, fitting=False), self._probabilities, self._constants)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Exact match: the share of samples of which all known labels are decided right.

        Samples of which nothing is known are left out; NaN where that is all of them.
        """
        targets = read_labels(y, self.classes_).targets
        wrong = abs(sparse.csr_array(self.predict(X)) - targets.present.astype(np.int64))
        right = np.asarray((wrong - wrong.multiply(targets.unknown)).sum(axis=1)) == 0
        weights = np.ones(len(right)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        weights = weights * (np.diff(targets.unknown.indptr) < targets.shape[1])
        return float(weights @ right / weights.sum()) if weights.any() else float("nan")

    def _with_constants(self, inputs: Any, learned: Any, constants: NDArray[Any]) -> NDArray[Any]:
        """(N, L) the values of the labels that vary, with those that do not in their places."""
        values = np.repeat(constants[None], num_samples(inputs), axis=0)
        if len(self.learned_):
            values[:, self.learned_] = learned(inputs)
        return values

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = False
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        return tags


def _are_texts(inputs: Any) -> bool:
    return isinstance(inputs, list | tuple | np.ndarray) and all(isinstance(one, str) for one in inputs)


def num_samples(inputs: Any) -> int:
    """N, of an array, a table or a list."""
    return int(inputs.shape[0]) if hasattr(inputs, "shape") else len(inputs)


def _weighted(inputs: Any, targets: Targets, sample_weight: Any) -> tuple[Any, Targets, Floats | None]:
    """The samples that weigh something, with their weights."""
    if sample_weight is None:
        return inputs, targets, None
    weights = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if weights.shape != (len(targets),) or (weights < 0).any() or not weights.any():
        raise ArgumentError(
            f"sample_weight must hold one weight a sample, at least 0 and not all zero: got {weights.shape} "
            f"for {len(targets)} samples, the least {weights.min(initial=0):g}"
        )
    kept = np.flatnonzero(weights)
    return _safe_indexing(inputs, kept), targets.take(kept), weights[kept]


def _constant_notes(classes: NDArray[Any], positives: NDArray[np.int64], known: NDArray[np.int64]) -> list[str]:
    kinds = (
        ("known for no sample, so decided absent", known == 0),
        ("never present where known, so decided absent", (positives == 0) & (known > 0)),
        ("always present where known, so decided present", (positives == known) & (known > 0)),
    )
    return [
        f"{counted(int(which.sum()), 'label')} {what}: {listing([str(name) for name in classes[which]])}"
        for what, which in kinds
        if which.any()
    ]
