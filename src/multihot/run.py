"""The run directory: what training leaves behind and all others read.

Shapes: N samples, L labels.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from multihot.data import ImageArrays, ImageFiles, Images, Samples
from multihot.data.loading import load
from multihot.decisions import Decision
from multihot.errors import RunError
from multihot.labels import LabelSet, LabelSpace
from multihot.models import Classifier, build_classifier, choose_device
from multihot.models.encode import infer_batches
from multihot.recipe import Recipe

RECIPE = "recipe.yaml"
LABELS = "labels.json"
WEIGHTS = "model.safetensors"
DECISION = "decision.json"
SPLIT = "split.parquet"
HISTORY = "history.jsonl"
METRICS = "metrics.json"
SCORES = "scores.parquet"
REPORT = "report.html"
PLOTS = "plots"
CHECKPOINTS = "checkpoints"


@dataclass(frozen=True)
class Scores:
    """What a run says of labelled samples that its weights were not fitted on.

    Args:
        ids: N names.
        parts: N times "validation" or "test".
        targets: (N, L) 1 present, 0 absent, NaN unknown.
        logits: (N, L).
        probabilities: (N, L) calibrated.
        decided: (N, L) booleans.
    """

    ids: tuple[str, ...]
    parts: tuple[str, ...]
    targets: NDArray[np.float32]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    decided: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, name: str) -> Self:
        """Those of one part."""
        rows = np.flatnonzero(np.array(self.parts, dtype=object) == name)
        return type(self)(
            tuple(self.ids[row] for row in rows),
            tuple(self.parts[row] for row in rows),
            self.targets[rows],
            self.logits[rows],
            self.probabilities[rows],
            self.decided[rows],
        )


@dataclass(frozen=True)
class Run:
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

    def predict(self, inputs: Sequence[str | Path] | NDArray[np.uint8]) -> list[LabelSet]:
        """Label sets of picture files, or of pictures (N, H, W), (N, H, W, 1 or 3) uint8; in their order.

        A picture that cannot be read has its reason in `error`.
        """
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

    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` holds: per part, each figure with its 95 % interval."""
        return read_json(self.folder / METRICS)

    def history(self) -> list[dict[str, Any]]:
        """What `history.jsonl` holds: one record an epoch, or a strength of regularisation tried."""
        text = (self.folder / HISTORY).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def scores(self) -> Scores:
        """Validation and test scores, from `scores.parquet`."""
        return read_scores(self.folder / SCORES, self.space)

    def split(self) -> pa.Table:
        """Columns `id`, `part` ("set aside" too), `reason`, `path` and `content` (hash), from `split.parquet`."""
        return pq.read_table(self.folder / SPLIT)


def require_finished(folder: Path) -> None:
    """Raise a `RunError` unless the folder is a finished run."""
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run directory")
    if not (folder / RECIPE).is_file():
        raise RunError(f"{folder}: not a run directory (it has no {RECIPE}); make one with `multihot train`")
    missing = [name for name in (LABELS, WEIGHTS, DECISION, METRICS) if not (folder / name).is_file()]
    if missing:
        raise RunError(
            f"{folder}: training did not finish ({missing[0]} is missing); go on with `multihot train ... --resume`"
        )


def free_name(path: Path) -> Path:
    """The path itself, or with the first number from 2 that makes it new: `runs/clothes-2`."""
    number = 2
    free = path
    while free.exists():
        free = path.with_name(f"{path.name}-{number}")
        number += 1
    return free


def write_text(path: Path, text: str) -> None:
    """Write a file beside its place and move it there: readers see the old or the new one, never a part."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def write_json(path: Path, values: Any) -> None:
    """Write JSON, readable and in one move."""
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_recipe(path: Path, recipe: Recipe) -> None:
    """Write a recipe as YAML."""
    write_text(path, yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; a `RunError` names a file that is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise RunError(f"{path}: expected a JSON object, got {type(values).__name__}")
    return values


def write_weights(path: Path, classifier: Classifier, space: LabelSpace) -> None:
    """Weights as safetensors; the metadata holds the hash of the label order."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in classifier.state_dict().items()}
    part = path.with_name(f".{path.name}.part")
    save_file(tensors, part, metadata={"order_hash": space.order_hash})
    part.replace(path)


def read_weights(path: Path, classifier: Classifier, space: LabelSpace) -> None:
    """Fill a classifier; raises where label order or shapes differ."""
    try:
        with safe_open(path, framework="pt") as file:
            space.require_order((file.metadata() or {}).get("order_hash"), str(path))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        classifier.load_state_dict(tensors)
    except (SafetensorError, OSError, RuntimeError) as error:
        raise RunError(f"{path}: weights cannot be read: {' '.join(str(error).split())}") from error
    classifier.eval()


def write_split(path: Path, samples: Samples, parts: Sequence[str], contents: Sequence[str]) -> None:
    """One row a sample: id, part, reason (of those set aside), path and content hash."""
    paths: list[str | None] = [None] * len(samples)
    if isinstance(samples.images, ImageFiles):
        paths = [str(path.resolve()) for path in samples.images.paths]
    aside = len(samples.set_aside)
    table = pa.table(
        {
            "id": [*samples.ids, *(sample.id for sample in samples.set_aside)],
            "part": [*parts, *["set aside"] * aside],
            "reason": pa.array([*[None] * len(samples), *(sample.reason for sample in samples.set_aside)], pa.string()),
            "path": pa.array([*paths, *[None] * aside], pa.string()),
            "content": pa.array([*contents, *[None] * aside], pa.string()),
        }
    )
    _write_table(path, table)


def write_scores(path: Path, scores: Scores, space: LabelSpace) -> None:
    """One row a sample; targets, logits, probabilities and decided as lists in label order."""

    def column(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
        flat = pa.array(values.reshape(-1), kind, from_pandas=True)
        return pa.FixedSizeListArray.from_arrays(flat, len(space)) if len(space) else pa.nulls(len(values))

    table = pa.table(
        {
            "id": pa.array(scores.ids, pa.string()),
            "part": pa.array(scores.parts, pa.string()),
            "targets": column(scores.targets, pa.float32()),
            "logits": column(scores.logits, pa.float32()),
            "probabilities": column(scores.probabilities, pa.float32()),
            "decided": column(scores.decided, pa.bool_()),
        }
    )
    _write_table(
        path, table.replace_schema_metadata({"labels": json.dumps(space.names), "order_hash": space.order_hash})
    )


def read_scores(path: Path, space: LabelSpace) -> Scores:
    """The inverse of `write_scores`; raises where the label order differs."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise RunError(f"{path}: cannot be read: {error}") from error
    metadata = table.schema.metadata or {}
    space.require_order(metadata.get(b"order_hash", b"").decode(), str(path))

    def matrix(name: str) -> NDArray[np.float32]:
        flat = table[name].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat, dtype=np.float32).reshape(len(table), len(space))

    return Scores(
        tuple(table["id"].to_pylist()),
        tuple(table["part"].to_pylist()),
        matrix("targets"),
        matrix("logits"),
        matrix("probabilities"),
        matrix("decided").astype(bool),
    )


def _write_table(path: Path, table: pa.Table) -> None:
    part = path.with_name(f".{path.name}.part")
    pq.write_table(table, part)
    part.replace(path)
