"""One training run in one validated object: the parts' own settings, joined."""

from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from multihot.data.augment import AugmentSettings
from multihot.data.split import SplitSettings
from multihot.decisions import DecisionSettings
from multihot.errors import RecipeError, one_line
from multihot.losses import BinaryCrossEntropySettings, LossSettings, SequenceCrossEntropySettings
from multihot.models import (
    AnyEncoderSettings,
    AutoSettings,
    ChosenEncoderSettings,
    EncoderSettings,
    HeadSettings,
    LinearSettings,
    RuntimeName,
)
from multihot.models.extreme.settings import ExtremeSettings

Tune = Literal["head", "full", "head-then-full"]


_NAMED = ("encoder", "head", "loss")


class FullSettings(BaseModel):
    """How encoder and head are trained together (`tune: full`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    epochs: int = Field(default=30, ge=1)
    """Times that the training part is gone through, at most."""

    batch_size: int = Field(default=32, ge=1)
    """Samples in one step."""

    learning_rate: float = Field(default=1e-3, gt=0)
    """Highest learning rate, of the head and of an encoder with random weights."""

    encoder_learning_rate_factor: float = Field(default=0.1, ge=0)
    """A pretrained encoder learns at this times `learning_rate`."""

    weight_decay: float = Field(default=0.05, ge=0)
    """AdamW's decoupled decay of weight matrices; biases and normalisation are left alone."""

    schedule: Literal["cosine", "plateau"] = "cosine"
    """`cosine` falls to zero over all epochs; `plateau` halves after two epochs without a better validation mAP."""

    warmup_epochs: float = Field(default=1.0, ge=0)
    """Epochs of linear rise from zero, before the schedule."""

    ema_decay: float = Field(default=0.99, ge=0, lt=1)
    """Decay a step of the moving average of weights that is validated and kept; 0 keeps the weights themselves."""

    patience: int = Field(default=10, ge=1)
    """Epochs without a better validation mAP after which training stops."""

    mixed_precision: Literal["auto", "no", "bf16"] = "auto"
    """`auto`: bf16 where the device computes in it natively (recent GPUs), else no."""

    parallel: Literal["replicated", "sharded"] = "replicated"
    """How several processes hold the model: `replicated`, whole in each (DDP), or `sharded`: weights, their average,
    gradients and AdamW's moments are divided among them (FSDP), for encoders that one device cannot train."""

    picture_cache: bool = False
    """Keep decoded and resized pictures on disk, so that from the second epoch on nothing is decoded: for GPUs, and
    large photographs. Takes 3 S² bytes a picture at S pixels (150 KB at 224), in the folder of `MULTIHOT_CACHE`."""

    augment: AugmentSettings = AugmentSettings()
    """Random changes of the training pictures."""


class HeadFitSettings(BaseModel):
    """How the head alone is fitted on features of a frozen encoder (`tune: head`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    encode_batch_size: int = Field(default=16, ge=1)
    """Pictures encoded at a time; on a CPU small batches are faster."""

    l2: float | None = Field(default=None, gt=0)
    """For `linear` and `chain`: strength of the penalty on squared weights (of standardised features); None chooses by
    validation loss. The settings below are for the other heads."""

    epochs: int = Field(default=30, ge=1)
    """Times that the training part is gone through, at most."""

    batch_size: int = Field(default=64, ge=1)
    """Samples in one step."""

    learning_rate: float = Field(default=1e-3, gt=0)
    """Highest learning rate, after a third of the epochs."""

    weight_decay: float = Field(default=0.05, ge=0)
    """AdamW's decoupled decay of weight matrices."""

    patience: int = Field(default=5, ge=1)
    """Epochs without a lower validation loss after which the fit stops."""


class Recipe(BaseModel):
    """Everything that decides a training run, except the samples.

    `encoder`, `head` and `loss` also take just a name.

    >>> Recipe(encoder="cnn32", seed=1).encoder.name
    'cnn32'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    encoder: AnyEncoderSettings = AutoSettings()
    """Pictures, or feature vectors as they come, to features."""

    head: HeadSettings = LinearSettings()
    """Features to logits."""

    loss: LossSettings = BinaryCrossEntropySettings()
    """What training makes small."""

    tune: Tune | None = None
    """`head` fits the head on a frozen encoder; `full` trains both; `head-then-full` one after the other.
    None: `head` for a pretrained encoder on a CPU, `head-then-full` on a GPU, `full` for random weights."""

    head_fit: HeadFitSettings = HeadFitSettings()
    """Settings of `tune: head`."""

    full: FullSettings = FullSettings()
    """Settings of `tune: full`."""

    decision: DecisionSettings = DecisionSettings()
    """From probabilities to label sets."""

    split: SplitSettings = SplitSettings()
    """Which samples train, validate and test."""

    cross_fit: int | None = Field(default=None, ge=0)
    """Feature vectors: how many parts the training samples are dealt into, so that each has scores by a classifier that
    has not seen it; these take the place of a validation part, whose samples train too. 0 keeps a validation part.
    None chooses: 5 where there are at most 10,000 samples and the source declares no validation part."""

    bad_limit: float = Field(default=0.5, ge=0, le=1)
    """Largest share of samples that may be set aside as unreadable before the run fails."""

    device: str = "auto"
    """`auto` takes a GPU where there is one; else a torch device such as `cpu` or `cuda:1`."""

    runtime: RuntimeName = "auto"
    """What computes a frozen encoder's features: `torch`, or on a CPU `openvino`, `onnxruntime` or `compile`, where
    these give what torch gives; `auto` measures which is fastest, once, where there is enough to do."""

    seed: int = Field(default=0, ge=0)
    """Decides the split, the initial weights, the order of batches and the augmentation."""

    provenance: dict[str, str] = {}
    """Written by training: the source, and the versions of what it was made with."""

    @field_validator(*_NAMED, mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _sequences_bring_their_loss(cls, values: Any) -> Any:
        head = values.get("head") if isinstance(values, dict) else None
        name = head.get("name") if isinstance(head, dict) else getattr(head, "name", head)
        return {"loss": SequenceCrossEntropySettings(), **values} if name == "label_sequence" else values

    @model_validator(mode="after")
    def _sequences_go_together(self) -> Self:
        if (self.head.name == "label_sequence") != isinstance(self.loss, SequenceCrossEntropySettings):
            raise ValueError(
                f"head {self.head.name} and loss {self.loss.name} do not go together: label_sequence learns by "
                "sequence_cross_entropy, and no other head does"
            )
        return self

    @property
    def picture_encoder(self) -> EncoderSettings:
        """The encoder of pictures; raises `RecipeError` where the recipe's takes vectors."""
        if isinstance(self.encoder, EncoderSettings):
            return self.encoder
        if isinstance(self.encoder, AutoSettings):
            return EncoderSettings()
        raise RecipeError(f"encoder: {self.encoder.name} takes feature vectors, and the samples are pictures")

    @property
    def vector_encoder(self) -> AutoSettings | ChosenEncoderSettings:
        """The encoder of vectors; raises `RecipeError` where the recipe's takes pictures."""
        if isinstance(self.encoder, EncoderSettings):
            raise RecipeError(
                f"encoder: {self.encoder.name} takes pictures, and the samples are feature vectors: "
                "leave it out, or take auto, identity, kernel, forest, dense or blend"
            )
        if isinstance(self.encoder, ExtremeSettings):
            raise RecipeError(f"encoder: {self.encoder.name} lists labels, and a score for every label is needed")
        return self.encoder

    @property
    def lists_labels(self) -> bool:
        """Whether its model lists each sample's best labels, for a large label set."""
        return isinstance(self.encoder, ExtremeSettings)

    @property
    def listing_encoder(self) -> ExtremeSettings:
        """The scorer of a large label set; raises `RecipeError` where the encoder is another."""
        if not isinstance(self.encoder, ExtremeSettings):
            raise RecipeError(f"encoder: {self.encoder.name} scores every label, and a list of the best is needed")
        return self.encoder

    @property
    def fitted_vector_encoder(self) -> ChosenEncoderSettings:
        """The encoder of vectors that was chosen; raises `RecipeError` where none is yet."""
        encoder = self.vector_encoder
        if isinstance(encoder, AutoSettings):
            raise RecipeError(f"encoder: {encoder.name} leaves it open which encoder to take")
        return encoder

    @classmethod
    def parse(cls, values: dict[str, Any], where: str = "recipe") -> Self:
        """A recipe from plain values; a `RecipeError` names each setting that is unknown or out of range."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise RecipeError(f"{where}: {_explain(error)}") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a `recipe.yaml`, written by a run or by hand; what it does not say keeps its default."""
        return cls.parse(read_yaml(path), str(path))


def read_yaml(path: Path) -> dict[str, Any]:
    """The settings in a YAML file, as plain values."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: cannot read the recipe: {one_line(error)}") from error
    if not isinstance(values or {}, dict):
        raise RecipeError(f"{path}: expected settings (`name: value`), got {type(values).__name__}")
    return values or {}


def override(values: dict[str, Any], settings: dict[str, str]) -> dict[str, Any]:
    """Plain values with single settings changed, each by its dotted name and a YAML value.

    >>> override({"encoder": "cnn32"}, {"encoder.size": "64", "seed": "3"})
    {'encoder': {'name': 'cnn32', 'size': 64}, 'seed': 3}
    """
    result = dict(values)
    for name, text in settings.items():
        *parents, last = name.split(".")
        level = result
        for parent in parents:
            inner = level.get(parent) or {}
            level[parent] = {"name": inner} if isinstance(inner, str) else dict(inner)
            level = level[parent]
        try:
            level[last] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise RecipeError(f"{name}={text}: not a YAML value") from error
    return result


def _explain(error: ValidationError) -> str:
    problems = []
    for problem in error.errors():
        place = problem["loc"]
        # Which of several kinds of settings is told by their name, not by pydantic's tag.
        name = ".".join(str(part) for at, part in enumerate(place) if not (at == 1 and place[0] in _NAMED))
        came = "" if problem["type"] in ("extra_forbidden", "missing") else f", got {problem['input']!r}"
        reason = "no such setting" if problem["type"] == "extra_forbidden" else problem["msg"]
        problems.append(f"{name}: {reason}{came}")
    return "; ".join(problems)
