"""The composed object: fitted on anything, saved, loaded, and never for other labels."""

import json
from typing import get_args

import numpy as np
import pytest

from multihot import decisions
from multihot.decisions.settings import ObjectiveName
from multihot.errors import ArgumentError, LabelError, RunError
from multihot.labels import LabelSpace

SPACE = LabelSpace(("never", "unseen", "a", "b", "c"))


def samples(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits and targets: "never" is always absent, "unseen" always unknown, others have a few unknown cells."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((count, len(SPACE))) < 0.3).astype(float)
    logits = 4 * targets - 2 + rng.normal(size=targets.shape)
    targets[rng.random(targets.shape) < 0.1] = np.nan
    targets[:, 0], targets[:, 1] = 0, np.nan
    return logits, targets


@pytest.mark.parametrize("objective", get_args(ObjectiveName))
@pytest.mark.parametrize("scope", ["label", "global"])
@pytest.mark.parametrize("count", [0, 1, 3, 60])
def test_survives_any_amount_of_data(objective: str, scope: str, count: int) -> None:
    logits, targets = samples(count)
    settings = decisions.DecisionSettings(objective=objective, scope=scope)
    decision = decisions.fit(logits, targets, settings, SPACE)
    probabilities = decision.probabilities(logits)
    decided = decision.decide(probabilities)
    assert probabilities.dtype == np.float32
    assert decided.dtype == np.bool_
    assert decided.shape == logits.shape
    assert ((decision.thresholds > 0) & (decision.thresholds < 1)).all()
    assert decision.objective == objective


def test_comes_back_from_json_the_same() -> None:
    logits, targets = samples(60)
    decision = decisions.fit(logits, targets, decisions.DecisionSettings(), SPACE)
    loaded = decisions.Decision.from_dict(json.loads(json.dumps(decision.to_dict())), SPACE)
    assert loaded.to_dict() == decision.to_dict()
    np.testing.assert_array_equal(loaded.probabilities(logits), decision.probabilities(logits))
    assert loaded.fitted_on.positives == tuple((targets == 1).sum(axis=0).tolist())


def test_refuses_other_labels() -> None:
    logits, targets = samples(10)
    values = decisions.fit(logits, targets, decisions.DecisionSettings(), SPACE).to_dict()
    with pytest.raises(LabelError, match=r"run/decision\.json: made for other labels"):
        decisions.Decision.from_dict(values, LabelSpace(SPACE.names[::-1]), where="run/decision.json")
    del values["cuts"]
    with pytest.raises(RunError, match="cuts"):
        decisions.Decision.from_dict(values, SPACE)


def test_unknown_cells_take_no_part() -> None:
    logits, targets = samples(60)
    decision = decisions.fit(logits, targets, decisions.DecisionSettings(), SPACE)
    garbled = np.where(np.isnan(targets), np.random.default_rng(1).normal(size=logits.shape) * 9, logits)
    assert decisions.fit(garbled, targets, decisions.DecisionSettings(), SPACE).to_dict() == decision.to_dict()


@pytest.mark.parametrize(
    ("logits", "targets", "message"),
    [
        (np.zeros((2, 4)), np.zeros((2, 5)), r"logits must have the shape \(samples, 5\), got \(2, 4\)"),
        (np.zeros((2, 5)), np.zeros((3, 5)), r"logits are \(2, 5\), targets \(3, 5\)"),
        (np.full((1, 5), np.inf), np.zeros((1, 5)), "logits must be finite, got inf at row 0, label 0"),
        (np.zeros((1, 5)), np.full((1, 5), 2.0), "1 present, 0 absent or NaN unknown, got 2.0 at row 0, label 0"),
    ],
)
def test_bad_arrays_are_named(logits: np.ndarray, targets: np.ndarray, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        decisions.fit(logits, targets, decisions.DecisionSettings(), SPACE)


def test_bad_settings_are_named() -> None:
    with pytest.raises(ValueError, match="objective"):
        decisions.DecisionSettings(objective="f1")
    with pytest.raises(ValueError, match="colour"):
        decisions.DecisionSettings(colour="red")
