import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve

from multihot.report.curves import Curve

STATES = arrays.arrays(np.float64, 12, elements=st.sampled_from([0.0, 1.0]))
SCORES = arrays.arrays(np.float64, 12, elements=st.sampled_from([0.1, 0.2, 0.4, 0.5, 0.8, 0.9]))


@given(STATES.filter(lambda states: bool(states.any())), SCORES)
def test_same_as_scikit_learn(targets: NDArray[np.float64], scores: NDArray[np.float64]) -> None:
    curve = Curve.of(targets, scores)
    precision, recall, thresholds = precision_recall_curve(targets, scores)
    np.testing.assert_array_equal(curve.scores, thresholds[::-1])
    np.testing.assert_allclose(curve.precision, precision[-2::-1])
    np.testing.assert_allclose(curve.recall, recall[-2::-1])
    assert curve.average_precision == pytest.approx(average_precision_score(targets, scores))
    at = np.array([0.0, 0.1, 0.3, 0.5, 0.9, 0.95])
    np.testing.assert_allclose(
        curve.f1_at(at), [f1_score(targets, scores >= threshold, zero_division=0) for threshold in at]
    )


@given(STATES, SCORES, arrays.arrays(np.bool_, 12))
def test_unknown_is_as_if_it_were_not_there(
    targets: NDArray[np.float64], scores: NDArray[np.float64], unknown: NDArray[np.bool_]
) -> None:
    masked = Curve.of(np.where(unknown, np.nan, targets), scores)
    for one, other in zip(masked, Curve.of(targets[~unknown], scores[~unknown]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_present_has_no_recall() -> None:
    curve = Curve.of(np.zeros(3), np.array([0.1, 0.2, 0.3]))
    assert np.isnan(curve.recall).all()
    assert np.isnan(curve.average_precision)
    assert np.isnan(curve.f1_at(np.array([0.5]))).all()
    assert len(Curve.of(np.empty(0), np.empty(0)).scores) == 0
