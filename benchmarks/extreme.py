"""How do scorers of large label sets compare with omikuji and napkinXC alone, and what does a large set cost?

On bibtex (as MULAN and as extreme classification text): P, nDCG and PSP of the test part, and seconds of one thread, of

- one-vs-rest, its c chosen on a tenth of the training part, then fitted on all of it;
- label trees, on row-normalised features;
- omikuji and napkinXC (label trees and one-vs-rest) with their own defaults, where they are installed.

Then, in a process of its own, a run directory is trained on a made set of 200,000 samples and 200,000 labels, with 5
labels and 50 of 100,000 features a sample, where labels depend on features: seconds and the peak of memory.

    pip install --target peers --no-deps omikuji napkinxc milksnake cffi pycparser
    PYTHONPATH=peers .venv/bin/python benchmarks/extreme.py [--data ../shared/data] [--size 200000 | --no-large]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from multihot import Features, LabelSpace, Recipe, Samples, Targets, read, train
from multihot.console import log_to_screen
from multihot.data.split import stratify
from multihot.metrics import TopK, propensities, report
from multihot.models.extreme import (
    LabelTreesSettings,
    OneVsRestSettings,
    Ranked,
    fit_label_trees,
    fit_one_vs_rest,
)
from multihot.train.listed import STRENGTHS

FIGURES = (
    "precision_at_1",
    "precision_at_3",
    "precision_at_5",
    "ndcg_at_5",
    "propensity_scored_precision_at_1",
    "propensity_scored_precision_at_5",
)
LISTED = 5
LIMIT_POINTS = 0.3
LIMIT_GB = 8.0
Peer = Callable[[Samples, Samples], tuple[NDArray[np.int32], float, float]]


def one_vs_rest(own: Samples, test: Samples) -> tuple[NDArray[np.int32], float, float]:
    started, settings = time.perf_counter(), OneVsRestSettings()
    fold = stratify(own.targets, [0.9, 0.1], seed=0)
    inner, outer = own.take(np.flatnonzero(fold == 0)), own.take(np.flatnonzero(fold == 1))

    def value(c: float) -> float:
        ranked = fit_one_vs_rest(inner.features, inner.targets, settings, c).rank(outer.features, LISTED)
        return report(outer.targets, TopK(ranked.labels, ranked.scores)).figures["ndcg_at_5"].value

    scorer = fit_one_vs_rest(own.features, own.targets, settings, max(STRENGTHS, key=value))
    return ranked_by(scorer.rank, test, started)


def label_trees(own: Samples, test: Samples) -> tuple[NDArray[np.int32], float, float]:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        scorer = fit_label_trees(own.features, own.targets, LabelTreesSettings(), Path(folder))
        return ranked_by(scorer.rank, test, started)


def ranked_by(
    rank: Callable[[Features, int], Ranked], test: Samples, started: float
) -> tuple[NDArray[np.int32], float, float]:
    trained = time.perf_counter()
    labels = rank(test.features, LISTED).labels
    return labels, trained - started, time.perf_counter() - trained


def omikuji_alone(own: Samples, test: Samples) -> tuple[NDArray[np.int32], float, float]:
    """The library as its own documentation uses it: a file of text in, one sample after the other."""
    import omikuji

    from multihot.models.extreme.label_trees import write_rows

    rows, features = sparse_rows(test), sparse_rows(own)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.txt"
        write_rows(path, features, own.targets.present)
        started = time.perf_counter()
        model = omikuji.Model.train_on_data(str(path), n_threads=1)
        trained = time.perf_counter()
    labels = [[label for label, _ in model.predict(pairs_of(rows, row), top_k=LISTED)] for row in range(rows.shape[0])]
    return np.array(labels, np.int32), trained - started, time.perf_counter() - trained


def pairs_of(rows: Any, row: int) -> list[tuple[int, float]]:
    inside = slice(*rows.indptr[row : row + 2])
    return list(zip(rows.indices[inside].tolist(), rows.data[inside].tolist(), strict=True))


def napkin(kind: str) -> Peer:
    def run(own: Samples, test: Samples) -> tuple[NDArray[np.int32], float, float]:
        from napkinxc import models

        features, rows = (sparse.csr_matrix(sparse_rows(samples)) for samples in (own, test))
        sets = [own.targets.present[[row]].indices.tolist() for row in range(len(own))]
        with tempfile.TemporaryDirectory() as folder:
            model = getattr(models, kind)(folder, threads=1)
            started = time.perf_counter()
            model.fit(features, sets)
            trained = time.perf_counter()
            labels = model.predict(rows, top_k=LISTED)
        return np.array(labels, np.int32), trained - started, time.perf_counter() - trained

    return run


def sparse_rows(samples: Samples) -> Any:
    values = samples.features.values
    rows = sparse.csr_array(values.astype(np.float32))
    rows.sort_indices()
    return rows


def peers() -> dict[str, Peer]:
    """Ours, and what is installed of the others."""
    found: dict[str, Peer] = {"multihot one_vs_rest": one_vs_rest}
    try:
        import omikuji  # noqa: F401

        found |= {"multihot label_trees": label_trees, "omikuji 0.5": omikuji_alone}
    except ImportError:
        print("omikuji is not installed: no label trees")
    try:
        import napkinxc  # noqa: F401

        found |= {"napkinXC PLT": napkin("PLT"), "napkinXC BR": napkin("BR")}
    except ImportError:
        print("napkinXC is not installed")
    return found


def show_bibtex(source: Path) -> None:
    samples = read(source)
    parts = np.array(samples.split)
    own, test = (samples.take(np.flatnonzero(parts == part)) for part in ("train", "test"))
    weights = propensities(own.targets.positives(), len(own))
    print(f"\n{source.parent.name}/{source.name}: {len(own)} + {len(test)} samples, {len(samples.space)} labels")
    print(f"{'':24}{'P@1':>7}{'P@3':>7}{'P@5':>7}{'nDCG@5':>8}{'PSP@1':>7}{'PSP@5':>7}{'train s':>9}{'predict s':>11}")
    first: dict[str, float] = {}
    for name, peer in peers().items():
        labels, fitting, predicting = peer(own, test)
        found = report(test.targets, TopK(labels), propensities=weights).figures
        values = [100 * found[figure].value for figure in FIGURES]
        first[name] = values[0]
        print(
            f"{name:24}{values[0]:7.2f}{values[1]:7.2f}{values[2]:7.2f}{values[3]:8.2f}{values[4]:7.2f}{values[5]:7.2f}"
            f"{fitting:9.2f}{predicting:11.2f}",
            flush=True,
        )
    others = max((value for name, value in first.items() if not name.startswith("multihot")), default=0.0)
    best = max(value for name, value in first.items() if name.startswith("multihot"))
    behind = others - best
    print(f"P@1 behind the best peer: {behind:.2f} points  {'met' if behind <= LIMIT_POINTS else 'MISSED'}")


def made(samples: int, labels: int, width: int, seed: int = 0) -> Samples:
    """Each label has 12 features of its own; a sample has 8 draws of those of each of its 5 labels, and 10 others."""
    own = np.random.default_rng(1).integers(0, width, (labels, 12), dtype=np.int32)
    generator = np.random.default_rng(seed)
    sets = generator.integers(0, labels, (samples, 5), dtype=np.int32)
    drawn = own[sets[:, :, None], generator.integers(0, 12, (samples, 5, 8))].reshape(samples, -1)
    columns = np.concatenate([drawn, generator.integers(0, width, (samples, 10), dtype=np.int32)], axis=1)
    present = counted(sets, labels).astype(bool)
    return Samples(
        tuple(f"s{row}" for row in range(samples)),
        Features(counted(columns, width)),
        LabelSpace(tuple(map(str, range(labels)))),
        Targets(sparse.csr_array(present), sparse.csr_array(present.shape, dtype=bool)),
        source=f"made, {samples:,} samples x {labels:,} labels",
    )


def counted(columns: NDArray[np.int32], width: int) -> sparse.csr_array:
    ends = np.arange(0, columns.size + 1, columns.shape[1])
    cells = sparse.csr_array((np.ones(columns.size, np.float32), columns.ravel(), ends), shape=(len(columns), width))
    cells.sum_duplicates()
    return cells


def show_large(size: int) -> None:
    """In a process of its own: train a run and predict with it."""
    log_to_screen()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    samples = made(size, size, size // 2)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run = train(samples, Recipe.parse({"encoder": "auto"}), Path(folder) / "run")
        trained = time.perf_counter()
        fresh = made(10_000, size, size // 2, seed=1)
        sets = list(run.label_sets(fresh.ids, fresh.features))
        predicted = time.perf_counter()
        stored = sum(file.stat().st_size for file in (Path(folder) / "run").rglob("*") if file.is_file())
        figures = run.metrics()["test"]
    own, below = (resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    shown = ", ".join(f"{name} {figures[name]['value']:.3f}" for name in (*FIGURES, "micro_f1"))
    print(f"run trained, decided and measured in {trained - started:.0f} s; {stored / 1e9:.2f} GB on disk")
    print(f"{len(sets):,} label sets predicted in {predicted - trained:.0f} s")
    print(f"test: {shown}")
    print(
        f"peak resident memory: {own:.2f} GB, and {below:.2f} GB in omikuji's own process while trees grow: together "
        f"at most {own + below:.2f} GB  (under {LIMIT_GB:g}: {'met' if own + below < LIMIT_GB else 'MISSED'})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / ".." / "shared" / "data")
    parser.add_argument("--size", type=int, default=200_000, help="samples and labels of the made set")
    parser.add_argument("--no-large", action="store_true", help="leave the made set out")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_this_process:
        show_large(options.size)
        return
    torch.set_num_threads(1)
    for source in ("xc", "mulan"):
        if (options.data / source / "bibtex").is_dir():
            show_bibtex(options.data / source / "bibtex")
    if not options.no_large:
        print(f"\nmade: {options.size:,} samples x {options.size:,} labels, {options.size // 2:,} features", flush=True)
        command = [sys.executable, __file__, "--in-this-process", "--size", str(options.size)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
