"""multihot's own classifier as scikit-learn's users take it."""

import logging
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import multihot
from multihot import metrics
from multihot.data import Features
from multihot.errors import ArgumentError, RecipeError
from multihot.estimators import MultiLabelClassifier, MultilabelStratifiedKFold, make_scorer
from multihot.estimators.classifier import _repeated
from multihot.labels import LabelSpace, Targets
from multihot.recipe import Recipe
from multihot.train.vectors import fit_vectors

QUICK = {"cross_fit": 3, "head_fit": {"l2": 0.1}}


def sampled(count: int = 90, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(count, 4))
    return X, (X @ np.random.default_rng(1).normal(size=(4, 3)) + 0.5 * generator.normal(size=(count, 3)) > 0.4) * 1.0


def test_it_is_at_the_top() -> None:
    assert multihot.MultiLabelClassifier is MultiLabelClassifier
    assert "MultiLabelClassifier" in multihot.__all__
    with pytest.raises(AttributeError, match="NoSuchName"):
        _ = multihot.NoSuchName


def test_it_is_the_classifier_that_training_fits() -> None:
    X, y = sampled()
    y[::5, 1] = np.nan
    ours = MultiLabelClassifier("identity", recipe=QUICK).fit(X, y)
    seed = int(np.random.RandomState(0).randint(np.iinfo(np.int32).max))
    recipe = Recipe.parse({"encoder": "identity", "seed": seed, **QUICK})
    rows = (np.arange(90), np.empty(0, np.intp))
    fitted = fit_vectors(Features(X), Targets.from_dense(y), LabelSpace(("0", "1", "2")), recipe, *rows)
    logits = fitted.classifier(torch.from_numpy(X)).detach().numpy()
    probabilities = fitted.decision.probabilities(logits)
    np.testing.assert_allclose(ours.predict_proba(X), probabilities, atol=1e-6)
    np.testing.assert_array_equal(ours.predict(X), fitted.decision.decide(probabilities))


@pytest.mark.parametrize("encoder", ["identity", "kernel", {"name": "forest", "trees": 20}, "dense"])
def test_every_encoder_learns(encoder: Any) -> None:
    X, y = sampled()
    new, truth = sampled(seed=3)
    fitted = MultiLabelClassifier(encoder, recipe={"cross_fit": 2}).fit(X, y)
    assert fitted.encoder_.name == (encoder if isinstance(encoder, str) else encoder["name"])
    assert metrics.micro_f1(truth, fitted.predict(new) == 1) > 0.75
    np.testing.assert_array_equal(fitted.predict_proba(new), clone(fitted).fit(X, y).predict_proba(new))


def test_without_a_word_dense_inputs_get_a_kernel_and_sparse_ones_a_linear_model() -> None:
    X, y = sampled()
    assert MultiLabelClassifier(recipe=QUICK).fit(X, y).encoder_.name == "kernel"
    assert MultiLabelClassifier(recipe=QUICK).fit(sparse.csr_array(X), y).encoder_.name == "identity"


def test_the_objective_decides() -> None:
    X, y = sampled(200)
    recall = MultiLabelClassifier("identity", objective="recall", recipe=QUICK).fit(X, y)
    precision = MultiLabelClassifier("identity", objective="precision", recipe=QUICK).fit(X, y)
    assert recall.decision_.objective == "recall"
    assert recall.predict(X).sum() > precision.predict(X).sum()
    np.testing.assert_allclose(recall.predict_proba(X), precision.predict_proba(X))


def test_decision_functions_have_the_sign_of_decisions() -> None:
    X, y = sampled()
    for objective in ("fixed", "macro_f1", "recall"):
        fitted = MultiLabelClassifier("identity", objective=objective, recipe=QUICK).fit(X, y)
        np.testing.assert_array_equal(fitted.decision_function(X) >= 0, fitted.predict(X))
    counted = MultiLabelClassifier("identity", recipe=QUICK | {"decision": {"select": "predicted_count"}}).fit(X, y)
    assert np.isfinite(counted.decision_function(X)).all()


def test_missing_values_and_sparse_inputs_are_taken() -> None:
    X, y = sampled()
    holes = X.copy()
    holes[::3, 0] = np.nan
    fitted = MultiLabelClassifier("identity", recipe=QUICK).fit(holes, y)
    assert fitted.score(holes, y) > 0.5
    X[X < 0] = 0
    of_sparse = MultiLabelClassifier("identity", recipe=QUICK).fit(sparse.csr_matrix(X), y)
    np.testing.assert_allclose(of_sparse.predict_proba(X), of_sparse.predict_proba(sparse.coo_array(X)), atol=1e-5)
    with pytest.raises(ValueError, match="NaN"):
        of_sparse.predict(sparse.csr_array(holes))


def test_constant_labels_are_noted_and_the_decision_has_notes_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    X, y = sampled()
    y[:, 1] = 0
    with caplog.at_level(logging.WARNING, logger="multihot"):
        fitted = MultiLabelClassifier("identity", recipe=QUICK).fit(X, y)
    assert [record.getMessage() for record in caplog.records] == [
        "MultiLabelClassifier: 1 label never present where known, so decided absent: 1"
    ]
    assert fitted.decision_.space.names == ("0", "2")
    assert not fitted.predict(X)[:, 1].any()


def test_weights_are_repetitions() -> None:
    X, y = sampled(40)
    weights = np.where(np.arange(40) % 4 == 0, 1.5, 0.5)
    weighted = MultiLabelClassifier("identity", recipe=QUICK).fit(X, y, sample_weight=weights)
    rows = np.repeat(np.arange(40), (2 * weights).astype(int))
    repeated = MultiLabelClassifier("identity", recipe=QUICK).fit(X[rows], y[rows])
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X))
    plain = MultiLabelClassifier("identity", recipe=QUICK).fit(X, y).predict_proba(X)
    assert not np.allclose(weighted.predict_proba(X), plain, atol=1e-3)


def test_uneven_weights_are_about_kept() -> None:
    weights = np.random.default_rng(0).random(1000)
    counts = np.bincount(_repeated(weights), minlength=1000)
    assert counts.sum() == 4000
    assert np.abs(counts - 4 * weights / weights.mean()).max() < 1
    np.testing.assert_array_equal(_repeated(np.full(3, 0.7)), [0, 1, 2])


def test_copies_are_never_on_both_sides_of_a_fold() -> None:
    """Else a label that is pure chance would seem learnt, and its thresholds would be fitted on memories."""
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(40, 60)), generator.integers(0, 2, (40, 2)) * 1.0
    settings = {"cross_fit": 4, "head_fit": {"l2": 1e-4}}
    alone = MultiLabelClassifier("identity", recipe=settings).fit(X, y)
    copied = MultiLabelClassifier("identity", recipe=settings).fit(np.tile(X, (3, 1)), np.tile(y, (3, 1)))
    losses = [min(one["validation"]["loss"] for one in fitted.history_) for fitted in (alone, copied)]
    assert min(losses) > 0.65


def test_a_grid_over_encoders_with_our_scorers() -> None:
    X, y = sampled()
    y[::6, 0] = np.nan
    pipeline = make_pipeline(FunctionTransformer(np.cbrt), MultiLabelClassifier(recipe=QUICK))
    grid = {"multilabelclassifier__encoder": ["identity", "kernel"]}
    scorer = make_scorer("label_ranking_average_precision", "log_loss")
    cv = MultilabelStratifiedKFold(2)
    search = GridSearchCV(pipeline, grid, scoring=scorer, refit="neg_log_loss", cv=cv, error_score="raise").fit(X, y)
    assert search.best_params_["multilabelclassifier__encoder"] in ("identity", "kernel")
    assert search.predict(X).shape == y.shape


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoder": "resnet18"}, "resnet18 takes pictures"),
        ({"objective": "f1"}, "MultiLabelClassifier: decision.objective: "),
        ({"recipe": {"cross_fti": 3}}, "cross_fti: no such setting"),
        ({"head": "linaer"}, "head"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        MultiLabelClassifier(**settings).fit(*sampled())


def test_infinite_inputs_are_refused() -> None:
    X, y = sampled()
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        MultiLabelClassifier("identity").fit(X, y)
    with pytest.raises(ArgumentError, match="sample_weight"):
        MultiLabelClassifier("identity").fit(*sampled(), sample_weight=-np.ones(90))
