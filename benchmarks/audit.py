"""Does the audit find wrong labels, next to cleanlab on the same scores? Changed copies? And how fast?

Labels are spoiled, heads are fitted out of fold on the spoiled labels, and both rank every cell. As many cells are
looked at as were spoiled, so that precision and recall are one figure. Three ways of spoiling:

- cells: 5 % of all cells, present or absent, turned over;
- balanced: 5 % of each label's positives made absent, and as many others present, so that labels stay as frequent;
- missing: 5 % of each label's positives made absent.

cleanlab ranks by its quality score of each cell (self-confidence, its default), or puts first what its filter flags
for each label (prune by noise rate, its default). "known" ranks by the rates that were planted: what nobody knows.

    pip install --target peers --no-deps cleanlab pandas tqdm termcolor
    PYTHONPATH=peers .venv/bin/python benchmarks/audit.py [--data ../shared/data] [--seeds 5]
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scipy.special import expit, logit

from multihot.audit import label_issues
from multihot.audit.hashes import see
from multihot.audit.held_out import out_of_fold
from multihot.audit.near import COARSE_RADIUS, close, look_alikes
from multihot.data import decode_bytes, read
from multihot.data.feature_cache import FeatureCache
from multihot.labels import Targets
from multihot.models import EncoderSettings, build_encoder
from multihot.models.encode import encode

try:
    from cleanlab import multilabel_classification as cleanlab
except ImportError:
    cleanlab = None

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Ranking = Callable[[Floats, Floats], Floats]

RATE = 0.05
SOURCES = {"scenes": "scenes/miml_labels_1.csv", "clothes": "clothes", "voc2007": "voc2007"}


class Data(NamedTuple):
    """Features (N, D), true targets (N, L), and which samples stay together."""

    features: NDArray[np.float32]
    targets: Floats
    blocks: NDArray[np.intp]


def pictures(path: Path) -> Data:
    samples = read(path)
    encoder = build_encoder(EncoderSettings(size=320), load_weights=True)
    encoded = encode(encoder, samples.images, FeatureCache(encoder.fingerprint()))
    contents = {content: number for number, content in enumerate(dict.fromkeys(encoded.contents))}
    blocks = np.array([contents[content] for content in encoded.contents], np.intp)
    return Data(encoded.outputs, samples.targets.dense().astype(np.float64), blocks)


def synthetic(samples: int = 4000, labels: int = 50) -> Data:
    """Labels linear in 60 hidden features, seen with noise; frequencies by a power law, the rarest with ten or so."""
    random = np.random.default_rng(0)
    hidden = random.normal(size=(samples, 60))
    rates = 0.3 * np.arange(1, labels + 1) ** -1.2
    logits = hidden @ random.normal(size=(60, labels)) + 2 * random.logistic(size=(samples, labels))
    present = logits > np.quantile(logits, 1 - rates, axis=0).diagonal()
    features = (hidden + 0.3 * random.normal(size=hidden.shape)).astype(np.float32)
    return Data(features, present.astype(np.float64), np.arange(samples))


def spoiled(targets: Floats, how: str, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    given = targets.copy()
    if how == "cells":
        known = np.flatnonzero(~np.isnan(targets))
        chosen = random.choice(known, round(RATE * len(known)), replace=False)
        given.flat[chosen] = 1 - given.flat[chosen]
        return given
    for label, column in enumerate(targets.T):
        present, absent = np.flatnonzero(column == 1), np.flatnonzero(column == 0)
        count = random.binomial(len(present), RATE)
        given[random.choice(present, count, replace=False), label] = 0
        if how == "balanced":
            given[random.choice(absent, min(count, len(absent)), replace=False), label] = 1
    return given


def ours(given: Floats, probabilities: Floats) -> Floats:
    """Chances as a matrix; what is not listed is 0."""
    cells = label_issues(given, probabilities, most=given.size).wrong
    scores = np.zeros(given.shape)
    scores[cells.rows, cells.labels] = cells.chance
    return scores


def label_lists(given: Floats) -> list[list[int]]:
    # It knows no unknown labels: they are passed as absent and not looked at afterwards.
    return [np.flatnonzero(row == 1).tolist() for row in given]


def their_quality(given: Floats, probabilities: Floats) -> Floats:
    quality = cleanlab.rank.get_label_quality_scores_per_class(label_lists(given), probabilities)
    return np.asarray(1 - np.asarray(quality).reshape(given.shape), np.float64)


def their_filter(given: Floats, probabilities: Floats) -> Floats:
    flagged = cleanlab.filter.find_multilabel_issues_per_class(label_lists(given), probabilities, n_jobs=1)
    return np.asarray(their_quality(given, probabilities) + np.asarray(flagged), np.float64)


def known_rates(targets: Floats) -> Ranking:
    def scores(given: Floats, probabilities: Floats) -> Floats:
        added = ((targets == 0) & (given == 1)).sum(axis=0) / np.maximum((targets == 0).sum(axis=0), 1)
        missed = ((targets == 1) & (given == 0)).sum(axis=0) / np.maximum((targets == 1).sum(axis=0), 1)
        odds, rates = logit(np.clip(probabilities, 1e-6, 1 - 1e-6)), np.clip([added, missed], 1e-6, 0.9)
        wrong = np.where(given == 1, np.log(rates[0] / (1 - rates[1])) - odds, np.log(rates[1] / (1 - rates[0])) + odds)
        return np.asarray(expit(wrong))

    return scores


def first_found(scores: Floats, wrong: Booleans, known: Booleans) -> float:
    """Precision, and recall, of as many cells as are wrong."""
    order = np.argsort(-scores[known], kind="stable")[: int(wrong.sum())]
    return float(wrong[known][order].mean())


def rankings(targets: Floats) -> Iterator[tuple[str, Ranking]]:
    yield "ours", ours
    if cleanlab is not None:
        yield "quality", their_quality
        yield "filter", their_filter
    yield "known", known_rates(targets)


def compare(name: str, data: Data, seeds: int) -> None:
    known = ~np.isnan(data.targets)
    for how in ("cells", "balanced", "missing"):
        found: dict[str, list[float]] = {}
        planted = []
        for seed in range(seeds):
            given = spoiled(data.targets, how, seed)
            wrong = known & (given != data.targets)
            planted.append(int(wrong.sum()))
            probabilities = out_of_fold(data.features, Targets.from_dense(given), data.blocks, seed).astype(np.float64)
            for ranking, score in rankings(data.targets):
                try:
                    found.setdefault(ranking, []).append(first_found(score(given, probabilities), wrong, known))
                except Exception as error:  # a refusal is a result
                    found.setdefault(ranking, []).append(np.nan)
                    print(f"{name} {how}: {ranking} refused: {' '.join(str(error).split())[:90]}")
        cells = "  ".join(f"{np.mean(values):8.3f} ±{np.std(values):.3f}" for values in found.values())
        print(f"{name:10} {how:9} {np.mean(planted):7.0f}  {cells}", flush=True)


class Encoded:
    """Pictures held as the bytes of files."""

    def __init__(self, files: Sequence[bytes]) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def read(self, row: int) -> bytes:
        """One picture."""
        return self.files[row]

    def decode(self, row: int) -> NDArray[np.uint8]:
        """One picture as (H, W, 3) RGB."""
        return decode_bytes(self.files[row])

    def take(self, rows: Sequence[int]) -> "Encoded":
        """Some of the pictures."""
        return Encoded([self.files[row] for row in rows])


def saved(picture: Image.Image, quality: int = 90) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def cropped(picture: Image.Image, share: float) -> Image.Image:
    width, height = picture.size
    left, top = round(width * share), round(height * share)
    return picture.crop((left, top, width - left, height - top))


CHANGES: dict[str, Callable[[Image.Image], bytes]] = {
    "quality 30": lambda picture: saved(picture, 30),
    "half size": lambda picture: saved(picture.resize((picture.width // 2, picture.height // 2))),
    "darker 0.7": lambda picture: saved(ImageEnhance.Brightness(picture).enhance(0.7)),
    "brighter 1.2": lambda picture: saved(ImageEnhance.Brightness(picture).enhance(1.2)),
    "contrast 1.4": lambda picture: saved(ImageEnhance.Contrast(picture).enhance(1.4)),
    "crop 2 %": lambda picture: saved(cropped(picture, 0.02)),
    "crop 3 %": lambda picture: saved(cropped(picture, 0.03)),
    "crop 5 %": lambda picture: saved(cropped(picture, 0.05)),
    "grey": lambda picture: saved(picture.convert("L").convert("RGB")),
}


def copies(name: str, path: Path, count: int = 120) -> None:
    """How many changed copies are found, and how many pairs of different files."""
    samples = read(path)
    seen = see(samples.images)
    pairs = look_alikes(seen.look)
    different = sum(seen.contents[seen.rows[one]] != seen.contents[seen.rows[other]] for one, other in pairs)
    print(
        f"\n{name}: {different} pairs of different files look alike, of {len(seen.rows) * (len(seen.rows) - 1) // 2:,}"
    )
    chosen = np.random.default_rng(0).choice(seen.rows, count, replace=False)
    originals = [Image.fromarray(samples.images.decode(int(row))) for row in chosen]
    for change, make in CHANGES.items():
        files = [file for original in originals for file in (saved(original, 100), make(original))]
        both = see(Encoded(files))
        found = both.rows[look_alikes(both.look)]
        hits = ((found[:, 0] % 2 == 0) & (found[:, 1] == found[:, 0] + 1)).sum() if len(found) else 0
        print(f"  {change:<14}{hits / count:6.1%} of copies found", flush=True)


def timed(work: Callable[[], Any], times: int) -> float:
    best = np.inf
    for _ in range(times):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return float(best)


def speed() -> None:
    random = np.random.default_rng(0)
    samples, labels = 20_000, 500
    rates = np.clip(1.5 / np.arange(1, labels + 1), 0.0005, 0.5)
    true = random.random((samples, labels)) < rates
    noise = 1.5 * random.normal(size=true.shape)
    probabilities = expit(np.where(true, 3.0, -3.0) + logit(rates) / 2 + noise)
    given = (true ^ (random.random(true.shape) < 0.001)).astype(np.float64)
    targets = Targets.from_dense(given)
    own = timed(lambda: label_issues(targets, probabilities), 3)
    print(f"\nlabel issues of 20,000 x 500: {own:.2f} s (aim: 1 s)")
    if cleanlab is not None:
        lists = label_lists(given)
        theirs = timed(lambda: cleanlab.filter.find_multilabel_issues_per_class(lists, probabilities, n_jobs=1), 1)
        print(f"cleanlab's filter: {theirs:.2f} s, {theirs / own:.0f} times as long")
    words = random.integers(0, 2**63, 100_000).astype(np.uint64)
    pairs = timed(lambda: close(words, COARSE_RADIUS), 1)
    print(f"all pairs of 100,000 hashes within {COARSE_RADIUS} bits: {pairs:.1f} s")


def rare() -> None:
    """A label with one positive among 500 samples, and one with none."""
    random = np.random.default_rng(0)
    given = (random.random((500, 3)) < [0.3, 0.0, 0.0]).astype(np.float64)
    probabilities = expit(np.where(given == 1, 3.0, -3.0) + random.normal(size=given.shape))
    given[7, 1], probabilities[9, 2] = 1, 0.999
    for name, score in rankings(given):
        if name == "known":
            continue
        try:
            scores = score(given, probabilities)
            first = np.argsort(-scores, axis=None)[:2]
            cells = sorted(
                (int(row), int(label)) for row, label in zip(*np.unravel_index(first, given.shape), strict=True)
            )
            print(f"rare labels, {name}: first {cells}, planted [(7, 1), (9, 2)]")
        except Exception as error:  # a refusal is a result
            print(f"rare labels, {name}: refused: {' '.join(str(error).split())[:100]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / ".." / "shared" / "data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="*", default=[*SOURCES, "synthetic"])
    parser.add_argument("--only", choices=("labels", "copies", "speed"))
    arguments = parser.parse_args()
    if cleanlab is None:
        print("cleanlab is not installed: its columns are left out")
    sources = {name: arguments.data / source for name, source in SOURCES.items() if name in arguments.sets}
    if arguments.only in (None, "labels"):
        names = [name for name, _ in rankings(np.zeros((0, 0)))]
        print(
            f"precision = recall of the first, as many as planted\n{'':10} {'':9} planted  "
            + "  ".join(f"{n:>15}" for n in names)
        )
        for name, path in sources.items():
            compare(name, pictures(path), arguments.seeds)
        if "synthetic" in arguments.sets:
            compare("synthetic", synthetic(), arguments.seeds)
    if arguments.only in (None, "copies"):
        for name, path in sources.items():
            copies(name, path)
    if arguments.only in (None, "speed"):
        rare()
        speed()


if __name__ == "__main__":
    main()
