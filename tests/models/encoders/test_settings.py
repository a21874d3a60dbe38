import pytest
from pydantic import TypeAdapter, ValidationError

from multihot.models.encoders.settings import (
    VECTOR_SETTINGS,
    AnyEncoderSettings,
    AutoSettings,
    BlendSettings,
    DenseSettings,
    EncoderSettings,
    ForestSettings,
    IdentitySettings,
    KernelSettings,
    LabelTreesSettings,
    OneVsRestSettings,
)

adapter: TypeAdapter[object] = TypeAdapter(AnyEncoderSettings)
VECTORS = [
    AutoSettings(seconds=5),
    IdentitySettings(),
    KernelSettings(gamma=2),
    ForestSettings(max_features=0.5),
    DenseSettings(layers=3),
    BlendSettings(members=(IdentitySettings(), ForestSettings(trees=5)), weights=(0.5, 1)),
    OneVsRestSettings(),
    LabelTreesSettings(),
]


@pytest.mark.parametrize("settings", [*VECTORS, EncoderSettings(), EncoderSettings(name="cnn32", size=40)])
def test_plain_values_become_the_settings_they_came_from(settings: EncoderSettings) -> None:
    assert adapter.validate_python(settings) == settings
    assert adapter.validate_python(settings.model_dump(mode="json")) == settings


def test_every_vector_encoder_has_its_tag() -> None:
    assert tuple(settings.name for settings in VECTORS) == VECTOR_SETTINGS


def test_without_a_name_it_is_the_default_picture_encoder() -> None:
    assert adapter.validate_python({"size": 64}) == EncoderSettings(size=64)


def test_a_setting_of_another_encoder_is_an_error_that_names_it() -> None:
    with pytest.raises(ValidationError, match=r"kernel\.trees"):
        adapter.validate_python({"name": "kernel", "trees": 5})


def test_a_blend_needs_a_weight_a_member() -> None:
    with pytest.raises(ValidationError, match="1 weights for 2 members"):
        adapter.validate_python(
            {"name": "blend", "members": [{"name": "identity"}, {"name": "kernel"}], "weights": [1]}
        )
