"""What a model card says, as plain values.

Shapes: L labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from multihot import metrics
from multihot.decisions import Decision
from multihot.export.licence import licence_of
from multihot.hub.places import last_part, without_places
from multihot.models import EncoderSettings
from multihot.report.accounting import Accounting
from multihot.report.headline import MEANINGS, Headline
from multihot.report.listed.contents import MEANINGS as MEANINGS_OF_LISTS
from multihot.run import SPLIT, ListedRun, Run
from multihot.wording import counted

MOST_LABELS = 500
MOST_NAMED = 20
MOST_UNFOLDED = 30

FEW = 10
"""Samples with a label below which its threshold is little more than a guess."""


@dataclass(frozen=True)
class Figure:
    """One metric: its name in the registry, title, meaning, and by part `value`, `low` and `high`."""

    name: str
    title: str
    meaning: str
    lower_is_better: bool
    parts: Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class Label:
    """One label: its threshold, and in how many of the samples counted it is present and known."""

    name: str
    threshold: float | None
    present: int
    known: int


@dataclass(frozen=True)
class Contents:
    """What a model card says.

    Args:
        pictures: whether it takes pictures, and not feature vectors.
        data: facts about samples and inputs, by what they are about.
        model: the same about encoder, head and training.
        parts: the parts that were measured, and what their samples are called.
        headline: the figures shown first.
        figures: all others.
        sentence: the main figures in plain words; may be empty.
        counted_in: which samples the labels were counted in.
        labels: the first `MOST_LABELS`.
        labels_in_all: L.
        relations: what every label set keeps, a sentence each.
        decision: facts about the way from scores to label sets.
        limits: a sentence each.
        folded: whether the list of labels is too long to be shown at once.
        width: of the feature vectors; 0 for pictures.
    """

    pictures: bool
    data: Mapping[str, str]
    model: Mapping[str, str]
    parts: Mapping[str, str]
    headline: Sequence[Figure]
    figures: Sequence[Figure]
    sentence: str
    counted_in: str
    labels: Sequence[Label]
    labels_in_all: int
    relations: Sequence[str]
    decision: Mapping[str, str]
    limits: Sequence[str]
    folded: bool
    width: int


def contents(run: Run | ListedRun) -> Contents:
    """Those of a finished run."""
    figures, labels = run.metrics(), _labels(run)
    named = MEANINGS_OF_LISTS if isinstance(run, ListedRun) else MEANINGS
    listed = {figure.name: figure for figure in _figures(figures, named)}
    return Contents(
        pictures=run.features is None,
        data=_data(run),
        model=_model(run),
        parts=_parts(run, figures),
        headline=[listed[name] for name in named if name in listed],
        figures=[figure for name, figure in listed.items() if name not in named],
        sentence=Headline(figures).sentence(part_shown(figures)),
        counted_in=_counted_in(run),
        labels=labels[:MOST_LABELS],
        labels_in_all=len(labels),
        relations=run.decision.space.rules.texts[:MOST_LABELS],
        decision=_decision(run),
        limits=_limits(run, labels),
        folded=len(labels) > MOST_UNFOLDED,
        width=0 if run.features is None else run.features.width,
    )


def source_of(run: Run | ListedRun) -> str:
    """What the samples were read from, without where that lies."""
    return last_part(run.recipe.provenance.get("source", "")) or "samples in memory"


def part_shown(figures: Mapping[str, Any]) -> str:
    """The part by whose figures a run is judged."""
    return "test" if figures.get("test") else "validation"


def _data(run: Run | ListedRun) -> dict[str, str]:
    facts = {"Source": source_of(run)}
    if (run.folder / SPLIT).is_file():
        counts = Accounting(run.split()).counts()
        facts["Samples"] = ", ".join(f"{count:,} {part}" for part, count in counts.items() if count)
    if run.features is None:
        facts["Input"] = f"pictures, resized to {run.recipe.picture_encoder.size} pixels a side without a crop"
    else:
        names = run.features.names or ()
        said = f": {_listing(names)}" if names else ""
        facts["Input"] = f"vectors of {counted(run.features.width, 'feature')}{said}"
    return facts


def _model(run: Run | ListedRun) -> dict[str, str]:
    recipe = run.recipe
    facts = {"Encoder": recipe.encoder.name}
    if isinstance(recipe.encoder, EncoderSettings) and recipe.encoder.weights != "none":
        weights = last_part(recipe.encoder.weights)
        licence = licence_of(recipe.encoder)
        published = f", published under {licence}" if licence else ""
        facts["First weights of the encoder"] = f"{'pretrained' if weights == 'auto' else weights}{published}"
    if not isinstance(run, ListedRun):
        facts |= {"Head": recipe.head.name, "Loss": recipe.loss.name.replace("_", " ")}
    versions = {name: text for name, text in recipe.provenance.items() if name != "source"}
    return facts | {
        "Seed": str(recipe.seed),
        "Made with": ", ".join(f"{name} {text}" for name, text in versions.items()),
    }


def _parts(run: Run | ListedRun, figures: Mapping[str, Any]) -> dict[str, str]:
    validation = "out of fold" if run.recipe.cross_fit else "validation"
    return {part: validation if part == "validation" else part for part in ("test", "validation") if figures.get(part)}


def _figures(figures: Mapping[str, Any], named: Mapping[str, tuple[str, str]]) -> list[Figure]:
    names = dict.fromkeys(name for part in figures.values() for name in part)
    return [
        Figure(
            name,
            title=named[name][0] if name in named else name,
            meaning=named[name][1] if name in named else "",
            lower_is_better=name in metrics.REGISTRY and metrics.REGISTRY[name].better == "lower",
            parts={part: of_part.get(name) or {} for part, of_part in figures.items()},
        )
        for name in names
    ]


def _labels(run: Run | ListedRun) -> list[Label]:
    """All labels, in their order."""
    if isinstance(run, ListedRun):
        positives = run.positives.tolist()
        return [Label(name, None, n, run.trained_on) for name, n in zip(run.space, positives, strict=True)]
    fitted, thresholds = run.decision.fitted_on, run.decision.thresholds.tolist()
    columns = zip(run.space, thresholds, fitted.positives, fitted.known, strict=True)
    return [Label(name, None if np.isnan(cut) else cut, present, known) for name, cut, present, known in columns]


def _counted_in(run: Run | ListedRun) -> str:
    if isinstance(run, ListedRun):
        return counted(run.trained_on, "training sample")
    return f"{run.decision.fitted_on.samples:,} {_fitted_on(run, run.decision)} samples"


def _fitted_on(run: Run | ListedRun, decision: Decision) -> str:
    return "training (out of fold)" if run.recipe.cross_fit else decision.fitted_on.name


def _decision(run: Run | ListedRun) -> dict[str, str]:
    settings = run.decision.settings
    facts = {"Thresholds for": run.decision.objective, "Selection": settings.select}
    if isinstance(run, ListedRun):
        cut = run.decision.cut
        return facts | {
            "Cut": f"{cut:.3f}, of all labels" if settings.select == "threshold" else counted(int(cut), "label"),
            "Calibration": settings.calibration,
            "Fitted on": counted(run.decision.fitted_on, "validation sample"),
        }
    cuts = run.decision.thresholds[~np.isnan(run.decision.thresholds)]
    if len(cuts):
        facts["Thresholds"] = f"{cuts.min():.3f} to {cuts.max():.3f}, on calibrated probabilities"
    facts["Calibration"] = run.decision.calibration.method
    return facts | {
        "Fitted on": _counted_in(run)
        + (", each scored by a classifier that has not seen it" if run.recipe.cross_fit else "")
    }


def _limits(run: Run | ListedRun, labels: Sequence[Label]) -> list[str]:
    """What a user must know before trusting it."""
    source = run.recipe.provenance.get("source", "")
    unknown = [label.name for label in labels if label.known < _samples(run)]
    never = [label.name for label in labels if not label.present]
    always = [label.name for label in labels if label.present and label.present == label.known]
    few = [label.name for label in labels if 0 < label.present < FEW and label.name not in set(always)]
    among = _counted_in(run)
    said = [
        f"not always known among {among}, and counted neither as present nor as absent there: {_listing(unknown)}"
        if unknown
        else "",
        f"never present among {among}, so that nothing is known about finding them: {_listing(never)}" if never else "",
        f"always present where known among {among}, so that they were not learned: {_listing(always)}"
        if always
        else "",
        f"present in fewer than {FEW} of {among}, so that thresholds and figures of theirs are rough: {_listing(few)}"
        if few
        else "",
    ]
    notes = [*(run.notes() if (run.folder / SPLIT).is_file() else ()), *run.decision.notes]
    order = f"the order of the labels has the hash {run.space.order_hash}: what was made for another does not fit"
    return [order, *filter(None, said), *(without_places(note, source) for note in notes)]


def _samples(run: Run | ListedRun) -> int:
    return run.trained_on if isinstance(run, ListedRun) else run.decision.fitted_on.samples


def _listing(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f", ... ({len(names):,} in all)" if len(names) > MOST_NAMED else "")
