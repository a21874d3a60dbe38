"""What answers hold, for the OpenAPI description and for who reads this."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from multihot.decisions import ObjectiveName
from multihot.explain import Method
from multihot.serve.service import Kind

Probability = Annotated[float, Field(ge=0, le=1)]


class Sample(BaseModel):
    """What is said of one sample."""

    id: str
    """As it was sent: the name of its file, its id, or its number."""

    labels: list[str]
    """Those decided present, in the order of the labels."""

    unsure: list[str]
    """Those whose decision, present or absent, is wrong with a chance of a fifth or more."""

    probabilities: dict[str, float]
    """The calibrated probability of every label."""

    error: str | None
    """Why the sample could not be read; there are no labels and probabilities then."""


class Prediction(BaseModel):
    """What is said of the samples of a request, in their order."""

    run: str
    order_hash: str
    samples: list[Sample]


class Explanation(BaseModel):
    """Where in a picture labels were seen."""

    run: str
    id: str
    """The name of its file, as it was sent."""

    method: Method
    """`exact`: what each place adds to the logit; `attention`: shares of a label's attention; `gradient`: integrated
    gradients of the logit."""

    maps: dict[str, list[list[float]]]
    """Label -> rows from top to bottom, each from left to right, together the whole picture."""

    error: str | None
    """Why the picture could not be read; there are no maps then."""


class LabelInfo(BaseModel):
    """One label."""

    name: str
    threshold: float | None


class Labels(BaseModel):
    """The labels in their order, and what is known of them beforehand."""

    run: str
    order_hash: str
    labels: list[LabelInfo]
    relations: dict[str, Any]


class RunInfo(BaseModel):
    """What is served under a name."""

    name: str
    kind: Kind
    labels: int
    objective: str
    objectives: list[str]
    """Others that /v1/decide can decide for."""

    at_least: float | None
    """The level that the objectives precision and recall keep for each label."""

    adjustable: bool
    """Whether label sets come from thresholds, which /v1/decide can change."""

    features: list[str] | None
    """What a row of features may name; an empty list where they have no names, none for pictures."""

    width: int | None
    """Numbers in a row of features."""

    report: bool
    """Whether /report has its report."""

    explains: Method | None
    """What the maps of /v1/explain are; none where there are none."""


class Limits(BaseModel):
    """What a request may hold."""

    max_bytes: int
    max_pixels: int
    max_images: int
    max_rows: int


class Runs(BaseModel):
    """All that is served; the first where a request names none."""

    version: str
    runs: list[RunInfo]
    limits: Limits


class DecideRequest(BaseModel):
    """Probabilities to decide again, by another objective or other thresholds."""

    model_config = ConfigDict(extra="forbid")

    objective: ObjectiveName | None = None
    """None: that of the run."""

    thresholds: dict[str, Probability] = {}
    """Label -> threshold, in the place of those of the objective."""

    probabilities: list[list[Probability]] = []
    """One list a sample, in the order of the labels."""


class Decided(BaseModel):
    """One sample, decided again."""

    labels: list[str]
    unsure: list[str]


class LabelFigures(BaseModel):
    """What a decision gave a label on the validation samples."""

    label: str
    support: int
    decided: int
    precision: float | None
    recall: float | None


class Validation(BaseModel):
    """What a decision gave on the validation samples."""

    samples: int
    figures: dict[str, float | None]
    labels: list[LabelFigures]


class Decision(BaseModel):
    """Samples decided again; relations between labels are kept."""

    run: str
    thresholds: list[float | None]
    """One a label; none where label sets come from no thresholds."""

    samples: list[Decided]
    validation: Validation | None


class ProblemDetail(BaseModel):
    """What went wrong, where, and what to do."""

    status: int
    where: str
    what: str
    help: str


class Problem(BaseModel):
    """The form of every error."""

    error: ProblemDetail
