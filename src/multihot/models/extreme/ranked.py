"""Each sample's best labels, where there are too many labels for a score a cell.

Shapes: N samples, L labels, K labels listed a sample.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Ranked:
    """Lists of the K best labels of N samples.

    Args:
        labels: (N, K) columns, from the best to the worst, each at most once a sample.
        scores: (N, K) unbounded, falling.
    """

    labels: NDArray[np.int32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def best_of(cls, scores: NDArray[np.floating], count: int) -> Self:
        """The `count` best of (b, L) scores; of equal ones the first.

        >>> Ranked.best_of(np.array([[0.1, 0.9, 0.5]]), 2).labels.tolist()
        [[1, 2]]
        """
        best = np.argpartition(-scores, min(count, scores.shape[1]) - 1, axis=1)[:, :count]
        best = np.sort(best, axis=1)
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        return cls(best.astype(np.int32), np.take_along_axis(scores, best, axis=1).astype(np.float32))

    @classmethod
    def joined(cls, parts: list[Self], count: int) -> Self:
        """Of one block of samples after the other."""
        none = cls(np.empty((0, count), np.int32), np.empty((0, count), np.float32))
        return cls(
            np.concatenate([part.labels for part in (*parts, none)]),
            np.concatenate([part.scores for part in (*parts, none)]),
        )

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The lists of some samples."""
        return type(self)(self.labels[rows], self.scores[rows])
