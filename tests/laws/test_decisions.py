"""What holds for every way to decide."""

from typing import get_args

import numpy as np
import pytest

from multihot import decisions
from multihot.decisions import DecisionSettings, guarantee
from multihot.decisions.objectives import objective_of, value_of
from multihot.decisions.select import Select
from multihot.decisions.settings import ObjectiveName
from multihot.labels import LabelSpace

NAMES = ("a", "b", "c", "d")


def scored(count: int = 150, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    targets = (generator.random((count, len(NAMES))) < [0.5, 0.3, 0.2, 0.1]).astype(float)
    return 2 * targets - 1 + generator.normal(size=targets.shape) * 1.5, targets


@pytest.mark.parametrize("calibration", ["none", "temperature", "platt", "isotonic"])
@pytest.mark.parametrize("objective", get_args(ObjectiveName))
def test_the_order_of_labels_makes_no_difference(objective: str, calibration: str) -> None:
    logits, targets = scored()
    settings = DecisionSettings(objective=objective, calibration=calibration)
    order = np.array([2, 0, 3, 1])
    one = decisions.fit(logits, targets, settings, LabelSpace(NAMES))
    other = decisions.fit(logits[:, order], targets[:, order], settings, LabelSpace(tuple(NAMES[i] for i in order)))
    np.testing.assert_allclose(other.thresholds, one.thresholds[order], atol=1e-6)
    expected = one.probabilities(logits)[:, order]
    np.testing.assert_allclose(other.probabilities(logits[:, order]), expected, atol=1e-6)


@pytest.mark.parametrize("select", get_args(Select))
def test_a_sample_is_decided_by_itself(select: str) -> None:
    logits, targets = scored()
    decision = decisions.fit(logits, targets, DecisionSettings(select=select), LabelSpace(NAMES))
    probabilities = decision.probabilities(logits)
    together = decision.decide(probabilities)
    alone = np.concatenate([decision.decide(probabilities[[row]]) for row in range(len(logits))])
    np.testing.assert_array_equal(alone, together)
    assert decision.decide(probabilities[:0]).shape == (0, len(NAMES))


@pytest.mark.parametrize("select", get_args(Select))
def test_a_sample_gets_its_most_probable_labels(select: str) -> None:
    """Where labels share a cut, no label is left out that is more probable than one that is given."""
    logits, targets = scored()
    settings = DecisionSettings(select=select, scope="global")
    decision = decisions.fit(logits, targets, settings, LabelSpace(NAMES))
    probabilities = decision.probabilities(logits)
    decided = decision.decide(probabilities)
    least = np.where(decided, probabilities, 1).min(axis=1)
    most = np.where(decided, 0, probabilities).max(axis=1)
    assert (least >= most).all()


def test_fits_beat_one_half_on_their_own_samples() -> None:
    """Averaged over data sets, each fit does at least as well at its objective as no fit, in sample."""
    for name in sorted(set(get_args(ObjectiveName)) - {"fixed", "precision", "recall"}):
        settings = DecisionSettings(objective=name)
        objective = objective_of(settings)
        gains = []
        for seed in range(5):
            logits, targets = scored(300, seed)
            decision = decisions.fit(logits, targets, settings, LabelSpace(NAMES))
            fitted = value_of(objective, decision.decide(decision.probabilities(logits)), targets)
            gains.append(fitted - value_of(objective, logits >= 0, targets))
        assert np.mean(gains) >= 0, name


@pytest.mark.parametrize(
    "promise",
    [guarantee.missed_threshold, guarantee.missed_thresholds_by_label, guarantee.wrong_threshold],
)
def test_a_stricter_promise_never_gives_less_of_what_it_asks(promise: object) -> None:
    logits, targets = scored(400)
    thresholds = np.array([promise(logits, targets, level) for level in (0.05, 0.1, 0.2, 0.4)])
    steps = np.diff(thresholds, axis=0)
    assert (steps <= 0).all() if promise is guarantee.wrong_threshold else (steps >= 0).all()


def test_a_higher_recall_is_never_had_with_higher_thresholds() -> None:
    logits, targets = scored(400)
    asked = [DecisionSettings(objective="recall", at_least=level) for level in (0.5, 0.8, 0.95)]
    found = [decisions.fit(logits, targets, settings, LabelSpace(NAMES)).thresholds for settings in asked]
    assert (np.diff(found, axis=0) <= 1e-9).all()
