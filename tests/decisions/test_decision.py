"""The composed object: fitted on anything, saved, loaded, and never for other labels."""

import json
from typing import get_args

import numpy as np
import pytest

from multihot import decisions
from multihot.decisions.select import Select
from multihot.decisions.settings import ObjectiveName
from multihot.errors import ArgumentError, LabelError, RunError
from multihot.labels import LabelSpace, Relations

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


@pytest.mark.parametrize("select", get_args(Select))
@pytest.mark.parametrize("count", [0, 1, 60])
def test_every_rule_keeps_the_relations(select: str, count: int) -> None:
    relations = Relations.from_dict(
        {"groups": [{"labels": ["a", "b", "c"], "hold": "exactly 1"}], "implies": {"never": "unseen"}}
    )
    space = SPACE.with_relations(relations)
    logits, targets = samples(count)
    settings = decisions.DecisionSettings(objective="samples_f1", select=select)
    decision = decisions.fit(logits, targets, settings, space)
    fresh = decision.probabilities(np.random.default_rng(1).normal(size=(300, len(SPACE))) * 5)
    assert space.violations(decision.decide(fresh)) == {}
    free = decisions.fit(logits, targets, settings.model_copy(update={"relations": False}), space)
    decided = free.decide(fresh)
    legal = ~space.rules.violated(decided).any(axis=1)
    np.testing.assert_array_equal(decision.decide(fresh)[legal], decided[legal])
    loaded = decisions.Decision.from_dict(json.loads(json.dumps(decision.to_dict())), SPACE)
    np.testing.assert_array_equal(loaded.decide(fresh), decision.decide(fresh))


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    space = SPACE.with_relations(Relations.from_dict({"excludes": [["a", "b"]], "implies": {"c": "a"}}))
    logits, targets = samples(60)
    decision = decisions.fit(logits, targets, decisions.DecisionSettings(), space)
    whole = decision.decide(decision.probabilities(logits))
    monkeypatch.setattr("multihot.decisions.decision.BLOCK", 7)
    np.testing.assert_array_equal(decision.decide(decision.probabilities(logits)), whole)


@pytest.mark.parametrize("calibration", ["none", "platt"])
@pytest.mark.parametrize("risk", ["missed", "missed_by_label", "wrong", "large"])
def test_promises(risk: str, calibration: str) -> None:
    promise = decisions.Promise(risk=risk, level=0.2, most=2 if risk == "large" else None)
    settings = decisions.DecisionSettings(calibration=calibration, guarantee=promise)
    logits, targets = samples(600)
    decision = decisions.fit(logits, targets, settings, SPACE)
    assert decision.objective == ("large than 2 <= 0.2" if risk == "large" else f"{risk} <= 0.2")
    assert decision.shared == "promised"
    fresh, truth = samples(3000, seed=1)
    decided = decision.decide(decision.probabilities(fresh))
    present, absent = truth == 1, truth == 0
    missed = (present & ~decided).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    wrong = (absent & decided).sum(axis=1) / np.maximum(((absent | present) & decided).sum(axis=1), 1)
    risks = {
        "missed": missed.mean(),
        "missed_by_label": ((present & ~decided).sum(axis=0) / np.maximum(present.sum(axis=0), 1)).max(),
        "wrong": wrong.mean(),
        "large": (decided.sum(axis=1) > 2).mean(),
    }
    assert 0.01 < risks[risk] < 0.25
    assert (
        decisions.Decision.from_dict(json.loads(json.dumps(decision.to_dict())), SPACE).to_dict() == decision.to_dict()
    )


def test_a_promise_says_what_it_cannot_do() -> None:
    space = SPACE.with_relations(Relations.from_dict({"excludes": [["a", "b"]]}))
    logits, targets = samples(3)
    settings = decisions.DecisionSettings(guarantee=decisions.Promise())
    decision = decisions.fit(logits, targets, settings, space)
    assert not decision.space.relations
    assert decision.notes[-2:] == (
        "guarantee: relations are not imposed, as a label taken away could break the promise",
        "guarantee: too few samples to promise missed <= 0.1: 5 of 5 labels are always given",
    )
    assert decision.decide(decision.probabilities(logits)).all()


def test_refit_keeps_the_probabilities_and_cuts_as_a_fit_for_that_objective_does() -> None:
    logits, targets = samples(80)
    before = decisions.fit(logits, targets, decisions.DecisionSettings(), SPACE)
    asked = decisions.DecisionSettings(objective="recall")
    after = decisions.refit(before, logits, targets, "recall")
    np.testing.assert_array_equal(after.probabilities(logits), before.probabilities(logits))
    np.testing.assert_array_equal(after.cuts, decisions.fit(logits, targets, asked, SPACE).cuts)
    assert after.objective == "recall"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": 2}, "`count` goes with select 'top_k' only"),
        ({"select": "top_k", "guarantee": {}}, "a guarantee goes with select 'threshold' only"),
        ({"select": "score_cut", "objective": "fixed"}, "needs an objective other than 'fixed'"),
        ({"guarantee": {"risk": "large"}}, "risk 'large' needs `most`"),
        ({"guarantee": {"most": 2}}, "the other risks have none"),
    ],
)
def test_settings_that_do_not_go_together_are_named(values: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decisions.DecisionSettings(**values)


def test_bad_settings_are_named() -> None:
    with pytest.raises(ValueError, match="objective"):
        decisions.DecisionSettings(objective="f1")
    with pytest.raises(ValueError, match="colour"):
        decisions.DecisionSettings(colour="red")
