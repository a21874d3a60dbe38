"""A folder of scores that another tool's model gave: all that a run holds, but for the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from multihot.decisions import Decision
from multihot.errors import RunError
from multihot.labels import LabelSpace
from multihot.run.files import DECISION, EVALUATION, LABELS, METRICS, SCORES, read_json
from multihot.run.listed_run import ListedRun, load_run
from multihot.run.results import Results
from multihot.run.run import Run
from multihot.run.scores import Scores, read_scores


@dataclass(frozen=True)
class ScoreEvaluation(Results):
    """Scores of another tool's model, measured, with a decision that new scores can be given to.

    Args:
        folder: what `multihot evaluate --scores ... --out` wrote.
        space: the L labels.
        decision: logits to probabilities and label sets; probabilities that were given go in as their logits.
        about: what `evaluation.json` holds: `kind` of the scores, `scores` and `targets` (where they came from),
            `folds` (None where the decision was fitted on a validation part) and `multihot` (the version).
    """

    folder: Path
    space: LabelSpace
    decision: Decision
    about: Mapping[str, Any]

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read such a folder.

        Raises:
            RunError: it is none, is unfinished, or a file in it is damaged.
            LabelError: its files were made for different label orders.
        """
        folder = Path(folder)
        missing = [name for name in (EVALUATION, LABELS, DECISION, METRICS) if not (folder / name).is_file()]
        if missing:
            raise RunError(f"{folder}: not a folder of evaluated scores (it has no {missing[0]})")
        space = LabelSpace.load(folder / LABELS)
        decision = Decision.from_dict(read_json(folder / DECISION), space, str(folder / DECISION))
        return cls(folder, space, decision, read_json(folder / EVALUATION))

    def scores(self) -> Scores:
        """What was decided of the samples measured, from `scores.parquet`."""
        return read_scores(self.folder / SCORES, self.space)

    def history(self) -> list[dict[str, Any]]:
        """Empty: nothing was trained."""
        return []


def load_results(folder: str | Path) -> Run | ListedRun | ScoreEvaluation:
    """A run, or evaluated scores: whichever the folder holds."""
    return ScoreEvaluation.load(folder) if (Path(folder) / EVALUATION).is_file() else load_run(folder)
