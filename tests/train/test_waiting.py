"""A step of training asks the device for nothing: a GPU computes while the processor prepares what comes next.

The device is torch's `meta`, which has no values to give: asking for one raises. So does a copy to it that waits.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from multihot.data.augment import AugmentSettings
from multihot.labels import LabelSpace, Relations, Targets
from multihot.losses import build_loss
from multihot.losses.registry import REGISTRY
from multihot.models import HEADS, build_classifier
from multihot.recipe import FullSettings, Recipe
from multihot.train import full
from multihot.train.checkpoints import TrainingState
from multihot.train.judge import Tally
from multihot.train.whole_batch import Place

EXCLUSIVE = {"groups": {"first": {"labels": ["a", "b", "c"], "hold": "exactly 1"}}}
SPACE = LabelSpace(tuple("abcdef"), Relations.from_dict(EXCLUSIVE))
GIVEN: dict[str, dict[str, Any]] = {
    "binary_cross_entropy": {"weight": {"a": 2.0}, "positive_weight": 3.0},
    "expected_positive": {"expected": 2.0},
}
STEPPED_BY_HAND = {"role"}
ASKS_HOW_LONG = {"label_sequence"}  # the longest label set of the batch decides how many steps there are
DEVICE = torch.device("meta")


class _NoWaiting(TorchDispatchMode):
    """Refuses copies to the device for which the processor waits."""

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        comes = any(isinstance(each, Tensor) and each.device.type == "cpu" and each.ndim for each in args)
        if function is torch.ops.aten._to_copy.default and comes and given.get("device") == DEVICE:
            assert given.get("non_blocking"), "a copy to the device is waited for"
        return function(*args, **given)


class _Backward:
    """What is needed of an Accelerator."""

    def backward(self, loss: Tensor) -> None:
        loss.backward()  # type: ignore[no-untyped-call]


def step(loss: dict[str, Any], head: str = "linear") -> Tally:
    given = {"loss": loss, "head": {"name": head}, "encoder": {"name": "cnn32", "weights": "none"}}
    recipe = Recipe.parse(given)
    targets = Targets.from_dense(np.eye(6, dtype=np.float32)[[0, 1, 2, 3, 4, 5, 0, 1]])
    loss_of = partial(build_loss(recipe.loss, SPACE, targets), done=0.5)
    classifier = build_classifier(recipe.picture_encoder, recipe.head, len(SPACE), load_weights=False)
    classifier.to(DEVICE).train()
    state = TrainingState(classifier, classifier, torch.optim.AdamW(classifier.parameters()))
    pictures = torch.zeros(8, 3, 32, 32, dtype=torch.uint8, device=DEVICE)
    batch = full.Batch(pictures, torch.zeros(8, 6, device=DEVICE), Place.of(np.arange(8)))
    tally = Tally()
    settings = FullSettings(augment=AugmentSettings())
    with _NoWaiting():
        full._step(state, full.Objective(classifier), batch, loss_of, settings, torch.Generator(), _Backward(), tally)
    return tally


@pytest.mark.parametrize("name", sorted(REGISTRY.keys() - STEPPED_BY_HAND))
def test_no_loss_waits_for_the_device(name: str) -> None:
    assert step({"name": name, **GIVEN.get(name, {})}).logits.shape == (8, 6)


@pytest.mark.parametrize("name", sorted(HEADS.keys() - ASKS_HOW_LONG))
def test_no_head_waits_for_the_device(name: str) -> None:
    assert step({"name": "binary_cross_entropy"}, name).logits.shape == (8, 6)


def test_waiting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full, "augment", lambda pictures, *_: pictures + torch.zeros(1, 3, 1, 1).to(pictures))
    with pytest.raises(AssertionError, match="waited for"):
        step({"name": "binary_cross_entropy"})
    monkeypatch.setattr(full, "augment", lambda pictures, *_: pictures * pictures.mean().item())
    with pytest.raises(RuntimeError, match="item"):
        step({"name": "binary_cross_entropy"})
