"""Cross-validation and splits that keep every label on every side.

Shapes: N samples.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state, indexable

from multihot.data.split import stratify
from multihot.data.split.blocks import tie
from multihot.errors import ArgumentError
from multihot.estimators.labels import read_labels
from multihot.labels import Targets

Rows = NDArray[np.intp]


class MultilabelStratifiedKFold(BaseCrossValidator):
    """Folds in each of which every label has its share, for `cross_validate`, `GridSearchCV` and their kin.

    Iterative stratification; see `multihot.data.split.stratify`. Unknown cells count neither as present nor as absent.

    Args:
        n_splits: how many folds, at least 2.
        shuffle: whether `random_state` plays a part; without it the same samples always give the same folds.
        random_state: decides between folds that are equally good.

    >>> y = np.array([[1, 0], [1, np.nan], [0, 1], [0, 1], [1, 1], [1, 1]])
    >>> [test.tolist() for _, test in MultilabelStratifiedKFold(2).split(np.zeros((6, 1)), y)]
    [[0, 2, 4], [1, 3, 5]]
    """

    def __init__(self, n_splits: int = 5, *, shuffle: bool = False, random_state: Any = None) -> None:
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many pairs of train and test rows `split` gives."""
        return self.n_splits

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[Rows, Rows]]:
        """Train and test rows of each fold.

        Args:
            X: N samples; only their number matters.
            y: the label sets, in any form that the estimators of this package take; NaN is unknown.
            groups: not used here; (N,) groups that stay together in `MultilabelStratifiedGroupKFold`.

        Raises:
            ArgumentError: there are fewer samples, or groups, than folds.
        """
        targets = read_labels(y).targets
        check_consistent_length(X, targets)
        blocks = self._blocks(len(targets), groups)
        units = len(np.unique(blocks))
        if not 2 <= self.n_splits <= units:
            raise ArgumentError(f"n_splits must be from 2 to the {units} samples or groups, got {self.n_splits}")
        seed = _seed(self.random_state) if self.shuffle else 0
        folds = stratify(targets, [1 / self.n_splits] * self.n_splits, seed=seed, blocks=blocks)
        for fold in range(self.n_splits):
            yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)

    def _blocks(self, count: int, groups: Any) -> Rows:
        """(N,) the number of the block that each sample is never parted from."""
        return np.arange(count)


class MultilabelStratifiedGroupKFold(MultilabelStratifiedKFold):
    """The same, with all samples of one group in the same fold.

    >>> y, groups = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [1, 1]]), ["a", "a", "b", "b", "c", "d"]
    >>> [test.tolist() for _, test in MultilabelStratifiedGroupKFold(2).split(np.zeros((6, 1)), y, groups)]
    [[0, 1, 2, 3], [4, 5]]
    """

    # read by scikit-learn where metadata routing is on
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def _blocks(self, count: int, groups: Any) -> Rows:
        if groups is None:
            raise ArgumentError("groups must be given: one a sample, None for a sample that is by itself")
        return tie(list(groups), count=count)


def multilabel_split(
    X: Any, y: Any, *others: Any, test_size: float = 0.25, groups: Any = None, random_state: Any = 0
) -> list[Any]:
    """Split samples in two, with every label on both sides: scikit-learn's `train_test_split` for label sets.

    Args:
        X: N samples.
        y: the label sets, in any form that the estimators of this package take; NaN is unknown.
        others: more columns of N, to be split alike.
        test_size: the share of the test part, or, as a whole number, its samples.
        groups: (N,) samples of one group stay together.
        random_state: the same number gives the same split; None a new one each time.

    Returns:
        The train and the test part of X, of y, and of each of the others.

    >>> X, y = np.arange(8).reshape(8, 1), np.array([[1, 0], [0, 1]] * 4)
    >>> X_train, X_test, y_train, y_test = multilabel_split(X, y)
    >>> y_train.sum(axis=0), y_test.sum(axis=0)
    (array([3, 3]), array([1, 1]))
    """
    targets = read_labels(y).targets
    check_consistent_length(X, targets, *others)
    share = test_size / max(len(targets), 1) if isinstance(test_size, int) else test_size
    if not 0 < share < 1:
        raise ArgumentError(f"test_size must leave samples on both sides, got {test_size} of {len(targets)}")
    blocks = None if groups is None else tie(list(groups), count=len(targets))
    folds = stratify(targets, [1 - share, share], seed=_seed(random_state), blocks=blocks)
    parts = (np.flatnonzero(folds == 0), np.flatnonzero(folds == 1))
    return [_take(column, rows) for column in (X, y, *others) for rows in parts]


def _seed(random_state: Any) -> int:
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _take(column: Any, rows: Rows) -> Any:
    return column.take(rows) if isinstance(column, Targets) else _safe_indexing(indexable(column)[0], rows)
