"""How good and how fast are the estimators of label sets, beside scikit-learn's and scikit-multilearn's own?

Logistic regression under every meta-estimator, ML-kNN, and multihot's own classifier for micro F1, on emotions, scene
and yeast in their standard split, with features standardised on the training part; then the same work as a peer's in
the same run, each the best of three.

    pip install --target peers --no-deps scikit-multilearn-ng
    PYTHONPATH=peers .venv/bin/python benchmarks/estimators.py [--data ../shared/data]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import multioutput
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from multihot import read
from multihot.estimators import (
    BinaryRelevance,
    ClassifierChain,
    EnsembleOfClassifierChains,
    MLkNN,
    MultiLabelClassifier,
    PrunedLabelPowerset,
    RAkEL,
    make_scorer,
)

try:
    from skmultilearn.adapt import MLkNN as TheirMLkNN
except ImportError:
    TheirMLkNN = None

FIGURES = ("exact_match", "hamming_loss", "micro_f1", "macro_f1", "label_ranking_average_precision")
CHAINS = 10


class Task(NamedTuple):
    """Training and test part of one set."""

    inputs: Any
    targets: NDArray[np.int64]
    test_inputs: Any
    test_targets: NDArray[np.int64]


def task(folder: Path, name: str) -> Task:
    samples = read(folder / "mulan" / name)
    parts = np.array(samples.split)
    rows = [np.flatnonzero(parts == part) for part in ("train", "test")]
    values = [samples.features.values[of_part] for of_part in rows]
    if not sparse.issparse(values[0]):
        scaler = StandardScaler().fit(values[0])
        values = [scaler.transform(of_part) for of_part in values]
    states = [samples.targets.take(of_part).dense().astype(np.int64) for of_part in rows]
    return Task(values[0], states[0], values[1], states[1])


def base() -> LogisticRegression:
    return LogisticRegression(C=0.1, max_iter=1000)


def estimators() -> dict[str, Any]:
    return {
        "BinaryRelevance": BinaryRelevance(base()),
        "ClassifierChain, greedy": ClassifierChain(base()),
        "ClassifierChain, beam": ClassifierChain(base(), inference="beam"),
        "ClassifierChain, monte_carlo": ClassifierChain(base(), inference="monte_carlo", random_state=0),
        f"EnsembleOfClassifierChains, {CHAINS}": EnsembleOfClassifierChains(base(), CHAINS, random_state=0),
        "PrunedLabelPowerset": PrunedLabelPowerset(base()),
        "RAkEL, overlapping": RAkEL(base(), random_state=0),
        "RAkEL, disjoint": RAkEL(base(), overlapping=False, random_state=0),
        "MLkNN": MLkNN(),
        "MLkNN, cosine": MLkNN(metric="cosine"),
        "MultiLabelClassifier, identity": MultiLabelClassifier("identity"),
        "MultiLabelClassifier, kernel": MultiLabelClassifier("kernel"),
        "MultiLabelClassifier, forest": MultiLabelClassifier("forest"),
    }


def show_figures(folder: Path, name: str) -> None:
    inputs, targets, test_inputs, test_targets = task(folder, name)
    print(f"\n{name}: {len(targets)} training samples, {targets.shape[1]} labels\n")
    print("| estimator | exact match | Hamming loss | micro F1 | macro F1 | LRAP | fit and predict, s |")
    print("|---|---|---|---|---|---|---|")
    for label, estimator in estimators().items():
        started = time.perf_counter()
        estimator.fit(inputs, targets).predict(test_inputs)
        seconds = time.perf_counter() - started
        found = make_scorer(*FIGURES)(estimator, test_inputs, test_targets)
        cells = " | ".join(f"{abs(value):.3f}" for value in found.values())
        print(f"| {label} | {cells} | {seconds:.2f} |", flush=True)


class TheirChains:
    """Ten of scikit-learn's chains in random orders."""

    def fit(self, inputs: Any, targets: NDArray[np.int64]) -> "TheirChains":
        """Fit them one after the other."""
        made = (multioutput.ClassifierChain(base(), order="random", random_state=seed) for seed in range(CHAINS))
        self.chains = [chain.fit(inputs, targets) for chain in made]
        return self

    def predict(self, inputs: Any) -> NDArray[np.bool_]:
        """Where their mean probability is above one half."""
        return np.asarray(np.mean([chain.predict_proba(inputs) for chain in self.chains], axis=0) > 0.5)


def pairs() -> Iterator[tuple[str, str, Callable[[], Any], Callable[[], Any] | None]]:
    """What is done, on which set, by us and by a peer."""
    yield "one-vs-rest", "scene", lambda: BinaryRelevance(base()), lambda: OneVsRestClassifier(base())
    yield (
        "ten chains",
        "scene",
        lambda: EnsembleOfClassifierChains(base(), CHAINS, bootstrap=False, random_state=0),
        TheirChains,
    )
    for name in ("scene", "bibtex"):
        yield "ML-kNN", name, MLkNN, None if TheirMLkNN is None else lambda: TheirMLkNN(k=10)


def show_seconds(folder: Path) -> None:
    print("\n| what | set | ours, s | peer, s | ours / peer |\n|---|---|---|---|---|")
    for what, name, ours, theirs in pairs():
        given = task(folder, name)
        own = seconds_of(ours, given)
        if theirs is None:
            print(f"| {what} | {name} | {own:.2f} | not installed | |", flush=True)
        else:
            peer = seconds_of(theirs, given)
            print(f"| {what} | {name} | {own:.2f} | {peer:.2f} | {own / peer:.2f} |", flush=True)


def seconds_of(make: Callable[[], Any], given: Task) -> float:
    """Of fitting and predicting, the best of three."""
    found = []
    for _ in range(3):
        started = time.perf_counter()
        make().fit(given.inputs, given.targets).predict(given.test_inputs)
        found.append(time.perf_counter() - started)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / ".." / "shared" / "data")
    parser.add_argument("--seconds-only", action="store_true", help="leave the figures out")
    arguments = parser.parse_args()
    if not arguments.seconds_only:
        for name in ("emotions", "scene", "yeast"):
            show_figures(arguments.data, name)
    show_seconds(arguments.data)


if __name__ == "__main__":
    main()
