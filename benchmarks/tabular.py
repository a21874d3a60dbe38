"""How good are classifiers of feature vectors, beside scikit-learn's and ML-kNN, on the standard test parts?

Rows: `--encoder auto`, its decision fitted for each objective on scores out of fold; scikit-learn's one-vs-rest
logistic regression, ten of its chains in random orders averaged, its forest of 500 trees; and ML-kNN of
scikit-multilearn-ng where it is installed (it runs beside a current scikit-learn: pip install --no-deps --target
FOLDER scikit-multilearn-ng, and FOLDER in PYTHONPATH). Peers get standardised features and cut at 0.5; linear algebra
has one thread, with which they are fastest here, the forest two. Each cell is the mean over seeds and their spread; the
test part is scored once by each fitted classifier. A peer that cannot take a data set is told with its reason.

    OMP_WAIT_POLICY=passive .venv/bin/python benchmarks/tabular.py [--sets emotions scene] [--seeds 3] [--seconds 120]
"""

import argparse
import importlib.util
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from multihot import decisions, metrics
from multihot.data import Samples, read
from multihot.models import score_samples
from multihot.recipe import Recipe
from multihot.train.vectors import fit_vectors

SETS = ("emotions", "scene", "yeast", "birds", "bibtex")
OBJECTIVES = ("hamming_loss", "micro_f1", "macro_f1", "samples_f1", "exact_match")
FIGURES = (*OBJECTIVES, "label_ranking_average_precision")
CHAINS, TREES, NEIGHBOURS = 10, 500, 10
# Bogatinovski et al. 2022, "Comprehensive comparative study of multi-label classification methods": the best of 26
# methods in each cell; their splits may differ.
PUBLISHED = {
    "emotions": {"hamming_loss": 0.170, "micro_f1": 0.719, "macro_f1": 0.698, "label_ranking_average_precision": 0.826},
    "scene": {"hamming_loss": 0.077, "micro_f1": 0.792, "macro_f1": 0.800, "label_ranking_average_precision": 0.889},
    "yeast": {"hamming_loss": 0.193, "micro_f1": 0.682, "macro_f1": 0.483, "label_ranking_average_precision": 0.766},
}

Floats = NDArray[np.floating[Any]]
Booleans = NDArray[np.bool_]


class Parts(NamedTuple):
    """Training and test rows of a data set."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]


class Answer(NamedTuple):
    """What a classifier says of the test part: scores, and sets decided for an objective."""

    objective: str
    scores: Floats
    decided: Booleans


def ours(samples: Samples, parts: Parts, seed: int, seconds: float) -> Iterator[Answer]:
    recipe = Recipe.parse({"encoder": {"name": "auto", "seconds": seconds}, "seed": seed, "cross_fit": 5})
    none = np.empty(0, dtype=np.intp)
    fitted = fit_vectors(samples.features, samples.targets, samples.space, recipe, parts.train, none)
    print(f"  seed {seed}: {fitted.encoder}", flush=True)
    scored = score_samples(fitted.classifier, samples.features.take(parts.test))
    logits = np.concatenate([batch.logits for batch in scored])
    truth = samples.targets.take(fitted.rows).dense()
    for objective in OBJECTIVES:
        settings = recipe.decision.model_copy(update={"objective": objective})
        decision = decisions.fit(fitted.logits, truth, settings, samples.space)
        probabilities = decision.probabilities(logits)
        yield Answer(objective, probabilities, decision.decide(probabilities))


def one_vs_rest(train: Floats, truth: Booleans, test: Floats, seed: int) -> Floats:
    model = make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression(max_iter=1000)))
    found: Floats = model.fit(train, truth).predict_proba(test)
    return found


def chains(train: Floats, truth: Booleans, test: Floats, seed: int) -> Floats:
    scale = StandardScaler().fit(train)
    orders = (
        ClassifierChain(LogisticRegression(max_iter=1000), order="random", random_state=at) for at in range(CHAINS)
    )
    fitted = (chain.fit(scale.transform(train), truth) for chain in orders)
    return np.asarray(np.mean([chain.predict_proba(scale.transform(test)) for chain in fitted], axis=0))


def forest(train: Floats, truth: Booleans, test: Floats, seed: int) -> Floats:
    model = RandomForestClassifier(TREES, random_state=seed, n_jobs=2).fit(train, truth)
    by_label = zip(model.predict_proba(test), model.classes_, strict=True)
    return np.stack([shares[:, list(seen).index(1)] if 1 in seen else 0 * shares[:, 0] for shares, seen in by_label], 1)


def neighbours(train: Floats, truth: Booleans, test: Floats, seed: int) -> Floats:
    from skmultilearn.adapt import MLkNN

    scale = StandardScaler().fit(train)
    model = MLkNN(k=NEIGHBOURS).fit(scale.transform(train), truth.astype(int))
    return np.asarray(model.predict_proba(scale.transform(test)).toarray())


PEERS: dict[str, Callable[[Floats, Booleans, Floats, int], Floats]] = {
    "scikit-learn, one-vs-rest": one_vs_rest,
    f"scikit-learn, {CHAINS} chains": chains,
    f"scikit-learn, {TREES} trees": forest,
    "scikit-multilearn-ng, ML-kNN": neighbours,
}


RANDOM = ("ours", f"scikit-learn, {CHAINS} chains", f"scikit-learn, {TREES} trees")


def answers(name: str, samples: Samples, parts: Parts, seed: int, seconds: float) -> list[Answer]:
    if name == "ours":
        return list(ours(samples, parts, seed, seconds))
    values, truth = samples.features.dense(), samples.targets.dense() == 1
    with threadpool_limits(1):
        scores = PEERS[name](values[parts.train], truth[parts.train], values[parts.test], seed)
    return [Answer("0.5", scores, scores > 0.5)]


def measured(truth: Floats, answer: Answer) -> list[float]:
    figures = metrics.report(truth, scores=answer.scores, decided=answer.decided).to_dict()
    return [float("nan") if (value := figures[figure]["value"]) is None else value for figure in FIGURES]


def row(name: str, objective: str, found: list[list[float]]) -> str:
    """A line of the table: what the row was fitted for is bold."""
    means, spreads = np.mean(found, axis=0), np.std(found, axis=0)
    cells = [
        f"{'**' if figure == objective else ''}{mean:.3f}{'**' if figure == objective else ''} ±{spread:.3f}"
        for figure, mean, spread in zip(FIGURES, means, spreads, strict=False)
    ]
    return f"| {name} | {objective} | " + " | ".join(cells) + f" | {means[-1]:.1f} |"


def compare(name: str, data: Path, seeds: int, seconds: float) -> None:
    samples = read(data / "mulan" / name)
    split = np.array(samples.split)
    parts = Parts(np.flatnonzero(split != "test"), np.flatnonzero(split == "test"))
    truth = samples.targets.take(parts.test).dense()
    print(f"\n{name}: {len(parts.train)} and {len(parts.test)} samples, {len(samples.space)} labels", flush=True)
    lines = []
    for row_name in ("ours", *PEERS):
        found: dict[str, list[list[float]]] = {}
        try:
            for seed in range(seeds if row_name in RANDOM else 1):
                started = time.perf_counter()
                said = answers(row_name, samples, parts, seed, seconds)
                took = time.perf_counter() - started
                for answer in said:
                    found.setdefault(answer.objective, []).append([*measured(truth, answer), took])
        except (ValueError, ImportError) as error:
            lines.append(f"| {row_name} | | refused: {' '.join(str(error).split())[:120]} |")
            continue
        lines += [row(row_name, objective, cells) for objective, cells in found.items()]
    published = PUBLISHED.get(name, {})
    if published:
        cells = " | ".join(f"{published[figure]:.3f}" if figure in published else "" for figure in FIGURES)
        lines.append(f"| published, best of 26 methods a cell | each | {cells} | |")
    print(f"| | fitted for | {' | '.join(FIGURES)} | s |\n|---|---|{'---|' * (len(FIGURES) + 1)}")
    print("\n".join(lines), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=120.0, help="time for trying encoders, a fit")
    given = parser.parse_args()
    logging.disable(logging.INFO)
    warnings.filterwarnings("ignore")
    if importlib.util.find_spec("skmultilearn") is None:
        print("scikit-multilearn-ng is not installed: its row will say so")
    for name in given.sets:
        compare(name, given.data, given.seeds, given.seconds)


if __name__ == "__main__":
    main()
