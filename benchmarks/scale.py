"""What would a billion pictures and a million labels take, in hours, bytes and dollars, and what breaks first?

What is called measured is measured here, in a few minutes, by one process with one thread, on pictures and labels made
for it. What is called assumed is not: prices and a GPU's speed are arguments, whose defaults say where they come from.
The tables are the one times the other, and no more than that: no stragglers, no failures, no discounts.

    .venv/bin/python benchmarks/scale.py [--images 1e9] [--labels 1e6] [--grow 100000 1000000] [--core-hour 0.045] ...
"""

import argparse
import io
import json
import mmap
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from scipy import sparse

from multihot.data import ImageFiles, Samples
from multihot.data.feature_cache import FeatureCache
from multihot.data.loading import prepare
from multihot.data.split import SplitSettings, split
from multihot.decisions import DecisionSettings, ListDecision
from multihot.decisions import fit as fit_decision
from multihot.labels import LabelSet, LabelSpace, Targets
from multihot.losses import CellList, SparseTargets, build_loss, linear_binary_cross_entropy
from multihot.memory import keep_large_blocks
from multihot.metrics import TopK, report_of_lists
from multihot.models import LinearSettings, build_classifier, build_head
from multihot.models.encode import infer
from multihot.models.encoders import EncoderSettings
from multihot.models.extreme.ranked import Ranked
from multihot.predict.files import ListedParquetWriter, ParquetWriter
from multihot.predict.parts import Manifest
from multihot.recipe import Recipe
from multihot.train.convex_fit import convex_solutions
from multihot.train.judge import Fold
from peak import peak_bytes

D, LISTED, PRESENT = 1280, 20, 3
random = np.random.default_rng(0)

# (default, what it is, where it comes from). None of it was measured here.
ASSUMED = {
    "core-hour": (
        0.045,
        "dollars for one hour of one core",
        "half an AWS c7i.large, us-east-1, list price, not looked up",
    ),
    "gpu-hour": (1.006, "dollars for one hour of a GPU", "AWS g5.xlarge (A10G), us-east-1, list price of June 2026"),
    "gpu-images": (8320.0, "pictures a second of tf_efficientnet_lite0 on it", "timm's results, RTX 3090, AMP, pt240"),
    "gpu-tflops": (30.0, "10^12 operations a second in large half-precision products", "half of an A10G's data sheet"),
    "get": (0.4e-6, "dollars a read request", "AWS S3 standard, us-east-1, list price, not looked up"),
    "gigabyte-month": (
        0.023,
        "dollars for a gigabyte kept for a month",
        "AWS S3 standard, us-east-1, list price, not looked up",
    ),
    "picture-bytes": (100e3, "bytes of a picture", "photographs of 500 pixels; put your own"),
}


def seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    """The best of several."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def jpeg() -> bytes:
    """A picture of 500 x 375 pixels in about as many bytes as a photograph takes."""
    coarse = Image.fromarray(random.integers(0, 255, (94, 125, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    coarse.resize((500, 375), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def of_a_picture() -> dict[str, float]:
    """Seconds a picture for decoding and for the encoder."""
    keep_large_blocks()
    encoded = jpeg()
    model = build_classifier(EncoderSettings(name="tf_efficientnet_lite0"), LinearSettings(), 20, load_weights=False)
    pictures = torch.stack([prepare(encoded, 224)] * 16).contiguous(memory_format=torch.channels_last)
    infer(model, pictures)
    return {
        "decode": seconds(lambda: [prepare(encoded, 224) for _ in range(50)]) / 50,
        "encode": seconds(lambda: infer(model, pictures), 5) / 16,
    }


def of_a_head(labels: int = 20_000, batch: int = 256) -> dict[str, float]:
    """Seconds a sample and label for a step of training (D = 1280), and for scoring and ranking."""
    features, bias = torch.randn(batch, D), torch.zeros(labels, requires_grad=True)
    weight = (torch.randn(labels, D) * 0.02).requires_grad_()
    columns = torch.randint(0, labels, (batch * PRESENT,))
    nothing = torch.empty(0, dtype=torch.long)
    order = columns.argsort()
    present = CellList(torch.arange(batch).repeat_interleave(PRESENT)[order], columns[order])
    targets = SparseTargets(present, CellList(nothing, nothing), (batch, labels))

    def rank() -> None:
        with torch.inference_mode():
            Ranked.best_of((features @ weight.T).numpy(), LISTED)

    step = seconds(lambda: linear_binary_cross_entropy(features, weight, bias, targets).backward())  # type: ignore[no-untyped-call]
    return {"step": step / (batch * labels), "rank": seconds(rank) / (batch * labels)}


def of_a_label_set(labels: int) -> dict[str, float]:
    """Seconds and bytes a sample for deciding and writing it, with a probability for each of so many labels."""
    count = max(2, min(1000, 2**22 // labels))
    space = LabelSpace(tuple(f"label {number}" for number in range(labels)))
    logits = random.normal(-4, 2, (count, labels)).astype(np.float32)
    settings = DecisionSettings(objective="fixed", calibration="none")
    decision = fit_decision(logits[:2], np.zeros((2, labels)), settings, space)

    def write() -> io.BytesIO:
        place = io.BytesIO()
        probabilities = decision.probabilities(logits)
        decided = decision.decide(probabilities)
        writer = ParquetWriter(place, space.names)
        for row, (values, is_in) in enumerate(zip(probabilities, decided, strict=True)):
            given = tuple(name for name, here in zip(space.names, is_in, strict=True) if here)
            writer.write(LabelSet(str(row), given, dict(zip(space.names, values.tolist(), strict=True))))
        writer.close()
        return place

    return {"seconds": seconds(write, 2) / count, "bytes": write().tell() / count}


def of_a_list(labels: int = 100_000, count: int = 5000) -> dict[str, float]:
    """Seconds and bytes a sample for lists: decided, written, measured."""
    space = LabelSpace(tuple(f"label {number}" for number in range(labels)))
    ranked = random.permuted(np.tile(np.arange(labels, dtype=np.int32)[:2000], (count, 1)), axis=1)[:, :LISTED]
    scores = -np.sort(-random.normal(size=(count, LISTED)).astype(np.float32), axis=1)
    decision = ListDecision(space, DecisionSettings(), 1.0, 0.0, 0.5, count)
    targets = Targets(csr(ranked[:, :PRESENT], labels), csr(ranked[:, :0], labels))
    decided = decision.decide(decision.probabilities(scores))

    def write(place: Path) -> None:
        writer = ListedParquetWriter(place, space.names)
        probabilities = decision.probabilities(scores)
        for row, is_in in enumerate(decision.decide(probabilities)):
            names = [space.names[label] for label in ranked[row]]
            given = tuple(name for name, here in zip(names, is_in, strict=True) if here)
            writer.write(LabelSet(str(row), given, dict(zip(names, probabilities[row].tolist(), strict=True))))
        writer.close()

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "lists.parquet"
        return {
            "decide": seconds(lambda: decision.decide(decision.probabilities(scores))) / count,
            "write": seconds(lambda: write(place)) / count,
            "bytes": place.stat().st_size / count,
            "measure": seconds(lambda: report_of_lists(targets, TopK(ranked, scores), decided, names=space.names))
            / count,
        }


def csr(columns: np.ndarray[Any, Any], labels: int) -> sparse.csr_array:
    rows, each = columns.shape
    starts = np.arange(0, rows * each + 1, max(each, 1)) if each else np.zeros(rows + 1, dtype=np.int64)
    return sparse.csr_array((np.ones(rows * each, bool), columns.ravel(), starts), shape=(rows, labels))


def resident() -> int:
    """Bytes of memory this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE


def growth(count: int) -> dict[str, tuple[float, float]]:
    """Bytes and seconds a sample of what one process holds for all samples."""
    found: dict[str, tuple[float, float]] = {}
    kept: list[Any] = []
    at_first = resident()

    def stage(name: str, work: Callable[[], Any], of: int = count) -> Any:
        before, start = resident(), time.perf_counter()
        kept.append(work())
        found[name] = ((resident() - before) / of, (time.perf_counter() - start) / of)
        return kept[-1]

    names = stage("names", lambda: [f"s3://archive/2026/07/15/camera-{row:012}.jpg" for row in range(count)])
    stage("manifest", lambda: Manifest.of({}, names, 1000))
    space = LabelSpace(tuple(f"label {number}" for number in range(1000)))
    present = np.sort(random.integers(0, 1000 // PRESENT, (count, PRESENT)) * PRESENT + np.arange(PRESENT), axis=1)
    targets = stage("targets", lambda: Targets(csr(present.astype(np.int32), 1000), csr(present[:, :0], 1000)))
    stage("samples", lambda: Samples(tuple(names), ImageFiles(names), space, targets))
    stage("split", lambda: split(targets, SplitSettings(), seed=0))
    few = min(count, 100_000)
    with tempfile.TemporaryDirectory() as folder:
        cache = FeatureCache("none", Path(folder))
        rows = np.zeros((few, 8), np.float32)

        def add() -> FeatureCache:
            for number in range(few):
                cache.add(f"{number:032x}", rows[number])
            return cache

        stage("cache", add, few)
    found["peak of these"] = (peak_above(at_first) / count, 0.0)
    return found


def peak_above(before: int) -> int:
    """Bytes by which this process has grown at its peak."""
    return peak_bytes() - before


def fitting(count: int = 20_000, labels: int = 20) -> dict[str, tuple[float, float]]:
    """Bytes a sample at the peak of fitting a linear head on features of D numbers, with them."""
    before = resident()
    head = build_head(LinearSettings(), D, labels)
    fold = Fold(torch.randn(count, D), (torch.rand(count, labels) < 0.1).float())
    loss = build_loss(Recipe().loss, LabelSpace(tuple(map(str, range(labels)))))
    start = time.perf_counter()
    next(iter(convex_solutions(head, fold, loss, (1.0,)).records))
    return {"fit": (peak_above(before) / count, (time.perf_counter() - start) / count)}


def in_own_process(what: str, count: int) -> dict[str, tuple[float, float]]:
    """`growth` or `fitting`, whose memory nothing else is in."""
    command = [sys.executable, __file__, "--only", what, str(count)]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def main() -> None:
    arguments = parsed()
    torch.set_num_threads(1)
    if arguments.only:
        what, count = arguments.only
        print(json.dumps({"growth": growth, "fitting": fitting}[what](int(count))))
        return
    print("assumed, not measured here:")
    for name, (_, what, source) in ASSUMED.items():
        print(f"  --{name:<15} {given(arguments, name):<10g} {what} ({source})")
    measured = of_a_picture() | of_a_head()
    lists, sets = of_a_list(), {labels: of_a_label_set(labels) for labels in (10, 100, 1000, 10_000)}
    print("\nmeasured here, one thread:")
    print(f"  decoding and resizing a picture of 500 pixels  {measured['decode'] * 1e3:8.2f} ms")
    print(f"  tf_efficientnet_lite0 at 224, torch            {measured['encode'] * 1e3:8.2f} ms a picture")
    print(f"  a step of a linear head, D = {D}              {measured['step'] * 1e9:8.2f} ns a sample and label")
    print(f"  scoring and ranking with it                    {measured['rank'] * 1e9:8.2f} ns a sample and label")
    print(
        f"  lists of {LISTED}: decided, written, measured        "
        + ", ".join(f"{lists[name] * 1e6:.1f}" for name in ("decide", "write", "measure"))
        + f" µs a sample; {lists['bytes']:.0f} bytes"
    )
    for labels, found in sets.items():
        print(
            f"  label sets of {labels:>6} labels, decided and written  {found['seconds'] * 1e3:8.2f} ms and "
            f"{found['bytes']:8.0f} bytes a sample"
        )
    print_costs(arguments, measured, lists, {name: value / 1000 for name, value in sets[1000].items()})
    print_growth(arguments.grow)


def given(arguments: argparse.Namespace, name: str) -> float:
    return float(getattr(arguments, name.replace("-", "_")))


def print_costs(
    arguments: argparse.Namespace, measured: dict[str, float], lists: dict[str, float], cell: dict[str, float]
) -> None:
    n, labels = arguments.images, arguments.labels
    core, gpu, month = arguments.core_hour / 3600, arguments.gpu_hour / 3600, arguments.gigabyte_month / 1e9

    def row(what: str, work: float = 0.0, price: float = 0.0, size: float = 0.0, dollars: float = 0.0) -> None:
        hours = f"{work / 3600:,.{0 if work > 36e3 else 1}f}" if work else ""
        print(f"  {what:<58} {hours:>14} {amount(size) if size else '':>9} {dollars + work * price:>14,.0f}")

    on_gpu = arguments.gpu_tflops * 1e12
    print(f"\n{n:.0e} pictures, {labels:.0e} labels, D = {D}:")
    print(f"  {'':<58} {'hours of one':>14} {'bytes':>9} {'dollars':>14}")
    row("pictures, kept for a month", size=n * arguments.picture_bytes, dollars=n * arguments.picture_bytes * month)
    row("read once, two requests a picture", dollars=2 * n * arguments.get)
    row("decoded and resized, on cores", n * measured["decode"], core)
    row("encoded on cores", n * measured["encode"], core)
    row("encoded on GPUs (assumed)", n / arguments.gpu_images, gpu)
    row("features, float32, kept for a month", size=n * (4 * D + 16), dollars=n * (4 * D + 16) * month)
    row("head: weights, gradient and two moments, in memory", size=16 * labels * (D + 1))
    row("head, one epoch over features, on cores", n * labels * measured["step"], core)
    row("head, one epoch over features, on GPUs (assumed)", 6 * n * labels * D / on_gpu, gpu)
    row("scored and ranked, on cores", n * labels * measured["rank"], core)
    row("scored on GPUs (assumed)", 2 * n * labels * D / on_gpu, gpu)
    row(f"decided from lists of {LISTED}", n * lists["decide"], core)
    row("figures from lists", n * lists["measure"], core)
    size = n * lists["bytes"]
    row("label sets with lists, written and kept for a month", n * lists["write"], core, size, size * month)
    size = n * labels * cell["bytes"]
    row("the same with a probability for every label", n * labels * cell["seconds"], core, size, size * month)


def print_growth(counts: list[int]) -> None:
    print("\nheld by one process for all samples, bytes and microseconds a sample:")
    for count in counts:
        print(f"  {count:,} samples")
        for name, (size, took) in in_own_process("growth", count).items():
            print(f"    {name:<14} {size:>8,.0f} {took * 1e6:>10.1f}")
    [(size, took)] = in_own_process("fitting", 20_000).values()
    print(f"  20,000 samples of {D} features, 20 labels: a linear head fitted for one strength of regularisation")
    print(f"    {'peak':<14} {size:>8,.0f} {took * 1e6:>10.1f}")


def amount(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} PB"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=float, default=1e9)
    parser.add_argument("--labels", type=float, default=1e6)
    parser.add_argument("--grow", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    for name, (value, what, source) in ASSUMED.items():
        parser.add_argument(f"--{name}", type=float, default=value, help=f"{what} ({source})")
    return parser.parse_args()


if __name__ == "__main__":
    main()
