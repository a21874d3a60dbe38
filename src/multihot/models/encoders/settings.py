"""Settings of the encoder: images or feature vectors in, features out."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from multihot.models.extreme.settings import LabelTreesSettings, OneVsRestSettings

Pooling = Literal["average", "max", "average+max", "flatten", "none"]


class EncoderSettings(BaseModel):
    """Which encoder, and what it is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = "tf_efficientnet_lite0"
    """A timm model, or one of multihot's small nets: `cnn28` (28x28, grey) and `cnn32` (32x32, colour)."""

    weights: str = "auto"
    """`auto` (a package of the `offline` extra, else timm's hub), `none` (random), or a .safetensors or .pth file."""

    size: int | None = Field(default=None, ge=8)
    """Height and width in pixels that pictures are resized to, without a crop; None chooses from model and pictures."""

    pooling: Pooling | None = None
    """How feature maps become vectors; `none` hands the maps to the head. None chooses: `none` for heads that look at
    maps, else `average+max` for timm models and `flatten` for small nets."""

    flipped_twin: bool = False
    """Outside training, average the features of each picture and its mirror image: twice the time."""


class _VectorSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class AutoSettings(_VectorSettings):
    """What suits the samples: `tf_efficientnet_lite0` for pictures, the best of a few or their blend for vectors."""

    name: Literal["auto"] = "auto"

    seconds: float = Field(default=120.0, gt=0)
    """Time for trying encoders of feature vectors, about; the chosen ones are then fitted again on all samples."""


class IdentitySettings(_VectorSettings):
    """Feature vectors as they are: with the linear head, a linear model."""

    name: Literal["identity"] = "identity"


class KernelSettings(_VectorSettings):
    """Features whose inner products are a kernel's (Nyström; Williams and Seeger 2001)."""

    name: Literal["kernel"] = "kernel"

    shape: Literal["gaussian", "laplace"] = "laplace"
    """The kernel of two samples at distance d: exp(-gamma d²), smooth, or exp(-gamma d), less so."""

    gamma: float = Field(default=0.25, gt=0)
    """How fast it falls; d² is in units of the median squared distance of two training samples."""

    relevance_rounds: int = Field(default=1, ge=0)
    """How often features are weighed anew by how much labels change along them; 0 lets all count the same."""

    landmarks: int = Field(default=1000, ge=1)
    """Training samples, drawn by the seed, that every sample is compared with; at most as many features come out."""


class ForestSettings(_VectorSettings):
    """Trees that are grown for all labels at once; they give logits, so that no head follows."""

    name: Literal["forest"] = "forest"

    kind: Literal["extra_trees", "random_forest"] = "extra_trees"
    """Cuts drawn at random on all samples (Geurts et al. 2006), or the best cuts on resampled ones (Breiman 2001)."""

    trees: int = Field(default=300, ge=1)
    """How many trees are averaged."""

    min_samples_leaf: int = Field(default=1, ge=1)
    """Training samples in a leaf, at least; leaves that would take too much memory are made larger."""

    max_features: float | None = Field(default=None, gt=0, le=1)
    """Share of the features that each cut is chosen among; None: 0.3, of many features 100, or their square root."""


class DenseSettings(_VectorSettings):
    """A dense net, trained together with the head by gradient."""

    name: Literal["dense"] = "dense"

    width: int | None = Field(default=None, ge=1)
    """Units of each layer; None chooses by the numbers of features and labels."""

    layers: int = Field(default=2, ge=1)
    """Hidden layers; each after the first adds to its input."""

    dropout: float = Field(default=0.3, ge=0, lt=1)
    """Share of units dropped in training."""


def _named(settings: object) -> str:
    """The tag of settings, or of a mapping of them; any name that is none of the vectors' is a picture encoder's."""
    name = settings.get("name") if isinstance(settings, dict) else getattr(settings, "name", None)
    return name if name in VECTOR_SETTINGS else "picture"


VECTOR_SETTINGS = ("auto", "identity", "kernel", "forest", "dense", "blend", "one_vs_rest", "label_trees")

VectorEncoderSettings = IdentitySettings | KernelSettings | ForestSettings | DenseSettings


class BlendSettings(_VectorSettings):
    """Several encoders of vectors, each with a head of its own; their logits are weighed and added."""

    name: Literal["blend"] = "blend"

    members: tuple[Annotated[VectorEncoderSettings, Field(discriminator="name")], ...] = Field(min_length=1)
    """The encoders."""

    weights: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    """What the members' logits are multiplied by; None fits it on samples that they have not seen."""

    @model_validator(mode="after")
    def _a_weight_a_member(self) -> Self:
        if self.weights is not None and len(self.weights) != len(self.members):
            raise ValueError(f"{len(self.weights)} weights for {len(self.members)} members")
        return self


ChosenEncoderSettings = VectorEncoderSettings | BlendSettings
"""What a finished run on vectors has."""

AnyEncoderSettings = Annotated[
    Annotated[EncoderSettings, Tag("picture")]
    | Annotated[AutoSettings, Tag("auto")]
    | Annotated[IdentitySettings, Tag("identity")]
    | Annotated[KernelSettings, Tag("kernel")]
    | Annotated[ForestSettings, Tag("forest")]
    | Annotated[DenseSettings, Tag("dense")]
    | Annotated[BlendSettings, Tag("blend")]
    | Annotated[OneVsRestSettings, Tag("one_vs_rest")]
    | Annotated[LabelTreesSettings, Tag("label_trees")],
    Discriminator(_named),
]
"""Settings of any encoder: of vectors by their names, of pictures by any other."""
