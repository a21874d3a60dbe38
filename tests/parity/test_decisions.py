"""Decisions against scikit-learn and against multihot's own metrics."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve

from multihot import metrics
from multihot.decisions import DecisionSettings
from multihot.decisions.calibrate import isotonic, logistic
from multihot.decisions.objectives import objective_of, value_of
from multihot.decisions.threshold.search import Search

AVERAGES = [f"{average}_{of}" for average in ("micro", "macro", "samples") for of in ("f1", "jaccard")]
OBJECTIVES = [*AVERAGES, "exact_match", "macro_balanced_accuracy", "hamming_loss"]


def scored(count: int = 300, labels: int = 5) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    targets = (generator.random((count, labels)) < 0.3).astype(float)
    return 2 * targets - 1 + generator.normal(size=targets.shape), targets


@pytest.mark.parametrize("name", OBJECTIVES)
def test_objectives_are_the_metrics_of_the_same_name(name: str) -> None:
    scores, targets = scored()
    targets[np.random.default_rng(1).random(targets.shape) < 0.1] = np.nan
    decided = scores >= 0.3
    value = value_of(objective_of(DecisionSettings(objective=name)), decided, targets)
    expected = float(getattr(metrics, name)(targets, decided))
    assert value == pytest.approx(-expected if name == "hamming_loss" else expected)


def test_the_best_f1_of_a_label_is_the_highest_of_its_precision_recall_curve() -> None:
    scores, targets = scored()
    objective = objective_of(DecisionSettings(objective="macro_f1"))
    own = Search.of(scores, targets).run(objective, np.ones(len(scores))).own
    for label, threshold in enumerate(own):
        precision, recall, _ = precision_recall_curve(targets[:, label], scores[:, label])
        best = np.max(2 * precision * recall / np.maximum(precision + recall, 1e-12))
        decided = scores[:, [label]] >= threshold
        assert value_of(objective, decided, targets[:, [label]]) == pytest.approx(best)


def test_platt_scaling_without_shrinkage_is_logistic_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic, "PRIOR", 0.0)
    scores, targets = scored()
    centre = logistic.centre_of(scores, targets, logistic.IDENTITY)
    slopes, intercepts = logistic.fit(scores, targets, centre, shift=True)
    for label in range(scores.shape[1]):
        reference = LogisticRegression(C=np.inf, tol=1e-10).fit(scores[:, [label]], targets[:, label])
        assert slopes[label] == pytest.approx(reference.coef_.item(), rel=1e-3)
        assert intercepts[label] == pytest.approx(reference.intercept_.item(), rel=1e-3)


def test_blocks_are_those_of_isotonic_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isotonic, "CAUTION", 0.0)
    scores, targets = scored(4000, 1)
    slope, intercept, knots, bends = isotonic.bend(scores[:, 0], targets[:, 0], 2.0, -1.0)
    calibrated = expit(slope * scores[:, 0] + intercept + np.maximum(scores[:, 0][:, None] - knots, 0) @ bends)
    reference = IsotonicRegression().fit_transform(scores[:, 0], targets[:, 0])
    # lines between the centres of blocks, against steps
    assert np.abs(calibrated - reference).mean() < 0.02
