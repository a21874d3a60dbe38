"""All ways to cut one ranking in two, and the best of them.

K distinct scores give K + 1 cuts: cut k takes the k highest distinct scores. Scores are logits.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from multihot.decisions.objectives import Counts
from multihot.decisions.scale import LARGEST_LOGIT

TIE = 1e-12
"""Values closer than this are equal: one plateau."""


class Cuts(NamedTuple):
    """The cuts of one ranking.

    Args:
        edges: (K + 2,) falling logits; a threshold in (edges[k + 1], edges[k]] makes cut k.
        counts: (K + 1,) of each cut.
    """

    edges: NDArray[np.float64]
    counts: Counts

    @classmethod
    def of(cls, scores: NDArray[np.float64], present: NDArray[np.bool_]) -> Self:
        """The cuts of known cells: their scores and whether each is present."""
        order = np.argsort(-scores, kind="stable")
        falling = scores[order]
        ends = last_of_run(falling)
        tp = np.concatenate([[0.0], np.cumsum(present[order], dtype=np.float64)[ends]])
        taken = np.concatenate([[0.0], ends + 1.0])
        positives = np.asarray(tp[-1])
        edges = np.concatenate([[LARGEST_LOGIT], falling[ends], [-LARGEST_LOGIT]])
        return cls(edges, Counts(tp, taken - tp, positives, len(scores) - positives))

    def best(self, values: NDArray[np.float64]) -> tuple[int, float]:
        """The cut of the highest of (K + 1,) values and its threshold: the middle of the widest plateau, in logits."""
        first, last = plateaus(values)
        widths = self.edges[first] - self.edges[last + 1]
        widest = int(np.argmax(widths))
        middle = (self.edges[first[widest]] + self.edges[last[widest] + 1]) / 2
        return int(first[widest]), float(middle)


def plateaus(values: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last index of every run of neighbours that share the highest value."""
    top = np.concatenate([[False], values >= values.max() - TIE, [False]])
    change = np.flatnonzero(top[1:] != top[:-1])
    return change[0::2], change[1::2] - 1


def last_of_run(falling: NDArray[np.float64]) -> NDArray[np.intp]:
    """Where each run of equal scores ends."""
    if not len(falling):
        return np.empty(0, np.intp)
    return np.concatenate([np.flatnonzero(falling[1:] != falling[:-1]), [len(falling) - 1]])
