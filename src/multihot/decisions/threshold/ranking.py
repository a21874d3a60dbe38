"""All ways to cut a ranking in two, and the best of them.

K distinct scores give K + 1 cuts: cut k takes the k highest distinct scores. Scores are logits. Samples carry weights,
so that a ranking is sorted once and then searched for any resample of its samples.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.objectives import Counts
from multihot.decisions.scale import LARGEST_LOGIT

Floats = NDArray[np.float64]

TIE = 1e-9
"""Values closer than this are equal: one plateau."""


class Ranking(NamedTuple):
    """n known cells in falling order of score.

    Args:
        rows: (n,) the sample of each cell.
        columns: (n,) the label of each cell.
        present: (n,) 1 where the label is present, else 0.
        ends: (K,) where each run of equal scores ends.
        edges: (K + 2,) falling; a threshold in (edges[k + 1], edges[k]] makes cut k.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    present: Floats
    ends: NDArray[np.intp]
    edges: Floats

    @classmethod
    def of(cls, scores: Floats, targets: Floats) -> Self:
        """The ranking of all known cells of (N, M) scores; targets are 1, 0 or NaN."""
        rows, columns = np.nonzero(~np.isnan(targets))
        known = scores[rows, columns]
        order = np.argsort(-known, kind="stable")
        rows, columns, falling = rows[order], columns[order], known[order]
        ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) if len(falling) else np.empty(0, np.intp)
        highest, lowest = max([LARGEST_LOGIT, *falling[:1] + 1]), min([-LARGEST_LOGIT, *falling[-1:] - 1])
        edges = np.concatenate([[highest], falling[ends], [lowest]])
        return cls(rows, columns, targets[rows, columns], ends, edges)

    def counts(self, weights: Floats) -> Counts:
        """(K + 1,) weighted counts of each cut, from (N,) weights of the samples."""
        own = weights[self.rows]
        tp = self.at_cuts(own * self.present)
        fp = self.at_cuts(own * (1 - self.present))
        return Counts(tp, fp, tp[-1:], fp[-1:])

    def at_cuts(self, gains: Floats) -> Floats:
        """(K + 1,) the sum of (n,) gains over the cells that each cut takes."""
        return np.concatenate([[0.0], np.cumsum(gains)[self.ends]])

    def best(self, values: Floats) -> float:
        """The threshold of the highest of (K + 1,) values: the middle of its plateau, the widest of several."""
        top = np.concatenate([[False], values >= values.max() - TIE, [False]])
        changes = np.flatnonzero(top[1:] != top[:-1])
        upper, lower = self.edges[changes[0::2]], self.edges[changes[1::2]]
        widest = int(np.argmax(upper - lower))
        return float(upper[widest] + lower[widest]) / 2
