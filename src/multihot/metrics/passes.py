"""The three passes over N x L cells that a report takes: by sample, by label, and over all cells at once.

Each does what its figures share (a sort, a count) once, and with weights also the bootstrap replicates.

Shapes: N samples, L labels, R replicates, b samples in a block.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from multihot.labels import LabelSpace
from multihot.metrics.cells import Block, Cells, blocks
from multihot.metrics.counts import Masks
from multihot.metrics.estimates import Estimate
from multihot.metrics.measures import averages, calibration, ranking, top_k
from multihot.metrics.measures.calibration import BINS, Bins, bin_edges
from multihot.metrics.ranks import Places, Ranks, by_label, over_all, rank
from multihot.metrics.replicates import Descending, descending_labels, resampled_areas, resampled_calibration_error
from multihot.metrics.shares import Share
from multihot.metrics.top_k import places_by_sample
from multihot.metrics.top_lists import TopLists

DEPTHS = (1, 3, 5)
COCO_TOP = 3


@dataclass(frozen=True)
class Given:
    """What a report is made from, checked and on one device.

    Args:
        cells: N x L targets.
        scores: (N, L) what ranks, or lists of the best labels.
        probabilities: (N, L) in [0, 1].
        decided: (N, L) booleans.
        inverse: (L,) 1 / propensity.
        space: the labels, for their relations.
    """

    cells: Cells
    scores: Tensor | TopLists | None
    probabilities: Tensor | None
    decided: Tensor | None
    inverse: Tensor | None
    space: LabelSpace | None


@dataclass
class SampleSums:
    """What adds up over samples: their shares, block by block, and counts (4, L) with replicates (4, R, L)."""

    shares: dict[str, list[Share]] = field(default_factory=lambda: defaultdict(list))
    counts: dict[str, Estimate] = field(default_factory=dict)

    def add_shares(self, shares: dict[str, Share]) -> None:
        """Append one block of samples."""
        for name, share in shares.items():
            self.shares[name].append(share)

    def add_counts(self, name: str, masks: Masks, weights: Tensor | None) -> None:
        """Add one block of samples, with (b, R) weights."""
        counts = torch.stack(masks.by_label())
        replicates = None if weights is None else torch.stack(masks.by_label(weights.t()))
        before = self.counts.get(name)
        if before is not None:
            counts += before.value
            replicates = None if replicates is None or before.replicates is None else replicates + before.replicates
        self.counts[name] = Estimate(counts, replicates)


def pass_over_samples(given: Given, weights: Tensor | None, empty: float) -> SampleSums:
    """Rank and judge every sample; `weights` are (N, R)."""
    if isinstance(given.scores, TopLists):
        return _pass_over_lists(given, given.scores)
    sums = SampleSums()
    for part in blocks(*given.cells.shape):
        block, replicated = given.cells.rows(part), None if weights is None else weights[part]
        masks = None if given.decided is None else Masks.of(block, given.decided[part])
        if given.scores is not None:
            ranks = rank(given.scores[part], block, members=given.inverse is not None)
            sums.add_shares({name: measure(ranks) for name, measure in RANKINGS.items()})
            sums.add_shares(_top_shares(ranks.places, given, part))
            if masks is not None:
                chance = top_k.chance_of_cells_in_top(given.scores[part], ranks, COCO_TOP)
                sums.add_counts("top", masks.times(chance), replicated)
        if masks is not None:
            counts = masks.by_sample()
            sums.add_shares({name: figure(counts, empty) for name, figure in averages.SAMPLE_FIGURES.items()})
            sums.add_counts("decided", masks, replicated)
        if given.probabilities is not None:
            sums.add_shares({name: measure(given.probabilities[part], block) for name, measure in CELLWISE.items()})
    if given.decided is not None and given.space is not None:
        sums.add_shares({"relation_violations": averages.relation_violations(given.decided, given.space)})
    return sums


def _pass_over_lists(given: Given, lists: TopLists) -> SampleSums:
    sums = SampleSums()
    for part, places in places_by_sample(given.cells, lists, max(_depths(given.cells))):
        sums.add_shares(_top_shares(places, given, part))
    return sums


RANKINGS: dict[str, Callable[[Ranks], Share]] = {
    "samples_average_precision": ranking.samples_average_precision,
    "label_ranking_average_precision": ranking.label_ranking_average_precision,
    "coverage_error": ranking.coverage_error,
    "ranking_loss": ranking.ranking_loss,
    "one_error": ranking.one_error,
}
CELLWISE: dict[str, Callable[[Tensor, Block], Share]] = {
    "log_loss": calibration.log_loss,
    "brier_score": calibration.brier_score,
}


def _depths(cells: Cells) -> list[int]:
    return [k for k in DEPTHS if k <= cells.shape[1]]


def _top_shares(places: Places, given: Given, part: slice) -> dict[str, Share]:
    """Every figure at every depth; depths beyond the number of labels are left out."""
    shares = {}
    best = None if given.inverse is None else top_k.Best.of(*given.cells.present_cells(part), given.inverse)
    for k in _depths(given.cells):
        shares[f"precision_at_{k}"] = top_k.precision_at_k(places, k)
        shares[f"recall_at_{k}"] = top_k.recall_at_k(places, k)
        shares[f"ndcg_at_{k}"] = top_k.ndcg_at_k(places, k)
        if best is not None and given.inverse is not None:
            weighing = (places, k, best, given.inverse)
            shares[f"propensity_scored_precision_at_{k}"] = top_k.propensity_scored_precision_at_k(*weighing)
            shares[f"propensity_scored_ndcg_at_{k}"] = top_k.propensity_scored_ndcg_at_k(*weighing)
    return shares


def pass_over_labels(given: Given, weights: Tensor | None) -> dict[str, Estimate]:
    """(L,) figures of every label's ranking and calibration, with (R, L) replicates."""
    columns: dict[str, list[Estimate]] = defaultdict(list)
    for scores, wanted in _rankings(given):
        for values, block, ranks in by_label(given.cells, scores):
            replicates = {} if weights is None else wanted.of_labels(values, block, ranks, weights)
            for name, value in wanted.values(ranks).items():
                columns[name].append(Estimate(value, replicates.get(name)))
    return {name: _side_by_side(parts) for name, parts in columns.items()}


def pass_over_all(given: Given, weights: Tensor | None) -> dict[str, Estimate]:
    """The figures of all known cells in a single ranking, with (R,) replicates."""
    estimates: dict[str, Estimate] = {}
    for scores, wanted in _rankings(given):
        ranks = over_all(given.cells, scores)
        replicates = {} if weights is None else wanted.of_all(scores, given.cells.rows(slice(None)), ranks, weights)
        for name, value in wanted.values(ranks).items():
            estimates[name] = Estimate(value[0], replicates.get(name))
    return estimates


class _Wanted(NamedTuple):
    """Which figures of a ranking to make."""

    areas: bool
    calibration: bool

    def values(self, ranks: Ranks) -> dict[str, Tensor]:
        """(G,) figures of each group."""
        values: dict[str, Tensor] = {}
        if self.areas:
            values |= {"average_precision": ranking.average_precision(ranks), "auroc": ranking.auroc(ranks)}
        if self.calibration:
            values |= {"expected_calibration_error": Bins.of(ranks, BINS).calibration_error()}
        return values

    def of_labels(self, scores: Tensor, block: Block, ranks: Ranks, weights: Tensor) -> dict[str, Tensor]:
        """(R, G) replicates of the labels of one block, with (G, N) scores."""
        totals = weights.sum(0).expand(len(scores), -1) if block.known is None else block.known.float() @ weights
        edges = bin_edges(ranks, BINS)
        labels = [
            self._replicates(group, edges[label], weights, totals[label])
            for label, group in enumerate(descending_labels(scores, block))
        ]
        return {name: torch.stack([label[name] for label in labels], dim=1) for name in labels[0]}

    def of_all(self, scores: Tensor, block: Block, ranks: Ranks, weights: Tensor) -> dict[str, Tensor]:
        """(R,) replicates of all cells, with (N, L) scores."""
        samples = torch.arange(len(scores), device=scores.device)[:, None].expand_as(scores)
        known = torch.ones_like(block.present) if block.known is None else block.known
        group = Descending.of(scores[known], block.present[known], samples[known])
        total = block.known_counts().to(weights.dtype) @ weights
        return self._replicates(group, bin_edges(ranks, BINS)[0], weights, total)

    def _replicates(self, group: Descending, edges: Tensor, weights: Tensor, total: Tensor) -> dict[str, Tensor]:
        values: dict[str, Tensor] = {}
        if self.areas:
            values |= resampled_areas(group, weights, total)._asdict()
        if self.calibration:
            values |= {"expected_calibration_error": resampled_calibration_error(group, edges, weights, total)}
        return values


def _rankings(given: Given) -> Iterator[tuple[Tensor, _Wanted]]:
    """What to sort, and for which figures: once for all where the probabilities are the scores."""
    shared = given.scores is given.probabilities
    if isinstance(given.scores, Tensor):
        yield given.scores, _Wanted(areas=True, calibration=shared)
    if given.probabilities is not None and not shared:
        yield given.probabilities, _Wanted(areas=False, calibration=True)


def _side_by_side(parts: list[Estimate]) -> Estimate:
    replicates = [part.replicates for part in parts if part.replicates is not None]
    return Estimate(torch.cat([part.value for part in parts]), torch.cat(replicates, dim=1) if replicates else None)
