"""Settings of the scorers for large label sets."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class OneVsRestSettings(BaseModel):
    """A linear support vector machine a label: exact, and as much work as labels times stored feature values."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Literal["one_vs_rest"] = "one_vs_rest"

    c: float | None = Field(default=None, gt=0)
    """Weight of errors against the penalty on squared weights; None takes the best of 0.1, 0.3 and 1 by validation
    nDCG@5."""

    rare_weigh_more: bool = True
    """Whether sparse features are weighted by how rare they are (inverse document frequency). Dense ones are
    standardised in any case; then rows have unit length."""

    prune: float = Field(default=0.05, ge=0)
    """Weights smaller than this are left out."""

    listed: int = Field(default=20, ge=5)
    """How many of its best labels a sample is given scores for."""


class LabelTreesSettings(BaseModel):
    """Partitioned label trees (Parabel, Prabhu et al. 2018) by omikuji: work grows with the logarithm of labels."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Literal["label_trees"] = "label_trees"

    trees: int | None = Field(default=None, ge=1)
    """How many trees are averaged; None takes 3, or 1 from 100,000 labels on, where each takes gigabytes."""

    c: float = Field(default=1.0, gt=0)
    """Weight of errors against the penalty on squared weights."""

    rare_weigh_more: bool = False
    """Whether sparse features are weighted by how rare they are (inverse document frequency). Dense ones are
    standardised in any case; then rows have unit length."""

    prune: float = Field(default=0.1, ge=0)
    """Weights smaller than this are left out."""

    beam: int = Field(default=10, ge=1)
    """How many branches of a tree are followed at each level."""

    listed: int = Field(default=20, ge=5)
    """How many of its best labels a sample is given scores for."""


ExtremeSettings = OneVsRestSettings | LabelTreesSettings
