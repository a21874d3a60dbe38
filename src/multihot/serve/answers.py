"""From what models say to what is answered.

Shapes: N samples, L labels.
"""

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multihot.decisions import Decision
from multihot.errors import DataError, ImageError
from multihot.labels import LabelSet, LabelSpace
from multihot.serve.bodies import Content
from multihot.serve.choices import unsure
from multihot.serve.model import Judged
from multihot.serve.problems import Refused


def answered(space: LabelSpace, content: Content, outcomes: Sequence[Judged | BaseException]) -> list[dict[str, Any]]:
    """The samples of a prediction: label sets as `multihot predict` has them, and which labels are unsure.

    Raises:
        Refused: rows are no feature vectors that the run takes.
    """
    samples: list[dict[str, Any]] = []
    ids = iter(content.ids)
    for outcome in outcomes:
        if isinstance(outcome, ImageError):
            samples.append({**LabelSet(next(ids), error=str(outcome)).to_dict(), "unsure": []})
        elif isinstance(outcome, DataError):
            raise Refused(422, str(outcome), "body.features", "see /v1/runs for what a row holds")
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            samples += _of_judged(space, ids, outcome)
    return samples


def _of_judged(space: LabelSpace, ids: Iterator[str], judged: Judged) -> list[dict[str, Any]]:
    names = space.names
    decided = _decided(space, judged.probabilities, judged.decided)
    return [
        {"id": next(ids), **sets, "probabilities": dict(zip(names, row, strict=True)), "error": None}
        for sets, row in zip(decided, judged.probabilities.tolist(), strict=True)
    ]


def decided_again(decision: Decision, probabilities: NDArray[np.float64]) -> list[dict[str, list[str]]]:
    """The label sets that a decision makes of (N, L) probabilities."""
    return _decided(decision.space, probabilities, decision.decide(probabilities))


def _decided(
    space: LabelSpace, probabilities: NDArray[np.floating[Any]], decided: NDArray[np.bool_]
) -> list[dict[str, list[str]]]:
    doubtful = unsure(probabilities, decided)
    return [
        {"labels": list(compress(space, given)), "unsure": list(compress(space, doubt))}
        for given, doubt in zip(decided.tolist(), doubtful.tolist(), strict=True)
    ]
