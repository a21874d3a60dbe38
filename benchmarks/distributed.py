"""What do two processes bring on this machine, do they give what one gives, and what does a sharded head hold?

- `train`: `multihot train` by one process, and by two under torchrun, on the same pictures and the same total batch.
  Each process computes on one thread. Seconds of the whole command, and of an epoch after the first; and how far
  apart the test figures are.
- `head`: memory of a linear head over labels in one process and in each of two: how much each grows at its peak over a
  training step and the best 5 labels, weights, gradients and AdamW's state included.
- `weights`: what each of two processes holds while it trains an encoder with `--tune full`, weights replicated and
  sharded: bytes of parameters, gradients, AdamW's moments, moving average and best weights, and its peak memory.

    .venv/bin/python benchmarks/distributed.py [--only train|head|weights] [--pictures 600] [--labels 400000]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from scipy import sparse
from torch.nn.functional import binary_cross_entropy_with_logits

from multihot import processes
from multihot.labels import Targets
from multihot.models import build_classifier
from multihot.recipe import Recipe
from multihot.train import ShardedLinearHead, full
from multihot.train.sharded_weights import own_part
from peak import peak_bytes

FIGURES = ("exact_match", "micro_f1", "mean_average_precision", "log_loss")
SAMPLES, FEATURES, PRESENT = 256, 256, 5
TUNES = {
    "head": ("--tune", "head", "--runtime", "torch"),
    "full": ("--tune", "full", "--epochs", "3", "--set", "encoder.size=96"),
}


def torchrun(count: int) -> list[str]:
    """What starts so many processes."""
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]


def seconds_said(line: str) -> float:
    """The seconds at the start of a line of progress."""
    return float(re.findall(r"^\s*([\d.]+) s", line)[0])


def epoch_seconds(lines: list[str]) -> float:
    """The mean of all epochs but the first; NaN where there are none."""
    ends = [seconds_said(line) for line in lines if " epoch " in line]
    return float(np.diff(ends).mean()) if len(ends) > 1 else np.nan


def trained(source: Path, out: Path, tune: str, count: int) -> tuple[float, float, dict[str, float]]:
    """Seconds of the command and of an epoch, and the test figures."""
    command = [*torchrun(count), "-m", "multihot", "train", str(source), "--out", str(out), *TUNES[tune]]
    environment = {**os.environ, "MULTIHOT_CACHE": str(out.with_suffix(".cache")), "OMP_NUM_THREADS": "1"}
    started = time.perf_counter()
    end = subprocess.run(
        [*command, "--set", "device=cpu"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if end.returncode:
        raise SystemExit(end.stderr)
    figures = json.loads((out / "metrics.json").read_text())["test"]
    whole = time.perf_counter() - started
    return whole, epoch_seconds(end.stderr.splitlines()), {name: figures[name]["value"] for name in FIGURES}


def chosen_pictures(data: Path, folder: Path, pictures: int) -> Path:
    """Links to the first so many photographs of clothes, evenly from all folders."""
    for place in sorted(path for path in (data / "clothes").iterdir() if path.is_dir()):
        (folder / place.name).mkdir(parents=True)
        for file in sorted(place.iterdir())[: pictures // 12]:
            (folder / place.name / file.name).symlink_to(file)
    return folder


def compare_training(data: Path, pictures: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        source = chosen_pictures(data, Path(scratch) / "clothes", pictures)
        for tune in TUNES:
            one, two = (trained(source, Path(scratch) / f"{tune} {count}", tune, count) for count in (1, 2))
            for what, alone, both in (("the command", one[0], two[0]), ("an epoch", one[1], two[1])):
                if np.isfinite(alone):
                    print(
                        f"--tune {tune}: {what} {alone:.1f} s by one process, {both:.1f} s by two: {alone / both:.2f} x"
                    )
            for name in FIGURES:
                first, second = one[2][name], two[2][name]
                print(f"  {name:<24} {first:.5f}  {second:.5f}  {abs(first - second):.1e} apart", flush=True)


def head_step(labels: int) -> None:
    """In each process: one step, the best five, and how much it grew."""
    processes.join()
    torch.set_num_threads(1)
    before = peak_bytes()
    head = ShardedLinearHead(FEATURES, labels)
    optimiser = torch.optim.AdamW(head.parameters(), lr=0.01)
    random = np.random.default_rng(0)
    own = np.array_split(random.standard_normal((SAMPLES, FEATURES), dtype=np.float32), processes.count())
    features = torch.from_numpy(own[processes.rank()])
    columns = random.integers(0, labels, SAMPLES * PRESENT)
    targets = head.own_targets(Targets.from_sparse(_cells(columns, labels)))
    for _ in range(2):
        value = head.loss(features, targets)
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    head.top_k(features, 5)
    grown = peak_bytes() - before
    of_all = processes.from_all(grown / 1e6)
    if processes.is_first():
        said = ", ".join(f"{megabytes:.0f} MB" for megabytes in of_all)
        print(f"{labels} labels, {processes.count()} processes: {said}; loss {value.item():.6f}", flush=True)
    processes.end()


def _cells(columns: NDArray[np.intp], labels: int) -> Any:
    rows = np.repeat(np.arange(SAMPLES), PRESENT)
    return sparse.csr_array((np.ones(len(columns), dtype=bool), (rows, columns)), shape=(SAMPLES, labels))


def weights_step(encoder: str, parallel: str) -> None:
    """In each process: two steps of full training, and what it holds after them."""
    processes.join()
    torch.set_num_threads(1)
    recipe = Recipe.parse({"encoder": {"name": encoder, "weights": "none"}, "full": {"parallel": parallel}})
    classifier = build_classifier(recipe.picture_encoder, recipe.head, 20, load_weights=True)
    weights = 4 * sum(parameter.numel() for parameter in classifier.parameters())
    accelerator = Accelerator(cpu=True)
    stepped, averaged = full._stepped_and_averaged(classifier, recipe.full, accelerator)
    optimiser = torch.optim.AdamW(full.parameter_groups(stepped.classifier, recipe.full, 1.0), fused=True)
    objective = accelerator.prepare_model(stepped, evaluation_mode=parallel == "sharded").train()
    size = stepped.classifier.encoder.spec.size
    for _ in range(2):
        optimiser.zero_grad(set_to_none=True)
        objective(torch.rand(2, 3, size, size), torch.ones(2, 20), binary_cross_entropy_with_logits)[0].backward()
        optimiser.step()
    best = [tensor.detach().clone() for tensor in averaged.parameters()]
    gradients = [parameter.grad for parameter in stepped.parameters() if parameter.grad is not None]
    moments = [moment for of_one in optimiser.state.values() for moment in of_one.values() if moment.ndim]
    tensors = [*stepped.parameters(), *gradients, *moments, *averaged.parameters(), *best]
    storages = [own_part(tensor.detach()).untyped_storage() for tensor in tensors]
    held = sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())  # some share one
    peak = peak_bytes()
    of_all = processes.from_all(f"{held / 1e6:.1f} MB held, {peak / 1e6:.0f} MB at the peak")
    if processes.is_first():
        print(f"{encoder}, {weights / 1e6:.1f} MB of weights, {parallel}: {'; '.join(of_all)}", flush=True)
    processes.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=["train", "head", "weights"])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MULTIHOT_DATA", "../shared/data")))
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--labels", type=int, default=400_000)
    parser.add_argument("--encoder", default="vit_base_patch16_224")
    parser.add_argument("--step", choices=["head", "replicated", "sharded"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step == "head":
        head_step(arguments.labels)
    elif arguments.step:
        weights_step(arguments.encoder, arguments.step)
    else:
        compare(arguments)


def compare(arguments: argparse.Namespace) -> None:
    if arguments.only in (None, "train"):
        compare_training(arguments.data.resolve(), arguments.pictures)
    if arguments.only in (None, "head"):
        for count in (1, 2):
            begin(count, "head", "--labels", str(arguments.labels))
    if arguments.only in (None, "weights"):
        for parallel in ("replicated", "sharded"):
            begin(2, parallel, "--encoder", arguments.encoder)


def begin(count: int, step: str, *settings: str) -> None:
    """A step in so many processes."""
    subprocess.run([*torchrun(count), __file__, "--step", step, *settings], check=True)


if __name__ == "__main__":
    main()
