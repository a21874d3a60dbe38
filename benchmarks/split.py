"""How fast and how balanced is the stratified split, against `iterative-stratification` in the same run?

Balance is measured as Sechidis et al. (2011) do: LD, how far the odds of a label in a fold are from its odds in all
data, mean over labels and folds; ED, how far the sizes of folds are from those asked for, mean over folds. Beside
them: the pairs of a fold and a label in at least as many samples as there are folds, where the fold has none of them.
Each figure is a mean over seeds.

    pip install --target peers iterative-stratification
    PYTHONPATH=peers .venv/bin/python benchmarks/split.py [--data ../shared/data] [--slow-peer]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot import read
from multihot.data.split import stratify
from multihot.labels import Targets

try:
    from iterstrat.ml_stratifiers import IterativeStratification
except ImportError:
    IterativeStratification = None

Folds = NDArray[np.intp]
Splitter = Callable[[sparse.csr_array, list[float], int], Folds]

SHARES = {
    "0.7/0.1/0.2": [0.7, 0.1, 0.2],
    "0.8/0.2": [0.8, 0.2],
    "10 folds": [0.1] * 10,
}
REAL = {
    "scenes": "scenes/miml_labels_1.csv",
    "emotions": "mulan/emotions",
    "yeast": "mulan/yeast",
    "bibtex": "xc/bibtex",
}
SEEDS = range(5)
PEER_LIMIT = 20_000_000
"""Cells of the largest set that the other package splits in some seconds."""


def ours(labels: sparse.csr_array, shares: list[float], seed: int) -> Folds:
    return stratify(Targets(labels, sparse.csr_array(labels.shape, dtype=bool)), shares, seed=seed)


def theirs(labels: sparse.csr_array, shares: list[float], seed: int) -> Folds:
    folds: Folds = IterativeStratification(labels.toarray(), np.array(shares), np.random.RandomState(seed))
    return folds


def incidence(rows: NDArray[np.intp], columns: NDArray[np.intp], shape: tuple[int, int]) -> sparse.csr_array:
    labels = sparse.csr_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=shape)
    labels.sum_duplicates()
    return sparse.csr_array(labels.astype(bool))


def uniform(samples: int, count: int, each: int) -> sparse.csr_array:
    """Labels of the same frequency, drawn with replacement."""
    columns = np.random.default_rng(0).integers(0, count, samples * each)
    return incidence(np.repeat(np.arange(samples), each), columns, (samples, count))


def power_law(samples: int, count: int, each: float, exponent: float) -> sparse.csr_array:
    """Independent labels; the r-th has a frequency proportional to r to the minus exponent."""
    generator = np.random.default_rng(0)
    rates = np.arange(1, count + 1) ** -exponent
    rates = np.minimum(rates * each / rates.sum(), 0.9)
    held = [np.flatnonzero(generator.random(samples) < rate) for rate in rates]
    return incidence(np.concatenate(held), np.repeat(np.arange(count), list(map(len, held))), (samples, count))


def correlated(samples: int, count: int) -> sparse.csr_array:
    """Labels by twelve hidden topics, in amounts that differ from sample to sample: 4 labels or fewer a sample."""
    generator = np.random.default_rng(0)
    rates = generator.dirichlet(np.full(count, 0.15), 12)[generator.integers(0, 12, samples)]
    present = generator.random((samples, count)) < np.minimum(4 * rates * generator.gamma(1, 1, (samples, 1)), 0.95)
    return sparse.csr_array(present)


def sets(data: Path) -> Iterator[tuple[str, sparse.csr_array]]:
    if data.is_dir():
        for name, place in REAL.items():
            yield name, read(data / place).targets.present
    else:
        print(f"No real data at {data}: only made sets are measured.")
    yield "power law", power_law(10_000, 100, 4, 1.0)
    yield "correlated", correlated(5000, 100)
    yield "long tail", power_law(5000, 1000, 3, 1.0)


@dataclass(frozen=True)
class Balance:
    """How far some folds are from what was asked."""

    label_deviation: float
    size_deviation: float
    sides_missing: float


def balance(labels: sparse.csr_array, folds: Folds, shares: list[float]) -> Balance:
    count, totals = len(shares), np.bincount(labels.indices, minlength=labels.shape[1])
    sizes = np.bincount(folds, minlength=count)
    held = np.zeros((count, labels.shape[1]))
    np.add.at(held, (np.repeat(folds, np.diff(labels.indptr)), labels.indices), 1)
    used = totals > 0
    odds = held / np.maximum(sizes[:, None] - held, 1)
    off = np.abs(odds - totals / np.maximum(len(folds) - totals, 1))[:, used].mean()
    missing = (held[:, totals >= count] == 0).sum()
    return Balance(float(off), float(np.abs(sizes - np.array(shares) * len(folds)).mean()), float(missing))


def mean_balance(splitter: Splitter, labels: sparse.csr_array, shares: list[float]) -> Balance:
    all_seeds = [balance(labels, splitter(labels, shares, seed), shares) for seed in SEEDS]
    return Balance(*(float(np.mean([getattr(one, name) for one in all_seeds])) for name in Balance.__annotations__))


def show_balance(data: Path) -> None:
    print("\nLD in ten-thousandths, ED in samples, sides missing; ours / theirs, mean of", len(SEEDS), "seeds")
    print(f"{'set':<11} {'N x L':>12} {'shares':<12} {'LD':>17} {'ratio':>6} {'ED':>14} {'missing':>14}")
    for name, labels in sets(data):
        for title, shares in SHARES.items():
            mine = mean_balance(ours, labels, shares)
            peer = mean_balance(theirs, labels, shares) if IterativeStratification else None
            print(row(f"{name:<11} {labels.shape[0]:>6} x {labels.shape[1]:<3} {title:<12}", mine, peer), flush=True)


def row(start: str, mine: Balance, peer: Balance | None) -> str:
    if peer is None:
        return f"{start} {mine.label_deviation * 1e4:8.2f} {mine.size_deviation:23.2f} {mine.sides_missing:14.1f}"
    return (
        f"{start} {mine.label_deviation * 1e4:8.2f} /{peer.label_deviation * 1e4:7.2f}"
        f" {mine.label_deviation / peer.label_deviation:6.2f}"
        f" {mine.size_deviation:6.2f} /{peer.size_deviation:6.2f} {mine.sides_missing:6.1f} /{peer.sides_missing:6.1f}"
    )


def show_speed(slow_peer: bool) -> None:
    print("\nSeconds for 0.7/0.1/0.2: wall (best of 3) and processor; theirs once")
    made = {
        "100,000 x 100, 5 labels a sample": (uniform(100_000, 100, 5), 2.0),
        "100,000 x 1,000, 4 labels a sample": (uniform(100_000, 1000, 4), 3.0),
        "1,000,000 x 1,000, 4 labels a sample": (uniform(1_000_000, 1000, 4), 30.0),
    }
    for name, (labels, limit) in made.items():
        wall, processor = min(timed(ours, labels) for _ in range(3))
        line = f"{name:<37} wall {wall:6.2f}  processor {processor:6.2f}  limit {limit:4.0f}"
        cells = labels.shape[0] * labels.shape[1]
        if IterativeStratification and (cells <= PEER_LIMIT or (slow_peer and cells <= 10 * PEER_LIMIT)):
            peer, _ = timed(theirs, labels)
            line += f"  theirs {peer:6.2f}  ratio {wall / peer:.3f}"
        print(line, flush=True)


def timed(splitter: Splitter, labels: sparse.csr_array) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    splitter(labels, SHARES["0.7/0.1/0.2"], 0)
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / ".." / "shared" / "data")
    parser.add_argument("--slow-peer", action="store_true", help="let the other package split 100,000 x 1,000 too")
    options = parser.parse_args()
    if IterativeStratification is None:
        print("iterative-stratification is not installed: only multihot is measured. To compare, install it apart:")
        print("pip install --target peers iterative-stratification, then run with PYTHONPATH=peers")
    show_speed(options.slow_peer)
    show_balance(options.data)


if __name__ == "__main__":
    main()
