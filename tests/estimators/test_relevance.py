"""Binary relevance is scikit-learn's, of the samples in which a label is known."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_info

from multihot.estimators import BinaryRelevance


def sampled() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    X = generator.normal(size=(80, 5))
    return X, (X[:, :3] + generator.normal(size=(80, 3)) > 0).astype(int)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_with_all_known_it_is_scikit_learn_s(n_jobs: int | None) -> None:
    X, y = sampled()
    ours = BinaryRelevance(LogisticRegression(), n_jobs=n_jobs).fit(X, y)
    theirs = MultiOutputClassifier(LogisticRegression()).fit(X, y)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    expected = np.column_stack([columns[:, 1] for columns in theirs.predict_proba(X)])
    np.testing.assert_allclose(ours.predict_proba(X), expected, rtol=1e-12)


def test_a_base_without_probabilities_decides_by_itself() -> None:
    X, y = sampled()
    fitted = BinaryRelevance(LinearSVC()).fit(X, y)
    assert not hasattr(fitted, "predict_proba")
    np.testing.assert_array_equal(fitted.predict(X), fitted.decision_function(X) > 0)


def test_decisions_of_constant_labels_have_their_sign() -> None:
    X, y = sampled()
    y[:, 0], y[:, 1] = 0, 1
    values = BinaryRelevance(LogisticRegression()).fit(X, y).decision_function(X)
    np.testing.assert_allclose(values[0, :2], [-np.log(81), np.log(81)])


def test_texts_pass_through_to_the_base() -> None:
    texts = ["sun sea", "sun", "sea", "rain", "sun rain", "sea rain"]
    y = np.array([[word in text for word in ("sun", "sea")] for text in texts])
    fitted = BinaryRelevance(make_pipeline(CountVectorizer(), LogisticRegression(C=100))).fit(texts, y)
    np.testing.assert_array_equal(fitted.predict(texts), y)


def test_an_error_of_the_base_says_which_label() -> None:
    X, y = sampled()
    y[:, 2] = np.arange(80) == 0
    with pytest.raises(ValueError, match="5-fold") as raised:
        BinaryRelevance(CalibratedClassifierCV(LogisticRegression(), cv=5)).fit(X, y)
    assert raised.value.__notes__ == ["while CalibratedClassifierCV was fitted to label 2"]


class Counting(LogisticRegression):
    """Writes down on how many threads linear algebra runs while it is fitted."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Counting":
        super().fit(X, y)
        self.threads_ = {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}
        return self


def test_linear_algebra_runs_on_one_thread_meanwhile() -> None:
    X, y = sampled()
    fitted = BinaryRelevance(Counting()).fit(sparse.csr_array(X), y)
    assert fitted.estimators_[0].threads_ == {1}
