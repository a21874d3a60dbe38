from typing import get_args

import pytest
import torch

from multihot.errors import LabelError, RecipeError
from multihot.labels import LabelSpace, Relations, Targets
from multihot.losses import (
    REGISTRY,
    BinaryCrossEntropySettings,
    LossSettings,
    assume_negative,
    binary_cross_entropy,
    build_loss,
    focal_margin,
    reduce,
)
from multihot.losses.settings import NAMES as EVERY
from multihot.recipe import Recipe

SPACE = LabelSpace(("black", "jeans"), Relations.from_dict({"excludes": [["black", "jeans"]]}))
LOGITS, TARGETS = torch.tensor([[1.0, -2.0]]), torch.tensor([[1.0, 1.0]])
TRAIN = Targets.from_dense([[1, 0], [1, 1], [0, 0]])
SETTINGS = get_args(get_args(LossSettings)[0])
# Not a function of logits (B, L): it has tests of its own.
OF_STEPS = "sequence_cross_entropy"
NAMES = [name for name in EVERY if name != OF_STEPS]
# Its table of estimates is the caller's: it is for loops of one's own.
NOT_IN_RECIPES = {"role"}
REQUIRED = {"expected_positive": {"expected": 1.5}}


def test_every_loss_has_settings_and_every_setting_is_documented() -> None:
    assert sorted(EVERY) == sorted([*set(REGISTRY) - NOT_IN_RECIPES, OF_STEPS])
    for settings in SETTINGS:
        assert settings.__doc__
        assert all(field.description for field in settings.model_fields.values()), settings


@pytest.mark.parametrize("name", NAMES)
def test_every_loss_is_built_from_its_name(name: str) -> None:
    recipe = Recipe.parse({"loss": {"name": name, **REQUIRED.get(name, {})}})
    loss = build_loss(recipe.loss, SPACE, TRAIN)
    logits = torch.randn(4, 2, requires_grad=True)
    targets = torch.tensor([[1.0, 0.0], [0.0, torch.nan], [1.0, 0.0], [0.0, 1.0]])
    for done in loss.stages:
        value = loss(logits, targets, done)
        assert value.shape == ()
        value.backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert Recipe.parse(recipe.model_dump(mode="json")) == recipe


def test_settings_without_a_name_are_of_binary_cross_entropy() -> None:
    assert Recipe.parse({"loss": {"weight": 2.0}}).loss == BinaryCrossEntropySettings(weight=2.0)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("asl", "loss: there is no such loss; known are .*asymmetric.*got .*asl"),
        ("role", "loss: role steps a table"),
        ({"name": "focal", "gamma": -1}, r"loss\.gamma: .*got -1"),
        ({"name": "focal", "margin": 1}, r"loss\.margin: no such setting"),
        ("expected_positive", r"loss\.expected: "),
    ],
)
def test_wrong_settings_are_named(loss: object, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe.parse({"loss": loss})


def test_what_a_loss_lacks_is_said() -> None:
    plain = LabelSpace(("black", "jeans"))
    with pytest.raises(RecipeError, match="declare groups"):
        build_loss(Recipe.parse({"loss": "grouped_softmax"}).loss, plain)
    with pytest.raises(RecipeError, match="training targets"):
        build_loss(Recipe.parse({"loss": "class_balanced"}).loss, plain)


def test_unknown_cells_that_are_used_count_in_the_mean() -> None:
    targets = torch.tensor([[1.0, torch.nan], [torch.nan, torch.nan]])
    logits = torch.randn(2, 2)
    loss = build_loss(Recipe.parse({"loss": "assume_negative"}).loss, SPACE)
    torch.testing.assert_close(loss(logits, targets), assume_negative(logits, targets)[0].mean())


def test_self_pacing_starts_late_and_rejection_grows() -> None:
    logits, targets = torch.tensor([[0.0, 5.0, 4.0]]), torch.tensor([[1.0, torch.nan, torch.nan]])
    space = LabelSpace(tuple("abc"))
    paced = build_loss(Recipe.parse({"loss": "splc"}).loss, space)
    assert paced.corrected(logits, targets, 0.0).tolist() == [[1, 0, 0]]
    assert paced.corrected(logits, targets, 0.5).tolist() == [[1, 1, 1]]
    expected = reduce(focal_margin(logits, torch.ones(1, 3)), torch.ones(1, 3))
    torch.testing.assert_close(paced(logits, targets, 0.5), expected)
    rejecting = build_loss(Recipe.parse({"loss": {"name": "large_loss_rejection", "rejected": 1.0}}).loss, space)
    assert [int(rejecting.corrected(logits, targets, done).isnan().sum()) for done in (0, 0.5, 1)] == [0, 1, 2]
    left = torch.tensor([[1.0, torch.nan, 0.0]])
    torch.testing.assert_close(rejecting(logits, targets, 0.5), reduce(binary_cross_entropy(logits, left), left))


def test_weights_go_by_name() -> None:
    loss = build_loss(
        BinaryCrossEntropySettings(weight={"jeans": 0.0}, positive_weight=3.0, reduction="sum/batch"), SPACE
    )
    assert loss(LOGITS, TARGETS).item() == pytest.approx(3 * binary_cross_entropy(LOGITS, TARGETS)[0, 0].item())


def test_a_weight_for_no_label_of_the_space_is_named() -> None:
    with pytest.raises(LabelError, match=r"loss\.positive_weight: unknown label names: shirt"):
        build_loss(BinaryCrossEntropySettings(positive_weight={"shirt": 2.0}), SPACE)


def test_negative_weights_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"loss\.weight"):
        build_loss(BinaryCrossEntropySettings(weight=-1.0), SPACE)
