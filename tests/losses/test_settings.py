import pytest
import torch

from multihot.errors import LabelError, RecipeError
from multihot.labels import LabelSpace
from multihot.losses import LossSettings, binary_cross_entropy, build_loss

SPACE = LabelSpace(("black", "jeans"))
LOGITS, TARGETS = torch.tensor([[1.0, -2.0]]), torch.tensor([[1.0, 1.0]])


def test_weights_go_by_name() -> None:
    loss = build_loss(LossSettings(weight={"jeans": 0.0}, positive_weight=3.0, reduction="sum/batch"), SPACE)
    assert loss(LOGITS, TARGETS).item() == pytest.approx(3 * binary_cross_entropy(LOGITS, TARGETS)[0, 0].item())


def test_a_weight_for_no_label_of_the_space_is_named() -> None:
    with pytest.raises(LabelError, match=r"loss\.positive_weight: unknown label names: shirt"):
        build_loss(LossSettings(positive_weight={"shirt": 2.0}), SPACE)


def test_negative_weights_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"loss\.weight"):
        build_loss(LossSettings(weight=-1.0), SPACE)
