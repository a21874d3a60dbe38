"""How fast is each runtime on this processor, beside a plain loop in torch, and does it decide the same?

Scores pictures by a trained run, decoding included, each way in a process of its own: by the runtimes as `multihot
predict --runtime` does, and by what one writes by hand: batches of 64 as they come (NCHW), with the allocator as it is
and told to keep its memory.

    .venv/bin/python benchmarks/runtime.py RUN ../shared/data/clothes [--pictures 512] [--runtimes torch openvino]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from multihot.data import ImageFiles
from multihot.data.loading import load
from multihot.memory import keep_large_blocks
from multihot.models import Classifier, Encoder
from multihot.models.encoders import pool
from multihot.models.runtime.runtimes import RUNTIMES
from multihot.predict import find_pictures
from multihot.run import Run

WARM = 32  # pictures before the clock starts; converting is told apart
PLAIN = "plain loop, batch 64"
KEPT = "plain loop, allocator keeps its memory"


class PlainEncoder(nn.Module):
    """A backbone as one calls it by hand: pictures are not brought to channels last."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) uint8 to features (B, D)."""
        values = (images.float() - self.encoder.mean) / self.encoder.std
        return pool(self.encoder.backbone(values), self.encoder.pooling)


def plain_loop(classifier: Classifier, images: ImageFiles) -> Iterator[NDArray[np.float32]]:
    encoder = PlainEncoder(classifier.encoder)
    loaded = load(images, range(len(images)), classifier.encoder.spec.size)
    pixels = (picture.pixels.contiguous() for picture in loaded if picture.pixels is not None)
    while batch := list(islice(pixels, 64)):
        with torch.inference_mode():
            logits: NDArray[np.float32] = classifier.head(encoder(torch.stack(batch))).numpy()
        yield logits


def score(run: Run, way: str, images: ImageFiles) -> NDArray[np.float32]:
    if way in (PLAIN, KEPT):
        assert isinstance(run.classifier, Classifier)
        return np.concatenate(list(plain_loop(run.classifier, images)))
    return np.concatenate([scored.logits for scored in run.score(images)])


def child(folder: Path, way: str, pictures: Path, most: int, out: Path) -> None:
    """One way, in this process: figures to the screen, logits to a file."""
    if way != PLAIN:
        keep_large_blocks()
    run = Run.load(folder, "torch" if way in (PLAIN, KEPT) else way)  # type: ignore[arg-type]
    paths = find_pictures(pictures)
    images = ImageFiles(paths[:: max(len(paths) // most, 1)][:most])
    started = time.perf_counter()
    score(run, way, images.take(range(WARM)))
    ready = time.perf_counter() - started
    started = time.perf_counter()
    logits = score(run, way, images)
    rate = len(images) / (time.perf_counter() - started)
    np.save(out, logits)
    print(json.dumps({"ready": ready, "rate": rate}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=512)
    installed = [name for name, runtime in RUNTIMES.items() if runtime.installed]
    parser.add_argument("--runtimes", nargs="+", default=["torch", *installed])
    parser.add_argument("--child", nargs=2)
    options = parser.parse_args()
    if options.child:
        child(options.run, options.child[0], options.folder, options.pictures, Path(options.child[1]))
        return
    run = Run.load(options.run)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.pictures} pictures")
    logits: dict[str, NDArray[np.float32]] = {}
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for way in [PLAIN, KEPT, *options.runtimes]:
            out = Path(scratch) / "logits.npy"
            command = [sys.executable, __file__, str(options.run), str(options.folder)]
            command += ["--pictures", str(options.pictures), "--child", way, str(out)]
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            logits[way], rates[way] = np.load(out), found["rate"]
            decided = [run.decision.decide(run.decision.probabilities(each)) for each in (logits[way], logits[PLAIN])]
            print(
                f"{way:<40}{rates[way]:7.1f} pictures/s {rates[way] / rates[PLAIN]:6.2f} x   first {WARM} after "
                f"{found['ready']:5.1f} s   {(decided[0] != decided[1]).mean():.3%} of cells decided otherwise, "
                f"logits differ by {np.abs(logits[way] - logits[PLAIN]).max():.0e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
