import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from multihot.errors import ArgumentError
from multihot.labels import Targets
from multihot.losses import (
    SparseTargets,
    asymmetric,
    binary_cross_entropy,
    focal,
    hill,
    linear,
    linear_binary_cross_entropy,
    linear_cells,
    linear_softmax_cross_entropy,
    linear_zlpr,
    reduce,
    softmax_cross_entropy,
    zlpr,
)
from multihot.losses.chunked import Gradients, Head

PAIRS = {
    "binary_cross_entropy": (binary_cross_entropy, linear_binary_cross_entropy),
    "cells of binary_cross_entropy": (
        binary_cross_entropy,
        lambda *a, **k: linear_cells(*a, binary_cross_entropy, **k),
    ),
    "focal": (focal, lambda *a, **k: linear_cells(*a, focal, **k)),
    "asymmetric": (asymmetric, lambda *a, **k: linear_cells(*a, asymmetric, **k)),
    "hill": (hill, lambda *a, **k: linear_cells(*a, hill, **k)),
    "zlpr": (zlpr, linear_zlpr),
    "softmax_cross_entropy": (softmax_cross_entropy, linear_softmax_cross_entropy),
}
NAMES = sorted(PAIRS)


def batch(seed: int, scale: float = 1.0, labels: int = 23) -> tuple[list[Tensor], Tensor]:
    random = np.random.default_rng(seed)
    dense = (random.random((9, labels)) < 0.15).astype(float)
    dense[random.random(dense.shape) < 0.2] = np.nan
    dense[0], dense[1], dense[2] = np.nan, 0, 1
    shapes = ((9, 5), (labels, 5), (labels,))
    return [torch.tensor(random.normal(size=shape) * scale, requires_grad=True) for shape in shapes], torch.tensor(
        dense
    )


def plain(name: str, parameters: list[Tensor], targets: Tensor) -> Tensor:
    features, weight, bias = parameters
    return reduce(PAIRS[name][0](features @ weight.T + bias, targets), targets)


def fused(name: str, parameters: list[Tensor], targets: Tensor, chunk: int | None) -> Tensor:
    return PAIRS[name][1](*parameters, SparseTargets.of(Targets.from_dense(targets.numpy())), chunk=chunk)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("chunk", [1, 7, 23, None])
@pytest.mark.parametrize("scale", [1.0, 6.0])
def test_value_and_gradients_are_those_of_the_plain_path(name: str, chunk: int | None, scale: float) -> None:
    parameters, targets = batch(0, scale)
    expected, found = plain(name, parameters, targets), fused(name, parameters, targets, chunk)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    # Upstream, other losses may be added and factors applied.
    gradients = torch.autograd.grad(3 * found, parameters)
    for one, other in zip(gradients, torch.autograd.grad(3 * expected, parameters), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_known_and_nobody_there(name: str) -> None:
    parameters, targets = batch(1)
    for dense in (torch.full_like(targets, torch.nan), targets[:0]):
        inside = [parameters[0][: len(dense)], *parameters[1:]]
        found = fused(name, inside, dense, 4)
        assert found.item() == 0
        assert all((gradient == 0).all() for gradient in torch.autograd.grad(found, inside))


def test_sums_over_the_batch() -> None:
    parameters, targets = batch(2)
    features, weight, bias = parameters
    lists = SparseTargets.of(Targets.from_dense(targets.numpy()))
    expected = reduce(binary_cross_entropy(features @ weight.T + bias, targets), targets, "sum/batch")
    torch.testing.assert_close(linear_binary_cross_entropy(*parameters, lists, "sum/batch", 5), expected)
    torch.testing.assert_close(linear_cells(*parameters, lists, binary_cross_entropy, "sum/batch", 5), expected)


@pytest.mark.parametrize("name", NAMES)
def test_finite_in_half_precision_and_at_extremes(name: str) -> None:
    parameters, targets = batch(3, 6.0)
    exact = plain(name, parameters, targets)
    half = [parameter.detach().to(torch.bfloat16).requires_grad_() for parameter in parameters]
    found = fused(name, half, targets, 6)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(exact.item(), rel=0.05)
    for gradient in torch.autograd.grad(found, half):
        assert gradient.dtype == torch.bfloat16
        assert gradient.isfinite().all()


def test_gradients_are_handed_over_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    formed: list[int] = []

    class Recorded(Gradients):
        def __init__(self, head: Head) -> None:
            super().__init__(head)
            formed.append(self.weight.data_ptr())

    monkeypatch.setattr(linear, "Gradients", Recorded)
    parameters, targets = batch(4)
    fused("binary_cross_entropy", parameters, targets, 5).backward()
    assert parameters[1].grad is not None
    assert parameters[1].grad.data_ptr() == formed[0]


def test_logits_are_never_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[int] = []

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        widths.append(logits.shape[1])
        return functional.softplus(logits)

    parameters, targets = batch(5)
    linear_cells(*parameters, SparseTargets.of(Targets.from_dense(targets.numpy())), loss, chunk=10)
    assert widths == [10, 10, 3]


def test_shapes_that_do_not_match_are_named() -> None:
    parameters, targets = batch(6)
    with pytest.raises(ArgumentError, match="9 samples and 22 labels, features and weight of 9 and 23"):
        fused("zlpr", parameters, targets[:, 1:], None)
