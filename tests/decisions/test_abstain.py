"""Abstaining: the likeliest mistakes go to a person first, and the risk on the rest is what it says."""

import numpy as np
import pytest

from multihot.decisions import hand_over_cells, hand_over_samples, risk_table
from multihot.errors import ArgumentError

PROBABILITIES = np.array([[0.9, 0.4], [0.1, 0.05], [0.6, 0.5]])
DECIDED = np.array([[True, False], [False, False], [True, True]])


def test_cells() -> None:
    found = hand_over_cells(PROBABILITIES, DECIDED, 2)
    assert found.chosen.tolist() == [[False, True], [False, False], [False, True]]
    assert found.risk_before == pytest.approx((0.1 + 0.4 + 0.1 + 0.05 + 0.4 + 0.5) / 6)
    assert found.risk == pytest.approx((0.1 + 0.1 + 0.05 + 0.4) / 4)


@pytest.mark.parametrize(("loss", "losses"), [("exact", [0.46, 0.145, 0.7]), ("hamming", [0.25, 0.075, 0.45])])
def test_samples(loss: str, losses: list[float]) -> None:
    found = hand_over_samples(PROBABILITIES, DECIDED, 1, loss)
    assert found.chosen.tolist() == [False, False, True]
    assert found.risk_before == pytest.approx(np.mean(losses))
    assert found.risk == pytest.approx(np.mean(losses[:2]))


def test_nothing_and_everything() -> None:
    assert hand_over_samples(PROBABILITIES, DECIDED, 0).risk == hand_over_samples(PROBABILITIES, DECIDED, 0).risk_before
    everything = hand_over_cells(PROBABILITIES, DECIDED, 100)
    assert everything.chosen.all()
    assert everything.risk == 0
    assert hand_over_samples(np.zeros((0, 2)), np.zeros((0, 2)), 3).risk_before == 0


def test_expected_and_realised_risk_agree_where_probabilities_are_true() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.random((20_000, 4))
    targets = (generator.random(probabilities.shape) < probabilities).astype(float)
    targets[generator.random(targets.shape) < 0.1] = np.nan
    rows = risk_table(probabilities, probabilities >= 0.5, targets, [0, 5000, 15_000, 20_000])
    for row in rows:
        assert row.realised == pytest.approx(row.expected, abs=0.02)
    risks = [row.realised for row in rows]
    assert risks == sorted(risks, reverse=True)
    assert risks[0] > risks[2] + 0.1
    assert rows[-1].expected == rows[-1].realised == 0


def test_unknown_cells_are_never_wrong() -> None:
    (row,) = risk_table(PROBABILITIES, DECIDED, np.full((3, 2), np.nan), [0], "hamming")
    assert row == (type(row))(0, 0.0, 0.0)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ArgumentError, match=r"probabilities are \(3, 2\), decided \(1, 2\)"):
        hand_over_cells(PROBABILITIES, DECIDED[:1], 1)
    with pytest.raises(ArgumentError, match="budget must be 0 or more, got -1"):
        hand_over_samples(PROBABILITIES, DECIDED, -1)
    with pytest.raises(ArgumentError, match=r"targets are \(1, 2\)"):
        risk_table(PROBABILITIES, DECIDED, np.zeros((1, 2)), [0])
