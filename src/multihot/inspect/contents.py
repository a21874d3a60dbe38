"""What the page's template shows: plain rows and words, made from the inspection."""

from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.data import Features, Samples
from multihot.errors import ImageError
from multihot.inspect.inspection import Inspection
from multihot.inspect.labels import TROUBLES
from multihot.inspect.summary import facts, figure, listed, percent
from multihot.labels.proposals import Proposal
from multihot.pages import shrunk

MOST_LABELS = 500
MOST_PICTURED = 60
EXAMPLES = 6
LONGER_SIDE = 112
"""Pixels of an example: sharp at half that many CSS pixels on a dense screen."""

MOST_PAIRS = 15
MOST_PROPOSALS = 100
MOST_LISTED = 200


def contents(inspection: Inspection, samples: Samples) -> dict[str, Any]:
    """The variables of the page's template, except the plots."""
    return {
        "title": Path(inspection.source).name or inspection.source or "samples",
        "version": version("multihot"),
        "inspection": inspection,
        "facts": facts(inspection),
        "tiles": _tiles(inspection),
        "labels": _labels(inspection, samples),
        "label_sets": [
            (listed(names, 8) or "no label", count, percent(count, inspection.label_sets.complete))
            for names, count in inspection.label_sets.most_common[:10]
        ],
        "pairs": [
            {**pair._asdict(), "expected": figure(pair.expected), "lift": figure(pair.lift)}
            for pair in inspection.dependence.strongest[:MOST_PAIRS]
        ],
        "declared": sorted(inspection.relations, key=lambda declared: -declared.violations)[:MOST_LISTED],
        "proposals": [_proposal(proposal) for proposal in inspection.proposals.items[:MOST_PROPOSALS]],
        "troubles": [
            (trouble, TROUBLES[trouble], listed(names, 30), len(names))
            for trouble, names in inspection.labels.by_trouble.items()
        ],
        "most_listed": MOST_LISTED,
    }


def _tiles(inspection: Inspection) -> list[tuple[str, str, str]]:
    """The few figures shown large: title, value, and what it means."""
    proposals = inspection.proposals
    return [
        ("Labels a sample", figure(inspection.cardinality.mean), "cardinality, the mean over samples"),
        ("Imbalance", figure(inspection.labels.mean_imbalance), "mean IRLbl: 1 where all labels are as frequent"),
        ("Label sets", f"{inspection.label_sets.distinct:,}", "distinct, among samples without unknown labels"),
        ("Relations", f"{len(proposals):,}", "proposed by the data, beside those declared"),
    ]


def _labels(inspection: Inspection, samples: Samples) -> list[dict[str, Any]]:
    """A row for each of the most frequent labels, those first; some with examples."""
    labels = inspection.labels
    order = labels.order[:MOST_LABELS]
    rows: list[dict[str, Any]] = labels.table().take(order).to_pylist()
    most = max(int(labels.positives.max(initial=0)), 1)
    by_label = sparse.csc_array(samples.targets.present)
    for rank, (label, row) in enumerate(zip(order, rows, strict=True)):
        row["unknown"] = inspection.samples - row["known"]
        row["of_most"] = row["positives"] / most
        row["share"] = percent(row["positives"], row["known"])
        row["imbalance_text"] = figure(row["imbalance"])
        start, stop = by_label.indptr[label : label + 2]
        row["examples"] = _examples(samples, by_label.indices[start:stop]) if rank < MOST_PICTURED else []
    return rows


def _examples(samples: Samples, rows: NDArray[np.integer[Any]]) -> list[tuple[str, str]]:
    """Id and picture of a few samples, spread evenly over those with the label."""
    if isinstance(samples.inputs, Features) or not len(rows):
        return []
    places = np.unique(np.linspace(0, len(rows) - 1, EXAMPLES).round().astype(int))
    shown = []
    for row in rows[places].tolist():
        with suppress(ImageError):  # it is listed among the broken ones
            picture = shrunk(samples.images.read(row), LONGER_SIDE)
            shown += [(samples.ids[row], picture)] if picture is not None else []
    return shown


def _proposal(proposal: Proposal) -> dict[str, Any]:
    text = str(proposal)
    return {
        "relation": text if len(text) <= 600 else f"{text[:600].rstrip()}… ({len(proposal.labels):,} labels)",
        "support": proposal.support,
        "violations": proposal.violations,
        "expected": f"{proposal.expected:,.0f}",
        "kept": f"{100 * proposal.confidence:.1f} %",
    }
