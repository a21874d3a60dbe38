"""What a user may say about decisions; the `decision` part of a recipe."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from multihot.decisions.calibrate import Method
from multihot.decisions.select import Select

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
    "macro_balanced_accuracy",
    "precision",
    "recall",
    "cost",
]


class Promise(BaseModel):
    """A bound on the risk of label sets for new samples like the validation samples, whatever the model."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    risk: Literal["missed", "missed_by_label", "wrong", "large"] = "missed"
    """What is bounded: the expected share of a sample's labels that are missed; the probability that a label is missed
    where it is true, for each label; the expected share of wrong labels in a sample's set; the share of samples with
    more than `most` labels. The last two hold with the stated confidence."""

    level: float = Field(default=0.1, gt=0, lt=1)
    """The bound."""

    confidence: float = Field(default=0.9, gt=0, lt=1)
    """How sure `wrong` and `large` are, over validation samples; the other two hold in expectation."""

    most: int | None = Field(default=None, ge=0)
    """The largest set that is not too large; needed by `large`, and by nothing else."""

    @model_validator(mode="after")
    def _most_goes_with_large(self) -> Self:
        if (self.risk == "large") != (self.most is not None):
            raise ValueError("risk 'large' needs `most`, the other risks have none")
        return self

    def __str__(self) -> str:
        size = f" than {self.most}" if self.most is not None else ""
        return f"{self.risk}{size} <= {self.level:g}"


class DecisionSettings(BaseModel):
    """How scores become label sets: fitted on validation samples, needs no training to change."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    objective: ObjectiveName = "micro_f1"
    """What is fitted for; `fixed` fits nothing and cuts every label at one half."""

    beta: float = Field(default=1.0, gt=0)
    """Weight of recall against precision in the three F objectives: 2 counts recall twice as much."""

    at_least: float = Field(default=0.9, gt=0, lt=1)
    """The level that objective `precision` or `recall` keeps for each label; the other is made high."""

    false_positive_cost: float = Field(default=1.0, gt=0)
    """Objective `cost`: what one label wrongly given costs."""

    false_negative_cost: float = Field(default=1.0, gt=0)
    """Objective `cost`: what one label missed costs."""

    scope: Literal["label", "global"] = "label"
    """Thresholds by label where that clearly helps (rare labels shrink towards the common one), or one for all."""

    calibration: Method = "platt"
    """How logits become probabilities; fitted for each label, rare labels shrink towards the fit of all."""

    select: Select = "threshold"
    """How many labels a sample gets: those above a threshold; those close to its highest logit (`score_cut`); a fixed
    number (`top_k`); as many as its probabilities sum to (`predicted_count`), each with a cut fitted for the objective;
    or the set of the highest expected F (`expected_f1`, with `beta`), which has none to fit."""

    count: int | None = Field(default=None, ge=0)
    """How many labels `top_k` gives; fitted for the objective when none."""

    relations: bool = True
    """Whether label sets keep the relations of the label space."""

    guarantee: Promise | None = None
    """Take the thresholds that keep a promise, and not those for the objective. Relations are then not imposed, as a
    label taken away could break the promise."""

    seed: int = 0
    """Draws the resamples over which thresholds are averaged, and deals samples to folds."""

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if self.count is not None and self.select != "top_k":
            raise ValueError("`count` goes with select 'top_k' only")
        if self.guarantee is not None and self.select != "threshold":
            raise ValueError("a guarantee goes with select 'threshold' only")
        unfitted = self.select == "score_cut" or (self.select == "top_k" and self.count is None)
        if self.objective == "fixed" and unfitted:
            raise ValueError(f"select {self.select!r} is fitted: it needs an objective other than 'fixed'")
        return self
