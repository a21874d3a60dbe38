"""Feature vectors made ready: what is filled, scaled and left sparse."""

import numpy as np
import pytest
import torch
from scipy import sparse

from multihot.models.encoders.preparation import Preparation, as_tensor

NAN = np.nan


def test_numbers_lose_median_and_scale_and_flags_keep_theirs() -> None:
    values = np.array([[1e9, 0.0], [1e9 + 2, 0.0], [1e9 + 4, 1.0]])
    prepared = Preparation(2).learn(values)(torch.from_numpy(values)).numpy()
    scaled = np.array([-1, 0, 1]) * 1.349
    np.testing.assert_allclose(prepared[:, 0], scaled / np.sqrt(1 + np.square(scaled / 3)), rtol=1e-6)
    np.testing.assert_allclose(prepared[:, 1], np.array([-1, -1, 2]) / 3, rtol=0.03)


def test_a_normal_feature_is_about_standardised_whatever_its_outliers() -> None:
    values = np.random.default_rng(0).normal(50, 7, (1000, 1))
    values[:5] = [[1e9], [-1e6], [500], [-999], [1e30]]
    prepared = Preparation(1).learn(values)(torch.from_numpy(values))
    assert prepared.abs().max() <= 3
    assert abs(prepared.mean()) < 0.05
    assert prepared[5:].std().item() == pytest.approx(0.88, abs=0.05)


def test_a_number_that_is_mostly_the_same_has_its_standard_deviation_for_scale() -> None:
    values = np.zeros((100, 1))
    values[:10] = 20
    prepared = Preparation(1).learn(values)(torch.from_numpy(values))
    scaled = (20 - 2) / 6
    assert prepared[0].item() == pytest.approx(scaled / np.sqrt(1 + (scaled / 3) ** 2))


def test_missing_values_become_the_median_and_are_told() -> None:
    values = np.array([[1.0, 5.0], [NAN, 5.0], [3.0, 5.0], [8.0, 5.0]])
    preparation = Preparation(2).learn(values)
    assert preparation.dimension == 3
    filled = torch.from_numpy(np.array([[3.0, 5.0]]))
    missing = torch.from_numpy(np.array([[NAN, NAN]]))
    told, untold = preparation(missing)[0], preparation(filled)[0]
    assert told[:2].tolist() == untold[:2].tolist()
    assert told[2] > 0 > untold[2]


def test_constant_and_unknown_features_become_zero() -> None:
    values = np.array([[0.1, NAN], [0.1, NAN], [0.1, NAN]])
    prepared = Preparation(2).learn(values)(torch.from_numpy(values))
    assert prepared.abs().max() < 1e-6


def test_no_training_samples() -> None:
    preparation = Preparation(2).learn(np.empty((0, 2)))
    assert preparation(torch.tensor([[1.0, 2.0]])).tolist() == [[1.0, 2.0]]


def test_sparse_vectors_stay_sparse_and_mean_what_dense_ones_do() -> None:
    values = sparse.random_array((40, 30), density=0.1, rng=np.random.default_rng(0), format="csr")
    preparation = Preparation(30).learn(values)
    prepared = preparation(as_tensor(values))
    assert prepared.layout is torch.sparse_csr
    torch.testing.assert_close(prepared.to_dense(), preparation(torch.from_numpy(values.toarray())))
    assert prepared.to_dense().square().mean().item() == pytest.approx(1, rel=1e-5)


def test_shapes_are_loaded_with_the_weights() -> None:
    values = np.array([[1.0, NAN], [2.0, 4.0]])
    preparation = Preparation(2).learn(values)
    other = Preparation(2)
    other.load_state_dict(preparation.state_dict())
    torch.testing.assert_close(other(torch.from_numpy(values)), preparation(torch.from_numpy(values)))
