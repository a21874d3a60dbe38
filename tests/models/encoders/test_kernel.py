from typing import Any

import pytest
import torch

from multihot.models.encoders.kernel import KernelEncoder
from multihot.models.encoders.settings import KernelSettings

NONE = torch.zeros(0, 2)


def learned(values: torch.Tensor, seed: int = 0, **settings: Any) -> KernelEncoder:
    encoder = KernelEncoder(KernelSettings(**{"relevance_rounds": 0, **settings}), values.shape[1], 2)
    encoder.learn(values, NONE, seed)
    return encoder


def vectors(count: int = 60, features: int = 5) -> torch.Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(0))


def centred(kernel: torch.Tensor) -> torch.Tensor:
    return kernel - kernel.mean(0, keepdim=True) - kernel.mean(1, keepdim=True) + kernel.mean()


@pytest.mark.parametrize("shape", ["gaussian", "laplace"])
def test_inner_products_are_the_centred_kernel_where_all_samples_are_landmarks(shape: str) -> None:
    values = vectors()
    features = learned(values, shape=shape, gamma=0.7)(values)
    distances = torch.cdist(values, values) / torch.pdist(values).median()
    expected = centred((-0.7 * (distances.square() if shape == "gaussian" else distances)).exp())
    # of mean square 1, so up to a scale
    products = features @ features.T
    torch.testing.assert_close(products / products.trace() * expected.trace(), expected, atol=1e-4, rtol=1e-3)


def test_fewer_landmarks_come_close() -> None:
    values = vectors(400, 3)
    few, all_ = (learned(values, shape="gaussian", gamma=0.7, landmarks=landmarks) for landmarks in (60, 400))
    products, expected = (encoder(values) @ encoder(values).T for encoder in (few, all_))
    products, expected = products / products.trace(), expected / expected.trace()
    assert few.dimension < 60 < all_.dimension
    assert (products - expected).norm() < 0.06 * expected.norm()


def test_features_are_centred_and_of_mean_square_one_at_any_scale_of_the_vectors() -> None:
    for scale in (1e-3, 1.0, 1e3):
        values = vectors() * scale
        features = learned(values)(values)
        assert features.mean(0).abs().max() < 1e-3
        assert features.square().mean().item() == pytest.approx(1, rel=1e-3)
        products = features @ features.T / features.shape[1]
        same = learned(vectors())(vectors())
        torch.testing.assert_close(products, same @ same.T / same.shape[1], atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize(
    "values", [torch.zeros(0, 5), torch.zeros(1, 5), torch.ones(7, 5)], ids=["none", "one", "same"]
)
def test_nothing_to_tell_apart_is_one_feature_that_says_nothing(values: torch.Tensor) -> None:
    encoder = learned(values)
    assert encoder(vectors()).shape == (60, encoder.dimension)
    assert encoder.dimension == 1
    assert not encoder(vectors()).any()


def test_a_state_dict_holds_all_of_it_and_the_seed_decides() -> None:
    values = vectors()
    encoder = learned(values, landmarks=10)
    other = KernelEncoder(encoder.settings, 5, 2)
    other.load_state_dict(encoder.state_dict())
    assert torch.equal(other(values), encoder(values))
    assert torch.equal(learned(values, landmarks=10)(values), encoder(values))
    assert not torch.equal(learned(values, landmarks=10, seed=1).landmarks, encoder.landmarks)


def test_features_that_say_nothing_of_the_labels_stop_counting() -> None:
    values = vectors(200, 6)
    targets = (values[:, :2] > 0).float()
    encoder = KernelEncoder(KernelSettings(), 6, 2)
    encoder.learn(values, targets)
    assert encoder.weights[:2].min() > 2 * encoder.weights[2:].max()
    assert encoder.weights.square().mean().item() == pytest.approx(1)
    assert torch.cdist(encoder.landmarks, values * encoder.weights).amin(1).max() < 1e-2


@pytest.mark.parametrize("targets", [torch.full((60, 2), torch.nan), torch.ones(60, 2)])
def test_labels_that_say_nothing_leave_all_features_alike(targets: torch.Tensor) -> None:
    encoder = KernelEncoder(KernelSettings(), 5, 2)
    encoder.learn(vectors(), targets)
    assert torch.equal(encoder.weights, torch.ones(5))
    assert encoder(vectors()).isfinite().all()
