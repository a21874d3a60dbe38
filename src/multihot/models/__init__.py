"""Models: encoders, heads, and the two joined."""

from multihot.models.classifier import Classifier, build_classifier
from multihot.models.device import choose_device
from multihot.models.encoders import (
    AnyEncoderSettings,
    AutoSettings,
    BlendSettings,
    ChosenEncoderSettings,
    Encoder,
    EncoderSettings,
    VectorEncoderSettings,
    build_encoder,
    choose_size,
    default_pooling,
    has_pretrained_weights,
)
from multihot.models.heads import HEADS, Head, HeadSettings, LinearSettings, build_head
from multihot.models.runtime import Forward, RuntimeName
from multihot.models.scoring import AnyClassifier, Scored, count_batches, picture_logits, score_samples, vector_logits
from multihot.models.vector_blend import VectorBlend, load_vector_model
from multihot.models.vector_classifier import VectorClassifier, VectorModel

__all__ = [
    "HEADS",
    "AnyClassifier",
    "AnyEncoderSettings",
    "AutoSettings",
    "BlendSettings",
    "ChosenEncoderSettings",
    "Classifier",
    "Encoder",
    "EncoderSettings",
    "Forward",
    "Head",
    "HeadSettings",
    "LinearSettings",
    "RuntimeName",
    "Scored",
    "VectorBlend",
    "VectorClassifier",
    "VectorEncoderSettings",
    "VectorModel",
    "build_classifier",
    "build_encoder",
    "build_head",
    "choose_device",
    "choose_size",
    "count_batches",
    "default_pooling",
    "has_pretrained_weights",
    "load_vector_model",
    "picture_logits",
    "score_samples",
    "vector_logits",
]
