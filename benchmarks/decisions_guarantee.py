"""Do promises hold on real scores, how fast are they made, and what breaks them?

    .venv/bin/python benchmarks/decisions_guarantee.py [--cache FOLDER] [--runs RUN ...]

1. Speed, next to MAPIE in the same run where it is installed (`pip install --target peers --no-deps mapie`, then run
   with PYTHONPATH=peers).
2. 500 times: the realised risk against the promised one. Promises in expectation (`missed`, by label) are calibrated
   on a random half of the real scores and tested on the other. Promises with a confidence (`wrong`, `large`) are about
   the risk in the population, which a test half knows only up to its own noise; so here all samples are the
   population, calibration draws half as many from it with replacement, and the risk on all of them is the true one.
3. The same with test samples that are not like the calibration samples.

Real scores: those of the forests that `benchmarks/decisions.py --cache FOLDER` keeps, and of runs.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import binom

from multihot.decisions import guarantee
from multihot.labels import LabelSpace, Targets
from multihot.run.scores import read_scores

mapie: Any = None
try:
    mapie = import_module("mapie.risk_control")
except ImportError:
    print("MAPIE is not installed: only multihot is measured")

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

SPLITS = 500
LEVELS = (0.05, 0.1, 0.2)
CONFIDENCE = 0.9
DENSE_LIMIT_MS, SPARSE_LIMIT_S = 10.0, 2.0


def best_of(times: int, task: Callable[[], Any]) -> float:
    """Seconds of the fastest of several runs."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        task()
        taken.append(time.perf_counter() - started)
    return min(taken)


def show_speed() -> None:
    generator = np.random.default_rng(0)
    targets = (generator.random((5000, 80)) < 0.04).astype(float)
    targets[np.arange(5000), generator.integers(0, 80, 5000)] = 1
    scores = np.clip(generator.normal(0.3 + 0.3 * targets, 0.15), 0.001, 0.999)
    print("5,000 x 80, dense, level 0.1")
    mine = best_of(7, lambda: guarantee.missed_threshold(scores, targets, 0.1)) * 1e3
    print(f"  missed           {mine:9.2f} ms  limit {DENSE_LIMIT_MS:.0f} ms, exact over all distinct scores")
    for function in (guarantee.missed_thresholds_by_label, guarantee.wrong_threshold):
        print(f"  {function.__name__:<27}{best_of(3, partial(function, scores, targets, 0.1)) * 1e3:9.2f} ms")
    if mapie is not None:
        show_peer(scores, targets, mine)
    show_sparse(generator)


def show_peer(scores: Floats, targets: Floats, mine: float) -> None:
    def calibrate() -> float:
        controller = mapie.MultiLabelClassificationController(
            lambda given: given, risk="recall", method="crc", target_level=0.9
        )
        return float(controller.calibrate(scores, targets.astype(int)).best_predict_param[0])

    theirs = best_of(2, calibrate) * 1e3
    found, exact = calibrate(), guarantee.missed_threshold(scores, targets, 0.1)
    print(
        f"  MAPIE, 100 thresholds {theirs:9.0f} ms, {theirs / mine:,.0f} times as long; {found:.3f}, exact {exact:.4f}"
    )
    targets[0] = 0
    try:
        calibrate()
    except ValueError as error:
        print(f"  MAPIE, one sample without labels: {error}")


def show_sparse(generator: np.random.Generator, samples: int = 1_000_000, labels: int = 100_000) -> None:
    """20 scored labels and 4 present ones a sample; a fifth of the present ones has no score."""
    scored = np.sort(generator.integers(0, labels, (samples, 20)), axis=1)
    held = np.where(generator.random((samples, 4)) < 0.8, scored[:, 1::5], generator.integers(0, labels, (samples, 4)))
    values = generator.random(scored.size, dtype=np.float32)
    scores = sparse.csr_array((values, scored.ravel(), np.arange(0, scored.size + 1, 20)), shape=(samples, labels))
    scores.sum_duplicates()
    ones = np.ones(held.size, np.bool_)
    present = sparse.csr_array((ones, held.ravel(), np.arange(0, held.size + 1, 4)), shape=(samples, labels))
    present.sum_duplicates()
    targets = Targets(present, sparse.csr_array(present.shape, dtype=np.bool_))
    print(f"{samples:,} x {labels:,}, sparse, level 0.3, limit {SPARSE_LIMIT_S:.0f} s")
    for function in (guarantee.missed_threshold, guarantee.missed_thresholds_by_label):
        print(f"  {function.__name__:<27}{best_of(3, partial(function, scores, targets, 0.3)):6.2f} s")


def missed(decided: Booleans, targets: Floats) -> float:
    present = targets == 1
    return float(((present & ~decided).sum(axis=1) / np.maximum(present.sum(axis=1), 1)).mean())


def wrong(decided: Booleans, targets: Floats) -> float:
    known = ~np.isnan(targets)
    false, given = (decided & (targets == 0)).sum(axis=1), (decided & known).sum(axis=1)
    return float((false / np.maximum(given, 1)).mean())


def missed_by_label(decided: Booleans, targets: Floats) -> Floats:
    present = targets == 1
    return np.asarray((present & ~decided).sum(axis=0) / np.maximum(present.sum(axis=0), 1))


def show_promises(name: str, scores: Floats, targets: Floats) -> None:
    frequent = (targets == 1).sum(axis=0) >= 100
    most = int(np.ceil(np.nansum(targets, axis=1).mean())) + 1
    print(f"\n{name}: {len(scores)} samples, {scores.shape[1]} labels, {SPLITS} times")
    print(
        f"{'level':>6}{'missed':>18}{'by label, highest':>19}{'wrong':>9}{'broken':>8}{f'over {most}':>9}{'broken':>8}"
    )
    for level in LEVELS:
        generator = np.random.default_rng(0)
        lost, labels = zip(*(in_expectation(scores, targets, level, generator) for _ in range(SPLITS)), strict=True)
        sure = [with_confidence(scores, targets, level, most, generator) for _ in range(SPLITS)]
        wrong_risk, large_risk = np.array(sure).T
        by_label = np.mean([row[frequent] for row in labels], axis=0).max() if frequent.any() else np.nan
        print(
            f"{level:>6}{np.mean(lost):>9.4f} ± {2 * np.std(lost) / SPLITS**0.5:.4f}{by_label:>19.4f}"
            f"{wrong_risk.mean():>9.4f}{(wrong_risk > level).mean():>8.3f}"
            f"{large_risk.mean():>9.4f}{(large_risk > level).mean():>8.3f}"
        )


def in_expectation(scores: Floats, targets: Floats, level: float, generator: np.random.Generator) -> tuple[Any, Any]:
    """Risks of the test half: missed, and missed by label."""
    first, second = np.array_split(generator.permutation(len(scores)), 2)
    threshold = guarantee.missed_threshold(scores[first], targets[first], level)
    own = guarantee.missed_thresholds_by_label(scores[first], targets[first], level)
    return missed(scores[second] >= threshold, targets[second]), missed_by_label(scores[second] >= own, targets[second])


def with_confidence(
    scores: Floats, targets: Floats, level: float, most: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Risks of all samples: wrong, and more than `most` labels."""
    drawn = generator.integers(0, len(scores), len(scores) // 2)
    threshold = guarantee.wrong_threshold(scores[drawn], targets[drawn], level, CONFIDENCE)
    large = guarantee.large_threshold(scores[drawn], most, level, CONFIDENCE)
    return wrong(scores >= threshold, targets), float(((scores >= large).sum(axis=1) > most).mean())


def show_shift(name: str, scores: Floats, targets: Floats, level: float = 0.1) -> None:
    """Calibration on any samples, test on those with many labels; then test on noisier scores."""
    generator = np.random.default_rng(0)
    crowded = np.nansum(targets, axis=1) > np.median(np.nansum(targets, axis=1))
    if not crowded.any():
        print(f"{name:<10} all samples have as many labels")
        return
    noise = scores.std()
    risks = []
    for _ in range(SPLITS // 5):
        order = generator.permutation(len(scores))
        first, second = order[: len(order) // 2], order[len(order) // 2 :]
        threshold = guarantee.missed_threshold(scores[first], targets[first], level)
        many = second[crowded[second]]
        blurred = scores[second] + generator.normal(size=scores[second].shape) * noise
        groups = guarantee.missed_thresholds_by_group(scores[first], targets[first], crowded[first].tolist(), level)
        risks.append(
            (
                missed(scores[second] >= threshold, targets[second]),
                missed(scores[many] >= threshold, targets[many]),
                missed(scores[many] >= groups[True], targets[many]),
                missed(blurred >= threshold, targets[second]),
            )
        )
    like, many_labels, grouped, blurry = np.mean(risks, axis=0)
    print(f"{name:<10} {like:>8.3f} {many_labels:>14.3f} {grouped:>22.3f} {blurry:>14.3f}")


def real_scores(cache: Path | None, runs: Sequence[Path], data: Path) -> Iterator[tuple[str, Floats, Floats]]:
    for name in ("scene", "yeast") if cache is not None else ():
        path = (cache or Path()) / f"{name}-0.npz"
        if path.exists():
            from decisions import mulan

            with np.load(path) as arrays:
                yield name, arrays["inside"], mulan(data, name, "train")[1]
    for folder in runs:
        space = LabelSpace.load(folder / "labels.json")
        scores = read_scores(folder / "scores.parquet", space)
        yield folder.name, np.asarray(scores.logits, np.float64), np.asarray(scores.targets, np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / ".." / "shared" / "data")
    parser.add_argument("--cache", type=Path, help="where benchmarks/decisions.py keeps the forests' scores")
    parser.add_argument("--runs", type=Path, nargs="*", default=[], help="runs whose scores to use")
    options = parser.parse_args()
    show_speed()
    sets = list(real_scores(options.cache, options.runs, options.data))
    for name, scores, targets in sets:
        show_promises(name, scores, targets)
    allowed = binom.ppf(0.999, SPLITS, 1 - CONFIDENCE) / SPLITS
    print(
        f"broken: share of draws with a true risk above the level; at most 0.1, or {allowed:.3f} by chance of {SPLITS}"
    )
    print("\nmissed, promised 0.1: samples alike, those with many labels, the same with groups, and noisier scores")
    for name, scores, targets in sets:
        show_shift(name, scores, targets)


if __name__ == "__main__":
    main()
