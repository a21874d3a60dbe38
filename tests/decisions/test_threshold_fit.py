"""Fitted cuts: shared unless samples left out clearly say otherwise, on the safe side where a level is asked."""

import numpy as np
import pytest
from scipy.special import expit

from multihot.decisions.objectives import objective_of
from multihot.decisions.scale import probabilities_of
from multihot.decisions.settings import DecisionSettings
from multihot.decisions.threshold import fit_cuts, shrink
from multihot.decisions.threshold.choose import choose
from multihot.decisions.threshold.search import Search
from multihot.decisions.threshold.shrink import Bagged
from multihot.labels import LabelSpace

SPACE = LabelSpace(("a", "b", "c"))


def shifted(count: int, shifts: list[float], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of labels that are present with probability `sigmoid(2 * logit - shift)`."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, len(shifts))) * 3
    return logits, (generator.random(logits.shape) < expit(2 * logits - np.array(shifts))).astype(float)


def test_labels_that_are_alike_share_a_threshold() -> None:
    settings = DecisionSettings(objective="macro_f1")
    fitted = []
    for seed in range(10):
        logits, targets = shifted(200, [1.0, 1.0, 1.0], seed)
        fitted.append(fit_cuts(probabilities_of(logits), targets, settings, SPACE))
    shared = [cuts for cuts in fitted if cuts.shared == "common"]
    assert len(shared) >= 7
    assert all(len(set(cuts.values)) == 1 for cuts in shared)


def test_labels_that_differ_get_their_own() -> None:
    logits, targets = shifted(2000, [-6.0, 0.0, 6.0])
    cuts = fit_cuts(probabilities_of(logits), targets, DecisionSettings(objective="macro_f1"), SPACE)
    assert isinstance(cuts.shared, float)
    a, b, c = cuts.values
    assert a < 0.2 < b < 0.7 < c
    common = fit_cuts(probabilities_of(logits), targets, DecisionSettings(objective="macro_f1", scope="global"), SPACE)
    assert len(set(common.values)) == 1


def test_one_half_stays_where_nothing_does_better() -> None:
    logits, _ = shifted(200, [0.0, 0.0, 0.0])
    separated = (logits > 0).astype(float)
    for objective in ("micro_f1", "macro_f1", "exact_match"):
        cuts = fit_cuts(probabilities_of(logits), separated, DecisionSettings(objective=objective), SPACE)
        assert cuts.shared == "known"
        np.testing.assert_array_equal(cuts.values, 0.5)


def test_calibrated_probabilities_stay_near_the_threshold_of_theory() -> None:
    logits, targets = shifted(300, [0.0, 0.0, 0.0])
    calibrated = probabilities_of(2 * logits)
    for objective, known in (({"objective": "hamming_loss"}, 0.5), (COSTS, 0.2)):
        cuts = fit_cuts(calibrated, targets, DecisionSettings(**objective), SPACE)
        assert cuts.shared in ("known", "common")
        np.testing.assert_allclose(cuts.values, known, atol=0.1)


COSTS = {"objective": "cost", "false_positive_cost": 1.0, "false_negative_cost": 4.0}


def test_but_not_where_probabilities_are_off() -> None:
    logits, targets = shifted(3000, [6.0, 6.0, 6.0])
    cuts = fit_cuts(probabilities_of(logits), targets, DecisionSettings(objective="hamming_loss"), SPACE)
    assert cuts.shared == "common"
    np.testing.assert_allclose(cuts.values, expit(3), atol=0.03)


@pytest.mark.parametrize("cells", [1, 10**9], ids=["folds", "bootstrap"])
def test_out_of_bag_thresholds_have_not_seen_their_sample(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrink, "MANY", cells)
    logits, targets = shifted(50, [0.0, 1.0])
    objective = objective_of(DecisionSettings(objective="macro_f1"))
    bagged = Bagged.of(Search.of(logits, targets), objective, np.random.default_rng(0))
    row = int(np.flatnonzero(bagged.outside.any(axis=0))[0])
    outside = bagged.outside[:, row]
    np.testing.assert_allclose(bagged.out_of_bag(np.inf)[row], bagged.common[outside].mean())
    own = np.average(bagged.own[outside], axis=0, weights=bagged.support[outside].mean(axis=1))
    np.testing.assert_allclose(bagged.out_of_bag(0.0)[row], own, atol=1.0)
    np.testing.assert_allclose(bagged.thresholds(np.inf), bagged.common.mean())
    halfway = bagged.thresholds(float(bagged.support.mean(axis=0)[0]))[0]
    assert halfway == pytest.approx((bagged.thresholds(0.0)[0] + bagged.common.mean()) / 2)


def test_a_label_without_positives_takes_the_common_threshold() -> None:
    logits, targets = shifted(2000, [-6.0, 6.0, 0.0])
    targets[:, 2] = 0
    cuts = fit_cuts(probabilities_of(logits), targets, DecisionSettings(objective="macro_f1"), SPACE)
    objective = objective_of(DecisionSettings(objective="macro_f1"))
    choice = choose(objective, Search.of(logits, targets), np.random.default_rng(0), own=False)
    assert cuts.values[2] == pytest.approx(expit(choice.logits[2]), abs=1e-6)
    assert cuts.notes == ("thresholds: not present in the validation samples, take the common threshold: c",)


@pytest.mark.parametrize("scope", ["label", "global"])
@pytest.mark.parametrize("objective", ["precision", "recall"])
def test_levels_are_kept_and_the_other_is_high(objective: str, scope: str) -> None:
    logits, targets = shifted(3000, [-2.0, 0.0, 2.0])
    settings = DecisionSettings(objective=objective, at_least=0.95, scope=scope)
    probabilities = probabilities_of(logits)
    decided = probabilities >= fit_cuts(probabilities, targets, settings, SPACE).values
    hit = (decided & (targets == 1)).sum(axis=0)
    kept, other = hit / decided.sum(axis=0), hit / targets.sum(axis=0)
    if objective == "recall":
        kept, other = other, kept
    assert (kept >= 0.95).all() if scope == "label" else kept.mean() > 0.93
    assert other.min() > 0.5


def test_a_level_out_of_reach_is_said() -> None:
    logits, targets = shifted(100, [0.0, 0.0, 0.0])
    logits[:, 1] = 0
    settings = DecisionSettings(objective="precision", at_least=0.99)
    probabilities = probabilities_of(logits)
    cuts = fit_cuts(probabilities, targets, settings, SPACE)
    assert any("precision 0.99 out of reach, closest taken: a, b, c" in note for note in cuts.notes)
    precision = targets[probabilities[:, 0] >= cuts.values[0], 0].mean()
    assert precision > 0.9


@pytest.mark.parametrize("select", ["score_cut", "top_k", "predicted_count"])
def test_rules_of_cardinality_are_fitted(select: str) -> None:
    generator = np.random.default_rng(0)
    targets = np.zeros((400, 3))
    targets[np.arange(400), generator.integers(0, 3, 400)] = 1
    probabilities = probabilities_of(3 * targets - 2 + generator.normal(size=targets.shape))
    settings = DecisionSettings(objective="exact_match", select=select)
    cuts = fit_cuts(probabilities, targets, settings, SPACE)
    assert cuts.shared == "common"
    if select == "top_k":
        assert -1 < cuts.values[0] <= 0
    fixed = DecisionSettings(objective="fixed", select="top_k", count=2)
    np.testing.assert_array_equal(fit_cuts(probabilities, targets, fixed, SPACE).values, -1.5)
