"""After training: decide, measure, and write the run.

Shapes: n samples held out, L labels.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multihot.data import Samples
from multihot.data.split import Part
from multihot.progress import logger
from multihot.run import (
    DECISION,
    FEATURES,
    HISTORY,
    LABELS,
    METRICS,
    SCORES,
    WEIGHTS,
    Run,
    Scores,
    write_json,
    write_scores,
    write_text,
    write_weights,
)

HELD_OUT: tuple[Part, ...] = ("validation", "test")


class HeldOut(NamedTuple):
    """Samples that a classifier has not seen: their rows, and its logits (n, L)."""

    rows: NDArray[np.intp]
    logits: NDArray[np.float32]


def finish(run: Run, samples: Samples, held_out: Mapping[Part, HeldOut], history: Sequence[dict[str, Any]]) -> Run:
    """Decide and measure what was held out, and write the run.

    `metrics.json` is written last: where it is, the run is finished.
    """
    folder, space = run.folder, run.space
    for note in run.decision.notes:
        logger.info("decision: %s", note)
    rows = np.concatenate([held_out[part].rows for part in HELD_OUT])
    scores = Scores.of(
        run.decision,
        ids=[samples.ids[row] for row in rows],
        parts=[part for part in HELD_OUT for _ in held_out[part].rows],
        targets=samples.targets.take(rows).dense(),
        logits=np.concatenate([held_out[part].logits for part in HELD_OUT]),
    )
    write_json(folder / LABELS, space.to_dict())
    if run.features is not None:
        write_json(folder / FEATURES, run.features.to_dict())
    write_weights(folder / WEIGHTS, run.classifier, space)
    write_json(folder / DECISION, run.decision.to_dict())
    write_text(folder / HISTORY, "".join(json.dumps(record) + "\n" for record in history))
    write_scores(folder / SCORES, scores, space)
    write_json(folder / METRICS, {part: scores.part(part).report(space.names).to_dict() for part in HELD_OUT})
    return run
