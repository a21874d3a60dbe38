"""Other decisions on the same probabilities: another objective, other thresholds, and what they would have given.

Shapes: N samples, L labels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from multihot import metrics
from multihot.decisions import Calibration, Decision, DecisionSettings, FittedOn, ObjectiveName, refit
from multihot.decisions.abstain import wrong_chances
from multihot.errors import ArgumentError
from multihot.labels import LabelSpace
from multihot.onnx import Description
from multihot.run import Scores

OBJECTIVES: tuple[ObjectiveName, ...] = get_args(ObjectiveName)
UNSURE = 0.2
"""A label whose decision is wrong with this chance or more is unsure."""

SHOWN = ("exact_match", "micro_precision", "micro_recall", "micro_f1", "macro_f1", "hamming_loss")


@dataclass(frozen=True)
class Choices:
    """A decision, and the others that may be made in its place.

    Args:
        decision: as it was trained or exported; None for an exported file whose label sets come from no thresholds.
        validation: samples to fit another objective on, and to measure what is chosen; None where there are none.
    """

    decision: Decision | None
    validation: Scores | None
    _fitted: dict[str, Decision] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def objectives(self) -> tuple[ObjectiveName, ...]:
        """What may be chosen."""
        return OBJECTIVES if self.adjustable and self.validation is not None else ()

    @property
    def adjustable(self) -> bool:
        """Whether label sets come from thresholds, which may then be changed."""
        return self.decision is not None and self.decision.settings.select == "threshold"

    def choose(self, objective: ObjectiveName | None, thresholds: Mapping[str, float]) -> Decision:
        """The decision for an objective (None: its own), with some thresholds replaced.

        Raises:
            ArgumentError: there are no thresholds, or no validation samples to fit others on.
            LabelError: a threshold is given for a label that there is not.
        """
        if self.decision is None or ((objective or thresholds) and not self.adjustable):
            raise ArgumentError("label sets of this run do not come from thresholds: there are none to change")
        chosen = self.decision if objective is None else self._for(self.decision, objective)
        if not thresholds:
            return chosen
        cuts = chosen.cuts.copy()
        for label, threshold in thresholds.items():
            cuts[chosen.space.index(label)] = threshold
        return replace(chosen, cuts=cuts)

    def _for(self, decision: Decision, objective: ObjectiveName) -> Decision:
        if self.validation is None:
            raise ArgumentError("there are no validation samples to fit another objective on")
        with self._lock:  # fitted once, however many ask
            if objective not in self._fitted:
                validation = self.validation
                self._fitted[objective] = refit(decision, validation.logits, validation.targets, objective)
            return self._fitted[objective]

    def figures(self, decision: Decision) -> dict[str, Any] | None:
        """What a decision gives on the validation samples, in all and by label; None where there are none."""
        if self.validation is None:
            return None
        decided = decision.decide(self.validation.probabilities)
        found = metrics.report(self.validation.targets, decided=decided, names=decision.space.names)
        table = {name: found.table[name].tolist() for name in ("label", "support", "decided", "precision", "recall")}
        return {
            "samples": len(self.validation),
            "figures": {name: found.figures[name].value for name in SHOWN},
            "labels": [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)],
        }


def unsure(probabilities: NDArray[np.floating[Any]], decided: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N, L) cells whose decision is wrong with a chance of a fifth or more.

    >>> unsure(np.array([[0.9, 0.7, 0.3, 0.1]]), np.array([[True, True, False, False]])).tolist()
    [[False, True, True, False]]
    """
    return np.asarray(wrong_chances(probabilities, decided) >= UNSURE)


def exported_decision(description: Description, space: LabelSpace) -> Decision | None:
    """The decision of an exported file, on its probabilities; its calibration is inside the file."""
    cuts = [threshold for threshold in description.thresholds if threshold is not None]
    if len(cuts) < len(space):
        return None
    nobody = (0,) * len(space)
    identity = Calibration.linear("none", np.ones(len(space)), np.zeros(len(space)))
    return Decision(space, DecisionSettings(), identity, np.array(cuts), "exported", FittedOn(0, nobody, nobody))
