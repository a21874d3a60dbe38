"""A run in memory: what training returns, and `Run.load` reads.

Shapes: N samples, L labels.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from multihot.data import Features, FeatureSpace, ImageArrays, ImageFiles, Images
from multihot.decisions import Decision
from multihot.errors import RunError
from multihot.labels import LabelSet, LabelSpace
from multihot.models import (
    AnyClassifier,
    Classifier,
    Forward,
    RuntimeName,
    Scored,
    build_classifier,
    choose_device,
    load_vector_model,
    score_samples,
)
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
from multihot.run.results import Results
from multihot.run.scores import Scores, read_scores


@dataclass(frozen=True)
class Run(Results):
    """A trained classifier with its label space and its decision.

    Args:
        folder: the run directory.
        recipe: what it was trained by, with every choice made.
        space: the L labels.
        classifier: pictures or feature vectors to logits, in evaluation mode.
        decision: logits to probabilities and label sets.
        features: the features that it takes; None where it takes pictures.
        runtime: what computes the features of pictures.
    """

    folder: Path
    recipe: Recipe
    space: LabelSpace
    classifier: AnyClassifier
    decision: Decision
    features: FeatureSpace | None = None
    runtime: RuntimeName = "auto"

    @classmethod
    def load(cls, folder: str | Path, runtime: RuntimeName = "auto") -> Self:
        """Read a run directory; nothing in it is executed.

        Args:
            folder: the run directory.
            runtime: what computes the features of pictures; the recipe's was for the machine that trained.

        Raises:
            RunError: it is none, is unfinished, or a file in it is damaged.
            LabelError: its files were made for different label orders.
        """
        folder = Path(folder)
        require_finished(folder)
        recipe = Recipe.load(folder / RECIPE)
        if recipe.lists_labels:
            raise RunError(f"{folder}: its model lists the best labels, and this needs a score for every label")
        space = LabelSpace.load(folder / LABELS)
        features = read_features(folder / FEATURES) if (folder / FEATURES).is_file() else None
        if features is not None and runtime not in ("auto", "torch"):
            raise RunError(
                f"{folder}: runtime {runtime} is for encoders of pictures, and the run takes feature vectors"
            )
        classifier = read_weights(folder / WEIGHTS, space, lambda tensors: _build(recipe, space, features, tensors))
        classifier.eval().to(choose_device("auto"))
        values = read_json(folder / DECISION)
        decision = Decision.from_dict(values, space, str(folder / DECISION))
        return cls(folder, recipe, space, classifier, decision, features, runtime)

    def predict(self, inputs: str | Path | Sequence[str | Path] | NDArray[Any] | Features) -> list[LabelSet]:
        """Label sets of picture files or pictures, or of feature vectors; in their order.

        Args:
            inputs: paths (one alone is a list of one), pictures (N, H, W), (N, H, W, 1 or 3) uint8, or feature vectors
                (N, D), for a run that takes these.

        A picture that cannot be read has its reason in `error`.
        """
        if isinstance(inputs, str | Path):
            inputs = [inputs]
        if isinstance(inputs, Features) or (isinstance(inputs, np.ndarray) and self.features is not None):
            vectors = inputs if isinstance(inputs, Features) else Features(np.asarray(inputs, dtype=np.float64))
            return list(self.label_sets([str(row) for row in range(len(vectors))], vectors))
        if isinstance(inputs, np.ndarray):
            return list(self.label_sets([str(row) for row in range(len(inputs))], ImageArrays(inputs)))
        return list(self.label_sets([str(path) for path in inputs], ImageFiles([Path(path) for path in inputs])))

    def label_sets(self, ids: Sequence[str], inputs: Images | Features) -> Iterator[LabelSet]:
        """Label sets one by one, as batches are done; feature vectors get the run's features first."""
        start = 0
        for scored in self.score(inputs):
            yield from self.sets_of(ids[start : start + len(scored.errors)], scored.errors, scored.logits)
            start += len(scored.errors)

    def score(self, inputs: Images | Features) -> Iterator[Scored]:
        """Logits, batch by batch; feature vectors get the run's features first.

        Raises:
            DataError: pictures where the run takes vectors, vectors where it takes pictures, or other features.
        """
        if isinstance(inputs, Features) and self.features is not None:
            inputs = inputs.aligned(self.features)
        return score_samples(self.classifier, inputs, self.forward)

    @cached_property
    def forward(self) -> Forward | None:
        """The encoder of pictures, by what runs it fastest here; None for a run on feature vectors."""
        return Forward(self.classifier.encoder, self.runtime) if isinstance(self.classifier, Classifier) else None

    def sets_of(
        self, ids: Iterable[str], errors: Sequence[str | None], logits: NDArray[np.float32]
    ) -> Iterator[LabelSet]:
        """Label sets of logits (N, L); a sample with an error has none."""
        good = [row for row, error in enumerate(errors) if error is None]
        probabilities = self.decision.probabilities(logits[good]) if good else logits[good]
        decided = self.decision.decide(probabilities) if good else logits[good]
        position = {row: index for index, row in enumerate(good)}
        for row, (name, error) in enumerate(zip(ids, errors, strict=True)):
            if error is not None:
                yield LabelSet(name, error=error)
                continue
            values = probabilities[position[row]]
            labels = tuple(label for label, is_in in zip(self.space, decided[position[row]], strict=True) if is_in)
            yield LabelSet(name, labels, dict(zip(self.space, values.tolist(), strict=True)))

    def scores(self) -> Scores:
        """Validation and test scores, from `scores.parquet`."""
        return read_scores(self.folder / SCORES, self.space)


def _build(
    recipe: Recipe, space: LabelSpace, features: FeatureSpace | None, tensors: dict[str, Tensor]
) -> AnyClassifier:
    if features is None:
        classifier = build_classifier(recipe.picture_encoder, recipe.head, len(space), load_weights=False)
        classifier.load_state_dict(tensors)
        return classifier
    return load_vector_model(recipe.fitted_vector_encoder, recipe.head, features.width, len(space), tensors)
