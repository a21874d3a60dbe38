import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from multihot.data import read
from multihot.errors import ImageError, RunError
from multihot.losses import TrainingLoss
from multihot.recipe import FullSettings, Recipe
from multihot.run import CHECKPOINTS, METRICS, SCORES, Run
from multihot.train import full, picture_run, train
from multihot.train.full import best_epoch, learning_rate, parameter_groups, plateaus

SETTINGS = FullSettings(epochs=10, learning_rate=1.0, warmup_epochs=1)


def epochs(*precisions: float | None) -> list[dict[str, Any]]:
    return [{"validation": {"mean_average_precision": value, "loss": 1.0}} for value in precisions]


def test_warm_up_then_cosine_to_zero() -> None:
    rates = [learning_rate(SETTINGS, step, 5, []) for step in range(51)]
    assert rates[:5] == sorted(rates[:5])
    assert rates[5] == 1.0
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[50] == pytest.approx(0, abs=1e-12)


def test_plateau_halves_after_two_epochs_without_a_better_one() -> None:
    settings = SETTINGS.model_copy(update={"schedule": "plateau"})
    assert learning_rate(settings, 40, 5, epochs(0.5, 0.6, 0.6)) == 1.0
    assert learning_rate(settings, 40, 5, epochs(0.5, 0.6, 0.6, 0.5)) == 0.5
    assert plateaus(epochs(0.5, 0.4, 0.4, 0.4, 0.4, 0.6)) == 2


def test_best_epoch_by_map_then_loss_and_the_last_without_validation() -> None:
    history = epochs(0.5, 0.7, 0.7)
    history[2]["validation"]["loss"] = 0.5
    assert best_epoch(history) == 2
    assert best_epoch([{"validation": None}] * 3) == 2
    assert best_epoch(epochs(None, 0.1)) == 1


def test_only_matrices_decay_and_the_encoder_learns_slower() -> None:
    classifier = nn.Module()
    classifier.encoder = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    classifier.head = nn.Linear(4, 2)
    groups = parameter_groups(classifier, SETTINGS, 0.1)  # type: ignore[arg-type]
    assert [(len(group["params"]), group["weight_decay"] > 0, group["scale"]) for group in groups] == [
        (1, True, 0.1),
        (3, False, 0.1),
        (1, True, 1.0),
        (1, False, 1.0),
    ]
    assert sum(parameter.numel() for group in groups for parameter in group["params"]) == sum(
        parameter.numel() for parameter in classifier.parameters()
    )


RECIPE = Recipe.parse(
    {
        "encoder": {"name": "cnn32", "pooling": "max"},
        "tune": "full",
        "device": "cpu",
        "full": {"epochs": 3, "batch_size": 16, "learning_rate": 0.01},
    }
)


def test_a_killed_training_resumes_to_the_same_result(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = read(shapes)
    undisturbed = train(samples, RECIPE, tmp_path / "undisturbed")

    steps, step = 0, full._step

    def killed(*arguments: Any) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps == 6:  # in the middle of the second epoch of four steps
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(full, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train(samples, RECIPE, tmp_path / "killed")
    monkeypatch.undo()
    assert not (tmp_path / "killed" / METRICS).exists()
    with pytest.raises(RunError, match="--resume"):
        Run.load(tmp_path / "killed")
    with pytest.raises(RunError, match="already holds a run"):
        train(samples, RECIPE, tmp_path / "killed")
    other = RECIPE.model_copy(update={"seed": 5})
    with pytest.raises(RunError, match="another recipe"):
        train(samples, other, tmp_path / "killed", resume=True)
    with pytest.raises(RunError, match="samples have changed"):
        train(samples.take(range(40)), None, tmp_path / "killed", resume=True)

    resumed = train(samples, None, tmp_path / "killed", resume=True)
    for name in (METRICS, SCORES, "history.jsonl", "model.safetensors"):
        assert (resumed.folder / name).read_bytes() == (undisturbed.folder / name).read_bytes(), name
    assert not (resumed.folder / CHECKPOINTS).exists()
    assert len(resumed.history()) == 3


def test_a_picture_that_is_gone_before_it_is_scored_ends_the_run(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(shutil.copytree(shapes, tmp_path / "source"))

    def trained(*_: Any) -> list[dict[str, Any]]:
        shutil.rmtree(source)
        return []

    monkeypatch.setattr(picture_run, "train_full", trained)
    with pytest.raises(ImageError, match=r"\.png: was readable before, and is not now: cannot be read"):
        train(read(source), RECIPE, tmp_path / "run")


def test_a_loss_that_paces_itself_is_told_how_much_is_done(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: set[float] = set()
    corrected = TrainingLoss.corrected

    def recording(loss: TrainingLoss, logits: torch.Tensor, targets: torch.Tensor, done: float) -> torch.Tensor:
        told.add(done)
        return corrected(loss, logits, targets, done)

    monkeypatch.setattr(TrainingLoss, "corrected", recording)
    values = {"encoder": "cnn32", "tune": "full", "full": {"epochs": 2}, "loss": "splc", "device": "cpu"}
    train(read(shapes), Recipe.parse(values), tmp_path / "run")
    assert told == {0.0, 0.5}
