"""The metrics registry as scikit-learn scorers.

Shapes: N samples, L labels.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from multihot.errors import ArgumentError
from multihot.estimators.labels import are_sets, column_names, read_labels
from multihot.metrics import REGISTRY


@dataclass(frozen=True)
class Scorer:
    """One metric of the registry as scikit-learn calls it: higher is better, so that errors are negative.

    It asks the estimator for what the metric takes: decided sets from `predict`; probabilities from `predict_proba`;
    scores from `predict_proba`, or from `decision_function` where there are no probabilities. Unknown cells of `y`
    count nowhere.

    Args:
        name: of the metric in the registry.
        options: further arguments of the metric.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """The figure of a fitted estimator on N samples, negative where lower is better."""
        return self._figure(Answers(estimator, X, y))

    def _figure(self, answers: "Answers") -> float:
        metric = REGISTRY[self.name]
        options = dict(self.options)
        given = [options.pop(name) if name in options else answers.get(name) for name in metric.inputs]
        figure = float(metric.function(*given, **options))
        return figure if metric.better == "higher" else -figure


@dataclass(frozen=True)
class Scorers:
    """Several metrics at once, for which the estimator is asked only once.

    Args:
        each: the scorers.
    """

    each: tuple[Scorer, ...]

    def __call__(self, estimator: Any, X: Any, y: Any) -> dict[str, float]:
        """The figures by name; those that are negative, as lower is better, by `neg_` and their name."""
        answers = Answers(estimator, X, y)
        signs = {"higher": "", "lower": "neg_"}
        return {signs[REGISTRY[one.name].better] + one.name: one._figure(answers) for one in self.each}


@overload
def make_scorer(name: str, /, **options: Any) -> Scorer: ...


@overload
def make_scorer(name: str, /, *names: str, **options: Any) -> Scorers: ...


def make_scorer(name: str, /, *names: str, **options: Any) -> Scorer | Scorers:
    """A scorer of one metric, or of several at once.

    Args:
        name: of a metric in the registry, `multihot.metrics.REGISTRY`.
        names: of more metrics; the scorer then gives a dictionary, as `cross_validate` and `GridSearchCV` (with
            `refit` naming one of its keys) take it.
        options: further arguments of the metrics, such as `empty`; `propensities` and `space` for those that need them.

    Raises:
        ArgumentError: there is no such metric, or it needs something that is not given.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from multihot.estimators import BinaryRelevance
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[0, 1], [0, np.nan], [1, 0], [1, 0]])
    >>> fitted = BinaryRelevance(LogisticRegression()).fit(X, y)
    >>> make_scorer("micro_f1")(fitted, X, y), make_scorer("hamming_loss", "macro_auroc")(fitted, X, y)
    (1.0, {'neg_hamming_loss': -0.0, 'macro_auroc': 1.0})
    """
    for one in (name, *names):
        if one not in REGISTRY:
            raise ArgumentError(f"there is no metric {one!r}; those there are: {', '.join(REGISTRY)}")
        missing = {"propensities", "space"} & set(REGISTRY[one].inputs) - set(options)
        if missing:
            raise ArgumentError(f"{one} needs more: make_scorer({one!r}, {missing.pop()}=...)")
    scorers = tuple(Scorer(one, options) for one in (name, *names))
    return Scorers(scorers) if names else scorers[0]


SCORERS: dict[str, Scorer] = {
    name: Scorer(name) for name, metric in REGISTRY.items() if not {"propensities", "space"} & set(metric.inputs)
}
"""A scorer for every metric that needs nothing but targets and an estimator's answers, by the registry's names."""


class Answers:
    """What an estimator says of some samples, asked when first needed.

    Args:
        estimator: fitted; any of scikit-learn's for label sets, also those that give a list of (N, 2) probabilities.
        X: N samples.
        y: their label sets, in any form that the estimators of this package take.
    """

    def __init__(self, estimator: Any, X: Any, y: Any) -> None:
        self._estimator = estimator
        self._inputs = X
        classes = getattr(estimator, "classes_", None)
        named = isinstance(classes, np.ndarray) and (are_sets(y) or column_names(y))
        self._targets = read_labels(y, classes if named else None).targets
        self._found: dict[str, Any] = {"targets": self._targets}

    def get(self, name: str) -> Any:
        """The targets, or (N, L) decided sets, probabilities or scores."""
        asked: dict[str, Callable[[], Any]] = {
            "decided": self._decided,
            "probabilities": self._probabilities,
            "scores": self._scores,
        }
        if name not in self._found:
            self._found[name] = asked[name]()
        return self._found[name]

    def _decided(self) -> NDArray[np.bool_]:
        decided = self._estimator.predict(self._inputs)
        dense = decided.toarray() if hasattr(decided, "toarray") else np.asarray(decided)
        return np.asarray(dense == 1)

    def _probabilities(self) -> NDArray[np.float64]:
        given = self._estimator.predict_proba(self._inputs)
        if isinstance(given, list):
            columns = zip(given, self._estimator.classes_, strict=True)
            given = np.column_stack([(of_classes * (classes == 1)).sum(axis=1) for of_classes, classes in columns])
        return np.asarray(given, np.float64)

    def _scores(self) -> NDArray[np.float64]:
        if hasattr(self._estimator, "predict_proba"):
            return np.asarray(self.get("probabilities"))
        return np.asarray(self._estimator.decision_function(self._inputs), np.float64)
