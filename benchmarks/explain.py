"""Do heat maps point at what they are said to? The pointing game on the boxes of PASCAL VOC2007.

A map hits where the centre of its hottest cell lies in a box of its label, or within 15 pixels of one (Zhang et al.
2018, "Top-down neural attention by excitation backprop"). Counted are the labels that are present in the test
pictures; those of them that the run decided; and the paper's difficult ones, whose boxes cover less than a quarter of
the picture and that have another label beside. Compare the picture's centre, and a random place. Runs are trained where
there are none.

    .venv/bin/python benchmarks/explain.py [--data ../shared/data] [--runs FOLDER]
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.data import ImageFiles, read
from multihot.data.loading import load
from multihot.explain import label_maps
from multihot.explain.gradient import gradient_maps
from multihot.models import Classifier
from multihot.recipe import Recipe
from multihot.run import Run
from multihot.train import train

TOLERANCE = 15
REPLICATES = 1000
RECIPES: dict[str, dict[str, Any]] = {
    "linear, average, 224": {"encoder": {"size": 224, "pooling": "average"}},
    "linear, average, 320": {"encoder": {"size": 320, "pooling": "none"}},
    "linear, average+max, 224": {"encoder": {"size": 224}},
    "csra, 320": {"encoder": {"size": 320}, "head": "csra"},
    "label_queries, 320": {"encoder": {"size": 320}, "head": "label_queries"},
}
WITH_GRADIENT = ("linear, average+max, 224", "csra, 320")

Boxes = NDArray[np.float64]
"""(n, 4): left, top, right, bottom in pixels."""
Find = Callable[[Classifier, Tensor, Tensor], NDArray[np.float32]]


class Case(NamedTuple):
    """A label that is present in a test picture."""

    picture: int
    label: int
    boxes: Boxes
    size: tuple[int, int]
    decided: bool
    difficult: bool


def boxes_of(path: Path) -> tuple[tuple[int, int], dict[str, Boxes]]:
    """Width and height of a picture, and the boxes of each label in it."""
    root = ElementTree.parse(path).getroot()  # noqa: S314
    found: dict[str, list[list[float]]] = {}
    for thing in root.iter("object"):
        edges = [float(thing.findtext(f"bndbox/{edge}") or 0) for edge in ("xmin", "ymin", "xmax", "ymax")]
        found.setdefault(thing.findtext("name") or "", []).append(edges)
    size = (int(root.findtext("size/width") or 0), int(root.findtext("size/height") or 0))
    return size, {name: np.array(boxes) for name, boxes in found.items()}


def cases_of(run: Run, annotations: Path) -> tuple[list[str], list[Case]]:
    """The names of the test pictures, and every label present in them that has boxes."""
    scores = run.scores().part("test")
    cases = []
    for row, name in enumerate(scores.ids):
        size, boxes = boxes_of(annotations / f"{Path(name).stem}.xml")
        present = np.flatnonzero(scores.targets[row] == 1)
        for label in present.tolist():
            own = boxes.get(run.space.names[label])
            if own is not None:
                small = covered(own, size, 0) < 0.25
                difficult = bool(small and len(present) > 1)
                cases.append(Case(row, label, own, size, bool(scores.decided[row, label]), difficult))
    return list(scores.ids), cases


def hits(boxes: Boxes, x: NDArray[np.float64], y: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    """Whether places lie in any of the boxes, or within the tolerance of one."""
    left, top, right, bottom = (edge[:, None] for edge in boxes.T)
    across, down = (
        np.maximum(np.maximum(low - at, at - high), 0) for low, at, high in ((left, x, right), (top, y, bottom))
    )
    near: NDArray[np.bool_] = (np.hypot(across, down) <= tolerance).any(0)
    return near


def covered(boxes: Boxes, size: tuple[int, int], tolerance: float) -> float:
    """The share of a picture that hits."""
    x, y = (axis.ravel() for axis in np.meshgrid(*((np.arange(80) + 0.5) / 80 * side for side in size)))
    return float(hits(boxes, x, y, tolerance).mean())


def pointed(run: Run, folder: Path, names: Sequence[str], cases: Sequence[Case], find: Find) -> Iterator[bool]:
    """Whether each case's map hits."""
    classifier = run.classifier
    assert isinstance(classifier, Classifier)
    images = ImageFiles([folder / f"{Path(name).stem}.jpg" for name in names])
    for picture in load(images, range(len(images)), classifier.encoder.spec.size):
        own = [case for case in cases if case.picture == picture.row]
        assert picture.pixels is not None
        maps = find(classifier, picture.pixels[None], torch.tensor([case.label for case in own], dtype=torch.int64))
        for case, found in zip(own, maps, strict=True):
            row, column = np.unravel_index(int(found.argmax()), found.shape)
            x, y = (column + 0.5) / found.shape[1] * case.size[0], (row + 0.5) / found.shape[0] * case.size[1]
            yield bool(hits(case.boxes, np.array([x]), np.array([y]), TOLERANCE)[0])


def by_run(classifier: Classifier, images: Tensor, labels: Tensor) -> NDArray[np.float32]:
    return label_maps(classifier, images, labels).maps[0].numpy()


def by_gradient(classifier: Classifier, images: Tensor, labels: Tensor) -> NDArray[np.float32]:
    with torch.no_grad():
        maps = classifier.encoder.maps(images)
    return gradient_maps(classifier, maps, labels)[0].numpy()


def told(name: str, cases: Sequence[Case], shares: Sequence[float]) -> None:
    """One line: shares of hits with 95 % intervals (bootstrap over pictures), and their mean over labels."""
    of = np.array(shares, np.float64)
    sets = (
        np.ones(len(cases), bool),
        np.array([case.decided for case in cases]),
        np.array([case.difficult for case in cases]),
    )
    labels = np.array([case.label for case in cases])
    mean = np.mean([of[labels == label].mean() for label in np.unique(labels)])
    cells = [f"{of[rows].mean():.3f} ({interval(cases, of, rows)})" for rows in sets]
    print(f"{name:<38}" + "".join(f"{cell:>26}" for cell in cells) + f"{mean:>8.3f}", flush=True)


def interval(cases: Sequence[Case], of: NDArray[np.float64], rows: NDArray[np.bool_]) -> str:
    pictures = np.array([case.picture for case in cases])
    most = int(pictures.max()) + 1
    sums, counts = (np.bincount(pictures[rows], weight, most) for weight in (of[rows], None))
    drawn = np.random.default_rng(0).integers(0, most, (REPLICATES, most))
    low, high = np.quantile(sums[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975])
    return f"{low:.3f} to {high:.3f}"


def run_of(name: str, voc: Path, runs: Path) -> Run:
    folder = runs / name.replace(", ", "-").replace("+", "-")
    return Run.load(folder) if folder.is_dir() else train(read(voc), Recipe.parse(RECIPES[name]), folder)  # type: ignore[return-value]


def baselines(cases: Sequence[Case]) -> None:
    centre = [
        hits(case.boxes, np.array([case.size[0] / 2]), np.array([case.size[1] / 2]), TOLERANCE)[0] for case in cases
    ]
    told("centre of the picture", cases, centre)
    told("a random place", cases, [covered(case.boxes, case.size, TOLERANCE) for case in cases])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path)
    given = parser.parse_args()
    voc = given.data.resolve() / "voc2007"
    with tempfile.TemporaryDirectory() as scratch:
        for number, name in enumerate(RECIPES):
            run = run_of(name, voc, given.runs or Path(scratch))
            names, cases = cases_of(run, voc / "Annotations")
            if number == 0:
                parts = sum(case.decided for case in cases), sum(case.difficult for case in cases)
                print(
                    f"{len(names)} test pictures, {len(cases)} present labels, {parts[0]} decided, {parts[1]} difficult"
                )
                print(f"{'':<38}{'present':>26}{'decided':>26}{'difficult':>26}{'labels':>8}")
                baselines(cases)
            assert isinstance(run.classifier, Classifier)
            method = label_maps(
                run.classifier, torch.zeros(1, 3, *[run.classifier.encoder.spec.size] * 2), torch.tensor([0])
            )[0]
            told(f"{name}: {method}", cases, list(pointed(run, voc / "JPEGImages", names, cases, by_run)))
            if name in WITH_GRADIENT:
                told(f"{name}: gradient", cases, list(pointed(run, voc / "JPEGImages", names, cases, by_gradient)))
            print(f"{'':<38}mAP {run.metrics()['test']['mean_average_precision']['value']:.3f}")


if __name__ == "__main__":
    main()
