"""The table of thresholds of a label: counted right, with the chosen point among them."""

import numpy as np
import pytest

from multihot import decisions
from multihot.decisions import DecisionSettings, trade_off
from multihot.errors import ArgumentError, LabelError
from multihot.labels import LabelSpace

SPACE = LabelSpace(("a", "b"))


def test_every_row_counts_what_its_threshold_decides() -> None:
    generator = np.random.default_rng(0)
    targets = (generator.random((300, 2)) < 0.3).astype(float)
    logits = 2 * targets - 1 + generator.normal(size=targets.shape)
    targets[:20, 0] = np.nan
    decision = decisions.fit(logits, targets, DecisionSettings(), SPACE)
    probabilities = decision.probabilities(logits)
    rows = trade_off(decision, probabilities, targets, "a", points=11)
    assert 10 <= len(rows) <= 12
    known = ~np.isnan(targets[:, 0])
    present = targets[known, 0] == 1
    for row in rows:
        given = probabilities[known, 0] >= row.threshold
        assert row.predicted == given.sum()
        assert row.recall == pytest.approx((given & present).sum() / present.sum())
        assert row.precision == pytest.approx((given & present).sum() / given.sum() if given.any() else 1)
        assert row.f1 == pytest.approx(2 * (given & present).sum() / (given.sum() + present.sum()))
    assert [row.threshold for row in rows if row.chosen] == [decision.thresholds[0]]
    assert [row.predicted for row in rows] == sorted(row.predicted for row in rows)
    assert rows[0].predicted == 0
    assert rows[-1].predicted == known.sum()


def test_no_positives_and_no_samples() -> None:
    decision = decisions.fit(np.zeros((0, 2)), np.zeros((0, 2)), DecisionSettings(), SPACE)
    (row,) = trade_off(decision, np.zeros((0, 2)), np.zeros((0, 2)), "b")
    assert (row.precision, row.recall, row.f1, row.predicted, row.chosen) == (1, 1, 1, 0, True)
    rows = trade_off(decision, np.array([[0.2, 0.3], [0.4, 0.9]]), np.zeros((2, 2)), "b")
    assert [row.recall for row in rows] == [1, 1, 1]
    assert [row.f1 for row in rows] == [1, 0, 0]


def test_bad_arguments_are_named() -> None:
    arrays = np.zeros((1, 2)), np.zeros((1, 2))
    decision = decisions.fit(*arrays, DecisionSettings(select="predicted_count"), SPACE)
    with pytest.raises(ArgumentError, match="'predicted_count' has no thresholds"):
        trade_off(decision, *arrays, "a")
    with pytest.raises(LabelError, match="unknown label names: c"):
        trade_off(decisions.fit(*arrays, DecisionSettings(), SPACE), *arrays, "c")
