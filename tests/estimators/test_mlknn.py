"""ML-kNN against a slow transcription of Zhang and Zhou 2007, and by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.preprocessing import normalize

from multihot.errors import ArgumentError
from multihot.estimators import MLkNN, neighbours


def transcribed(
    X: np.ndarray,
    y: np.ndarray,
    queries: np.ndarray,
    k: int,
    s: float,
) -> np.ndarray:
    """(Q, L) r(l) of the paper's figure 1, label by label and sample by sample, of the samples that know the label."""
    found = np.empty((len(queries), y.shape[1]))
    for label in range(y.shape[1]):
        rows = [row for row in range(len(X)) if not np.isnan(y[row, label])]
        prior = (s + sum(y[row, label] for row in rows)) / (2 * s + len(rows))

        def count(x: np.ndarray, others: list[int], label: int = label) -> int:
            near = sorted(others, key=lambda row: (((X[row] - x) ** 2).sum(), row))[:k]
            return int(sum(y[row, label] for row in near))

        tables: dict[float, list[int]] = {1.0: [0] * (k + 1), 0.0: [0] * (k + 1)}
        for row in rows:
            tables[y[row, label]][count(X[row], [other for other in rows if other != row])] += 1
        for at, x in enumerate(queries):
            j = count(x, rows)
            present, absent = ((s + tables[state][j]) / (s * (k + 1) + sum(tables[state])) for state in (1.0, 0.0))
            found[at, label] = prior * present / (prior * present + (1 - prior) * absent)
    return found


def varying(y: np.ndarray) -> np.ndarray:
    """Labels with a known positive and a known negative: others are constants."""
    return (y == 1).any(axis=0) & (y == 0).any(axis=0)


@given(
    st.integers(2, 25), st.integers(1, 4), st.integers(1, 7), st.sampled_from([0.5, 1.0]), st.sampled_from([0.0, 0.4]),
    st.booleans(), st.integers(0, 10_000),
)  # fmt: skip
def test_it_is_the_paper_s(count: int, labels: int, k: int, s: float, unknown: float, whole: bool, seed: int) -> None:
    """On whole numbers there are many ties and samples at distance zero, and no roundings."""
    generator = np.random.default_rng(seed)
    X = generator.integers(0, 3, (count, 2)).astype(float) if whole else generator.normal(size=(count, 2))
    y = generator.integers(0, 2, (count, labels)).astype(float)
    y[generator.random(y.shape) < unknown] = np.nan
    queries = np.vstack([X[:3], generator.integers(0, 3, (4, 2))])
    fitted, where = MLkNN(k, s=s).fit(X, y), varying(y)
    expected = transcribed(X, y, queries, k, s)[:, where]
    np.testing.assert_allclose(fitted.predict_proba(queries)[:, where], expected, rtol=1e-9)
    np.testing.assert_array_equal(fitted.predict(queries)[:, where], expected >= 0.5 - 1e-12)
    of_sparse = MLkNN(k, s=s).fit(sparse.csr_array(X), y).predict_proba(sparse.csr_array(queries))
    if whole:
        np.testing.assert_allclose(of_sparse[:, where], expected, rtol=1e-9)


def test_by_hand() -> None:
    """Five samples on a line and k = 1: as scikit-multilearn's MLkNN, whose neighbours also leave the sample out."""
    X = np.array([[0.0], [1.0], [3.0], [6.0], [8.0]])
    y = np.array([[1], [1], [1], [0], [0]])
    fitted = MLkNN(k=1).fit(X, y)
    np.testing.assert_allclose(fitted.prior_, [4 / 7])
    # the nearest other of 0, 1, 3 is present (of 3 it is 1), of 6 and 8 it is absent
    np.testing.assert_allclose(fitted.conditional_[1], [[1 / 5, 4 / 5]])
    np.testing.assert_allclose(fitted.conditional_[0], [[3 / 4, 1 / 4]])
    present, absent = 4 / 7 * 4 / 5, 3 / 7 * 1 / 4
    np.testing.assert_allclose(fitted.predict_proba([[2.0]]), [[present / (present + absent)]])


def test_labels_known_in_few_samples_have_their_own_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(120, 3))
    y = (X @ generator.normal(size=(3, 4)) > 0).astype(float)
    y[:, 1:][generator.random((120, 3)) < [0.2, 0.8, 0.95]] = np.nan
    expected = transcribed(X, y, X[:9], 5, 1.0)
    np.testing.assert_allclose(MLkNN(5).fit(X, y).predict_proba(X[:9]), expected, rtol=1e-9)
    monkeypatch.setattr(neighbours, "BLOCK_CELLS", 700)
    np.testing.assert_allclose(MLkNN(5).fit(X, y).predict_proba(X[:9]), expected, rtol=1e-9)


def test_of_equal_chances_the_label_is_present() -> None:
    X = np.array([[0.0], [1.0], [1.5], [2.5]])  # each kind once beside each kind
    fitted = MLkNN(k=1).fit(X, np.array([[1], [1], [0], [0]]))
    np.testing.assert_allclose(fitted.predict_proba(X), 0.5)
    assert fitted.predict(X).all()


def test_cosine_is_of_directions() -> None:
    generator = np.random.default_rng(0)
    X, y = generator.random((40, 3)), generator.integers(0, 2, (40, 2))
    expected = MLkNN(3).fit(normalize(X), y).predict_proba(normalize(X))
    lengths = generator.random((40, 1)) + 0.1
    np.testing.assert_allclose(MLkNN(3, metric="cosine").fit(X * lengths, y).predict_proba(X), expected)


def test_few_samples_are_noted() -> None:
    X, y = np.arange(4.0)[:, None], np.array([[0], [0], [1], [1]])
    assert MLkNN().fit(X, y).notes_ == (
        "k is 10, and a label is known in 4 samples only: all of them are its neighbours",
    )


@pytest.mark.parametrize("settings", [{"k": 0}, {"s": 0.0}, {"metric": "manhattan"}])
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="k must be at least 1, s above 0"):
        MLkNN(**settings).fit(np.arange(4.0)[:, None], np.array([[0], [0], [1], [1]]))
