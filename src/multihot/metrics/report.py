"""Every figure there is for what was given, in one pass over samples, labels and all cells each, with intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.metrics import counts
from multihot.metrics.arrays import ArrayLike
from multihot.metrics.averages import COCO_FIGURES, LABEL_FIGURES, mean_where
from multihot.metrics.bootstrap import Interval, interval, resampled_share, sample_weights
from multihot.metrics.cells import Cells, TargetsLike
from multihot.metrics.counts import Counts
from multihot.metrics.inputs import read_inputs
from multihot.metrics.passes import COCO_DEPTH, Estimate, SampleSums, pass_over_all, pass_over_labels, pass_over_samples
from multihot.metrics.registry import REGISTRY
from multihot.metrics.shares import joined
from multihot.metrics.tally import count_by_label

NOTED_NAMES = 10


@dataclass(frozen=True)
class Report:
    """What `report` found.

    Args:
        figures: by the registry's names, each with its interval.
        table: one row a label, by columns of (L,) arrays.
        notes: what was left out of which average, and how much of it.
    """

    figures: dict[str, Interval]
    table: dict[str, NDArray[Any]]
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, dict[str, float | None]]:
        """The figures, JSON-safe: undefined is None."""
        return {name: figure.to_dict() for name, figure in self.figures.items()}


def report(
    targets: TargetsLike,
    scores: ArrayLike | None = None,
    probabilities: ArrayLike | None = None,
    decided: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    replicates: int = 0,
    seed: int = 0,
    empty: float = 1.0,
    keep_absent: bool = False,
) -> Report:
    """Compute every registered figure that the inputs allow.

    Args:
        targets: (N, L) 1 present, 0 absent, NaN unknown; numpy, torch, scipy sparse or `Targets`.
        scores: (N, L) anything that ranks; the probabilities where left out.
        probabilities: (N, L) in [0, 1].
        decided: (N, L) booleans.
        names: the labels' names, for the table; their positions where left out.
        replicates: how often to draw N samples with replacement for the 95 % intervals; 0 for none.
        seed: of those draws.
        empty: the value of F1, Jaccard and their kin where nothing is present and nothing decided.
        keep_absent: keep labels with no known positive in macro averages.

    Raises:
        ArgumentError: shapes differ, probabilities are logits, decisions are numbers, targets are not 1, 0 or NaN.

    >>> import numpy as np
    >>> found = report(np.array([[1, 0], [1, 1]]), decided=np.array([[True, False], [False, True]]))
    >>> found.figures["exact_match"].value, found.figures["micro_recall"].value.__round__(3)
    (0.5, 0.667)
    """
    inputs = read_inputs(targets, scores=scores, probabilities=probabilities, decided=decided)
    samples, labels = inputs.cells.shape
    names = _label_names(names, labels)
    weights = sample_weights(samples, replicates, seed, inputs.cells.device) if replicates else None
    sums = pass_over_samples(inputs, weights, empty)
    by_labels = pass_over_labels(inputs, weights)
    support = _support(inputs.cells, sums)
    estimates = {
        **_from_counts(sums, empty, keep_absent),
        **_from_shares(sums, weights),
        **_from_labels(by_labels, support, keep_absent),
        **_from_all(pass_over_all(inputs, weights)),
    }
    figures = {name: interval(*estimates[name]) for name in REGISTRY if name in estimates}
    return Report(figures, _table(names, support, sums, by_labels, empty), _notes(names, support, inputs.cells))


def _from_counts(sums: SampleSums, empty: float, keep_absent: bool) -> dict[str, Estimate]:
    figures = {"decided": LABEL_FIGURES, "top": {f"coco_{n}_top{COCO_DEPTH}": f for n, f in COCO_FIGURES.items()}}
    return {
        name: _estimate(lambda made, figure=figure: figure(Counts(*made), empty, keep_absent), estimate)
        for source, estimate in sums.counts.items()
        for name, figure in figures[source].items()
    }


def _from_shares(sums: SampleSums, weights: Tensor | None) -> dict[str, Estimate]:
    whole = {name: joined(parts) for name, parts in sums.shares.items()}
    return {
        name: Estimate(share.figure(), None if weights is None else resampled_share(share, weights))
        for name, share in whole.items()
    }


MACRO_NAMES = {
    "average_precision": "mean_average_precision",
    "auroc": "macro_auroc",
    "expected_calibration_error": "macro_expected_calibration_error",
}
MICRO_NAMES = {
    "average_precision": "micro_average_precision",
    "auroc": "micro_auroc",
    "expected_calibration_error": "expected_calibration_error",
}


def _from_labels(columns: dict[str, Estimate], support: Counts, keep_absent: bool) -> dict[str, Estimate]:
    if keep_absent and "average_precision" in columns:
        kept = _estimate(lambda value: value.nan_to_num(0.0), columns["average_precision"])
        columns = {**columns, "average_precision": kept}
    return {MACRO_NAMES[name]: _estimate(mean_where, column) for name, column in columns.items()}


def _from_all(estimates: dict[str, Estimate]) -> dict[str, Estimate]:
    return {MICRO_NAMES[name]: estimate for name, estimate in estimates.items()}


def _estimate(figure: Callable[[Tensor], Tensor], of: Estimate) -> Estimate:
    return Estimate(figure(of.value), None if of.replicates is None else figure(of.replicates))


def _support(cells: Cells, sums: SampleSums) -> Counts:
    """(L,) counts of the decisions, or of deciding nothing where none were given."""
    if "decided" in sums.counts:
        return Counts(*sums.counts["decided"].value)
    nothing = torch.zeros((), dtype=torch.bool, device=cells.device).expand(cells.shape)
    return count_by_label(cells, nothing)


def _table(
    names: list[str], support: Counts, sums: SampleSums, by_labels: dict[str, Estimate], empty: float
) -> dict[str, NDArray[Any]]:
    columns = {"support": support.present, "known": support.known}
    if "decided" in sums.counts:
        measures = (counts.precision, counts.recall, counts.f1)
        columns |= {"decided": support.decided, **{m.__name__: m(support, empty) for m in measures}}
    columns |= {name: column.value for name, column in by_labels.items()}
    table = {name: column.cpu().numpy() for name, column in columns.items()}
    whole = {name: table[name].astype(np.int64) for name in ("support", "known", "decided") if name in table}
    return {"label": np.array(names, dtype=object), **table, **whole}


def _notes(names: list[str], support: Counts, cells: Cells) -> list[str]:
    notes = []
    absent = (support.present == 0).nonzero()[:, 0].tolist()
    if absent:
        shown = ", ".join(names[label] for label in absent[:NOTED_NAMES])
        more = ", ..." if len(absent) > NOTED_NAMES else ""
        notes.append(f"{len(absent)} of {len(names)} labels have no known positive: {shown}{more}")
    unknown = support.known.new_tensor(cells.shape[0] * cells.shape[1]) - support.known.sum()
    if unknown > 0:
        notes.append(f"{int(unknown)} of {cells.shape[0] * cells.shape[1]} cells are unknown and count nowhere")
    return notes


def _label_names(names: Sequence[str] | None, labels: int) -> list[str]:
    if names is None:
        return [str(label) for label in range(labels)]
    if len(names) != labels:
        raise ArgumentError(f"names has {len(names)} entries, targets have {labels} labels")
    return list(names)
