"""Encoders: pictures, or feature vectors as they come, to features for a head."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from multihot.models.encoders.convolutional import CNN28, CNN32, cnn28, cnn32
from multihot.models.encoders.dense import DenseEncoder
from multihot.models.encoders.encoder import Encoder, InputSpec, pool
from multihot.models.encoders.forest import ForestEncoder
from multihot.models.encoders.kernel import KernelEncoder
from multihot.models.encoders.preparation import Preparation
from multihot.models.encoders.pretrained import has_pretrained_weights, timm_backbone, timm_spec
from multihot.models.encoders.settings import (
    AnyEncoderSettings,
    AutoSettings,
    BlendSettings,
    ChosenEncoderSettings,
    DenseSettings,
    EncoderSettings,
    ForestSettings,
    IdentitySettings,
    KernelSettings,
    Pooling,
    VectorEncoderSettings,
)
from multihot.models.encoders.vectors import IdentityEncoder, VectorEncoder

__all__ = [
    "VECTOR_ENCODERS",
    "AnyEncoderSettings",
    "AutoSettings",
    "BlendSettings",
    "ChosenEncoderSettings",
    "DenseSettings",
    "Encoder",
    "EncoderSettings",
    "ForestSettings",
    "IdentitySettings",
    "InputSpec",
    "KernelSettings",
    "Pooling",
    "Preparation",
    "VectorEncoder",
    "VectorEncoderSettings",
    "build_encoder",
    "build_vector_encoder",
    "choose_size",
    "default_pooling",
    "has_pretrained_weights",
    "pool",
]

# Labels are often about small things in a picture that is squeezed whole into the input: convolutional encoders find
# more of them at sizes above the one they were trained at, as long as pictures are not blown up far beyond their own.
ENLARGE_INPUT = 1.43
ENLARGE_PICTURES = 1.25
STRIDE = 32

SMALL_NETS = {"cnn28": (cnn28, CNN28), "cnn32": (cnn32, CNN32)}


def build_encoder(settings: EncoderSettings, *, load_weights: bool) -> Encoder:
    """The encoder that the settings name, in evaluation mode.

    Args:
        settings: its `size` is used as it is; None is the model's own.
        load_weights: False leaves the weights random, for a run's own to be loaded over them.

    Raises:
        RecipeError: there is no such encoder, or it does not run at that size.
        DataError: its weights cannot be had; the message says what to pass or install.
    """
    if settings.name in SMALL_NETS:
        make, spec = SMALL_NETS[settings.name]
        spec = replace(spec, size=settings.size or spec.size)
        return Encoder(make(), spec, settings.pooling or default_pooling(settings), settings.flipped_twin).eval()
    spec = timm_spec(settings.name)
    spec = replace(spec, size=settings.size or spec.size)
    backbone = timm_backbone(settings, spec, load_weights)
    return Encoder(backbone, spec, settings.pooling or default_pooling(settings), settings.flipped_twin).eval()


VECTOR_ENCODERS: Mapping[str, type[VectorEncoder]] = {
    "identity": IdentityEncoder,
    "kernel": KernelEncoder,
    "forest": ForestEncoder,
    "dense": DenseEncoder,
}


def build_vector_encoder(settings: VectorEncoderSettings, features: int, labels: int) -> VectorEncoder:
    """The encoder of vectors that the settings name, for `features` prepared inputs and `labels` labels."""
    make: Callable[[Any, int, int], VectorEncoder] = VECTOR_ENCODERS[settings.name]
    return make(settings, features, labels)


def default_pooling(settings: EncoderSettings) -> Pooling:
    """How the encoder's maps become vectors where the settings do not say."""
    return "flatten" if settings.name in SMALL_NETS else "average+max"


def input_spec(settings: EncoderSettings) -> InputSpec:
    """The input an encoder was made for, before any choice of size."""
    return SMALL_NETS[settings.name][1] if settings.name in SMALL_NETS else timm_spec(settings.name)


def choose_size(settings: EncoderSettings, shorter_side: float) -> int:
    """The size to resize pictures to: the one that was set, else one that suits encoder and pictures.

    Args:
        settings: the encoder's.
        shorter_side: the median over the pictures, in pixels.
    """
    spec = input_spec(settings)
    if settings.size is not None:
        return settings.size
    if settings.name in SMALL_NETS or spec.fixed_size:
        return spec.size
    wanted = min(shorter_side * ENLARGE_PICTURES, spec.size * ENLARGE_INPUT)
    return max(spec.size, round(wanted / STRIDE) * STRIDE)
