"""How far from the best resize are the pixels that models take, and what do reduced decoding and other libraries cost?

The reference is Pillow: decoded at full size, then Lanczos. Errors are means over pixels, in grey levels of 255.

    .venv/bin/python benchmarks/input_error.py [--data ../shared/data] [--sides 96 128 224]
"""

import argparse
import importlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
import torch
from numpy.typing import NDArray
from PIL import Image

from multihot.data.decoding import MARGIN, decode_bytes
from multihot.data.loading import resize

Pixels = NDArray[np.uint8]
MOST = 60
REFERENCE = "Pillow, Lanczos (the reference)"
ROUNDS = 3


def ours(pixels: Pixels, side: int) -> Pixels:
    return resize(pixels, side).permute(1, 2, 0).numpy()


def by_pillow(filter_: Image.Resampling, gap: float | None = None) -> Callable[[Pixels, int], Pixels]:
    return lambda pixels, side: np.asarray(Image.fromarray(pixels).resize((side, side), filter_, reducing_gap=gap))


def by_opencv(pixels: Pixels, side: int) -> Pixels:
    cv2 = importlib.import_module("cv2")
    resized: Pixels = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    return resized


RESIZES: dict[str, Callable[[Pixels, int], Pixels]] = {
    "torch, bilinear with antialiasing (multihot's)": ours,
    "Pillow, bilinear": by_pillow(Image.Resampling.BILINEAR),
    "Pillow, bilinear, reducing_gap=2": by_pillow(Image.Resampling.BILINEAR, 2.0),
    REFERENCE: by_pillow(Image.Resampling.LANCZOS),
    "OpenCV, INTER_AREA": by_opencv,
}


def error(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def milliseconds(work: Callable[[], Any]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best * 1e3


def reduced(content: bytes, least: int) -> Pixels:
    pixels: Pixels = simplejpeg.decode_jpeg(content, min_height=least, min_width=least, min_factor=2)
    return pixels


def compare_resizes(pictures: Sequence[Pixels], side: int) -> None:
    for name, way in RESIZES.items():
        try:
            away = np.mean([error(way(pixels, side), RESIZES[REFERENCE](pixels, side)) for pixels in pictures])
        except ImportError:
            print(f"    {name:48} not installed")
            continue
        spent = np.mean([milliseconds(partial(way, pixels, side)) for pixels in pictures])
        print(f"    {name:48} {away:5.2f} from the reference  {spent:7.2f} ms")


def compare_margins(contents: Sequence[bytes], side: int) -> None:
    """Of pictures that come reduced: how far the result is from full-size decoding, and from the reference."""
    for margin in (1, MARGIN, 3):
        some = [content for content in contents if reduced(content, margin * side).size < decode_bytes(content).size]
        if not some:
            continue
        small = [ours(reduced(content, margin * side), side) for content in some]
        full = [ours(decode_bytes(content), side) for content in some]
        best = [RESIZES[REFERENCE](decode_bytes(content), side) for content in some]
        shifts, away, before = (
            np.mean([error(a, b) for a, b in zip(*pair, strict=True)])
            for pair in ((small, full), (small, best), (full, best))
        )
        print(
            f"    reduced to {margin} x {side} or more: {shifts:.2f} from full size; "
            f"{away:.2f} from the reference, full size {before:.2f} ({len(some)} pictures)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sides", type=int, nargs="+", default=[64, 128, 224])
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in ("coco", "scenes", "voc2007"):
        files = sorted((options.data / name).rglob("*.jpg"))
        contents = [path.read_bytes() for path in files[:: max(len(files) // MOST, 1)][:MOST]]
        pictures = [decode_bytes(content) for content in contents]
        for side in options.sides:
            print(f"{name}, {len(pictures)} pictures, to {side} pixels")
            compare_resizes(pictures, side)
            compare_margins(contents, side)


if __name__ == "__main__":
    main()
