"""The three passes over N x L cells that a report takes: by sample, by label, and over all cells at once.

Each does what its figures share (a sort, a count) once, and with weights also the bootstrap replicates.
Shapes: N samples, L labels, R replicates, b samples in a block.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from multihot.metrics import calibration, ranking
from multihot.metrics.averages import SAMPLE_FIGURES
from multihot.metrics.cells import blocks
from multihot.metrics.inputs import Inputs
from multihot.metrics.ranks import Ranks, by_label, over_all, rank
from multihot.metrics.replicates import Descending, descending, resampled_areas, resampled_calibration_error
from multihot.metrics.shares import Share
from multihot.metrics.tally import Masks, masks
from multihot.metrics.top_k import chance_in_top

DEPTHS = (1, 3, 5)
COCO_DEPTH = 3


class Estimate(NamedTuple):
    """A value and its replicates, which lead with a dimension R; None without weights."""

    value: Tensor
    replicates: Tensor | None = None


def rankings_by_sample(labels: int) -> dict[str, Callable[[Ranks], Share]]:
    """The ranking figures made sample by sample; depths beyond the number of labels are left out."""
    at_depth = {"precision": ranking.precision_at, "recall": ranking.recall_at, "ndcg": ranking.ndcg_at}
    return {
        "samples_average_precision": ranking.samples_average_precision,
        "label_ranking_average_precision": ranking.label_ranking_average_precision,
        "coverage_error": ranking.coverage_error,
        "ranking_loss": ranking.ranking_loss,
        "one_error": ranking.one_error,
        **{f"{name}_at_{k}": partial(at, k=k) for name, at in at_depth.items() for k in DEPTHS if k <= labels},
    }


@dataclass
class SampleSums:
    """What adds up over samples: the shares of each, and counts by label (4, L) with replicates (4, R, L)."""

    shares: dict[str, list[Share]] = field(default_factory=lambda: defaultdict(list))
    counts: dict[str, Estimate] = field(default_factory=dict)

    def add_shares(self, shares: dict[str, Share]) -> None:
        """Append one block of samples."""
        for name, share in shares.items():
            self.shares[name].append(share)

    def add_counts(self, name: str, decisions: Masks, weights: Tensor | None) -> None:
        """Add one block of samples."""
        counts = torch.stack(decisions.by_label())
        replicates = None if weights is None else torch.stack(decisions.by_label(weights))
        if name in self.counts:
            before = self.counts[name]
            counts += before.value
            replicates = None if replicates is None else replicates + before.replicates
        self.counts[name] = Estimate(counts, replicates)


def pass_over_samples(inputs: Inputs, weights: Tensor | None, empty: float) -> SampleSums:
    """Rank and judge every sample."""
    sums = SampleSums()
    rankings = rankings_by_sample(inputs.cells.shape[1])
    for part in blocks(*inputs.cells.shape):
        block = inputs.cells.rows(part)
        replicated = None if weights is None else weights[part].t()
        if inputs.scores is not None:
            ranks = rank(inputs.scores[part], block)
            sums.add_shares({name: measure(ranks) for name, measure in rankings.items()})
            if inputs.decided is not None and inputs.cells.shape[1] >= COCO_DEPTH:
                chance = inputs.decided[part] * chance_in_top(inputs.scores[part], ranks, COCO_DEPTH)
                sums.add_counts("top", masks(block, chance), replicated)
        if inputs.decided is not None:
            decisions = masks(block, inputs.decided[part])
            counts = decisions.by_sample()
            sums.add_shares({name: measure(counts, empty) for name, measure in SAMPLE_FIGURES.items()})
            sums.add_counts("decided", decisions, replicated)
        if inputs.probabilities is not None:
            sums.add_shares(
                {
                    "log_loss": calibration.log_loss(inputs.probabilities[part], block),
                    "brier_score": calibration.brier_score(inputs.probabilities[part], block),
                }
            )
    return sums


def pass_over_labels(inputs: Inputs, weights: Tensor | None) -> dict[str, Estimate]:
    """(L,) figures of every label's ranking and calibration, and (R, L) replicates."""
    columns: dict[str, Estimate] = {}
    for scores, measures in _rankings(inputs):
        parts: list[dict[str, Estimate]] = []
        for values, block, ranks in by_label(inputs.cells, scores):
            point = measures.point(ranks)
            parts.append({name: Estimate(value) for name, value in point.items()})
            if weights is not None:
                replicated = [
                    measures.replicated(descending(values[g], block.present[g], block.known_row(g)), ranks, g, weights)
                    for g in range(len(values))
                ]
                parts[-1] = {
                    name: Estimate(value, torch.stack([label[name] for label in replicated], dim=1))
                    for name, value in point.items()
                }
        columns.update(_joined(parts))
    return columns


def pass_over_all(inputs: Inputs, weights: Tensor | None) -> dict[str, Estimate]:
    """The figures of all known cells in one ranking."""
    estimates: dict[str, Estimate] = {}
    for scores, measures in _rankings(inputs):
        ranks = over_all(inputs.cells, scores)
        estimates.update({name: Estimate(value[0]) for name, value in measures.point(ranks).items()})
        if weights is not None:
            block = inputs.cells.rows(slice(None))
            known = None if block.known is None else block.known.reshape(-1)
            group = descending(scores.reshape(-1), block.present.reshape(-1), known, scores.shape[1])
            replicated = measures.replicated(group, ranks, 0, weights)
            estimates.update({name: Estimate(estimates[name].value, replicated[name]) for name in replicated})
    return estimates


class _Measures(NamedTuple):
    """Which figures of a ranking to make."""

    areas: bool
    calibration: bool

    def point(self, ranks: Ranks) -> dict[str, Tensor]:
        values = {}
        if self.areas:
            values |= {"average_precision": ranking.average_precision(ranks), "auroc": ranking.auroc(ranks)}
        if self.calibration:
            bins = calibration.equal_mass_bins(ranks)
            values |= {"expected_calibration_error": bins.calibration_error()}
        return values

    def replicated(self, group: Descending, ranks: Ranks, row: int, weights: Tensor) -> dict[str, Tensor]:
        values: dict[str, Tensor] = {}
        if self.areas:
            values |= resampled_areas(group, weights)._asdict()
        if self.calibration:
            edges = calibration.bin_edges(ranks, calibration.BINS)[row]
            values |= {"expected_calibration_error": resampled_calibration_error(group, edges, weights)}
        return values


def _rankings(inputs: Inputs) -> Iterator[tuple[Tensor, _Measures]]:
    """What to sort, and what for: once where the probabilities are the scores."""
    if inputs.scores is None:
        return
    shared = inputs.scores is inputs.probabilities
    yield inputs.scores, _Measures(areas=True, calibration=shared)
    if inputs.probabilities is not None and not shared:
        yield inputs.probabilities, _Measures(areas=False, calibration=True)


def _joined(parts: list[dict[str, Estimate]]) -> dict[str, Estimate]:
    return {
        name: Estimate(
            torch.cat([part[name].value for part in parts]),
            None if parts[0][name].replicates is None else torch.cat([part[name].replicates for part in parts], dim=1),
        )
        for name in parts[0]
    }
