"""What an exported file says of itself, in the metadata of ONNX: one property a field, in JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from multihot.errors import LabelError, RunError
from multihot.labels.order import order_hash

Precision = Literal["float32", "float16", "int8"]
Takes = Literal["pixels", "features"]


@dataclass(frozen=True)
class SelfCheck:
    """How the file compared with the run that it was made of.

    Args:
        samples: compared, of the run's test part.
        cells_equal: share of labels decided alike.
        largest_difference: of a probability.
        mean_average_precision_lost: the run's figure less the file's.
        exact_match_lost: the run's figure less the file's.
    """

    samples: int
    cells_equal: float
    largest_difference: float
    mean_average_precision_lost: float | None
    exact_match_lost: float | None


@dataclass(frozen=True)
class Description:
    """What is in the file.

    Args:
        labels: names in the order of the outputs' columns.
        order_hash: of that order.
        objective: what the label sets were fitted for.
        thresholds: on the probabilities, one a label; None where sets are selected in another way.
        relations: that the label sets keep, as in labels.json.
        relations_left_out: of the run, that the label sets of this file need not keep, in words.
        takes: what goes in: `pixels` (B, H, W, 3) uint8 RGB, or `features` (B, D) float32, NaN for a missing value.
        size: height and width in pixels that pictures are resized to, inside; or D.
        features: names of the D features; None where they have none but their number, and for pictures.
        encoder: its name.
        head: its name.
        licence: of the encoder's weights, as their publisher names it; empty where it is not known.
        precision: of the weights.
        version: of multihot.
        check: against the run.

    Raises:
        LabelError: the hash is not that of the labels.
    """

    labels: tuple[str, ...]
    order_hash: str
    objective: str
    thresholds: tuple[float | None, ...]
    relations: dict[str, Any]
    relations_left_out: tuple[str, ...]
    takes: Takes
    size: int
    features: tuple[str, ...] | None
    encoder: str
    head: str
    licence: str
    precision: Precision
    version: str
    check: SelfCheck | None = None

    def __post_init__(self) -> None:
        if order_hash(self.labels) != self.order_hash:
            raise LabelError(f"the labels of this file do not match their order's hash {self.order_hash}")

    def to_properties(self) -> dict[str, str]:
        """Property -> JSON."""
        return {name: json.dumps(value, ensure_ascii=False) for name, value in asdict(self).items()}

    @classmethod
    def from_properties(cls, properties: Mapping[str, str], where: str) -> Self:
        """The inverse of `to_properties`.

        Raises:
            RunError: a property is missing or of the wrong form.
            LabelError: the hash is not that of the labels.
        """
        try:
            values = {field.name: json.loads(properties[field.name]) for field in fields(cls)}
            for name in ("labels", "thresholds", "relations_left_out"):
                values[name] = tuple(values[name])
            values["features"] = values["features"] and tuple(values["features"])
            return cls(**values | {"check": values["check"] and SelfCheck(**values["check"])})
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{where}: not a file that `multihot export` of this version wrote") from error
        except LabelError as error:
            raise LabelError(f"{where}: {error}") from error
