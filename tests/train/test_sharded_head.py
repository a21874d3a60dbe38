import numpy as np
import pytest
import torch

from multihot.labels import Targets
from multihot.losses import SparseTargets, linear_binary_cross_entropy
from multihot.train import ShardedLinearHead, sharded_head


def test_alone_it_is_the_plain_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharded_head, "LABELS_AT_A_TIME", 3)
    torch.manual_seed(0)
    head, features = ShardedLinearHead(4, 8), torch.randn(5, 4)
    torch.nn.init.normal_(head.weight)
    torch.nn.init.normal_(head.bias)
    targets = Targets.from_dense(np.random.default_rng(0).choice([0, 1, np.nan], (5, 8)))
    plain = features, head.weight, head.bias, SparseTargets.of(targets)
    own = head.own_targets(targets)
    assert head.loss(features, own).item() == pytest.approx(linear_binary_cross_entropy(*plain).item())
    summed = linear_binary_cross_entropy(*plain, reduction="sum/batch")
    assert head.loss(features, own, reduction="sum/batch").item() == pytest.approx(summed.item())
    scores, labels = head.top_k(features, 4)
    expected = torch.nn.functional.linear(features, head.weight, head.bias).topk(4, dim=1)
    torch.testing.assert_close(scores, expected.values)
    assert torch.equal(labels, expected.indices)


def test_nothing_known_is_nothing_to_learn() -> None:
    head = ShardedLinearHead(2, 3)
    value = head.loss(torch.ones(1, 2), head.own_targets(Targets.from_dense([[torch.nan] * 3])))
    value.backward()  # type: ignore[no-untyped-call]
    assert value.item() == 0
    assert head.weight.grad is not None
    assert not head.weight.grad.any()
