"""What the page of a run on a large label set shows: plain rows and words, and the sections that are drawn."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from multihot.report.accounting import Accounting
from multihot.report.headline import Headline, hundredths
from multihot.report.listed.by_frequency import ByFrequency, bounds
from multihot.report.reliability import Reliability
from multihot.run import ListedRun, ListedScores

MEANINGS = {
    "precision_at_1": ("P@1", "samples whose best label is right"),
    "precision_at_3": ("P@3", "of the three best labels, the share that is right"),
    "precision_at_5": ("P@5", "of the five best labels, the share that is right"),
    "recall_at_5": ("Recall@5", "of the labels present, the share among the five best"),
    "ndcg_at_3": ("nDCG@3", "as P@3, earlier places weigh more; 1 is the best order"),
    "ndcg_at_5": ("nDCG@5", "as P@5, earlier places weigh more; 1 is the best order"),
    "propensity_scored_precision_at_1": ("PSP@1", "as P@1, rare labels weigh more"),
    "propensity_scored_precision_at_3": ("PSP@3", "as P@3, rare labels weigh more"),
    "propensity_scored_precision_at_5": ("PSP@5", "as P@5, rare labels weigh more"),
    "micro_f1": ("Micro F1", "all answers pooled: frequent labels weigh most"),
    "micro_precision": ("Micro precision", "labels given that are right"),
    "micro_recall": ("Micro recall", "labels present that are given"),
    "samples_f1": ("Samples F1", "mean over samples"),
    "macro_f1": ("Macro F1", "mean over labels: rare ones weigh as much"),
    "exact_match": ("Exact match", "samples whose whole label set is right"),
    "hamming_loss": ("Hamming loss", "single answers (sample × label) that are wrong"),
}
TILES = ("precision_at_1", "precision_at_5", "propensity_scored_precision_at_5", "micro_f1")
MOST_LABELS = 200
MOST_SET_ASIDE = 200


def sections(run: ListedRun, shown: ListedScores) -> dict[str, Any]:
    """What is drawn of the samples shown."""
    states = shown.targets.at(shown.ranked.labels)
    return {
        "by_frequency": ByFrequency(run.positives, shown.targets, shown.ranked.labels, shown.decided),
        "reliability": Reliability(states, shown.probabilities, shown.ranked.scores),
    }


def contents(run: ListedRun, shown: ListedScores, part: str, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of the page's template, except the plots."""
    figures, accounting = run.metrics(), Accounting(run.split())
    rows = [row for row in Headline(figures).table().to_pylist() if row["figure"] in figures.get(part, {})]
    by_frequency: ByFrequency = drawn["by_frequency"]
    return {
        "title": Path(run.recipe.provenance.get("source", "")).name or run.folder.name,
        "version": run.recipe.provenance.get("multihot", ""),
        "folder": run.folder.name,
        "part": part,
        "counts": accounting.counts(),
        "labels_in_all": len(run.space),
        "listed": shown.ranked.labels.shape[1],
        "sentence": _sentence(figures.get(part, {})),
        "tiles": _tiles(figures.get(part, {})),
        "figures": sorted(rows, key=lambda row: _place(row["figure"])),
        "meanings": MEANINGS,
        "folds": None,
        "cross_fit": 0,
        "trained": True,
        "groups": [{"bounds": bounds(row), **row} for row in by_frequency.table().to_pylist()],
        "labels": _labels(run, shown),
        "calibration_error": drawn["reliability"].expected_calibration_error,
        "decision": run.decision,
        "facts": _facts(run),
        "set_aside": accounting.table().slice(0, MOST_SET_ASIDE).to_pylist(),
        "notes": [*run.notes(), *run.decision.notes],
    }


def _place(name: str) -> int:
    return list(MEANINGS).index(name) if name in MEANINGS else len(MEANINGS)


def _sentence(figures: Mapping[str, Mapping[str, float | None]]) -> str:
    first, precision, recall = (
        (figures.get(name) or {}).get("value") for name in ("precision_at_1", "micro_precision", "micro_recall")
    )
    if first is None:
        return ""
    said = f"Of 100 new samples like these, the best label is right for about {hundredths(first)}"
    if precision is not None and recall is not None:
        said += (
            f". Of 100 labels that it gives, {hundredths(precision)} are right; "
            f"of 100 that are there, it finds {hundredths(recall)}"
        )
    return said + "."


def _tiles(figures: Mapping[str, Mapping[str, float | None]]) -> list[dict[str, Any]]:
    return [
        {"title": MEANINGS[name][0], "meaning": MEANINGS[name][1], **figures[name]}
        for name in TILES
        if (figures.get(name) or {}).get("value") is not None
    ]


def _labels(run: ListedRun, shown: ListedScores) -> list[dict[str, Any]]:
    """The labels that most of the samples shown have."""
    table = shown.report(run.space.names, replicates=0).table
    most = np.argsort(-table["support"], kind="stable")[:MOST_LABELS]
    return [
        {
            "label": run.space.names[label],
            "trained": int(run.positives[label]),
            **{name: int(table[name][label]) for name in ("support", "decided")},
            **{
                name: float(table[name][label]) if table["support"][label] else None
                for name in ("precision", "recall", "f1")
            },
        }
        for label in most.tolist()
    ]


def _facts(run: ListedRun) -> dict[str, str]:
    recipe, decision = run.recipe, run.decision
    encoder = {name: value for name, value in recipe.listing_encoder.model_dump().items() if name != "name"}
    cut = f"{decision.cut:.3f}" if decision.settings.select == "threshold" else f"{decision.cut:.0f} labels"
    return {
        "Source": recipe.provenance.get("source", "unknown"),
        "Encoder": recipe.listing_encoder.name,
        **{name.replace("_", " "): str(value) for name, value in encoder.items()},
        "Cut for": f"{decision.objective}: {cut}, on {decision.fitted_on:,} validation samples",
        "Seed": str(recipe.seed),
        **{name: text for name, text in recipe.provenance.items() if name != "source"},
    }
