"""Heads: features to logits."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from multihot.models.heads.linear import LinearHead

__all__ = ["HeadSettings", "LinearHead", "build_head"]


class HeadSettings(BaseModel):
    """Which head."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Literal["linear"] = "linear"
    """`linear`: every label on its own, from the same features."""

    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of features dropped before the head while the encoder is trained."""


def build_head(settings: HeadSettings, features: int, labels: int) -> LinearHead:
    """The head that the settings name, for `features` inputs and `labels` outputs."""
    return LinearHead(features, labels, settings.dropout)
