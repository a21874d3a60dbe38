"""What a user may say about decisions; the `decision` part of a recipe."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ObjectiveName = Literal[
    "fixed",
    "micro_f1",
    "macro_f1",
    "samples_f1",
    "micro_jaccard",
    "macro_jaccard",
    "samples_jaccard",
    "hamming_loss",
    "exact_match",
    "balanced_accuracy",
    "precision",
    "recall",
    "cost",
]


class DecisionSettings(BaseModel):
    """How scores become label sets: fitted on validation samples, needs no training to change."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    objective: ObjectiveName = "micro_f1"
    """What the thresholds are fitted for; `fixed` cuts every label at one half."""

    beta: float = Field(default=1.0, gt=0)
    """Weight of recall against precision in the three F objectives: 2 counts recall twice as much."""

    at_least: float = Field(default=0.9, gt=0, lt=1)
    """The level that objective `precision` or `recall` keeps for each label; the other is made high."""

    false_positive_cost: float = Field(default=1.0, gt=0)
    """Objective `cost`: what one label wrongly given costs."""

    false_negative_cost: float = Field(default=1.0, gt=0)
    """Objective `cost`: what one label missed costs."""

    scope: Literal["label", "global"] = "label"
    """One threshold a label (rare labels shrink towards the common one), or one for all."""

    calibration: Literal["none", "temperature", "platt", "isotonic"] = "platt"
    """How logits become probabilities; fitted for each label, rare labels shrink towards the fit of all."""

    seed: int = 0
    """Draws the resamples over which thresholds are averaged."""
