"""How many pictures a second reach a model, augmented, beside other loaders, and how near is that to the decoder alone?

Photographs of 12 megapixels are made of clothes, in a temporary folder; small ones are those of voc2007. One worker has
one core and two have two, for all: threads here, processes elsewhere. Peers that are not installed are left out.

    .venv/bin/python benchmarks/input.py [--data ../shared/data] [--only large|small]
"""

import argparse
import importlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms import v2

from multihot.data import ImageFiles, content_hash
from multihot.data.augment import AugmentSettings, augment
from multihot.data.batches import load_batches
from multihot.data.decoding import MARGIN
from multihot.data.picture_cache import PictureCache

LARGE, SMALL = 24, 600
WIDTH, HEIGHT = 3000, 4000
SIZE = 224
BATCH = 8
ROUNDS = 2

Way = Callable[[Sequence[Path], int], Iterable[Any]]


def make_large(source: Path, folder: Path) -> list[Path]:
    """Clothes as a camera would give them: 12 megapixels, with a sensor's noise."""
    random = np.random.default_rng(0)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    made = []
    for number, path in enumerate(files[:: len(files) // LARGE][:LARGE]):
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.float32)
        noisy = pixels + random.normal(0, 3, (HEIGHT, WIDTH, 1)).astype(np.float32)
        made.append(folder / f"{number}.jpg")
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(made[-1], quality=90)
    return made


def multihot(paths: Sequence[Path], workers: int, cache: PictureCache | None = None) -> Iterator[Tensor]:
    torch.set_num_threads(workers)
    generator = torch.Generator().manual_seed(0)
    for _, pictures in load_batches(ImageFiles(paths), range(len(paths)), SIZE, BATCH, cache):
        yield augment(pictures.float(), AugmentSettings(), generator)


def multihot_still(paths: Sequence[Path], workers: int) -> Iterator[Tensor]:
    torch.set_num_threads(workers)
    for _, pictures in load_batches(ImageFiles(paths), range(len(paths)), SIZE, BATCH):
        yield pictures


def bare_decoder(paths: Sequence[Path], workers: int) -> Iterator[Any]:
    """At the fraction that multihot takes; nothing is read, resized or put together."""
    contents = [path.read_bytes() for path in paths]
    least = MARGIN * SIZE

    def decode(content: bytes) -> Any:
        return simplejpeg.decode_jpeg(content, min_height=least, min_width=least, min_factor=2).shape

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(decode, contents)


class Prepared(Dataset[Tensor]):
    """Files, each prepared by a function of its path."""

    def __init__(self, paths: Sequence[Path], prepare: Callable[[Path], Tensor]) -> None:
        self.paths = paths
        self.prepare = prepare

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> Tensor:
        return self.prepare(self.paths[row])


def data_loader(prepare: Callable[[Path], Tensor]) -> Way:
    def load(paths: Sequence[Path], workers: int) -> Iterator[Tensor]:
        torch.set_num_threads(workers)
        # one worker is the process itself, as multihot's one thread shares its core with augmentation
        processes = workers if workers > 1 else 0
        for pictures in DataLoader(Prepared(paths, prepare), BATCH, num_workers=processes):
            yield pictures.float()

    return load


def same_augmentation() -> list[Any]:
    """As torchvision has it: each picture by itself, on the processor."""
    degrees = float(np.degrees(AugmentSettings().shear))
    affine = v2.RandomAffine(25, (0.1, 0.1), (0.8, 1.2), degrees, v2.InterpolationMode.BILINEAR)
    return [affine, v2.RandomHorizontalFlip()]


def pil_and_torchvision() -> Way:
    change = v2.Compose([v2.Resize((SIZE, SIZE)), *same_augmentation(), v2.PILToTensor()])

    def prepare(path: Path) -> Tensor:
        with Image.open(path) as image:
            pixels: Tensor = change(image.convert("RGB"))
        return pixels

    return data_loader(prepare)


def torchvision_io() -> Way:
    change = v2.Compose([v2.Resize((SIZE, SIZE), antialias=True), *same_augmentation()])

    def prepare(path: Path) -> Tensor:
        pixels: Tensor = change(decode_image(str(path), ImageReadMode.RGB))
        return pixels

    return data_loader(prepare)


def vips() -> Way:
    pyvips = importlib.import_module("pyvips")
    change = v2.Compose(same_augmentation())

    def prepare(path: Path) -> Tensor:
        image = pyvips.Image.thumbnail(str(path), SIZE, height=SIZE, size="force")
        pixels: Tensor = change(torch.from_numpy(image.numpy()[..., :3]).permute(2, 0, 1))
        return pixels

    return data_loader(prepare)


def fastai() -> Way:
    """Its own augmentation, of whole batches, set to the same ranges."""
    vision = importlib.import_module("fastai.vision.all")
    squish = vision.Resize(SIZE, method=vision.ResizeMethod.Squish)
    moves = vision.aug_transforms(max_rotate=25, min_zoom=0.8, max_zoom=1.2, max_lighting=0, p_affine=1)

    def load(paths: Sequence[Path], workers: int) -> Iterator[Any]:
        torch.set_num_threads(workers)
        files = vision.Datasets(list(paths), [[vision.PILImage.create]])
        items = {"after_item": [squish, vision.ToTensor()], "after_batch": [vision.IntToFloatTensor(), *moves]}
        processes = workers if workers > 1 else 0
        yield from vision.TfmdDL(files, bs=BATCH, num_workers=processes, device=torch.device("cpu"), **items)

    return load


BUILD: dict[str, Callable[[], Way]] = {
    "multihot": lambda: multihot,
    "multihot, no augmentation": lambda: multihot_still,
    "bare decoder, no augmentation": lambda: bare_decoder,
    "PIL + torchvision, DataLoader": pil_and_torchvision,
    "torchvision.io, DataLoader": torchvision_io,
    "pyvips, DataLoader": vips,
    "fastai": fastai,
}


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Call in a process of its own: libraries with threads do not all survive that a loader forks later."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        return pool.submit(work, *arguments).result()


def once(name: str, paths: Sequence[Path], workers: int) -> tuple[float, float]:
    """Pictures a second, and seconds to the first batch."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:workers])
    way = BUILD[name]()
    started = time.perf_counter()
    first = 0.0
    for _ in way(paths, workers):
        first = first or time.perf_counter() - started
    return len(paths) / (time.perf_counter() - started), first


def _build(name: str) -> None:
    BUILD[name]()


def is_installed(name: str) -> bool:
    try:
        apart(_build, name)
    except ImportError as error:
        print(f"left out: {name}: {error}")
        return False
    return True


def compare(title: str, paths: Sequence[Path], names: Sequence[str]) -> None:
    print(f"\n{title}: pictures a second, best of {ROUNDS}; times multihot's; seconds to the first {BATCH}")
    for workers in (1, 2):
        rates = dict.fromkeys(names, (0.0, 0.0))
        for _ in range(ROUNDS):
            for name in names:
                rates[name] = max(rates[name], apart(once, name, paths, workers))
        for name, (rate, first) in rates.items():
            own = rates["multihot, no augmentation" if "no augmentation" in name else "multihot"][0]
            print(f"  {workers} worker{'s'[: workers - 1]:1}  {name:30} {rate:8.1f}  {own / rate:6.2f}  {first:6.2f} s")


def from_cache(title: str, paths: Sequence[Path]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cache = PictureCache([content_hash(path.read_bytes()) for path in paths], SIZE, Path(folder))
        for epoch in ("first epoch, which fills it", "second epoch"):
            started = time.perf_counter()
            for _ in load_batches(ImageFiles(paths), range(len(paths)), SIZE, BATCH, cache):
                pass
            rate = len(paths) / (time.perf_counter() - started)
            print(f"{title}, picture cache of {cache.nbytes / 1e6:.1f} MB, {epoch}: {rate:.0f} pictures a second")


def peak(paths: Sequence[Path]) -> float:
    """Megabytes that going through the pictures once on two threads adds to the process, at most (Linux)."""
    status = Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _kilobytes(status.read_text(), "VmRSS")
    for _ in multihot_still(paths, 2):
        pass
    return (_kilobytes(status.read_text(), "VmHWM") - before) / 1e3


def _kilobytes(status: str, name: str) -> int:
    (line,) = (line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", choices=("large", "small"))
    options = parser.parse_args()
    names = [name for name in BUILD if is_installed(name)]
    with tempfile.TemporaryDirectory() as folder:
        small = sorted((options.data / "voc2007" / "JPEGImages").iterdir())[:SMALL]
        sets = {"small": (f"{SMALL} photographs of voc2007", small)}
        if options.only != "small":
            large = make_large(options.data / "clothes", Path(folder))
            sets["large"] = (f"{LARGE} photographs of 12 megapixels", large)
        for name, (title, paths) in sets.items():
            if options.only in (None, name):
                once_over, four_times = apart(peak, paths), apart(peak, paths * 4)
                print(f"{title}: {once_over:.0f} MB more memory at most; four times over {four_times:.0f} MB")
                compare(title, paths, names)
                apart(from_cache, title, paths)


if __name__ == "__main__":
    main()
