"""The figures of COCO tables: per-class and overall precision, recall and F1, of all decisions and of those at top 3.

CP and CR are means over classes (labels), CF1 is their harmonic mean; OP, OR and OF1 pool all cells. At top 3 what was
decided counts only where it is among the 3 highest scores of its sample; scores that tie for the last place share it.
"""

from typing import Protocol

import torch
from torch import Tensor

from multihot.metrics.arrays import ArrayLike, Figure, as_figure, device_of
from multihot.metrics.cells import Cells, TargetsLike, blocks, read_cells
from multihot.metrics.counts import Counts, Masks
from multihot.metrics.inputs import read_decided, read_scores
from multihot.metrics.measures.averages import COCO_FIGURES
from multihot.metrics.measures.averages import coco_cf1 as cf1
from multihot.metrics.measures.top_k import chance_of_cells_in_top
from multihot.metrics.ranks import rank
from multihot.metrics.single import label_metric, named

TOP = 3


class TopFigure(Protocol):
    """A figure of COCO tables at top 3."""

    def __call__(
        self,
        targets: TargetsLike,
        decided: ArrayLike,
        scores: ArrayLike,
        *,
        empty: float = 1.0,
        keep_absent: bool = False,
    ) -> Figure:
        """The figure of (N, L) targets, booleans and scores."""
        ...


def _top_figure(name: str, doc: str) -> TopFigure:
    figure = COCO_FIGURES[name]

    def metric(
        targets: TargetsLike,
        decided: ArrayLike,
        scores: ArrayLike,
        *,
        empty: float = 1.0,
        keep_absent: bool = False,
    ) -> Figure:
        cells = read_cells(targets, device_of(scores, decided, targets))
        made, ranked = read_decided(decided, cells.shape, cells.device), read_scores(scores, cells)
        return as_figure(figure(_count_in_top(cells, made, ranked), empty, keep_absent), targets, decided, scores)

    return named(metric, f"{name}_top3", doc)


def _count_in_top(cells: Cells, decided: Tensor, scores: Tensor) -> Counts:
    total = torch.zeros(4, cells.shape[1], dtype=torch.float64, device=cells.device)
    for part in blocks(*cells.shape):
        block = cells.rows(part)
        chance = chance_of_cells_in_top(scores[part], rank(scores[part], block), TOP)
        total += torch.stack(Masks.of(block, decided[part]).times(chance).by_label())
    return Counts(*total)


coco_cp = label_metric("coco_cp", "CP: precision, the mean over labels.")
coco_cr = label_metric("coco_cr", "CR: recall, the mean over labels.")
coco_cf1 = label_metric("coco_cf1", cf1.__doc__)
coco_op = label_metric("coco_op", "OP: precision of all known cells pooled.")
coco_or = label_metric("coco_or", "OR: recall of all known cells pooled.")
coco_of1 = label_metric("coco_of1", "OF1: F1 of all known cells pooled.")

coco_cp_top3 = _top_figure("coco_cp", "CP at top 3: precision, the mean over labels.")
coco_cr_top3 = _top_figure("coco_cr", "CR at top 3: recall, the mean over labels.")
coco_cf1_top3 = _top_figure("coco_cf1", "CF1 at top 3: the harmonic mean of CP and CR.")
coco_op_top3 = _top_figure("coco_op", "OP at top 3: precision of all known cells pooled.")
coco_or_top3 = _top_figure("coco_or", "OR at top 3: recall of all known cells pooled.")
coco_of1_top3 = _top_figure("coco_of1", "OF1 at top 3: F1 of all known cells pooled.")
