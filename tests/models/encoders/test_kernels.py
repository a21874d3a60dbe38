import pytest
import torch

from multihot.models.encoders.kernels import Kernel, Shape, relevance

BOTH = pytest.mark.parametrize("shape", ["gaussian", "laplace"])


def vectors(count: int, features: int = 4, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed))


def kernel_of(shape: Shape, landmarks: torch.Tensor) -> Kernel:
    return Kernel(shape, 0.7, landmarks, torch.pdist(landmarks).median())


@BOTH
def test_slopes_give_the_gradient(shape: Shape) -> None:
    kernel, values = kernel_of(shape, vectors(9)), vectors(5, seed=1).requires_grad_()
    distances = torch.cdist(values, kernel.landmarks) / kernel.median
    (-0.7 * (distances.square() if shape == "gaussian" else distances)).exp()[:, 2].sum().backward()
    with torch.no_grad():
        gradients = kernel.slopes(values)[:, 2, None] * (values - kernel.landmarks[2])
    assert values.grad is not None
    torch.testing.assert_close(gradients, values.grad)


@BOTH
@pytest.mark.parametrize("labels", [1, 3, 40])
def test_what_the_labels_follow_is_relevant(shape: Shape, labels: int) -> None:
    values = vectors(300)
    scores = values[:, :1] * torch.linspace(1, 2, labels)
    targets = (scores + 0.1 * vectors(300, labels, seed=2) > 0).float()
    targets[::3] = torch.nan
    weights = relevance(kernel_of(shape, values[:100]), values, targets, torch.Generator().manual_seed(0))
    assert weights[0] > 3 * weights[1:].max()
    assert weights.square().mean().item() == pytest.approx(1)


@BOTH
def test_landmarks_are_samples_too(shape: Shape) -> None:
    kernel = kernel_of(shape, vectors(9))
    assert kernel.slopes(kernel.landmarks).isfinite().all()
    torch.testing.assert_close(kernel(kernel.landmarks).diag(), torch.ones(9), atol=2e-3, rtol=0)
