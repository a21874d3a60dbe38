import pytest
import torch

from multihot.models.encoders.dense import DenseEncoder, default_width
from multihot.models.encoders.settings import DenseSettings


@pytest.mark.parametrize("layers", [1, 3])
def test_every_parameter_takes_part(layers: int) -> None:
    encoder = DenseEncoder(DenseSettings(width=8, layers=layers), 5, 3).train()
    features = encoder(torch.randn(20, 5))
    assert features.shape == (20, 8)
    assert encoder.dimension == 8
    features.square().mul(torch.arange(8)).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in encoder.parameters())


def test_a_sample_is_encoded_by_itself_and_batches_may_be_empty() -> None:
    encoder = DenseEncoder(DenseSettings(), 5, 3).eval()
    values = torch.randn(6, 5)
    torch.testing.assert_close(torch.cat([encoder(row[None]) for row in values]), encoder(values))
    assert encoder(values[:0]).shape == (0, encoder.dimension)


def test_the_width_grows_with_features_and_labels() -> None:
    assert [default_width(*shape) for shape in ((1, 1), (100, 100), (1000, 30), (10**6, 10**6))] == [64, 256, 256, 1024]
