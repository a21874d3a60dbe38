"""A training run on a large label set: sparse features and targets in, lists of the best labels out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import sparse

from multihot.data import Features, Samples
from multihot.data.split import PARTS, Part, Split, split
from multihot.decisions import fit_listed, require_for_lists
from multihot.errors import DataError
from multihot.labels import Targets
from multihot.metrics import TopK, ndcg_at_k
from multihot.models.extreme import (
    ExtremeSettings,
    LabelTrees,
    LabelTreesSettings,
    OneVsRest,
    OneVsRestSettings,
    Ranked,
    fit_label_trees,
    fit_one_vs_rest,
    require_trees_for,
)
from multihot.progress import logger
from multihot.recipe import Recipe
from multihot.run import (
    DECISION,
    FEATURES,
    HISTORY,
    LABELS,
    METRICS,
    RECIPE,
    SCORES,
    SPLIT,
    ListedRun,
    ListedScores,
    write_json,
    write_listed_scores,
    write_recipe,
    write_split,
    write_text,
)
from multihot.wording import counted

LARGE = 20_000_000
"""Cells, samples times labels, from which on a data set is large, if it has `MANY` labels."""

MANY = 1000
"""Labels; with fewer, every label can be scored whatever the number of samples."""

ONE_VS_REST_WORK = 20_000_000_000
"""Labels times stored feature values up to which one-vs-rest is chosen: some half an hour for each c on one core."""

STRENGTHS = (0.1, 0.3, 1.0)

RARE = 20
"""Samples a label; where half of the labels have fewer, the split is drawn at random: not every part can have them."""

_JUDGED_AT = 5
_HELD_OUT: tuple[Part, ...] = ("validation", "test")


def scorer_for(samples: Samples) -> ExtremeSettings | None:
    """The scorer for samples whose label set is large, said in a line of the log; None where it is not."""
    count, labels = samples.targets.shape
    if count * labels < LARGE or labels < MANY or not isinstance(samples.inputs, Features):
        return None
    values = samples.inputs.values
    work = labels * (values.nnz if isinstance(values, sparse.csr_array) else values.size)
    exact = work <= ONE_VS_REST_WORK or samples.targets.unknown.nnz  # which trees would read as absent
    chosen = OneVsRestSettings() if exact else LabelTreesSettings()
    logger.info(
        "%d samples x %d labels are %.2g cells, more than %.2g: --encoder %s is taken, which lists the best %d labels",
        count, labels, count * labels, LARGE, chosen.name, chosen.listed,
    )  # fmt: skip
    return chosen


def train_listed(samples: Samples, recipe: Recipe, folder: Path) -> ListedRun:
    """Fit a scorer on training samples, its decision on validation samples, measure both on test samples; write a run.

    `metrics.json` is written last: where it is, the run is finished.
    """
    require_for_lists(recipe.decision)
    if isinstance(recipe.listing_encoder, LabelTreesSettings):
        require_trees_for(samples.targets)
    if not len(samples):
        raise DataError(f"{samples.source}: no usable sample")
    rare = _mostly_rare(samples.targets)
    parts = split(
        samples.targets,
        recipe.split,
        seed=recipe.seed,
        declared=samples.split,
        groups=samples.groups,
        contents=samples.features.hashes(),
        stratified=not rare,
    )
    notes = _notes(samples, parts, rare=rare)
    _announce(samples, parts, notes)
    folder.mkdir(parents=True, exist_ok=True)
    write_recipe(folder / RECIPE, recipe)
    write_split(folder / SPLIT, samples, parts.names(), [None] * len(samples), notes)
    scorer, history = _fit(samples, parts, recipe.listing_encoder, folder)
    logger.info("fitted %s; ranking the labels of held-out samples", recipe.listing_encoder.name)
    run, scores = _decide(samples, parts, recipe, folder, scorer)
    write_text(folder / HISTORY, "".join(json.dumps(record) + "\n" for record in history))
    _finish(run, scores)
    return run


def _mostly_rare(targets: Targets) -> bool:
    positives = targets.positives()
    return bool(np.median(positives[positives > 0]) < RARE)


def _decide(
    samples: Samples, parts: Split, recipe: Recipe, folder: Path, scorer: OneVsRest | LabelTrees
) -> tuple[ListedRun, ListedScores]:
    rows = np.concatenate([parts.rows(part) for part in _HELD_OUT])
    names = [part for part in _HELD_OUT for _ in parts.rows(part)]
    targets, ranked = (
        samples.targets.take(rows),
        scorer.rank(samples.features.take(rows), recipe.listing_encoder.listed),
    )
    fitting = np.arange(len(parts.rows("validation")))
    own = ranked.take(fitting)
    decision = fit_listed(own.labels, own.scores, targets.take(fitting), recipe.decision, samples.space)
    for note in decision.notes:
        logger.info("decision: %s", note)
    trained = samples.targets.take(parts.rows("train"))
    features = samples.features.space
    run = ListedRun(folder, recipe, samples.space, scorer, decision, features, trained.positives(), len(trained))
    return run, ListedScores.of(decision, [samples.ids[row] for row in rows.tolist()], names, targets, ranked)


def _finish(run: ListedRun, scores: ListedScores) -> None:
    write_json(run.folder / LABELS, run.space.to_dict())
    write_json(run.folder / FEATURES, run.features.to_dict())
    run.write_weights()
    write_json(run.folder / DECISION, run.decision.to_dict())
    write_listed_scores(run.folder / SCORES, scores, run.space)
    reports = {part: scores.part(part).report(run.space.names, run.propensities) for part in _HELD_OUT}
    write_json(run.folder / METRICS, {part: report.to_dict() for part, report in reports.items()})


def _fit(
    samples: Samples, parts: Split, settings: ExtremeSettings, folder: Path
) -> tuple[OneVsRest | LabelTrees, list[dict[str, Any]]]:
    rows = parts.rows("train")
    features, targets = samples.features.take(rows), samples.targets.take(rows)
    if isinstance(settings, LabelTreesSettings):
        trees = fit_label_trees(features, targets, settings, folder, torch.get_num_threads())
        return trees, []
    held_out = samples.take(parts.rows("validation"))
    best, fitted, history = -1.0, None, []
    for c in _strengths(settings, held_out):
        scorer = fit_one_vs_rest(features, targets, settings, c)
        value = _judged(scorer.rank(held_out.features, settings.listed), held_out.targets)
        history.append({"stage": "one_vs_rest", "c": c, "validation": {"ndcg_at_5": value}, "kept": False})
        if fitted is None or (value or 0.0) > best:
            best, fitted, kept = value or 0.0, scorer, history[-1]
    kept["kept"] = True
    assert fitted is not None  # noqa: S101
    return fitted, history


def _strengths(settings: OneVsRestSettings, held_out: Samples) -> Sequence[float]:
    if settings.c is not None:
        return (settings.c,)
    return STRENGTHS if held_out.targets.present.nnz else (0.3,)


def _judged(ranked: Ranked, targets: Targets) -> float | None:
    """nDCG@5; None without samples."""
    if not len(ranked):
        return None
    return float(ndcg_at_k(targets, TopK(ranked.labels, ranked.scores), k=min(_JUDGED_AT, targets.shape[1])))


def _announce(samples: Samples, parts: Split, notes: Sequence[str]) -> None:
    counts = ", ".join(f"{len(parts.rows(part)):,} {part}" for part in PARTS)
    logger.info("%s: %s; %s", counted(len(samples), "sample"), counts, counted(len(samples.space), "label"))
    for note in notes:
        logger.info("%s", note)


def _notes(samples: Samples, parts: Split, *, rare: bool) -> list[str]:
    """What was noticed in the source and in the split; labels are counted, as there may be very many."""
    lacking = [
        f"split: {counted(len(columns), 'label')} of other parts: no {part} sample has them"
        for part, columns in parts.lacking.items()
        if columns
    ]
    empty = [f"split: there is no {part} sample" for part in PARTS if not len(parts.rows(part))]
    positives, known = samples.targets.positives(), samples.targets.known()
    constant = int(((positives == 0) | (positives == known)).sum())
    learned = [f"{counted(constant, 'label')} always or never present: nothing to learn about them"] if constant else []
    drawn = [f"split: drawn at random, as half of the labels have fewer than {RARE} samples"] if rare else []
    return [*samples.notes, *drawn, *learned, *(f"split: {note}" for note in parts.notes), *empty, *lacking]
