"""One sample's predicted label set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from multihot.wording import sayable


@dataclass(frozen=True)
class LabelSet:
    """What a run says of one sample.

    Args:
        id: the sample's name, as given (a path, usually); bytes of it that are no text are spelled out.
        labels: the names decided present, in the order of the label space.
        probabilities: the calibrated probability of every label.
        error: why the sample could not be read; its labels and probabilities are then empty.

    >>> LabelSet("a.jpg", ("blue", "shirt"), {"blue": 0.98, "shirt": 0.9, "dress": 0.02}).to_dict()["labels"]
    ['blue', 'shirt']
    """

    id: str
    labels: tuple[str, ...] = ()
    probabilities: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", sayable(self.id))  # files of label sets are text

    def to_dict(self) -> dict[str, Any]:
        """The form of one line of `multihot predict --out FILE.jsonl`."""
        return {
            "id": self.id,
            "labels": list(self.labels),
            "probabilities": dict(self.probabilities),
            "error": self.error,
        }
