"""Classifiers of feature vectors, fitted in memory."""

import numpy as np
import pytest
import torch
from scipy import sparse

from multihot.data import Features
from multihot.errors import RecipeError
from multihot.labels import LabelSpace, Targets
from multihot.models import vector_logits
from multihot.recipe import Recipe
from multihot.train.vectors import fit, fit_vectors
from multihot.train.vectors.task import Part

SPACE = LabelSpace(("left", "up", "never"))


def made(samples: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features, two labels that are linear in them, one that never holds; a tenth of the cells unknown."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(samples, 4)) * (1, 10, 100, 1) + (0, 5, 0, 0)
    targets = np.stack([values[:, 0] < 0, values[:, 1] > 5, np.zeros(samples, bool)], axis=1).astype(np.float32)
    targets[generator.random(targets.shape) < 0.1] = np.nan
    return values, targets


def fitted(values, targets, **recipe) -> fit.FittedVectors:
    rows = np.arange(len(targets))
    recipe = Recipe.parse({"encoder": "identity", "cross_fit": 4, **recipe})
    none = np.empty(0, dtype=np.intp)
    return fit_vectors(Features(values), Targets.from_dense(targets), SPACE, recipe, rows, none)


def test_every_training_sample_is_scored_by_a_classifier_that_has_not_seen_it() -> None:
    values, targets = made()
    # A feature that tells samples apart and nothing else: only a classifier that has seen them can use it.
    own = np.eye(len(values)) * 10
    targets[:, 0] = np.random.default_rng(1).random(len(values)) < 0.5
    found = fitted(np.concatenate([values, own], axis=1), targets, head_fit={"l2": 1e-4})
    seen = vector_logits(found.classifier, np.concatenate([values, own], axis=1))
    assert found.rows.tolist() == list(range(len(values)))
    assert ((seen[:, 0] > 0) == targets[:, 0]).mean() > 0.95
    assert ((found.logits[:, 0] > 0) == targets[:, 0]).mean() < 0.7


def test_a_linear_rule_is_learned_whatever_the_scale() -> None:
    values, targets = made()
    found = fitted(values, targets)
    new, truth = made(seed=5)
    known = ~np.isnan(truth)
    assert ((vector_logits(found.classifier, new) > 0) == truth)[known].mean() > 0.95


def test_one_strength_is_chosen_for_all_folds_and_the_whole() -> None:
    values, targets = made()
    found = fitted(values, targets)
    losses = [record["validation"]["loss"] for record in found.history]
    assert [record["kept"] for record in found.history].index(True) == int(np.argmin(losses))


@pytest.mark.parametrize("head", ["linear", "chain", "label_queries"])
def test_the_same_seed_gives_the_same_classifier(head) -> None:
    values, targets = made(40)
    first, second = (fitted(values, targets, head=head, head_fit={"epochs": 2}) for _ in range(2))
    np.testing.assert_array_equal(first.logits, second.logits)
    np.testing.assert_array_equal(vector_logits(first.classifier, values), vector_logits(second.classifier, values))


def test_a_validation_part_chooses_where_there_are_no_folds() -> None:
    values, targets = made()
    recipe = Recipe.parse({"encoder": "identity", "cross_fit": 0})
    train, validation = np.arange(80), np.arange(80, 120)
    found = fit_vectors(Features(values), Targets.from_dense(targets), SPACE, recipe, train, validation)
    assert found.rows.tolist() == validation.tolist()
    np.testing.assert_allclose(vector_logits(found.classifier, values[validation]), found.logits, atol=1e-5)


def test_without_anything_to_choose_by_one_classifier_is_fitted() -> None:
    values, targets = made()
    recipe = Recipe.parse({"encoder": "identity", "cross_fit": 0})
    rows, none = np.arange(len(values)), np.empty(0, dtype=np.intp)
    found = fit_vectors(Features(values), Targets.from_dense(targets), SPACE, recipe, rows, none)
    assert found.logits.shape == (0, 3)
    assert np.isfinite(vector_logits(found.classifier, values)).all()


def test_samples_of_one_block_share_a_fold() -> None:
    targets = Targets.from_dense(made()[1])
    blocks = np.arange(120) // 10
    parts = fit.deal(targets, np.arange(120), 4, 0, blocks)
    assert all(not set(blocks[part.inside]) & set(blocks[part.outside]) for part in parts)
    assert sorted(np.concatenate([part.outside for part in parts])) == list(range(120))
    assert all(isinstance(part, Part) for part in parts)


def test_sparse_features_give_what_the_same_ones_dense_would() -> None:
    generator = np.random.default_rng(0)
    cells = sparse.random_array((150, 20), density=0.3, rng=generator, format="csr")
    truth = np.stack([cells.toarray() @ generator.normal(size=20) > 0.1] * 3, axis=1).astype(np.float32)
    found = fitted(cells, truth)
    weight = found.classifier.head.linear.weight
    prepared = found.classifier.preparation(torch.from_numpy(cells.toarray()))
    by_hand = prepared @ weight.T + found.classifier.head.linear.bias
    np.testing.assert_allclose(vector_logits(found.classifier, cells), by_hand.detach().numpy(), atol=1e-4)
    assert ((found.logits > 0) == truth).mean() > 0.8


def test_sparse_features_too_many_to_fill_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(fit, "MOST_CELLS", 100)
    cells = sparse.random_array((150, 20), density=0.3, rng=np.random.default_rng(0), format="csr")
    with pytest.raises(RecipeError, match="identity with the head linear"):
        fitted(cells, np.zeros((150, 3), np.float32), head="chain")


@pytest.mark.parametrize("encoder", ["identity", "kernel", {"name": "forest", "trees": 30}, "dense"])
def test_every_encoder_learns_a_rule_and_the_same_again(encoder) -> None:
    values, targets = made(200)
    settings = {"encoder": encoder, "cross_fit": 2, "head_fit": {"epochs": 10, "learning_rate": 0.01}}
    first, second = (fitted(values, targets, **settings) for _ in range(2))
    np.testing.assert_array_equal(vector_logits(first.classifier, values), vector_logits(second.classifier, values))
    new, truth = made(seed=5)
    known = ~np.isnan(truth)
    assert ((vector_logits(first.classifier, new) > 0) == truth)[known].mean() > 0.9
    assert sum(record["kept"] for record in first.history) == 1


def test_a_net_is_trained_with_any_head() -> None:
    values, targets = made(40)
    found = fitted(values, targets, encoder={"name": "dense", "width": 8}, head="chain", head_fit={"epochs": 2})
    assert found.classifier.encoder.dimension == 8
    assert np.isfinite(found.logits).all()


@pytest.mark.parametrize(
    ("samples", "given", "declared", "folds"),
    [(100, None, False, 5), (100, None, True, 0), (10_001, None, False, 0), (10_001, 3, True, 3), (100, 1, False, 0)],
)
def test_small_data_is_cross_fitted_unless_told_otherwise(samples, given, declared, folds) -> None:
    features = Features(np.zeros((samples, 2)))
    assert fit.folds_for(Recipe(cross_fit=given), features, declared=declared) == folds
