"""One run, or one exported file, being served under a name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow.parquet as pq

from multihot.data import FeatureSpace
from multihot.errors import RunError
from multihot.explain import can_explain
from multihot.labels import LabelSpace, Relations
from multihot.models import Classifier
from multihot.onnx import Predictor
from multihot.run import REPORT, SCORES, Run, Scores
from multihot.serve.choices import Choices, exported_decision
from multihot.serve.explainer import Explainer
from multihot.serve.model import Model, ServedFile, ServedPictures, ServedVectors, ServedVectorsFile
from multihot.serve.rows import columns_of
from multihot.serve.settings import ServeSettings
from multihot.serve.worker import Worker

Kind = Literal["pictures", "features"]
MOST_CELLS = 50_000_000
"""Validation samples times labels; with more, what a threshold gives is not shown: they would fill the memory."""


@dataclass(frozen=True)
class Service:
    """A model at work.

    Args:
        name: under which it is asked for.
        kind: what it takes.
        space: its labels.
        features: those that it takes; None where it takes pictures.
        choices: the decisions that may be made.
        about: what it was made by, and how good it is.
        report: its report page; None where there is none.
        worker: judges what is sent.
        explainer: makes heat maps; None where there are none.
    """

    name: str
    kind: Kind
    space: LabelSpace
    features: FeatureSpace | None
    choices: Choices
    about: dict[str, Any]
    report: bytes | None
    worker: Worker
    explainer: Explainer | None

    @classmethod
    def load(cls, name: str, path: Path, settings: ServeSettings, observe: Callable[[int, float], None]) -> Self:
        """Load what is at a path.

        Args:
            name: to serve it under.
            path: a run directory, or an .onnx file that `multihot export` wrote.
            settings: limits and batches.
            observe: told of each batch: its size, and its seconds.
        """
        parts = _of_file(path, settings) if path.suffix == ".onnx" else _of_run(path, settings)
        # Pictures go through a file one by one: more than one would only wait, at its own size, for the others.
        size = 1 if isinstance(parts.model, ServedFile) else settings.batch_size
        worker = Worker(parts.model, size, settings.batch_wait, observe)
        kind: Kind = "pictures" if parts.features is None else "features"
        texts = (parts.choices, parts.about, parts.report)
        return cls(name, kind, parts.space, parts.features, *texts, worker, parts.explainer)

    def close(self) -> None:
        """Finish what was submitted, then end."""
        self.worker.close()
        if self.explainer is not None:
            self.explainer.close()

    @property
    def columns(self) -> list[str] | None:
        """What a row of features may name; empty where they have no names, None for pictures."""
        return None if self.features is None else columns_of(self.features)


@dataclass(frozen=True)
class _Parts:
    model: Model
    space: LabelSpace
    choices: Choices
    about: dict[str, Any]
    features: FeatureSpace | None = None
    report: bytes | None = None
    explainer: Explainer | None = None


def _of_run(path: Path, settings: ServeSettings) -> _Parts:
    run = Run.load(path)
    recipe = run.recipe.model_dump(mode="json")
    recipe["provenance"].pop("source", None)  # where it lies is nobody's business
    about = {"recipe": recipe, "metrics": run.metrics()}
    report = (path / REPORT).read_bytes() if (path / REPORT).is_file() else None
    choices = Choices(run.decision, _validation(run))
    if isinstance(run.classifier, Classifier):
        model: Model = ServedPictures(run.classifier, run.decision, settings)
        explainer = Explainer(run.classifier, settings.max_pixels) if can_explain(run.classifier) else None
        return _Parts(model, run.space, choices, about, report=report, explainer=explainer)
    if run.features is None:
        raise RunError(f"{path}: features.json is missing")
    model = ServedVectors(run.classifier, run.decision, run.features)
    return _Parts(model, run.space, choices, about, run.features, report)


def _validation(run: Run) -> Scores | None:
    path = run.folder / SCORES
    if not path.is_file() or pq.read_metadata(path).num_rows * len(run.space) > MOST_CELLS:
        return None
    scores = run.scores().part("validation")
    return scores if len(scores) else None


def _of_file(path: Path, settings: ServeSettings) -> _Parts:
    predictor = Predictor(path)
    description = predictor.description
    about = {
        "encoder": description.encoder,
        "head": description.head,
        "precision": description.precision,
        "licence": description.licence,
        "relations_left_out": list(description.relations_left_out),
    }
    space = LabelSpace(description.labels, Relations.from_dict(description.relations, str(path)))
    choices = Choices(exported_decision(description, space), None)
    if description.takes == "pixels":
        return _Parts(ServedFile(predictor, settings.max_pixels), space, choices, about)
    features = FeatureSpace(description.size, description.features)
    return _Parts(ServedVectorsFile(predictor, features), space, choices, about, features)
