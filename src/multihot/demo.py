"""The built-in demonstration: scenes of handwritten digits, made here and learned in under a minute."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from multihot.recipe import Recipe

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SCENE = 64
DIGIT = 16
MOST_DIGITS = 5
SCENES = {"train": 2400, "validation": 300, "test": 600}
# A digit draws its companion into the scene, or keeps its enemy out.
COMPANIONS = {1: 7, 2: 4, 3: 9}
COMPANION_CHANCE = 0.6
ENEMIES = ((0, 8), (5, 6))

RECIPE = Recipe.parse(
    {
        "encoder": {"name": "cnn32", "size": 32, "pooling": "max"},
        "tune": "full",
        "full": {
            "epochs": 12,
            "batch_size": 32,
            "learning_rate": 4e-3,
            "augment": {"rotation": 5, "shift": 0.05, "shear": 0.05, "zoom": 0.05, "horizontal_flip": False},
        },
    }
)


def write_scenes(folder: Path, seed: int = 0) -> Path:
    """Write pictures and a table of their labels; returns the table's path.

    Each scene is 64x64, grey, with 0 to 5 different digits. Some pairs are likely together, some never occur. No
    handwritten digit of a test scene occurs in a training scene.
    """
    digits = load_digits()
    pictures = (digits.images * (255 / 16)).astype(np.uint8)
    random = np.random.default_rng(seed)
    owners = random.choice(list(SCENES), len(pictures), p=[0.7, 0.1, 0.2])
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with (folder / "scenes.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "labels", "split"])
        for part, count in SCENES.items():
            own = owners == part
            by_digit = [pictures[own & (digits.target == digit)] for digit in range(10)]
            for number in range(count):
                chosen = random_digits(random)
                name = f"images/{part}-{number:04d}.png"
                Image.fromarray(compose(chosen, by_digit, random)).save(folder / name)
                rows.writerow([name, "|".join(NAMES[digit] for digit in sorted(chosen)), part])
    return folder / "scenes.csv"


def random_digits(random: np.random.Generator) -> list[int]:
    """Up to five different digits that keep each other's company."""
    chosen: list[int] = []
    wanted = int(random.integers(MOST_DIGITS + 1))
    for digit in random.permutation(10).tolist():
        for candidate in _with_companion(digit, random):
            enemies = {one if candidate == other else other for one, other in ENEMIES if candidate in (one, other)}
            if len(chosen) < wanted and candidate not in chosen and not enemies & set(chosen):
                chosen.append(candidate)
    return chosen


def _with_companion(digit: int, random: np.random.Generator) -> Iterator[int]:
    yield digit
    if digit in COMPANIONS and random.random() < COMPANION_CHANCE:
        yield COMPANIONS[digit]


def compose(
    chosen: Sequence[int], by_digit: Sequence[NDArray[np.uint8]], random: np.random.Generator
) -> NDArray[np.uint8]:
    """A (64, 64) scene: each digit in a cell of its own, a little off its middle, on uneven paper."""
    scene = random.integers(0, 30, (SCENE, SCENE)).astype(np.uint8)
    cells = random.permutation(9)[: len(chosen)]
    pitch = SCENE // 3
    for digit, cell in zip(chosen, cells, strict=True):
        picture = by_digit[digit][random.integers(len(by_digit[digit]))].repeat(2, axis=0).repeat(2, axis=1)
        top, left = (pitch * part + int(random.integers(pitch - DIGIT + 1)) for part in divmod(int(cell), 3))
        area = scene[top : top + DIGIT, left : left + DIGIT]
        np.maximum(area, picture, out=area)
    return scene
