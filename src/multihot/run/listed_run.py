"""A run on a large label set, whose model lists each sample's best labels.

Shapes: N samples, L labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from multihot import metrics
from multihot.data import Features, FeatureSpace
from multihot.decisions import ListDecision
from multihot.errors import DataError, RunError, one_line
from multihot.labels import LabelSet, LabelSpace
from multihot.models import RuntimeName
from multihot.models.extreme import LabelTrees, LabelTreesSettings, OneVsRest, Ranked
from multihot.recipe import Recipe
from multihot.run.files import (
    DECISION,
    FEATURES,
    LABELS,
    RECIPE,
    SCORES,
    WEIGHTS,
    read_features,
    read_json,
    read_weights,
    require_finished,
)
from multihot.run.listed_scores import ListedScores, read_listed_scores
from multihot.run.results import Results
from multihot.run.run import Run

BLOCK = 4096


@dataclass(frozen=True, eq=False)
class ListedRun(Results):
    """A trained scorer of a large label set with its label space and its decision.

    Args:
        folder: the run directory.
        recipe: what it was trained by.
        space: the L labels.
        scorer: feature vectors to lists of labels.
        decision: lists to probabilities and label sets.
        features: the features that it takes.
        positives: (L,) how many training samples have each label.
        trained_on: how many training samples there were.
    """

    folder: Path
    recipe: Recipe
    space: LabelSpace
    scorer: OneVsRest | LabelTrees
    decision: ListDecision
    features: FeatureSpace
    positives: NDArray[np.int64]
    trained_on: int

    @classmethod
    def load(cls, folder: str | Path) -> "ListedRun":
        """Read a run directory; nothing in it is executed.

        Raises:
            RunError: it is none, is unfinished, or a file in it is damaged.
            LabelError: its files were made for different label orders.
            MissingExtraError: it has label trees, and omikuji is not installed.
        """
        folder = Path(folder)
        require_finished(folder)
        recipe, space = Recipe.load(folder / RECIPE), LabelSpace.load(folder / LABELS)
        features = read_features(folder / FEATURES)
        decision = ListDecision.from_dict(read_json(folder / DECISION), space, str(folder / DECISION))

        def build(tensors: dict[str, torch.Tensor]) -> "ListedRun":
            kind = LabelTrees if isinstance(recipe.listing_encoder, LabelTreesSettings) else OneVsRest
            scorer = kind.from_tensors(tensors, folder, len(space))
            positives, trained_on = tensors["train.positives"].numpy(), int(tensors["train.samples"])
            return cls(folder, recipe, space, scorer, decision, features, positives, trained_on)

        try:
            return read_weights(folder / WEIGHTS, space, build)
        except (KeyError, ValueError) as error:
            raise RunError(f"{folder / WEIGHTS}: cannot be read: {one_line(error)}") from error

    def write_weights(self) -> None:
        """Write `model.safetensors`."""
        tensors = self.scorer.tensors() | {
            "train.positives": torch.from_numpy(self.positives),
            "train.samples": torch.tensor(self.trained_on),
        }
        part = self.folder / f".{WEIGHTS}.part"
        save_file(tensors, part, metadata={"order_hash": self.space.order_hash})
        part.replace(self.folder / WEIGHTS)

    @cached_property
    def propensities(self) -> NDArray[np.float64] | None:
        """(L,) for propensity-scored figures, of the training samples; None with fewer than three of these."""
        return metrics.propensities(self.positives, self.trained_on) if self.trained_on > 2 else None

    def scores(self) -> ListedScores:
        """Validation and test scores, from `scores.parquet`."""
        return read_listed_scores(self.folder / SCORES, self.space)

    def rank(self, features: Features) -> Ranked:
        """Lists of feature vectors, which get the run's features first; a `DataError` where they lack one."""
        return self.scorer.rank(features.aligned(self.features), self.recipe.listing_encoder.listed)

    def predict(self, inputs: str | Path | Sequence[str | Path] | NDArray[Any] | Features) -> list[LabelSet]:
        """Label sets of feature vectors (N, D), named by their number; a `DataError` for anything else."""
        if not isinstance(inputs, Features | np.ndarray):
            raise DataError(f"{self.folder}: takes feature vectors; files of them are read by `multihot predict`")
        features = inputs if isinstance(inputs, Features) else Features(np.asarray(inputs, np.float64))
        return list(self.label_sets([str(row) for row in range(len(features))], features))

    def label_sets(self, ids: Sequence[str], features: Features) -> Iterator[LabelSet]:
        """Label sets one by one, the best label first, with the probabilities of the labels listed.

        Raises:
            DataError: the vectors lack a feature.
        """
        for start in range(0, len(ids), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(ids)))
            ranked = self.rank(features.take(rows))
            probabilities = self.decision.probabilities(ranked.scores)
            decided = self.decision.decide(probabilities)
            for place, row in enumerate(rows.tolist()):
                names = [self.space.names[label] for label in ranked.labels[place]]
                given = tuple(name for name, is_in in zip(names, decided[place], strict=True) if is_in)
                yield LabelSet(ids[row], given, dict(zip(names, probabilities[place].tolist(), strict=True)))


def load_run(folder: str | Path, runtime: RuntimeName = "auto") -> Run | ListedRun:
    """A run of either kind; `runtime` is what computes the features of pictures."""
    path = Path(folder) / RECIPE
    return ListedRun.load(folder) if path.is_file() and Recipe.load(path).lists_labels else Run.load(folder, runtime)
