"""Every figure of the metrics registry as a scorer of scikit-learn."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from multihot import metrics
from multihot.errors import ArgumentError
from multihot.estimators import SCORERS, BinaryRelevance, MultilabelStratifiedKFold, make_scorer
from multihot.labels import LabelSpace, Targets


def sampled() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 4))
    y = (X @ generator.normal(size=(4, 6)) + generator.normal(size=(60, 6)) > 0).astype(float)
    y[generator.random(y.shape) < 0.2] = np.nan
    return X, y


@pytest.fixture(scope="module")
def fitted() -> BinaryRelevance:
    return BinaryRelevance(LogisticRegression()).fit(*sampled())


@pytest.mark.parametrize("name", metrics.REGISTRY)
def test_a_scorer_is_its_metric_with_higher_as_better(name: str, fitted: BinaryRelevance) -> None:
    X, y = sampled()
    probabilities = fitted.predict_proba(X)
    space, propensities = LabelSpace(tuple("abcdef")), metrics.propensities(np.nansum(y, axis=0), len(y))
    given = {
        "targets": y,
        "decided": probabilities > 0.5,
        "scores": probabilities,
        "probabilities": probabilities,
        "space": space,
        "propensities": propensities,
    }
    metric = metrics.REGISTRY[name]
    options = {option: given[option] for option in ("space", "propensities") if option in metric.inputs}
    expected = metric.function(*(given[one] for one in metric.inputs)) * (1 if metric.better == "higher" else -1)
    assert make_scorer(name, **options)(fitted, X, y) == pytest.approx(expected)
    assert (name in SCORERS) == (not options)


def test_several_metrics_are_figures_by_name(fitted: BinaryRelevance) -> None:
    X, y = sampled()
    found = make_scorer("hamming_loss", "micro_f1")(fitted, X, y)
    assert found == {
        "neg_hamming_loss": SCORERS["hamming_loss"](fitted, X, y),
        "micro_f1": SCORERS["micro_f1"](fitted, X, y),
    }


def test_options_reach_the_metric(fitted: BinaryRelevance) -> None:
    X, y = sampled()[0], np.zeros((60, 6))
    nothing = BinaryRelevance(LogisticRegression()).fit(X, y)
    assert make_scorer("macro_f1", keep_absent=True)(nothing, X, y) == 1
    assert make_scorer("macro_f1", keep_absent=True, empty=0.25)(nothing, X, y) == 0.25


def test_every_form_of_y_is_scored_alike(fitted: BinaryRelevance) -> None:
    X, y = sampled()
    scorer = make_scorer("macro_auroc")
    row, column = np.nonzero(np.isnan(y) | (y == 1))
    stored = sparse.csr_array((y[row, column], (row, column)), shape=y.shape)
    assert scorer(fitted, X, Targets.from_dense(y)) == scorer(fitted, X, stored) == scorer(fitted, X, y)
    sets = [["a"] * int(x[0] > 0) + ["b"] * int(x[1] > 0) for x in X]
    named = BinaryRelevance(LogisticRegression(C=100)).fit(X, sets)
    assert make_scorer("micro_f1")(named, X, sets) > 0.9
    some = [row for row, names in enumerate(sets) if names == ["b"]]  # alone, these do not say which column is theirs
    assert make_scorer("micro_f1")(named, X[some], [sets[row] for row in some]) > 0.9


@pytest.mark.parametrize("theirs", [MultiOutputClassifier(LogisticRegression()), RandomForestClassifier(10)])
def test_estimators_of_scikit_learn_are_asked_too(theirs: MultiOutputClassifier | RandomForestClassifier) -> None:
    """They give a list of (N, 2) probabilities, or (N, 1) of a label that never varies."""
    X, y = sampled()
    y = np.nan_to_num(y)
    if isinstance(theirs, RandomForestClassifier):
        y[:, 1] = 0
    theirs.fit(X, y)
    found = make_scorer("brier_score", "micro_f1")(theirs, X, y)
    assert -0.25 < found["neg_brier_score"] < 0
    assert found["micro_f1"] > 0.5


def test_scores_without_probabilities_are_decision_functions() -> None:
    X, y = sampled()
    fitted = BinaryRelevance(LinearSVC()).fit(X, y)
    expected = metrics.macro_auroc(y, fitted.decision_function(X))
    assert make_scorer("macro_auroc")(fitted, X, y) == pytest.approx(expected)
    with pytest.raises(AttributeError, match="predict_proba"):
        make_scorer("log_loss")(fitted, X, y)


def test_searches_take_them_with_unknown_cells() -> None:
    X, y = sampled()
    pipeline = make_pipeline(StandardScaler(), BinaryRelevance(LogisticRegression()))
    grid = {"binaryrelevance__estimator__C": [1e-3, 1.0]}
    search = GridSearchCV(
        pipeline,
        grid,
        scoring=make_scorer("log_loss", "macro_f1"),
        refit="neg_log_loss",
        cv=MultilabelStratifiedKFold(3),
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_ == {"binaryrelevance__estimator__C": 1.0}
    assert (search.cv_results_["mean_test_neg_log_loss"] < 0).all()
    names = {name: SCORERS[name] for name in ("samples_f1", "label_ranking_average_precision")}
    found = cross_validate(search.best_estimator_, X, y, scoring=names, cv=MultilabelStratifiedKFold(3))
    assert np.isfinite(found["test_samples_f1"]).all()


def test_scorers_can_be_sent_to_other_processes() -> None:
    scorer = make_scorer("micro_f1", "hamming_loss", empty=0.0)
    assert pickle.loads(pickle.dumps(scorer)) == scorer  # noqa: S301


def test_what_is_missing_is_said() -> None:
    with pytest.raises(ArgumentError, match="no metric 'f1'; those there are: exact_match, "):
        make_scorer("f1")
    with pytest.raises(ArgumentError, match=r"make_scorer\('relation_violations', space=...\)"):
        make_scorer("micro_f1", "relation_violations")
