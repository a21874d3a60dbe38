"""Label sets as classes: which sets there are, which are kept, and a classifier of them.

Shapes: N samples, K labels, S sets that are kept, M training examples.
"""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from multihot.estimators.base import Booleans, Floats, num_samples


class Examples(NamedTuple):
    """What a classifier of sets is trained on.

    Args:
        sets: (S, K) the sets that are classes.
        rows: (M,) the sample of each example.
        classes: (M,) the set of each example, a row of `sets`.
    """

    sets: Booleans
    rows: NDArray[np.intp]
    classes: NDArray[np.intp]


def pruned(states: Booleans, prune: int, subsets: int) -> Examples:
    """Keep the sets of more than `prune` of the samples (N, K); Read, Pfahringer and Holmes 2008.

    A sample of another set stands for up to `subsets` of the kept sets inside its own, the largest first, of equally
    large ones the more frequent; it is left out where there is none. No sample stands for the empty set so.
    Where no set is frequent enough, those of the highest frequency are kept.
    """
    sets, of_sample, counts = np.unique(states, axis=0, return_inverse=True, return_counts=True)
    frequent = counts > min(prune, counts.max() - 1)
    place = np.cumsum(frequent) - 1
    rows = np.flatnonzero(frequent[of_sample])
    examples = [(rows, place[of_sample[rows]])]
    if subsets:
        inside = _largest_inside(sets[~frequent], sets[frequent], counts[frequent], subsets)
        for rare, members in zip(np.flatnonzero(~frequent), inside, strict=True):
            rows = np.flatnonzero(of_sample == rare)
            examples.append((np.repeat(rows, len(members)), np.tile(members, len(rows))))
    return Examples(sets[frequent], *(np.concatenate(column) for column in zip(*examples, strict=True)))


def _largest_inside(rare: Booleans, kept: Booleans, counts: NDArray[np.intp], most: int) -> list[NDArray[np.intp]]:
    """The kept sets (S, K) inside each rare one, the best `most` of them, by size and then frequency."""
    sizes = kept.sum(axis=1)
    order = np.lexsort((-counts, -sizes))
    order = order[sizes[order] > 0]
    shared = rare.astype(np.int64) @ kept[order].T.astype(np.int64)
    return [order[np.flatnonzero(row == sizes[order])[:most]] for row in shared]


class SetClassifier(NamedTuple):
    """A classifier whose classes are label sets.

    Args:
        sets: (S, K) the sets.
        fitted: a scikit-learn classifier of the rows of `sets`; None where there is but one.
    """

    sets: Booleans
    fitted: Any

    @classmethod
    def fit(cls, estimator: Any, examples: Examples, inputs: Any, weights: Floats | None) -> Self:
        """A clone of a base classifier, trained on the examples among N samples and their (N,) weights."""
        if len(examples.sets) == 1:
            return cls(examples.sets, None)
        extra = {} if weights is None else {"sample_weight": weights[examples.rows]}
        of_rows = _safe_indexing(inputs, examples.rows)
        return cls(examples.sets, clone(estimator).fit(of_rows, examples.classes, **extra))

    def decided(self, inputs: Any) -> Booleans:
        """(N, K) the most probable set of each sample."""
        if self.fitted is None:
            return np.repeat(self.sets, num_samples(inputs), axis=0)
        return np.asarray(self.sets[self.fitted.predict(inputs)])

    def probabilities(self, inputs: Any) -> Floats:
        """(N, K) the probability of each label, summed over the sets that hold it."""
        if self.fitted is None:
            return self.decided(inputs).astype(np.float64)
        # a sum over all sets may exceed 1 by rounding
        return np.asarray(np.minimum(self.fitted.predict_proba(inputs) @ self.sets[self.fitted.classes_], 1.0))
