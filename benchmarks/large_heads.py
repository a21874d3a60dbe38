"""What do chunked losses save in memory and time when there are a hundred thousand labels or a million?

A linear head (D = 256) and binary cross entropy on a batch of 256 samples with 5 present labels each, forward and
backward. Plain is torch's own `linear` and `binary_cross_entropy_with_logits`, on dense targets. Memory is what the
process grows by at its peak beyond weights and their gradient, each path in a process of its own. Times are the best of
several, in turn in one process, with targets made beforehand. Other losses are measured against their own plain path.

    .venv/bin/python benchmarks/large_heads.py [--threads 2] [--labels 100000 300000 1000000]
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from multihot.losses import (
    CellList,
    SparseTargets,
    asymmetric,
    linear_binary_cross_entropy,
    linear_cells,
    linear_softmax_cross_entropy,
    linear_zlpr,
    reduce,
    softmax_cross_entropy,
    zlpr,
)
from peak import peak_bytes

SAMPLES, FEATURES, PRESENT = 256, 256, 5
REPEATS = 5
MEMORY_LIMIT, TIME_LIMIT = 0.05, 0.85
LARGEST_FOR_SLOW_PATHS = 100_000

Parameters = tuple[Tensor, Tensor, Tensor]
Step = Callable[[], Tensor]


def parameters(labels: int) -> Parameters:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(SAMPLES, FEATURES, generator=generator)
    weight = torch.randn(labels, FEATURES, generator=generator).mul_(0.05)
    return features.requires_grad_(), weight.requires_grad_(), torch.zeros(labels, requires_grad=True)


def sparse_targets(labels: int) -> SparseTargets:
    columns = torch.randint(0, labels, (SAMPLES * PRESENT,), generator=torch.Generator().manual_seed(1))
    order = columns.argsort()
    nothing = torch.empty(0, dtype=torch.long)
    present = CellList(torch.arange(SAMPLES).repeat_interleave(PRESENT)[order], columns[order])
    return SparseTargets(present, CellList(nothing, nothing), (SAMPLES, labels))


def dense(targets: SparseTargets) -> Tensor:
    values = torch.zeros(targets.shape)
    values[targets.present] = 1
    return values


def plain_cross_entropy(inputs: Parameters, values: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(functional.linear(*inputs), values)


def plain(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Parameters, Tensor], Tensor]:
    return lambda inputs, values: reduce(loss(functional.linear(*inputs), values), values)


def paths(inputs: Parameters, labels: int) -> dict[str, tuple[Step, Step]]:
    """The plain and the chunked step of each loss."""
    targets = sparse_targets(labels)
    values = dense(targets)
    steps: dict[str, tuple[Step, Step]] = {
        "binary_cross_entropy": (
            lambda: plain_cross_entropy(inputs, values),
            lambda: linear_binary_cross_entropy(*inputs, targets),
        )
    }
    if labels <= LARGEST_FOR_SLOW_PATHS:
        steps["asymmetric"] = (
            lambda: plain(asymmetric)(inputs, values),
            lambda: linear_cells(*inputs, targets, asymmetric),
        )
        steps["zlpr"] = (lambda: plain(zlpr)(inputs, values), lambda: linear_zlpr(*inputs, targets))
        steps["softmax_cross_entropy"] = (
            lambda: plain(softmax_cross_entropy)(inputs, values),
            lambda: linear_softmax_cross_entropy(*inputs, targets),
        )
    return steps


def seconds(step: Step, inputs: Parameters) -> float:
    for parameter in inputs:
        parameter.grad = None
    started = time.perf_counter()
    step().backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - started


def show_times(labels: int) -> None:
    inputs = parameters(labels)
    for name, both in paths(inputs, labels).items():
        best = [float("inf"), float("inf")]
        for _ in range(REPEATS):
            best = [min(before, seconds(step, inputs)) for before, step in zip(best, both, strict=True)]
        ratio = best[1] / best[0]
        verdict = "" if labels != 100_000 or name != "binary_cross_entropy" else _verdict(ratio, TIME_LIMIT)
        print(f"{labels:>9} {name:<22} plain {best[0]:6.2f} s  chunked {best[1]:6.2f} s  ratio {ratio:.2f}  {verdict}")


def peak_growth(path: str, labels: int) -> None:
    """In a process of its own: print by how many MB the peak exceeds inputs, targets as lists, and gradients."""
    inputs, targets = parameters(labels), sparse_targets(labels)
    for parameter in inputs:
        parameter.grad = torch.ones_like(parameter)
    small, few = parameters(SAMPLES), sparse_targets(SAMPLES)
    plain_cross_entropy(small, dense(few)).backward()  # type: ignore[no-untyped-call]
    linear_binary_cross_entropy(*small, few).backward()  # type: ignore[no-untyped-call]
    before = peak_bytes()
    for parameter in inputs:
        parameter.grad = None
    if path == "plain":
        plain_cross_entropy(inputs, dense(targets)).backward()  # type: ignore[no-untyped-call]
    else:
        linear_binary_cross_entropy(*inputs, targets).backward()  # type: ignore[no-untyped-call]
    print((peak_bytes() - before) / 1e6)


def show_memory(labels: int, threads: int) -> None:
    grown = {}
    for path in ("plain", "chunked"):
        command = [sys.executable, __file__, "--threads", str(threads), "--peak", path, "--labels", str(labels)]
        grown[path] = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    share = grown["chunked"] / grown["plain"]
    print(
        f"{labels:>9} extra memory at the peak: plain {grown['plain']:7.0f} MB  chunked {grown['chunked']:5.1f} MB  "
        f"share {share:.3f}  {_verdict(share, MEMORY_LIMIT) if labels == 1_000_000 else ''}"
    )


def _verdict(ratio: float, limit: float) -> str:
    return f"limit {limit:.2f} {'met' if ratio <= limit else 'MISSED'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--labels", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--peak", choices=["plain", "chunked"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.peak:
        peak_growth(options.peak, options.labels[0])
        return
    print(f"torch {torch.__version__}, {options.threads} threads, B = {SAMPLES}, D = {FEATURES}", flush=True)
    for labels in options.labels:
        show_memory(labels, options.threads)
        show_times(labels)


if __name__ == "__main__":
    main()
