import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from multihot.train.vectors import weights
from multihot.train.vectors.weights import blend_weights, cross_fitted

NAN = float("nan")


def models(count: int = 400, labels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Logits of three models, the third of which knows nothing, and targets."""
    random = np.random.default_rng(0)
    truth = random.normal(size=(count, labels)) * 2
    noise = random.normal(size=(3, count, labels))
    logits = np.stack([truth + noise[0], 0.5 * truth + noise[1], noise[2]])
    return logits.astype(np.float32), (random.random((count, labels)) < expit(truth)).astype(np.float32)


def log_loss(logits: np.ndarray, targets: np.ndarray) -> float:
    return float(np.logaddexp(0, np.where(targets == 1, -logits, logits)).mean())


def test_weights_are_those_of_a_logistic_regression_without_a_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "RIDGE", 0.0)
    logits, targets = models()
    reference = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8)
    reference.fit(logits[:2].reshape(2, -1).T, targets.reshape(-1))
    np.testing.assert_allclose(blend_weights(logits[:2], targets), reference.coef_[0], rtol=1e-2)


def test_a_model_that_knows_nothing_is_left_out_and_one_that_harms_counts_nothing() -> None:
    logits, targets = models()
    logits[2] *= 0.5
    fitted = blend_weights(np.concatenate([logits, -logits[:1]]), targets)
    assert (fitted[:2] > 0.1).all()
    assert (fitted[2:] == 0).all()


def test_the_blend_beats_its_members_where_weights_were_fitted_on_others() -> None:
    logits, targets = models()
    blended = cross_fitted(logits, targets)
    assert log_loss(blended, targets) < min(log_loss(own, targets) for own in logits)


def test_no_sample_takes_part_in_its_own_weights() -> None:
    logits, targets = models(count=10)
    other = targets.copy()
    other[4] = 1 - other[4]
    np.testing.assert_array_equal(cross_fitted(logits, targets)[4], cross_fitted(logits, other)[4])


def test_unknown_cells_take_no_part() -> None:
    logits, targets = models()
    hidden = targets.copy()
    hidden[::2] = NAN
    np.testing.assert_allclose(blend_weights(logits, hidden), blend_weights(logits[:, 1::2], targets[1::2]), rtol=1e-4)


def test_nothing_known_is_equal_weights() -> None:
    logits, targets = models(count=6)
    np.testing.assert_allclose(blend_weights(logits, np.full_like(targets, NAN)), [1 / 3] * 3)
    assert cross_fitted(logits[:, :0], targets[:0]).shape == (0, 3)
