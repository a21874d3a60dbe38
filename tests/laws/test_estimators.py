"""What holds for every estimator of label sets."""

import logging
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import ExtraTreeClassifier

from multihot.errors import ArgumentError, LabelError
from multihot.estimators import (
    BinaryRelevance,
    ClassifierChain,
    EnsembleOfClassifierChains,
    MLkNN,
    MultiLabelClassifier,
    PrunedLabelPowerset,
    RAkEL,
)
from multihot.labels import Targets

BASE = LogisticRegression()
QUICK = {"cross_fit": 2, "head_fit": {"l2": 0.01}}
ESTIMATORS = {
    "relevance": BinaryRelevance(BASE),
    "chain": ClassifierChain(BASE),
    "beam": ClassifierChain(BASE, inference="beam"),
    "monte carlo": ClassifierChain(BASE, inference="monte_carlo", random_state=0),
    "ensemble": EnsembleOfClassifierChains(BASE, 3, random_state=0),
    "powerset": PrunedLabelPowerset(BASE),
    "rakel": RAkEL(BASE, random_state=0),
    "rakel disjoint": RAkEL(BASE, overlapping=False, random_state=0),
    "mlknn": MLkNN(k=5),
    "classifier": MultiLabelClassifier("identity", objective="fixed", recipe=QUICK),
}


@pytest.fixture(params=ESTIMATORS)
def estimator(request: pytest.FixtureRequest) -> Any:
    return clone(ESTIMATORS[request.param])


def sampled(count: int = 60, labels: int = 5, unknown: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(count, 4))
    scores = X @ generator.normal(size=(4, labels)) + generator.normal(size=(count, labels))
    y = (scores > 0).astype(float)
    y[generator.random(y.shape) < unknown] = np.nan
    return X, y


@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_a_label_that_never_varies_is_a_constant_and_a_note(
    estimator: Any, unknown: float, caplog: pytest.LogCaptureFixture
) -> None:
    X, y = sampled(unknown=unknown)
    y[:, 1][y[:, 1] == 1] = 0
    y[:, 2][y[:, 2] == 0] = 1
    y[:, 3] = np.nan
    with caplog.at_level(logging.INFO, logger="multihot"):
        fitted = estimator.fit(X, y)
    assert len(caplog.records) == 1
    for text in ("never present where known, so decided absent: 1", "always present", "known for no sample"):
        assert text in caplog.text
        assert sum(text in note for note in fitted.notes_) == 1
    assert fitted.learned_.tolist() == [0, 4]
    decided, probabilities = fitted.predict(X), fitted.predict_proba(X)
    assert [np.unique(column).tolist() for column in decided.T[1:4]] == [[0], [1], [0]]
    known = int((~np.isnan(y[:, 1])).sum())
    np.testing.assert_allclose(probabilities[:, 1], 1 / (known + 2))
    np.testing.assert_allclose(probabilities[:, 3], 0.5)
    alone = clone(estimator).fit(X, y[:, [0, 4]])
    np.testing.assert_array_equal(alone.predict(X), decided[:, [0, 4]])


def test_nothing_varies_is_no_error(estimator: Any) -> None:
    X, y = sampled()
    fitted = estimator.fit(X, np.zeros_like(y))
    assert not fitted.predict(X).any()
    assert fitted.predict_proba(X[:2]).shape == (2, 5)


def test_shapes_types_and_ranges(estimator: Any) -> None:
    X, y = sampled(unknown=0.2)
    fitted = estimator.fit(X, y)
    decided, probabilities = fitted.predict(X), fitted.predict_proba(X)
    assert decided.shape == probabilities.shape == y.shape
    assert decided.dtype == np.int64
    assert set(np.unique(decided)) <= {0, 1}
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    assert fitted.n_features_in_ == 4
    assert fitted.classes_.tolist() == list(range(5))
    np.testing.assert_array_equal(fitted.predict_proba(X), probabilities)


def test_every_form_of_y_is_read_alike(estimator: Any) -> None:
    X, y = sampled(unknown=0.2)
    expected = clone(estimator).fit(X, y).predict_proba(X)
    row, column = np.nonzero(np.isnan(y) | (y == 1))
    forms = [y.tolist(), Targets.from_dense(y), sparse.csc_array((y[row, column], (row, column)), shape=y.shape)]
    for form in forms:
        np.testing.assert_allclose(clone(estimator).fit(X, form).predict_proba(X), expected, atol=1e-12)
    decided = clone(estimator).fit(X, forms[2]).predict(X)
    assert isinstance(decided, sparse.csr_array)


def test_label_sets_keep_their_names(estimator: Any) -> None:
    X, y = sampled()
    names = np.array(["b", "a", "e", "d", "c"])
    sets = [set(names[row == 1].tolist()) for row in y]
    fitted = estimator.fit(X, sets)
    assert fitted.classes_.tolist() == ["a", "b", "c", "d", "e"]
    expected = clone(estimator).fit(X, y[:, np.argsort(names)])
    np.testing.assert_array_equal(fitted.predict(X), expected.predict(X))
    assert fitted.score(X, sets) == pytest.approx(expected.score(X, y[:, np.argsort(names)]))
    with pytest.raises(LabelError, match="nowhere"):
        fitted.score(X[:1], [{"nowhere"}])


def test_sparse_inputs_are_dense_ones(estimator: Any) -> None:
    if isinstance(estimator, MultiLabelClassifier):
        pytest.skip("sparse features are scaled otherwise, as centring would fill them")
    X, y = sampled(unknown=0.2)
    X[X < 0] = 0
    expected = clone(estimator).fit(X, y).predict_proba(X)
    for form in (sparse.csr_array(X), sparse.coo_matrix(X)):
        np.testing.assert_allclose(clone(estimator).fit(form, y).predict_proba(form), expected, atol=1e-4)


def test_a_sample_of_which_nothing_is_known_teaches_nothing(estimator: Any) -> None:
    X, y = sampled(unknown=0.2)
    y[::7] = np.nan
    kept = ~np.isnan(y).all(axis=1)
    expected = clone(estimator).fit(X[kept], y[kept])
    np.testing.assert_allclose(estimator.fit(X, y).predict_proba(X), expected.predict_proba(X), atol=1e-12)


def test_a_sample_of_no_weight_is_not_there(estimator: Any) -> None:
    X, y = sampled(unknown=0.2)
    weights = np.tile([1.0, 2.0, 0.0], 20)
    if isinstance(estimator, MLkNN):
        with pytest.raises(TypeError, match="sample_weight"):
            estimator.fit(X, y, sample_weight=weights)
        return
    kept = weights > 0
    expected = clone(estimator).fit(X[kept], y[kept], sample_weight=weights[kept])
    fitted = clone(estimator).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(fitted.predict_proba(X), expected.predict_proba(X), atol=1e-12)
    assert not np.allclose(fitted.predict_proba(X), estimator.fit(X[kept], y[kept]).predict_proba(X))


@pytest.mark.parametrize("name", ["relevance", "mlknn", "powerset"])
def test_the_order_of_labels_makes_no_difference(name: str) -> None:
    X, y = sampled(unknown=0.2)
    order = np.array([3, 0, 4, 1, 2])
    one = clone(ESTIMATORS[name]).fit(X, y).predict_proba(X)
    other = clone(ESTIMATORS[name]).fit(X, y[:, order]).predict_proba(X)
    np.testing.assert_allclose(other, one[:, order], atol=1e-3)


def test_cells_that_hide_nothing_change_nothing_for_other_labels() -> None:
    """In binary relevance and ML-kNN each label is learned as if its unknown samples were not there."""
    X, y = sampled()
    hidden = y.copy()
    hidden[::3, 2] = np.nan
    rows = np.flatnonzero(~np.isnan(hidden[:, 2]))
    for name in ("relevance", "mlknn"):
        fitted = clone(ESTIMATORS[name]).fit(X, hidden).predict_proba(X)
        whole = clone(ESTIMATORS[name]).fit(X, y).predict_proba(X)
        without = clone(ESTIMATORS[name]).fit(X[rows], y[rows]).predict_proba(X)
        np.testing.assert_allclose(np.delete(fitted, 2, axis=1), np.delete(whole, 2, axis=1), atol=1e-12)
        np.testing.assert_allclose(fitted[:, 2], without[:, 2], atol=1e-12)
        assert not np.allclose(fitted[:, 2], whole[:, 2])


def test_unknown_is_not_absent(estimator: Any) -> None:
    """With the positives of one label hidden at random, the label is still predicted for most that have it."""
    X, y = sampled(300)
    y[:, 0] = X[:, 0] > 0
    hidden = y.copy()
    hidden[(np.arange(300) % 4 > 0) & (y[:, 0] == 1), 0] = np.nan
    absent = np.nan_to_num(hidden)
    # hiding three quarters of the positives shifts the balance, taking them for absent destroys the label
    recalled = clone(estimator).fit(X, hidden).predict(X)[y[:, 0] == 1, 0].mean()
    assert recalled > 0.5
    assert recalled > clone(estimator).fit(X, absent).predict(X)[y[:, 0] == 1, 0].mean() + 0.3


def test_score_counts_known_cells_only(estimator: Any) -> None:
    X, y = sampled()
    fitted = estimator.fit(X, y)
    decided = fitted.predict(X)
    assert fitted.score(X, decided) == 1
    masked = decided.astype(float)
    masked[0, 0] = 1 - masked[0, 0]
    assert fitted.score(X, masked) == pytest.approx(59 / 60)
    assert fitted.score(X, masked, sample_weight=np.eye(60)[0]) == 0
    masked[0, 0] = np.nan
    assert fitted.score(X, masked) == 1
    assert np.isnan(fitted.score(X, np.full_like(masked, np.nan)))


def test_in_pipelines_and_searches(estimator: Any) -> None:
    X, y = sampled()
    pipeline = make_pipeline(StandardScaler(), estimator)
    grids = {MLkNN: ("k", [3, 5]), MultiLabelClassifier: ("objective", ["fixed", "exact_match"])}
    name, values = grids.get(type(estimator), ("estimator__C", [0.1, 1.0]))
    prefix = pipeline.steps[-1][0]
    search = GridSearchCV(pipeline, {f"{prefix}__{name}": values}, cv=2, error_score="raise").fit(X, y)
    assert 0 <= search.best_score_ <= 1
    assert search.predict(X).shape == y.shape


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed"),
        (np.zeros(60), r"must have the shape \(samples, labels\), got \(60,\)"),
        (np.full((60, 2), 0.5), "Input y contains continuous values"),
        (np.full((60, 2), np.inf), "Input y contains infinity"),
        (np.full((60, 2), 2), "got 2.0 at row 0, label 0"),
        (np.zeros((60, 0)), "nothing to learn"),
        ([["a", 1]] * 60, "collections of label names"),
        (np.zeros((59, 2)), "inconsistent numbers of samples"),
    ],
)
def test_other_forms_of_y_are_refused(estimator: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimator.fit(sampled()[0], y)


def test_other_widths_are_refused(estimator: Any) -> None:
    X, y = sampled()
    fitted = estimator.fit(X, y)
    with pytest.raises(ValueError, match="3 features"):
        fitted.predict(X[:, :3])
    with pytest.raises(ArgumentError, match="each of 5 labels, got 4"):
        fitted.score(X, y[:, :4])


@pytest.mark.parametrize("weights", [np.ones(59), -np.ones(60), np.zeros(60)])
def test_weights_are_checked(estimator: Any, weights: np.ndarray) -> None:
    if not isinstance(estimator, MLkNN):
        with pytest.raises(ArgumentError, match="sample_weight must hold one weight a sample"):
            estimator.fit(*sampled(), sample_weight=weights)


@pytest.mark.parametrize("made", [ClassifierChain, EnsembleOfClassifierChains, RAkEL])
def test_a_seed_reaches_the_base_where_it_names_none(made: Any) -> None:
    X, y = sampled()
    base = make_pipeline(StandardScaler(), ExtraTreeClassifier(max_depth=2))
    one, again, other = (made(base, random_state=seed).fit(X, y).predict_proba(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    chain = ClassifierChain(ExtraTreeClassifier(random_state=7), random_state=0).fit(X, y)
    assert {fitted.random_state for fitted in chain.estimators_} == {7}


def test_a_base_without_weights_is_named() -> None:
    X, y = sampled()
    for made in (BinaryRelevance, ClassifierChain, EnsembleOfClassifierChains, PrunedLabelPowerset, RAkEL):
        with pytest.raises(ArgumentError, match="Pipeline takes no sample_weight"):
            made(make_pipeline(BernoulliNB())).fit(X, y, sample_weight=np.ones(60))
