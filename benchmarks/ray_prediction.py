"""How near do two workers of `predict --engine ray` come to two plain processes, each with half of the pictures?

Two `multihot predict` at a time, and one with `--engine ray --workers 2`, in turn, the best of several; each process
computes with one thread. Measured from the command to its end, and once more without what starting takes: each is also
run on a picture a process.

    .venv/bin/python benchmarks/ray_prediction.py RUN [--data ../shared/data] [--pictures 1000] [--rounds 2]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGET = 0.85
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}


def predict(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "multihot", "predict", *map(str, arguments)]
    return subprocess.Popen(command, env=ONE_THREAD, stderr=subprocess.PIPE)


def finish(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        said = process.communicate()[1]
        assert process.returncode == 0, said.decode()


def plain(run: Path, folder: Path, out: Path) -> float:
    """Seconds of two processes, one for each folder of links."""
    start = time.perf_counter()
    finish([predict(run, folder / half, "--out", out / f"{half}.parquet") for half in ("0", "1")])
    return time.perf_counter() - start


def by_ray(run: Path, folder: Path, out: Path) -> float:
    """Seconds of two workers for both."""
    start = time.perf_counter()
    flags = ["--engine", "ray", "--workers", 2, "--samples-per-part", 125]
    finish([predict(run, folder, *flags, "--out", out / "parts")])
    return time.perf_counter() - start


def link(pictures: list[Path], folder: Path) -> Path:
    for number, picture in enumerate(pictures):
        place = folder / str(number % 2) / f"{number:06}{picture.suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(picture)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / ".." / "shared" / "data")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    pictures = sorted(arguments.data.resolve().glob("voc2007/JPEGImages/*.jpg"))[: arguments.pictures]
    best: dict[tuple[str, int], float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        many, few = link(pictures, Path(scratch) / "many"), link(pictures[:2], Path(scratch) / "few")
        for _ in range(arguments.rounds):
            for folder, count in ((few, 2), (many, len(pictures))):
                for name, way in (("plain", plain), ("ray", by_ray)):
                    out = Path(scratch) / "out"
                    out.mkdir()
                    took = way(arguments.run, folder, out)
                    shutil.rmtree(out)
                    best[name, count] = min(took, best.get((name, count), took))
                    print(f"  {name:<6} {count:>6} pictures  {took:6.1f} s", flush=True)
    report(best, len(pictures))


def report(best: dict[tuple[str, int], float], count: int) -> None:
    for name, what in (("plain", "two plain processes"), ("ray", "ray, two workers")):
        whole, start = best[name, count], best[name, 2]
        print(f"{what:<20} {whole:6.1f} s, {start:5.1f} s to start; then {count / (whole - start):6.1f} pictures/s")
    ratio = (best["plain", count] - best["plain", 2]) / (best["ray", count] - best["ray", 2])
    print(
        f"throughput of ray against plain: {ratio:.2f} (at least {TARGET}: {'met' if ratio >= TARGET else 'missed'}); ",
        end="",
    )
    print(f"with what starting takes, of {count} pictures: {best['plain', count] / best['ray', count]:.2f}")


if __name__ == "__main__":
    main()
