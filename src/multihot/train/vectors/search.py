"""The search for an encoder: a few are tried, and the best of them or their blend is taken.

Shapes: N' samples that were left out, L labels.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multihot import decisions
from multihot.decisions import DecisionSettings
from multihot.decisions.objectives import objective_of, value_of
from multihot.labels import LabelSpace
from multihot.models import AutoSettings, VectorEncoderSettings
from multihot.progress import logger
from multihot.train.vectors.blend import Blend, blend
from multihot.train.vectors.candidates import CANDIDATES, describe, expected_seconds, in_order, too_large
from multihot.train.vectors.task import VectorTask
from multihot.train.vectors.trial import Trial, try_encoder
from multihot.train.vectors.weights import cross_fitted

Logits = NDArray[np.float32]
Record = dict[str, Any]


@dataclass(frozen=True)
class Judge:
    """How candidates are compared, on samples that they have not seen.

    Args:
        targets: (N', L).
        settings: of the decision; its objective is measured for the table.
        space: the labels.
        seed: deals samples to halves.
    """

    targets: NDArray[np.float32]
    settings: DecisionSettings
    space: LabelSpace
    seed: int

    def log_loss(self, logits: Logits) -> float:
        """Mean over known cells, of logits at the scale that suits them best: what calibration repairs is no fault."""
        scaled = cross_fitted(logits[None], self.targets, self.seed).astype(np.float64)
        known = ~np.isnan(self.targets)
        against = np.where(self.targets == 1, -scaled, scaled)[known]
        return float(np.logaddexp(0, against).mean())

    def objective(self, logits: Logits) -> dict[str, float]:
        """The value of the objective, by its name, each half of the samples decided as fits the other."""
        if self.settings.objective == "fixed":
            return {}
        first = np.random.default_rng(self.seed).permutation(len(logits)) % 2 == 0
        decided = np.zeros(logits.shape, np.bool_)
        for half in (first, ~first):
            decision = decisions.fit(logits[~half], self.targets[~half], self.settings, self.space)
            decided[half] = decision.decide(decision.probabilities(logits[half]))
        value = value_of(objective_of(self.settings), decided, self.targets.astype(np.float64))
        return {self.settings.objective: abs(value)}


class Found(NamedTuple):
    """What a search came to.

    Args:
        tried: what was chosen.
        history: one record a candidate: how it did, or why it was left out; and one for the blend.
    """

    tried: Trial | Blend
    history: list[Record]


def search(task: VectorTask, settings: AutoSettings, judge: Judge) -> Found:
    """Try candidates in turn while there is time, and take the best by log loss, or their blend where that is better.

    A candidate that does not fit into memory, or is not expected to be done in time, is left out; the linear model is
    tried whatever it takes where all before it were left out.

    Args:
        task: what to learn.
        settings: how long it may take.
        judge: how candidates are compared.
    """
    ends = time.perf_counter() + settings.seconds
    trials: list[Trial] = []
    history: list[Record] = []
    for number, encoder in enumerate(in_order(task, CANDIDATES)):
        reason = too_large(task, encoder)
        if reason is None and (trials or encoder.name != "identity"):
            reason = _too_long(task, encoder, trials, ends)
        if reason is None:
            trials.append(try_encoder(task, encoder, f"trying {encoder.name}, {number + 1} of {len(CANDIDATES)}"))
            history.append(_tried(encoder, trials[-1].logits, trials[-1].seconds, judge))
        else:
            history.append({"stage": "search", "encoder": describe(encoder), "skipped": reason, "kept": False})
        logger.info("tried %s", said(history[-1]))
    return _best(task, trials, history, judge)


def said(record: Record) -> str:
    """A record of the history in words.

    >>> said({"encoder": "forest", "loss": 0.4158, "objective": {"micro_f1": 0.71}, "seconds": 3.0})
    'forest: log loss 0.4158, micro_f1 0.710, 3.0 s'
    """
    if "skipped" in record:
        return f"{record['encoder']}: left out, as {record['skipped']}"
    objective = "".join(f", {name} {value:.3f}" for name, value in record["objective"].items())
    return f"{record['encoder']}: log loss {record['loss']:.4f}{objective}, {record['seconds']:.1f} s"


def _too_long(task: VectorTask, encoder: VectorEncoderSettings, trials: Sequence[Trial], ends: float) -> str | None:
    if ends <= time.perf_counter():
        return "there is no time left"
    seconds = expected_seconds(task, encoder, trials)
    left = ends - time.perf_counter()
    return f"it would take about {seconds:.0f} s, and {max(left, 0):.0f} s are left" if seconds > left else None


def _tried(encoder: VectorEncoderSettings | None, logits: Logits, seconds: float, judge: Judge) -> Record:
    return {
        "stage": "search",
        "encoder": "blend" if encoder is None else describe(encoder),
        "loss": judge.log_loss(logits),
        "objective": judge.objective(logits),
        "seconds": round(seconds, 2),
        "kept": False,
    }


def _best(task: VectorTask, trials: Sequence[Trial], history: list[Record], judge: Judge) -> Found:
    done = [record for record in history if "skipped" not in record]
    best = min(range(len(trials)), key=lambda number: done[number]["loss"])
    blended = blend(task, trials)
    if len(blended.trials) > 1:
        history.append(_tried(None, blended.logits, sum(trial.seconds for trial in blended.trials), judge))
        logger.info("tried %s", said(history[-1]))
        if history[-1]["loss"] < done[best]["loss"]:
            weights = {
                describe(trial.encoder): weight for trial, weight in zip(blended.trials, blended.weights, strict=True)
            }
            marked = [{**record, "weight": weights.get(record["encoder"])} for record in history]
            marked[-1]["kept"] = True
            logger.info("taken: %s", " + ".join(f"{weight:.2f} {name}" for name, weight in weights.items()))
            return Found(blended, marked)
    done[best]["kept"] = True
    logger.info("taken: %s", done[best]["encoder"])
    return Found(trials[best], history)
