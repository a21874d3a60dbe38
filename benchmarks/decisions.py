"""Do fitted decisions beat one half on samples they have not seen, each at its own objective?

Two kinds of scores:

- a 500-tree random forest on emotions, scene and yeast with their standard split, decided by what is fitted on scores
  out of fold (5 folds of the training samples), over 10 seeds of forest and folds;
- runs of `multihot train`, one a seed, fitted on their validation samples and measured on their test samples:

    for s in 0 1 2 3 4 5; do multihot train ../shared/data/voc2007 --seed $s --out runs/voc-$s; done
    for s in 0 1 2 3 4 5; do multihot train ../shared/data/clothes --seed $s --out runs/clothes-$s; done
    .venv/bin/python benchmarks/decisions.py --voc runs/voc-* --clothes runs/clothes-* [--cache FOLDER]

Columns: one half on the model's own probabilities; one half on calibrated ones; a plain search (each label's best
threshold on the fitting samples); what multihot fits, with the standard deviation over seeds.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.io import arff
from scipy.special import logit
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold

from multihot import decisions, metrics
from multihot.decisions import DecisionSettings
from multihot.decisions.calibrate import Method
from multihot.decisions.objectives import objective_of
from multihot.decisions.threshold.search import Search
from multihot.labels import LabelSpace, Relations
from multihot.run.scores import read_scores

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

TREES = 500
SEEDS = range(10)
FORESTS = ("emotions", "scene", "yeast")
TARGETS = {
    ("emotions", "micro_f1"): 0.711,
    ("scene", "micro_f1"): 0.767,
    ("yeast", "micro_f1"): 0.680,
    ("emotions", "macro_f1"): 0.702,
    ("scene", "macro_f1"): 0.770,
    ("yeast", "macro_f1"): 0.508,
}
COSTS = {"false_positive_cost": 1.0, "false_negative_cost": 5.0}
LEVEL = 0.8

CLOTHES = Relations.from_dict(
    {
        "groups": {
            "colour": {"labels": ["black", "blue", "red"], "hold": "exactly 1"},
            "item": {"labels": ["dress", "jeans", "shirt", "shoes"], "hold": "exactly 1"},
        }
    }
)


class Scored(NamedTuple):
    """Logits and targets to fit on, and others to measure on."""

    space: LabelSpace
    logits: Floats
    targets: Floats
    test_logits: Floats
    test_targets: Floats


def mean_cost(targets: Floats, decided: Booleans) -> float:
    wrong = ((targets == 0) & decided).sum() * COSTS["false_positive_cost"]
    missed = ((targets == 1) & ~decided).sum() * COSTS["false_negative_cost"]
    return float(wrong + missed) / float((~np.isnan(targets)).sum())


def measured(metric: Callable[..., Any], targets: Floats, decided: Booleans) -> float:
    return float(metric(targets, decided))


Measure = Callable[[Floats, Booleans], float]

MEASURES: dict[str, Measure] = {
    name: partial(measured, metric)
    for name, metric in {
        "micro_f1": metrics.micro_f1,
        "macro_f1": metrics.macro_f1,
        "samples_f1": metrics.samples_f1,
        "micro_jaccard": metrics.micro_jaccard,
        "macro_jaccard": metrics.macro_jaccard,
        "samples_jaccard": metrics.samples_jaccard,
        "exact_match": metrics.exact_match,
        "macro_balanced_accuracy": metrics.macro_balanced_accuracy,
        "hamming_loss": metrics.hamming_loss,
    }.items()
} | {
    "cost": mean_cost,
}
SMALLER_IS_BETTER = ("hamming_loss", "cost")


def settings_for(objective: str) -> DecisionSettings:
    return DecisionSettings.model_validate({"objective": objective, "at_least": LEVEL} | COSTS)


def show(name: str, sets: Sequence[Scored]) -> None:
    """One line an objective, averaged over the sets."""
    print(f"\n{name}: {len(sets)} seeds, {len(sets[0].targets)} samples to fit on, {len(sets[0].space)} labels")
    print(f"{'objective':<24}{'one half':>10}{'calibrated':>12}{'plain':>8}{'fitted':>9}{'sd':>8}  target")
    for objective, measure in MEASURES.items():
        figures = np.array([figures_of(scored, objective, measure) for scored in sets])
        half, calibrated, plain, fitted = figures.mean(axis=0)
        sign = -1 if objective in SMALLER_IS_BETTER else 1
        target = TARGETS.get((name, objective))
        verdict = "" if target is None else f"{target:.3f} {'met' if fitted >= target else 'missed'}"
        worse = "" if sign * fitted >= sign * half else "WORSE THAN ONE HALF"
        line = f"{objective:<24}{half:>10.4f}{calibrated:>12.4f}{plain:>8.4f}{fitted:>9.4f}{figures[:, 3].std():>8.4f}"
        print(f"{line}  {verdict}{worse}", flush=True)


def figures_of(scored: Scored, objective: str, measure: Measure) -> tuple[float, float, float, float]:
    settings = settings_for(objective)
    decision = decisions.fit(scored.logits, scored.targets, settings, scored.space)
    probabilities = decision.probabilities(scored.test_logits)
    search = Search.of(scored.logits, scored.targets)
    plain = search.run(objective_of(settings), np.ones(len(scored.targets))).own
    candidates = (scored.test_logits >= 0, probabilities >= 0.5, scored.test_logits >= plain)
    half, calibrated, searched = (measure(scored.test_targets, decided) for decided in candidates)
    return half, calibrated, searched, measure(scored.test_targets, decision.decide(probabilities))


def show_levels(sets: Sequence[Scored]) -> None:
    """Precision and recall, averaged over labels, where one of them is asked to reach a level for each label."""
    print(f"{'at least ' + str(LEVEL):<24}{'precision':>10}{'recall':>8}{'labels that keep it':>21}")
    for objective in ("fixed", "precision", "recall"):
        rows = []
        for scored in sets:
            decision = decisions.fit(scored.logits, scored.targets, settings_for(objective), scored.space)
            probabilities = decision.probabilities(scored.test_logits)
            decided = scored.test_logits >= 0 if objective == "fixed" else decision.decide(probabilities)
            hits = (decided & (scored.test_targets == 1)).sum(axis=0)
            given = (decided & ~np.isnan(scored.test_targets)).sum(axis=0)
            precision = np.where(given > 0, hits / np.maximum(given, 1), 1)
            recall = hits / np.maximum((scored.test_targets == 1).sum(axis=0), 1)
            kept = precision if objective == "precision" else recall
            rows.append((precision.mean(), recall.mean(), (kept >= LEVEL).mean()))
        precision_mean, recall_mean, keeping = np.mean(rows, axis=0)
        shown = "one half" if objective == "fixed" else objective
        keeps = "" if objective == "fixed" else f"{keeping:>21.2f}"
        print(f"{shown:<24}{precision_mean:>10.4f}{recall_mean:>8.4f}{keeps}", flush=True)


def show_calibration(sets: Sequence[Scored]) -> None:
    """Log loss and expected calibration error of test samples, by method."""
    print(f"{'calibration':<24}{'log loss':>10}{'ECE':>8}")
    for method in get_args(Method):
        rows = []
        for scored in sets:
            settings = DecisionSettings(objective="fixed", calibration=method)
            decision = decisions.fit(scored.logits, scored.targets, settings, scored.space)
            probabilities = decision.probabilities(scored.test_logits)
            error = metrics.expected_calibration_error(scored.test_targets, probabilities)
            rows.append((float(metrics.log_loss(scored.test_targets, probabilities)), float(error)))
        loss, error = np.mean(rows, axis=0)
        print(f"{method:<24}{loss:>10.4f}{error:>8.4f}", flush=True)


def show_abstaining(sets: Sequence[Scored]) -> None:
    """Share of samples with any wrong cell, among those that are not handed to a person."""
    print(f"{'handed over':<24}{'expected':>10}{'realised':>10}")
    for share in (0.0, 0.1, 0.25, 0.5):
        rows = []
        for scored in sets:
            decision = decisions.fit(scored.logits, scored.targets, DecisionSettings(), scored.space)
            probabilities = decision.probabilities(scored.test_logits)
            budget = round(share * len(probabilities))
            decided = decision.decide(probabilities)
            (row,) = decisions.risk_table(probabilities, decided, scored.test_targets, [budget])
            rows.append((row.expected, row.realised))
        expected, realised = np.mean(rows, axis=0)
        print(f"{share:<24.0%}{expected:>10.3f}{realised:>10.3f}", flush=True)


def show_relations(sets: Sequence[Scored]) -> None:
    """Exact match of free and of constrained sets, and how many free sets break a group."""
    print(f"\nclothes with its two exclusive groups: {len(sets)} seeds")
    print(f"{'objective':<24}{'free':>10}{'broken':>8}{'kept':>10}{'broken':>8}")
    for objective in ("fixed", "micro_f1", "macro_f1", "samples_f1", "hamming_loss", "exact_match"):
        rows = []
        for scored in sets:
            space = scored.space.with_relations(CLOTHES)
            for relations in (False, True):
                settings = DecisionSettings.model_validate({"objective": objective, "relations": relations})
                decision = decisions.fit(scored.logits, scored.targets, settings, space)
                decided = decision.decide(decision.probabilities(scored.test_logits))
                match = float(metrics.exact_match(scored.test_targets, decided))
                rows.append((match, float(space.rules.violated(decided).any(axis=1).sum())))
        free, kept = (np.mean(rows[start::2], axis=0) for start in (0, 1))
        print(f"{objective:<24}{free[0]:>10.4f}{free[1]:>8.1f}{kept[0]:>10.4f}{kept[1]:>8.1f}", flush=True)


def forests(data: Path, name: str, cache: Path | None) -> Iterator[Scored]:
    (inputs, targets), (test_inputs, test_targets) = (mulan(data, name, part) for part in ("train", "test"))
    space = LabelSpace(tuple(f"label {j}" for j in range(targets.shape[1])))
    for seed in SEEDS:
        kept = None if cache is None else cache / f"{name}-{seed}.npz"
        if kept is not None and kept.exists():
            with np.load(kept) as arrays:
                inside, outside = arrays["inside"], arrays["outside"]
        else:
            inside, outside = forest_logits(inputs, targets, test_inputs, seed)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                np.savez(kept, inside=inside, outside=outside)
        yield Scored(space, inside, targets, outside, test_targets)


def forest_logits(inputs: Floats, targets: Floats, test_inputs: Floats, seed: int) -> tuple[Floats, Floats]:
    """Out of fold for the training samples, and for the test samples by a forest of all of them."""
    inside = np.zeros(targets.shape)
    for rest, held in KFold(5, shuffle=True, random_state=seed).split(inputs):
        inside[held] = votes(inputs[rest], targets[rest], inputs[held], seed)
    return inside, votes(inputs, targets, test_inputs, seed)


def votes(inputs: Floats, targets: Floats, others: Floats, seed: int) -> Floats:
    """Logits of the share of trees that vote for each label, one tree each way added."""
    forest = RandomForestClassifier(TREES, random_state=seed, n_jobs=2).fit(inputs, targets)
    shares = [share[:, 1] if share.shape[1] == 2 else np.zeros(len(others)) for share in forest.predict_proba(others)]
    return np.asarray(logit((np.stack(shares, axis=1) * TREES + 1) / (TREES + 2)), np.float64)


def mulan(data: Path, name: str, part: str) -> tuple[Floats, Floats]:
    folder = data / "mulan" / name
    labels = re.findall(r'label name="([^"]+)"', (folder / f"{name}.xml").read_text())
    rows, _ = arff.loadarff(folder / f"{name}-{part}.arff")
    inputs = np.stack([rows[column].astype(float) for column in rows.dtype.names or () if column not in labels], axis=1)
    return inputs, np.stack([rows[label] == b"1" for label in labels], axis=1).astype(float)


def runs(folders: Sequence[Path]) -> list[Scored]:
    sets = []
    for folder in folders:
        space = LabelSpace.load(folder / "labels.json")
        scores = read_scores(folder / "scores.parquet", space)
        parts = [scores.part(part) for part in ("validation", "test")]
        arrays = [np.asarray(a, np.float64) for part in parts for a in (part.logits, part.targets)]
        sets.append(Scored(space, *arrays))
    return sets


def show_all(name: str, sets: Sequence[Scored]) -> None:
    show(name, sets)
    show_levels(sets)
    show_calibration(sets)
    show_abstaining(sets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / ".." / "shared" / "data")
    parser.add_argument("--cache", type=Path, help="where to keep the forests' scores")
    parser.add_argument("--voc", type=Path, nargs="*", default=[], help="runs on voc2007")
    parser.add_argument("--clothes", type=Path, nargs="*", default=[], help="runs on clothes")
    options = parser.parse_args()
    for name in FORESTS:
        show_all(name, list(forests(options.data, name, options.cache)))
    for name in ("voc", "clothes"):
        if folders := getattr(options, name):
            show_all(name, runs(folders))
    if options.clothes:
        show_relations(runs(options.clothes))


if __name__ == "__main__":
    main()
