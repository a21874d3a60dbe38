"""Every cut of one label's samples: how many are taken, and how many of these are right."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray


class Curve(NamedTuple):
    """K distinct scores, from high to low, and what is taken at or above each.

    Args:
        scores: (K,).
        taken: (K,) known cells at or above the score.
        right: (K,) those of them that are present.
        present: known cells that are present.
    """

    scores: NDArray[np.floating[Any]]
    taken: NDArray[np.int64]
    right: NDArray[np.int64]
    present: int

    @classmethod
    def of(cls, targets: NDArray[np.floating[Any]], scores: NDArray[np.floating[Any]]) -> Self:
        """The curve of cells (M,); those with an unknown target are skipped."""
        known = ~np.isnan(targets)
        order = np.argsort(-scores[known], kind="stable")
        falling, present = scores[known][order], targets[known][order] == 1
        last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) if len(falling) else np.empty(0, np.intp)
        right = np.cumsum(present, dtype=np.int64)
        return cls(falling[last], last + 1, right[last], int(present.sum()))

    @property
    def precision(self) -> NDArray[np.float64]:
        """(K,) the share of what is taken that is right."""
        return self.right / self.taken

    @property
    def recall(self) -> NDArray[np.float64]:
        """(K,) the share of what is present that is taken; NaN where nothing is present."""
        return self.right / self.present if self.present else np.full(len(self.right), np.nan)

    @property
    def average_precision(self) -> float:
        """The mean of precision over the present cells; NaN where there is none."""
        return float(np.diff(self.right, prepend=0) @ self.precision / self.present) if self.present else np.nan

    def f1_at(self, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        """(T,) F1 of deciding at or above each threshold; NaN where nothing is present."""
        if not self.present:
            return np.full(len(thresholds), np.nan)
        cut = np.searchsorted(-self.scores, -thresholds, side="right")
        taken, right = np.append(0, self.taken)[cut], np.append(0, self.right)[cut]
        return np.asarray(2 * right / (taken + self.present), np.float64)
