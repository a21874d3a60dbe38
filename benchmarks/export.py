"""How fast is an exported file beside torch, how large is it, and what do the smaller ones lose?

Each file is made once and kept in the folder; what it lost on the run's test samples stands in the file. Time is
the processor's, from one decoded picture to its label set, best of a few rounds over the same pictures; on one core, as
threads that wait for each other count too.

    taskset -c 0 .venv/bin/python benchmarks/export.py RUN [--files exported]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from multihot.data import decode_bytes
from multihot.data.loading import resize
from multihot.export import export
from multihot.models.encode import infer
from multihot.onnx import Description, Precision, Predictor
from multihot.run import Run

PICTURES = 20
ROUNDS = 3
LARGE = (3000, 4000, 3)

Pixels = NDArray[np.uint8]


def file_of(run: Run, folder: Path, precision: Precision) -> Path:
    path = folder / f"{precision}.onnx"
    if not path.exists():
        export(run, path, precision=precision)
    return path


def by_torch(run: Run, side: int) -> Callable[[Pixels], Any]:
    def one(pixels: Pixels) -> Any:
        return run.decision.decide(run.decision.probabilities(infer(run.classifier, resize(pixels, side)[None])))

    return one


def by_file(path: Path) -> Callable[[Pixels], Any]:
    predictor = Predictor(path, "onnxruntime")
    return lambda pixels: predictor.run(pixels[None])


def milliseconds(ways: dict[str, Callable[[Pixels], Any]], pictures: list[Pixels]) -> dict[str, float]:
    """Of one picture, by each way in turn."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            started = time.process_time()
            for pixels in pictures:
                way(pixels)
            best[name] = min(best[name], (time.process_time() - started) / len(pictures) * 1000)
    return best


def shown(path: Path, description: Description) -> str:
    check = description.check
    size = f"{path.stat().st_size / 1e6:5.1f} MB"
    if check is None:
        return size
    return (
        f"{size}  {check.cells_equal:8.3%} of labels as by the run, probabilities differ by "
        f"{check.largest_difference:.0e}, "
        f"lost: mAP {check.mean_average_precision_lost:+.4f}, exact match {check.exact_match_lost:+.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--files", type=Path, default=Path("exported"))
    options = parser.parse_args()
    run = Run.load(options.run)
    files = {precision: file_of(run, options.files, precision) for precision in get_args(Precision)}
    for precision, path in files.items():
        print(f"{precision:<8} {shown(path, Predictor(path, 'onnxruntime').description)}", flush=True)
    rows = [row["path"] for row in run.split().to_pylist() if row["part"] == "test"]
    pictures = [decode_bytes(Path(path).read_bytes()) for path in rows[:: max(len(rows) // PICTURES, 1)]]
    side = Predictor(files["float32"], "onnxruntime").description.size
    ways = {"torch": by_torch(run, side)} | {precision: by_file(path) for precision, path in files.items()}
    for title, some in ((f"{len(pictures)} pictures", pictures), ("12 megapixels", [np.zeros(LARGE, np.uint8)])):
        for name, taken in (found := milliseconds(ways, some)).items():
            print(f"{title}: {name:<8} {taken:6.1f} ms a picture, {taken / found['torch']:.2f} of torch's", flush=True)


if __name__ == "__main__":
    main()
