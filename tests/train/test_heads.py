from pathlib import Path
from typing import Any

import pytest

from multihot.data import read
from multihot.data.feature_cache import cache_folder
from multihot.errors import RecipeError
from multihot.models import HEADS
from multihot.recipe import Recipe
from multihot.run import Run
from multihot.train import train

QUICK = {"epochs": 15, "batch_size": 8, "learning_rate": 0.01}
HEAD_SETTINGS: dict[str, dict[str, Any]] = {
    "linear": {},
    "csra": {},
    "label_queries": {"width": 32, "attention_heads": 4},
    "chain": {"orders": 3},
    "label_sequence": {"width": 32},
    "label_graph": {"width": 16},
    "low_rank": {"rank": 3},
}


def recipe_of(name: str, **others: Any) -> Recipe:
    head = {"name": name, **HEAD_SETTINGS[name]}
    settings = {"encoder": "cnn32", "tune": "head", "device": "cpu", "head_fit": QUICK, "head": head}
    return Recipe.parse(settings | others)


def test_every_head_is_tested() -> None:
    assert set(HEAD_SETTINGS) == set(HEADS)


@pytest.mark.parametrize("name", sorted(HEADS))
def test_every_head_learns_on_a_frozen_encoder_and_comes_back(name: str, shapes: Path, tmp_path: Path) -> None:
    run = train(read(shapes), recipe_of(name), tmp_path / "run")
    assert run.metrics()["test"]["mean_average_precision"]["value"] > 0.8
    assert run.recipe.encoder.pooling == ("none" if HEADS[name].takes == "maps" else "flatten")
    kept = [record for record in run.history() if record["kept"]]
    assert [record["stage"] for record in kept] == ["head"]
    pictures = [str(shapes / "red_disc" / "0.png"), str(shapes / "blue" / "1.png")]
    again = Run.load(run.folder).predict(pictures)
    assert [label_set.labels for label_set in again] == [label_set.labels for label_set in run.predict(pictures)]


@pytest.mark.parametrize("name", ["csra", "chain", "label_sequence"])
def test_heads_are_trained_with_their_encoder(name: str, shapes: Path, tmp_path: Path) -> None:
    run = train(read(shapes), recipe_of(name, tune="full", full={"epochs": 2}), tmp_path / "run")
    first, second = (record["train"]["loss"] for record in run.history())
    assert second < first


def test_maps_are_found_again_in_the_cache(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MULTIHOT_CACHE", str(tmp_path / "cache"))
    with caplog.at_level("INFO", logger="multihot"):
        runs = [train(read(shapes), recipe_of("csra"), tmp_path / name) for name in ("first", "second")]
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("encoded")]
    assert [line.partition("(")[2] for line in said] == ["84 new by torch)", "0 new)"]
    assert runs[0].metrics() == runs[1].metrics()
    assert list(cache_folder().rglob("*.safetensors"))


@pytest.mark.parametrize(
    "settings", [{"head": "linear", "loss": "sequence_cross_entropy"}, {"head": "label_sequence", "loss": "zlpr"}]
)
def test_sequences_and_their_loss_go_together(settings: dict[str, str]) -> None:
    assert Recipe.parse({"head": "label_sequence"}).loss.name == "sequence_cross_entropy"
    with pytest.raises(RecipeError, match="label_sequence learns by sequence_cross_entropy, and no other head does"):
        Recipe.parse(settings)
