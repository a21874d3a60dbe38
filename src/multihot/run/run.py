"""A run in memory: what training returns, and `Run.load` reads.

Shapes: N samples, L labels.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from multihot.data import ImageArrays, ImageFiles, Images
from multihot.data.loading import load
from multihot.decisions import Decision
from multihot.labels import LabelSet, LabelSpace
from multihot.models import Classifier, build_classifier, choose_device
from multihot.models.encode import infer_batches
from multihot.recipe import Recipe
from multihot.run.files import (
    DECISION,
    LABELS,
    RECIPE,
    WEIGHTS,
    read_json,
    read_weights,
    require_finished,
)
from multihot.run.results import Results


@dataclass(frozen=True)
class Run(Results):
    """A trained classifier with its label space and its decision.

    Args:
        folder: the run directory.
        recipe: what it was trained by, with every choice made.
        space: the L labels.
        classifier: pictures to logits, in evaluation mode.
        decision: logits to probabilities and label sets.
    """

    folder: Path
    recipe: Recipe
    space: LabelSpace
    classifier: Classifier
    decision: Decision

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a run directory; nothing in it is executed.

        Raises:
            RunError: it is none, is unfinished, or a file in it is damaged.
            LabelError: its files were made for different label orders.
        """
        folder = Path(folder)
        require_finished(folder)
        recipe = Recipe.load(folder / RECIPE)
        space = LabelSpace.load(folder / LABELS)
        classifier = build_classifier(recipe.encoder, recipe.head, len(space), load_weights=False)
        read_weights(folder / WEIGHTS, classifier, space)
        classifier.to(choose_device("auto"))
        values = read_json(folder / DECISION)
        return cls(folder, recipe, space, classifier, Decision.from_dict(values, space, str(folder / DECISION)))

    def predict(self, inputs: str | Path | Sequence[str | Path] | NDArray[np.uint8]) -> list[LabelSet]:
        """Label sets of picture files, or of pictures (N, H, W), (N, H, W, 1 or 3) uint8; in their order.

        One path alone is a list of one. A picture that cannot be read has its reason in `error`.
        """
        if isinstance(inputs, str | Path):
            inputs = [inputs]
        if isinstance(inputs, np.ndarray):
            ids: Sequence[str] = [str(row) for row in range(len(inputs))]
            return list(self.predict_images(ids, ImageArrays(inputs)))
        return list(self.predict_images([str(path) for path in inputs], ImageFiles([Path(path) for path in inputs])))

    def predict_images(self, ids: Sequence[str], images: Images, batch_size: int = 16) -> Iterator[LabelSet]:
        """Label sets one by one, as batches of pictures are done."""
        loaded = load(images, range(len(images)), self.classifier.encoder.spec.size)
        for batch, logits in infer_batches(self.classifier, loaded, batch_size):
            names = [ids[picture.row] for picture in batch]
            yield from self._label_sets(names, [picture.error for picture in batch], logits)

    def _label_sets(
        self, ids: Iterable[str], errors: Sequence[str | None], logits: NDArray[np.float32]
    ) -> Iterator[LabelSet]:
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
