"""Label order is one object: every artefact knows the order it was made for, and none is read into another."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from multihot.data import read
from multihot.errors import LabelError
from multihot.evaluate import evaluate
from multihot.labels import LabelSpace
from multihot.predict import PredictionFile
from multihot.recipe import Recipe
from multihot.run import DECISION, LABELS, SCORES, WEIGHTS, Run, read_scores
from multihot.train import train

REVERSED = ("red", "green", "disc", "blue")


@pytest.fixture(scope="module")
def reversed_run(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The shapes, learned with their labels the other way round."""
    samples = read(shapes).with_space(LabelSpace(REVERSED))
    recipe = Recipe.parse({"encoder": {"name": "cnn32", "pooling": "average+max"}, "tune": "head", "device": "cpu"})
    return train(samples, recipe, tmp_path_factory.mktemp("runs") / "reversed")


def test_any_order_survives_save_load_and_predict(shapes: Path, shapes_run: Run, reversed_run: Run) -> None:
    pictures = sorted(shapes.glob("*/0.png"))
    assert reversed_run.space.names == REVERSED
    assert shapes_run.space.names == REVERSED[::-1]
    for run in (shapes_run, reversed_run):
        again = Run.load(run.folder)
        assert again.space == run.space
        assert again.decision.space == run.space
        for found, path in zip(again.predict(pictures), pictures, strict=True):
            assert set(found.labels) == set(path.parent.name.split("_"))
            assert tuple(found.probabilities) == run.space.names


@pytest.mark.parametrize("artefact", [WEIGHTS, DECISION, LABELS])
def test_no_artefact_is_read_into_another_order(
    shapes_run: Run, reversed_run: Run, tmp_path: Path, artefact: str
) -> None:
    mixed = Path(shutil.copytree(shapes_run.folder, tmp_path / "mixed"))
    shutil.copy(reversed_run.folder / artefact, mixed / artefact)
    with pytest.raises(LabelError, match="another label order"):
        Run.load(mixed)


def test_scores_know_their_order(shapes_run: Run, reversed_run: Run) -> None:
    with pytest.raises(LabelError, match=r"scores\.parquet.*another label order"):
        read_scores(shapes_run.folder / SCORES, reversed_run.space)


def test_labels_cannot_be_reordered_by_hand(shapes_run: Run, tmp_path: Path) -> None:
    values: dict[str, Any] = json.loads((shapes_run.folder / LABELS).read_text())
    values["labels"] = values["labels"][::-1]
    (tmp_path / LABELS).write_text(json.dumps(values))
    with pytest.raises(LabelError, match="another label order"):
        LabelSpace.load(tmp_path / LABELS)


def test_evaluation_brings_samples_into_the_runs_order(shapes: Path, shapes_run: Run) -> None:
    straight = evaluate(shapes_run, read(shapes), replicates=0).report.to_dict()
    turned = evaluate(shapes_run, read(shapes).with_space(LabelSpace(REVERSED)), replicates=0).report.to_dict()
    assert turned == straight


def test_predictions_name_their_order(shapes_run: Run, tmp_path: Path) -> None:
    with PredictionFile(tmp_path / "p.parquet", shapes_run.space):
        pass
    metadata = pq.read_schema(tmp_path / "p.parquet").metadata
    assert metadata[b"order_hash"].decode() == shapes_run.space.order_hash
