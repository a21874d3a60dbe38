"""How long does the main job take, against what it cannot do without?

Trains on the clothes photographs through the command line, twice (nothing cached; then features cached), and measures
in the same run the two terms of the limit: decoding all pictures on two threads, and one forward pass of the encoder
over all pictures at the size that training chose.

    .venv/bin/python benchmarks/main_job.py [--data ../shared/data]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from multihot.data.decoding import decode_bytes
from multihot.memory import keep_large_blocks
from multihot.models import build_encoder
from multihot.models.encode import infer
from multihot.recipe import Recipe

OVERHEAD_S = 8.0
FACTOR = 1.25
CACHED_LIMIT_S = 15.0
BROKEN = 10


def timed_train(source: Path, out: Path, cache: Path) -> tuple[float, str]:
    """Seconds of wall time of `multihot train`, and what it logged."""
    environment = os.environ | {"MULTIHOT_CACHE": str(cache)}
    command = [sys.executable, "-m", "multihot", "train", str(source), "--seed", "0", "--out", str(out)]
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return time.perf_counter() - started, done.stderr


def decode_all(paths: list[Path]) -> float:
    """Seconds to read and decode all pictures on two threads."""
    started = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda path: decode_bytes(path.read_bytes()).shape, paths):
            pass
    return time.perf_counter() - started


def forward_all(recipe: Recipe, count: int) -> float:
    """Seconds of one forward pass over `count` pictures, in the batches that training takes."""
    encoder = build_encoder(recipe.picture_encoder, load_weights=True)
    size, batch = encoder.spec.size, recipe.head_fit.encode_batch_size
    pictures = torch.randint(0, 256, (batch, 3, size, size), dtype=torch.uint8)
    infer(encoder, pictures)
    started = time.perf_counter()
    for _ in range(count // batch):
        infer(encoder, pictures)
    infer(encoder, pictures[: count % batch])
    return time.perf_counter() - started


def figures(run: Path) -> str:
    """The test figures with their intervals."""
    test = json.loads((run / "metrics.json").read_text())["test"]
    names = ("exact_match", "mean_average_precision", "micro_f1", "hamming_loss")
    return ", ".join(
        f"{name} {test[name]['value']:.4f} ({test[name]['low']:.4f}..{test[name]['high']:.4f})" for name in names
    )


def against(name: str, seconds: float, limit: float) -> None:
    verdict = "met" if seconds <= limit else "MISSED"
    print(f"{name:<42}{seconds:8.1f} s   limit {limit:6.1f} s   {seconds / limit:5.2f} of it   {verdict}")


def odd_images(data: Path, scratch: Path, cache: Path) -> None:
    """Odd pictures are none of them set aside; ten broken ones all are, by name."""
    source = scratch / "odd"
    originals = [path for path in sorted((data / "odd-images").rglob("*")) if path.is_file()]
    for path in originals:
        copy = source / path.parent.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    whole = next(path for path in originals if path.stat().st_size > 5000).read_bytes()
    for number in range(BROKEN):
        content = b"" if number == 0 else b"no picture" if number == 1 else whole[: 400 * number]
        (source / "red_shirt" / f"broken-{number}.jpg").write_bytes(content)
    _, log = timed_train(source, scratch / "odd-run", cache)
    named = sorted(re.findall(r"set aside (\S+):", log))
    expected = [f"red_shirt/broken-{number}.jpg" for number in range(BROKEN)]
    verdict = "the broken ones, all of them" if named == expected else f"WRONG: {named}"
    print(f"odd images: {len(originals)} good and {BROKEN} broken; set aside {len(named)}: {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    keep_large_blocks()  # as the command line does
    data = parser.parse_args().data.resolve()
    paths = sorted(path for path in (data / "clothes").rglob("*") if path.is_file())
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {len(paths)} photographs")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        cold, log = timed_train(data / "clothes", scratch / "cold", scratch / "cache")
        decoding = decode_all(paths)
        recipe = Recipe.load(scratch / "cold" / "recipe.yaml")
        forward = forward_all(recipe, len(paths))
        cached, cached_log = timed_train(data / "clothes", scratch / "cached", scratch / "cache")
        print(f"\nfirst training, seconds since its start:\n{log}")
        print(f"second training, on cached features:\n{cached_log}")
        print(
            f"decoding all on two threads: {decoding:.1f} s; "
            f"one forward pass at {recipe.picture_encoder.size}: {forward:.1f} s"
        )
        against("first training", cold, FACTOR * (decoding + forward + OVERHEAD_S))
        against("second training, on cached features", cached, CACHED_LIMIT_S)
        print(f"test: {figures(scratch / 'cold')}")
        odd_images(data, scratch, scratch / "cache")


if __name__ == "__main__":
    main()
