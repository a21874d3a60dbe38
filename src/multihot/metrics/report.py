"""Every figure there is for what was given, in one pass over samples, labels and all cells each, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from multihot.errors import ArgumentError
from multihot.labels import LabelSpace
from multihot.metrics.arrays import ArrayLike, device_of
from multihot.metrics.bootstrap import Interval, interval, resampled_share, sample_weights
from multihot.metrics.cells import Cells, TargetsLike, read_cells
from multihot.metrics.counts import Counts, count_by_label
from multihot.metrics.estimates import Estimate
from multihot.metrics.inputs import read_decided, read_probabilities, read_scores
from multihot.metrics.measures import decisions
from multihot.metrics.measures.averages import COCO_FIGURES, LABEL_FIGURES, LabelFigure, mean_where
from multihot.metrics.passes import (
    Given,
    SampleSums,
    pass_over_all,
    pass_over_labels,
    pass_over_samples,
)
from multihot.metrics.registry import REGISTRY
from multihot.metrics.shares import joined
from multihot.metrics.top_k import read_inverse
from multihot.metrics.top_lists import TopK, TopLists

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
NAMES_IN_A_NOTE = 10


@dataclass(frozen=True)
class Report:
    """What `report` found.

    Args:
        figures: by the registry's names, each with its interval.
        table: one row a label, by columns of (L,) arrays.
        notes: what was left out of the figures, and how much of it.
    """

    figures: dict[str, Interval]
    table: dict[str, NDArray[Any]]
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, dict[str, float | None]]:
        """The figures, JSON-safe: undefined is None."""
        return {name: figure.to_dict() for name, figure in self.figures.items()}


def report(
    targets: TargetsLike,
    scores: ArrayLike | TopK | None = None,
    probabilities: ArrayLike | None = None,
    decided: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    space: LabelSpace | None = None,
    propensities: ArrayLike | None = None,
    replicates: int = 0,
    seed: int = 0,
    empty: float = 1.0,
    keep_absent: bool = False,
) -> Report:
    """Compute every registered figure that the inputs allow.

    Args:
        targets: (N, L) 1 present, 0 absent, NaN unknown; numpy, torch, scipy sparse or `Targets`.
        scores: (N, L) anything that ranks, or a `TopK`; the probabilities where left out.
        probabilities: (N, L) in [0, 1].
        decided: (N, L) booleans.
        names: the labels' names, for the table and the notes; else those of the space, else their positions.
        space: the labels; with it broken relations are counted.
        propensities: (L,) from `propensities`; with them propensity-scored figures are made.
        replicates: how often to draw N samples with replacement for the 95 % intervals; 0 for none.
        seed: of those draws.
        empty: the value of F1, Jaccard and their kin where nothing is present and nothing decided.
        keep_absent: keep labels with no known positive in macro averages.

    Raises:
        ArgumentError: shapes differ, probabilities are logits, decisions are numbers, targets are not 1, 0 or NaN.

    >>> import numpy as np
    >>> found = report(np.array([[1, 0], [1, 1]]), decided=np.array([[True, False], [False, True]]))
    >>> found.figures["exact_match"].value, round(found.figures["micro_recall"].value, 3)
    (0.5, 0.667)
    """
    given = _read(targets, scores, probabilities, decided, propensities, space)
    labels = _label_names(names, space, given.cells.shape[1])
    weights = sample_weights(given.cells.shape[0], replicates, seed, given.cells.device) if replicates else None
    sums = pass_over_samples(given, weights, empty)
    columns = pass_over_labels(given, weights)
    counts = _counts(given, sums)
    estimates = {
        **_from_counts(sums, empty, keep_absent),
        **{name: resampled_share(joined(shares), weights) for name, shares in sums.shares.items()},
        **{MACRO_NAMES[name]: _macro(name, column, keep_absent) for name, column in columns.items()},
        **{MICRO_NAMES[name]: estimate for name, estimate in pass_over_all(given, weights).items()},
    }
    figures = {name: interval(estimates[name]) for name in REGISTRY if name in estimates}
    return Report(figures, _table(labels, counts, columns, given, empty), _notes(labels, counts, given.cells))


def _read(
    targets: TargetsLike,
    scores: ArrayLike | TopK | None,
    probabilities: ArrayLike | None,
    decided: ArrayLike | None,
    propensities: ArrayLike | None,
    space: LabelSpace | None,
) -> Given:
    """Check everything given, and bring it to the predictions' device."""
    ranking = scores.indices if isinstance(scores, TopK) else scores
    cells = read_cells(targets, device_of(ranking, probabilities, decided, targets))
    certain = None if probabilities is None else read_probabilities(probabilities, cells)
    made = None if decided is None else read_decided(decided, cells.shape, cells.device)
    inverse = None if propensities is None else read_inverse(propensities, cells)
    if isinstance(scores, TopK):
        if certain is not None or made is not None:
            raise ArgumentError("top-k scores come alone: give probabilities and decided in a report of their own")
        return Given(cells, TopLists.read(scores, cells), certain, made, inverse, space)
    ranked = certain if scores is None or scores is probabilities else read_scores(scores, cells)
    return Given(cells, ranked, certain, made, inverse, space)


def _label_names(names: Sequence[str] | None, space: LabelSpace | None, labels: int) -> list[str]:
    given = list(space.names if names is None and space is not None else names or map(str, range(labels)))
    if len(given) != labels:
        raise ArgumentError(f"there are {len(given)} names for {labels} labels of the targets")
    return given


def _from_counts(sums: SampleSums, empty: float, keep_absent: bool) -> dict[str, Estimate]:
    figures: dict[str, dict[str, LabelFigure]] = {
        "decided": LABEL_FIGURES,
        "top": {f"{name}_top3": figure for name, figure in COCO_FIGURES.items()},
    }
    return {
        name: counts.then(partial(_figure_of_counts, figure, empty, keep_absent))
        for source, counts in sums.counts.items()
        for name, figure in figures[source].items()
    }


def _figure_of_counts(figure: LabelFigure, empty: float, keep_absent: bool, counts: torch.Tensor) -> torch.Tensor:
    return figure(Counts(*counts), empty, keep_absent)


def _macro(name: str, column: Estimate, keep_absent: bool) -> Estimate:
    if keep_absent and name == "average_precision":
        column = column.then(lambda values: values.nan_to_num(0.0))
    return column.then(mean_where)


def _counts(given: Given, sums: SampleSums) -> Counts:
    """(L,) counts of the decisions, or of deciding nothing where none were given."""
    if given.decided is not None:
        return Counts(*sums.counts["decided"].value)
    nothing = torch.zeros((), dtype=torch.bool, device=given.cells.device).expand(given.cells.shape)
    return count_by_label(given.cells, nothing)


def _table(
    labels: list[str], counts: Counts, columns: dict[str, Estimate], given: Given, empty: float
) -> dict[str, NDArray[Any]]:
    """One row a label; counts are whole numbers."""
    table = {"label": np.array(labels, dtype=object), **_whole({"support": counts.present, "known": counts.known})}
    if given.decided is not None:
        table |= _whole({"decided": counts.decided})
        measures = {name: decisions.MEASURES[name] for name in ("precision", "recall", "f1")}
        table |= {name: measure(counts, empty).cpu().numpy() for name, measure in measures.items()}
    return table | {name: column.value.cpu().numpy() for name, column in columns.items()}


def _whole(columns: dict[str, torch.Tensor]) -> dict[str, NDArray[Any]]:
    return {name: column.cpu().numpy().astype(np.int64) for name, column in columns.items()}


def _notes(labels: list[str], counts: Counts, cells: Cells) -> list[str]:
    notes = []
    absent = (counts.present == 0).nonzero()[:, 0].tolist()
    if absent:
        shown = [labels[label] for label in absent[:NAMES_IN_A_NOTE]] + ["..."] * (len(absent) > NAMES_IN_A_NOTE)
        notes.append(f"{len(absent)} of {len(labels)} labels have no known positive: {', '.join(shown)}")
    total = cells.shape[0] * cells.shape[1]
    unknown = total - int(counts.known.sum())
    if unknown:
        notes.append(f"{unknown} of {total} cells are unknown and count nowhere")
    return notes
