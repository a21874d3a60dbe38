"""Run directories made of random scores, by the run's own writers: no training."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from multihot import decisions, metrics
from multihot.data import ImageArrays, ImageFiles, Samples, SetAside, content_hash
from multihot.labels import LabelSpace, Targets
from multihot.models import build_classifier
from multihot.recipe import Recipe
from multihot.report import write_report
from multihot.run import (
    DECISION,
    HISTORY,
    LABELS,
    METRICS,
    RECIPE,
    SCORES,
    SPLIT,
    WEIGHTS,
    Run,
    Scores,
    write_json,
    write_recipe,
    write_scores,
    write_split,
    write_text,
    write_weights,
)

JUDGED = {"loss": 0.2, "mean_average_precision": 0.9}
HISTORY_OF_BOTH: list[dict[str, Any]] = [
    *({"stage": "head", "l2": l2, "train": JUDGED, "validation": JUDGED, "kept": l2 == 1.0} for l2 in (10.0, 1.0, 0.1)),
    *(
        {
            "stage": "full",
            "epoch": epoch,
            "learning_rate": 1e-3,
            "train": JUDGED,
            "validation": JUDGED,
            "kept": epoch == 3,
        }
        for epoch in (1, 2, 3)
    ),
]


@dataclass
class Plan:
    """What a made-up run is like."""

    names: Sequence[str] = ("blue", "dress", "jeans", "red", "shirt")
    train: int = 20
    validation: int = 40
    test: int = 60
    noise: float = 1.5
    """Of the logits: 0 decides everything rightly."""
    unknown: float = 0.1
    """Share of cells."""
    density: float = 0.3
    never: Sequence[int] = ()
    """Columns of labels that no sample has."""
    history: list[dict[str, Any]] = field(default_factory=lambda: HISTORY_OF_BOTH[:3])
    set_aside: Sequence[SetAside] = (SetAside("broken.jpg", "truncated: 12 bytes are missing"),)
    files: bool = False
    """Pictures on disk, or in memory."""


def write_run(folder: Path, plan: Plan) -> Run:
    """Write the run directory of a plan and read it back."""
    random = np.random.default_rng(0)
    space = LabelSpace(tuple(plan.names))
    count = plan.train + plan.validation + plan.test
    truth = random.random((count, len(space))) < plan.density
    truth[:, list(plan.never)] = False
    logits = ((2 * truth - 1) * 3 + plan.noise * random.normal(size=truth.shape)).astype(np.float32)
    targets = np.where(random.random(truth.shape) < plan.unknown, np.nan, truth).astype(np.float32)
    parts = ["train"] * plan.train + ["validation"] * plan.validation + ["test"] * plan.test
    folder.mkdir(parents=True, exist_ok=True)
    _write_samples(folder, plan, space, targets, parts)
    _write_model(folder, space, plan.history)
    held = [row for row, part in enumerate(parts) if part != "train"]
    validation = [row for row, part in enumerate(parts) if part == "validation"]
    decision = decisions.fit(logits[validation], targets[validation], Recipe().decision, space)
    probabilities = decision.probabilities(logits[held])
    scores = Scores(
        tuple(f"{row}.png" for row in held),
        tuple(parts[row] for row in held),
        targets[held],
        logits[held],
        probabilities,
        decision.decide(probabilities),
    )
    write_json(folder / DECISION, decision.to_dict())
    write_scores(folder / SCORES, scores, space)
    measured = {part: _measure(scores.part(part), space) for part in ("validation", "test")}
    write_json(folder / METRICS, measured)
    return Run.load(folder)


def _write_samples(
    folder: Path, plan: Plan, space: LabelSpace, targets: NDArray[np.float32], parts: Sequence[str]
) -> None:
    ids = tuple(f"{row}.png" for row in range(len(targets)))
    pixels = np.random.default_rng(1).integers(0, 256, (len(ids), 12, 16, 3), dtype=np.uint8)
    images: ImageArrays | ImageFiles = ImageArrays(pixels)
    if plan.files:
        paths = [folder / "pictures" / name for name in ids]
        (folder / "pictures").mkdir()
        for path, picture in zip(paths, pixels, strict=True):
            Image.fromarray(picture).save(path)
        images = ImageFiles(paths)
    contents = [content_hash(images.read(row)) for row in range(len(ids))]
    samples = Samples(ids, images, space, Targets.from_dense(targets), set_aside=tuple(plan.set_aside))
    write_split(folder / SPLIT, samples, parts, contents)


def _write_model(folder: Path, space: LabelSpace, history: Sequence[dict[str, Any]]) -> None:
    recipe = Recipe.parse(
        {"encoder": {"name": "cnn28", "size": 28}, "tune": "full", "provenance": {"source": "a/shop"}}
    )
    write_recipe(folder / RECIPE, recipe)
    write_json(folder / LABELS, space.to_dict())
    write_weights(
        folder / WEIGHTS, build_classifier(recipe.encoder, recipe.head, len(space), load_weights=False), space
    )
    write_text(folder / HISTORY, "".join(json.dumps(record) + "\n" for record in history))


def _measure(scores: Scores, space: LabelSpace) -> dict[str, Any]:
    found = metrics.report(
        scores.targets, scores.logits, scores.probabilities, scores.decided, names=space.names, replicates=20
    )
    return found.to_dict()


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Run]:
    """A function that writes and reads the run of a `Plan` with these settings."""
    return lambda **settings: write_run(tmp_path / "run", Plan(**settings))


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with its report; not to be changed."""
    run = write_run(tmp_path_factory.mktemp("reported") / "run", Plan(names=("blue & <green>", "dress", "red")))
    write_report(run)
    return run
