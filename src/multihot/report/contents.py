"""What the page's template shows: plain rows and words, made from the sections."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihot.models import EncoderSettings
from multihot.pages import thumbnail, unchanged
from multihot.recipe import Recipe
from multihot.report.headline import MEANINGS
from multihot.report.heat_maps import explained, heat_maps
from multihot.report.sections import Sections
from multihot.run import Run, ScoreEvaluation

TILES = ("exact_match", "micro_f1", "macro_f1", "mean_average_precision")
MOST_DIFFERENCES = 6
MOST_SET_ASIDE = 200
MOST_HEAT_MAPS = 8
"""Of one picture."""

_TUNES = {
    "head": "frozen, head fitted",
    "full": "trained in full",
    "head-then-full": "head fitted, then trained in full",
    None: "trained by default",
}


def contents(run: Run | ScoreEvaluation, sections: Sections) -> dict[str, Any]:
    """The variables of the page's template, except the plots."""
    figures = sections.headline.table().to_pylist()
    return {
        **_origin(run),
        "folder": run.folder.name,
        "part": sections.part,
        "names": run.space.names,
        "counts": sections.accounting.counts(),
        "sentence": sections.headline.sentence(sections.part),
        "tiles": _tiles(figures, sections.part),
        "figures": figures,
        "meanings": MEANINGS,
        "labels": sections.labels.table().to_pylist(),
        "candidates": sections.candidates.table().to_pylist(),
        "differing": _differing(sections.cooccurrence.table()),
        "calibration_error": sections.reliability.expected_calibration_error,
        "error_before_calibration": None if _only_rank(run) else sections.reliability.error_before_calibration,
        "decision": run.decision,
        "examples": _examples(run, sections),
        "set_aside": sections.accounting.table().slice(0, MOST_SET_ASIDE).to_pylist(),
        "notes": [*run.notes(), *sections.labels.notes, *run.decision.notes],
    }


def _origin(results: Run | ScoreEvaluation) -> dict[str, Any]:
    """Title, what made the scores, facts for people to read, and the folds of cross-fitting."""
    if isinstance(results, ScoreEvaluation):
        about = results.about
        return {
            "title": Path(about["scores"]).name or results.folder.name,
            "version": about["multihot"],
            "facts": _facts_of_scores(results),
            "made_by": f"{about['kind']} of another tool",
            "folds": about["folds"],
            "cross_fit": 0,
            "trained": False,
        }
    facts = _facts(results)
    return {
        "title": Path(facts["Source"]).name or results.folder.name,
        "version": facts.get("multihot", ""),
        "facts": facts,
        "made_by": facts["Encoder"],
        "folds": None,
        "cross_fit": results.recipe.cross_fit or 0,
        "trained": True,
    }


def _facts_of_scores(evaluation: ScoreEvaluation) -> dict[str, str]:
    """Where scores and targets came from, and how the decision was fitted."""
    about, decision = evaluation.about, evaluation.decision
    fitted = f"{decision.fitted_on.samples:,} {decision.fitted_on.name} samples"
    return {
        "Scores": about["scores"] or "from memory",
        "Targets": about["targets"] or "from memory",
        "Thresholds for": decision.objective,
        "Calibration": f"{decision.calibration.method}, on {fitted}",
        "Measured": "on the test part" if about["folds"] is None else f"by cross-fitting in {about['folds']} folds",
        "Seed": str(about["seed"]),
        "multihot": about["multihot"],
    }


def _facts(run: Run) -> dict[str, str]:
    """What the run was made by and with, for people to read."""
    recipe, decision = run.recipe, run.decision
    fitted = f"{decision.fitted_on.samples:,} {decision.fitted_on.name} samples"
    return {
        "Source": recipe.provenance.get("source", "unknown"),
        "Encoder": _encoder(recipe),
        "Head": recipe.head.name,
        "Loss": recipe.loss.name.replace("_", " "),
        "Thresholds for": decision.objective,
        "Calibration": f"{decision.calibration.method}, on {fitted}",
        "Seed": str(recipe.seed),
        **{name: text for name, text in recipe.provenance.items() if name != "source"},
    }


def _only_rank(results: Run | ScoreEvaluation) -> bool:
    """Whether nothing but the calibration makes probabilities of the scores."""
    return isinstance(results, ScoreEvaluation) and results.about["kind"] == "scores"


def _encoder(recipe: Recipe) -> str:
    if not isinstance(recipe.encoder, EncoderSettings):
        return recipe.encoder.name
    return f"{recipe.encoder.name} at {recipe.encoder.size} px, {_TUNES[recipe.tune]}"


def _tiles(figures: Sequence[Mapping[str, Any]], part: str) -> list[dict[str, Any]]:
    """The few figures shown large, where they are known."""
    return [
        {
            "title": MEANINGS[row["figure"]][0],
            "meaning": MEANINGS[row["figure"]][1],
            **{bound: row[f"{part}_{bound}"] for bound in ("value", "low", "high")},
        }
        for row in figures
        if row["figure"] in TILES and row[f"{part}_value"] is not None
    ]


def _differing(pairs: pa.Table) -> list[dict[str, Any]]:
    """The pairs of labels that are decided together much more, or less, often than is true."""
    differing = pairs.filter(pc.not_equal(pairs["together_true"], pairs["together_decided"]))
    rows: list[dict[str, Any]] = differing.slice(0, MOST_DIFFERENCES).to_pylist()
    return rows


def _examples(run: Run | ScoreEvaluation, sections: Sections) -> dict[str, list[dict[str, Any]]]:
    """The examples of each kind with their thumbnails, and where in them their labels were seen."""
    classifier = explained(run)
    rows = sections.examples.table().to_pylist()
    split = sections.accounting.split
    shown = split.filter(pc.is_in(split["id"], pa.array([row["id"] for row in rows], pa.string())))
    files = {row["id"]: row for row in shown.select(["id", "path", "content"]).to_pylist()}
    for row in rows:
        file = files.get(row["id"], {"path": None, "content": None})
        path = Path(file["path"]) if file["path"] else None
        row["picture"] = thumbnail(path, file["content"])
        encoded = unchanged(path, file["content"]) if classifier and row["picture"] else None
        labels = [*row["hit"], *(entry["label"] for entry in row["missed"] + row["added"])][:MOST_HEAT_MAPS]
        places = [run.space.index(label) for label in labels]
        row["heat"] = heat_maps(classifier, encoded, labels, places) if classifier and encoded else None
    return {kind: [row for row in rows if row["kind"] == kind] for kind in ("worst", "best")}
