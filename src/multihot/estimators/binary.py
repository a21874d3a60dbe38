"""One binary classifier a label, each fitted on the samples in which its label is known.

Shapes: N samples, K labels.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import threadpool_limits

from multihot.errors import ArgumentError
from multihot.estimators.base import Booleans, Floats, MultiLabelEstimator, Problem


class MetaEstimator(MetaEstimatorMixin, MultiLabelEstimator):
    """An estimator of label sets made of clones of a base classifier, kept in `estimator`."""

    estimator: Any

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from N samples.

        Args:
            X: N samples, in any form that the base classifier takes: (N, D) dense or sparse, a table, texts.
            y: (N, L) array of 1 present, 0 absent, NaN unknown; the same sparse (stored NaN is unknown, what is not
                stored absent); `multihot.Targets`; or N collections of label names.
            sample_weight: (N,) weights, if the base classifier takes them; a sample of weight 0 is as if not there.

        Raises:
            ArgumentError: y has another form, lengths differ, or a parameter is out of range.
        """
        return self._read_and_learn(X, y, sample_weight)

    @property
    def _gives_probabilities(self) -> bool:
        return hasattr(self.estimator, "predict_proba")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        of_base = get_tags(self.estimator)
        tags.input_tags = of_base.input_tags
        tags.non_deterministic = of_base.non_deterministic
        return tags


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Linear algebra on one thread meanwhile.

    On the small problems of one label threads wait for each other more than they compute: scikit-learn's logistic
    regression takes 5 to 13 times as long on two.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def seeded(estimator: Any, random_state: Any, generator: np.random.RandomState) -> Any:
    """A clone whose own seeds, where they are None, are drawn; where `random_state` is None, they stay as they are."""
    made = clone(estimator)
    if random_state is not None:
        open_ones = [name for name, value in sorted(made.get_params().items()) if value is None]
        seeds = {name: _drawn(generator) for name in open_ones if name.split("__")[-1] == "random_state"}
        made.set_params(**seeds)
    return made


def _drawn(generator: np.random.RandomState) -> int:
    return int(generator.randint(np.iinfo(np.int32).max))


def require_weights_taken(estimator: Any, weights: Floats | None) -> None:
    """Raise an `ArgumentError` where samples have weights and the base classifier takes none."""
    if weights is not None and not has_fit_parameter(estimator, "sample_weight"):
        raise ArgumentError(f"{type(estimator).__name__} takes no sample_weight: leave it out, or take another base")


def fit_labels(estimator: Any, problem: Problem, n_jobs: int | None) -> list[Any]:
    """K fitted clones of a base classifier, all on the same inputs, `n_jobs` labels at a time.

    In threads, which share the inputs; `joblib.parallel_config` chooses another backend.
    """
    require_weights_taken(estimator, problem.weights)
    present, unknown = problem.targets.present.tocsc(), problem.targets.unknown.tocsc()
    with one_thread_each():
        fitted = Parallel(n_jobs=n_jobs, prefer="threads")(
            delayed(fit_label)(
                estimator,
                problem.inputs,
                _marked(present, label).astype(np.int64),
                ~_marked(unknown, label),
                problem.weights,
                name,
            )
            for label, name in enumerate(problem.names)
        )
    return list(fitted)


def fit_label(
    estimator: Any, inputs: Any, states: NDArray[np.int64], known: Booleans, weights: Floats | None, name: str
) -> Any:
    """A clone fitted on (N,) 0/1 states of one label where they are known.

    An error of the base classifier says which label it came from.
    """
    if not known.all():
        rows = np.flatnonzero(known)
        inputs, states = _safe_indexing(inputs, rows), states[rows]
        weights = None if weights is None else weights[rows]
    extra = {} if weights is None else {"sample_weight": weights}
    try:
        return clone(estimator).fit(inputs, states, **extra)
    except Exception as error:
        error.add_note(f"while {type(estimator).__name__} was fitted to label {name}")
        raise


def probability_of_presence(fitted: Any, inputs: Any) -> Floats:
    """(N,) the probability of a fitted binary classifier that its label is present."""
    return np.asarray(fitted.predict_proba(inputs)[:, 1], np.float64)


def _marked(cells: sparse.csc_array, label: int) -> Booleans:
    """(N,) one column, dense."""
    marked = np.zeros(cells.shape[0], dtype=np.bool_)
    marked[cells.indices[slice(*cells.indptr[label : label + 2])]] = True
    return marked
