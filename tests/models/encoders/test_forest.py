from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestRegressor

from multihot.metrics import mean_average_precision
from multihot.models.encoders import forest
from multihot.models.encoders.forest import BASE_RATE_SHARE, ForestEncoder, smallest_leaf
from multihot.models.encoders.settings import ForestSettings
from multihot.models.encoders.trees import Trees

NAN = float("nan")


def data(seed: int = 0, count: int = 150, features: int = 6, labels: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(seed)
    # Few distinct values, so that many fall on a threshold.
    values = random.integers(-4, 5, (count, features)) * np.float32(0.1)
    truth = np.random.default_rng(9).normal(size=(features, labels))
    present = values @ truth + 0.3 * random.normal(size=(count, labels)) > 0
    return torch.from_numpy(values.astype(np.float32)), torch.from_numpy(present.astype(np.float32))


def fitted(values: torch.Tensor, targets: torch.Tensor, **settings: Any) -> ForestEncoder:
    encoder = ForestEncoder(ForestSettings(**{"trees": 12, **settings}), values.shape[1], targets.shape[1])
    encoder.learn(values, targets, seed=3)
    return encoder


def means(encoder: ForestEncoder, values: torch.Tensor) -> torch.Tensor:
    """What the trees say, without the base rates."""
    return (encoder(values).sigmoid() - BASE_RATE_SHARE * encoder.base_rates) / (1 - BASE_RATE_SHARE)


@pytest.mark.parametrize("make", [ExtraTreesRegressor, RandomForestRegressor])
@pytest.mark.parametrize("options", [{}, {"min_samples_leaf": 4}, {"max_depth": 1}])
@pytest.mark.parametrize("labels", [1, 3])
def test_arrays_predict_as_scikit_learn_does(make: Any, options: dict[str, Any], labels: int) -> None:
    values, targets = (part.numpy() for part in data(labels=labels))
    reference = make(20, random_state=0, **options).fit(values, targets[:, 0] if labels == 1 else targets)
    trees = Trees.joined([Trees.of(tree.tree_, tree.tree_.value[:, :, 0]) for tree in reference.estimators_])
    unseen = data(seed=1)[0]
    expected = reference.predict(unseen.numpy()).reshape(len(unseen), labels)
    np.testing.assert_allclose(trees.predict(unseen).numpy(), expected, atol=1e-6)
    assert len(np.unique(trees.values, axis=0)) == len(trees.values)


def test_a_regression_forest_grows_the_trees_of_a_classification_forest() -> None:
    values, targets = (part.numpy() for part in data())
    options = {"n_estimators": 10, "max_features": 0.5, "random_state": 0}
    classifier = ExtraTreesClassifier(**options).fit(values, targets)
    expected = np.stack([shares[:, 1] for shares in classifier.predict_proba(values[:20])], axis=1)
    np.testing.assert_allclose(ExtraTreesRegressor(**options).fit(values, targets).predict(values[:20]), expected)


@pytest.mark.parametrize("kind", ["extra_trees", "random_forest"])
def test_learns_what_there_is_to_learn(kind: str) -> None:
    values, targets = data(seed=1)
    logits = fitted(*data(), kind=kind, trees=60)(values)
    assert mean_average_precision(targets.numpy(), logits.numpy()) > 0.85


def test_the_same_seed_grows_the_same_trees_however_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = fitted(*data()), fitted(*data())
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])
    monkeypatch.setattr(forest, "_GROWING_BYTES", 16 * 3 * 150 * 5)
    assert len(fitted(*data()).roots) == 12


def test_cells_unknown_at_random_change_little_and_known_ones_are_kept() -> None:
    values, targets = data(count=400)
    hidden = targets.clone()
    hidden[torch.rand(targets.shape, generator=torch.Generator().manual_seed(0)) < 0.3] = NAN
    partly, fully = fitted(values, hidden, trees=60), fitted(values, targets, trees=60)
    unseen, wanted = data(seed=1)
    assert mean_average_precision(wanted.numpy(), partly(unseen).numpy()) > 0.85
    assert (means(partly, unseen) - means(fully, unseen)).mean(0).abs().max() < 0.05


def test_unknown_never_counts_as_absent() -> None:
    values, targets = data()
    targets[targets[:, 0] == 0, 0] = NAN
    encoder = fitted(values, targets)
    assert (means(encoder, values)[:, 0] > 0.999).all()


def test_a_leaf_that_knows_nothing_says_what_the_node_above_it_knows() -> None:
    values = torch.tensor([[0.0], [0.0], [1.0], [1.0]])
    targets = torch.tensor([[1.0, 1.0], [1.0, 1.0], [NAN, 0.0], [NAN, 0.0]])
    encoder = fitted(values, targets)
    np.testing.assert_allclose(means(encoder, values).detach(), [[1, 1], [1, 1], [1, 0], [1, 0]], atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0, NAN])
def test_a_label_that_never_changes_is_constant_and_finite(value: float) -> None:
    values, targets = data()
    targets[:, 1] = value
    logits = fitted(values, targets)(values)[:, 1]
    assert logits.isfinite().all()
    assert logits.std() < 1e-5
    assert value != value or (logits[0] > 0) == (value == 1)


def test_nothing_to_learn_from_gives_even_odds() -> None:
    encoder = fitted(torch.zeros(0, 6), torch.zeros(0, 3))
    assert torch.equal(encoder(torch.randn(4, 6)), torch.zeros(4, 3))
    assert encoder(torch.zeros(0, 6)).shape == (0, 3)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta state")
@pytest.mark.parametrize("unknown", [False, True])
def test_sparse_vectors_are_grown_and_scored_as_dense_ones(unknown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forest, "_BATCH_BYTES", 10_000)
    values, targets = data()
    targets[3, 0] = NAN if unknown else targets[3, 0]
    rows = sparse.csr_array(values.numpy())
    parts = (torch.from_numpy(part) for part in (rows.indptr, rows.indices, rows.data))
    stored = torch.sparse_csr_tensor(*parts, rows.shape, check_invariants=True)
    encoder = fitted(stored, targets, max_features=1.0, trees=60)
    torch.testing.assert_close(encoder(stored), encoder(values))
    dense = fitted(values, targets, max_features=1.0, trees=60)
    assert (means(encoder, values) - means(dense, values)).abs().mean() < 0.05


def test_a_state_dict_holds_all_of_it() -> None:
    values, targets = data()
    encoder = fitted(values, targets)
    other = ForestEncoder(encoder.settings, 6, 3)
    other.load_state_dict(encoder.state_dict())
    assert torch.equal(other(values), encoder(values))


def test_leaves_grow_rather_than_the_forest() -> None:
    settings = ForestSettings(trees=300)
    assert smallest_leaf(settings, samples=1_000, labels=10, leaves_repeat=True) == 1
    assert smallest_leaf(settings, samples=10_000, labels=1_000, leaves_repeat=True) == 1
    assert smallest_leaf(settings, samples=10_000, labels=1_000, leaves_repeat=False) == 45
    assert smallest_leaf(settings, samples=1_000_000, labels=10, leaves_repeat=True) == 63
    assert smallest_leaf(ForestSettings(min_samples_leaf=500), 1_000_000, 10, leaves_repeat=True) == 500
