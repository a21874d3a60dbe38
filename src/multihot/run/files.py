"""The files of a run directory: their names, and writing each in one move."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from multihot.data import FeatureSpace, ImageFiles, Samples
from multihot.errors import RunError, one_line
from multihot.labels import LabelSpace
from multihot.models import AnyClassifier
from multihot.recipe import Recipe

Loaded = TypeVar("Loaded")

RECIPE = "recipe.yaml"
EVALUATION = "evaluation.json"
LABELS = "labels.json"
FEATURES = "features.json"
WEIGHTS = "model.safetensors"
DECISION = "decision.json"
SPLIT = "split.parquet"
HISTORY = "history.jsonl"
METRICS = "metrics.json"
SCORES = "scores.parquet"
REPORT = "report.html"
PLOTS = "plots"
CHECKPOINTS = "checkpoints"


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


def require_own_samples(path: Path) -> None:
    """Raise a `RunError` where a run is without a file about the samples that it was trained and tested on."""
    if not path.is_file():
        raise RunError(
            f"{path.parent}: has no {path.name}, which is about the samples that the run was made from; a run that was "
            "pushed without --with-scores predicts and can be evaluated, for the rest take the original"
        )


def free_name(path: Path) -> Path:
    """The path itself, or with the first number from 2 that makes it new: `runs/clothes-2`."""
    number = 2
    free = path
    while free.exists():
        free = path.with_name(f"{path.name}-{number}")
        number += 1
    return free


def named_after(source: str, otherwise: str) -> str:
    """The name for what is made of a source: a folder's own, a file's without its ending.

    >>> named_after("data/photos.csv", "run"), named_after("", "run")
    ('photos', 'run')
    """
    path = Path(source)
    return (path.name if path.is_dir() else path.stem) or otherwise


def write_text(path: Path, text: str) -> None:
    """Write a file beside its place and move it there: readers see the old or the new one, never a part."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def write_json(path: Path, values: Any) -> None:
    """Write JSON, readable and in one move."""
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; a `RunError` names a file that is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise RunError(f"{path}: expected a JSON object, got {type(values).__name__}")
    return values


def read_features(path: Path) -> FeatureSpace:
    """Read which features a run takes; a `RunError` names a file that does not say so."""
    values = read_json(path)
    try:
        return FeatureSpace.from_dict(values)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path}: expected a width and names of features, got {sorted(values)}") from error


def write_table(path: Path, table: pa.Table) -> None:
    """Write Parquet in one move."""
    part = path.with_name(f".{path.name}.part")
    pq.write_table(table, part)
    part.replace(path)


def write_recipe(path: Path, recipe: Recipe) -> None:
    """Write a recipe as YAML."""
    write_text(path, yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True))


def write_weights(path: Path, classifier: AnyClassifier, space: LabelSpace) -> None:
    """Weights as safetensors; the metadata holds the hash of the label order."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in classifier.state_dict().items()}
    part = path.with_name(f".{path.name}.part")
    save_file(tensors, part, metadata={"order_hash": space.order_hash})
    part.replace(path)


def read_weights(path: Path, space: LabelSpace, into: Callable[[dict[str, Tensor]], Loaded]) -> Loaded:
    """Give the tensors to what takes them; raises where label order or shapes differ."""
    try:
        with safe_open(path, framework="pt") as file:
            space.require_order((file.metadata() or {}).get("order_hash"), str(path))
            return into({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (SafetensorError, OSError, RuntimeError) as error:
        raise RunError(f"{path}: weights cannot be read: {one_line(error)}") from error


def write_split(
    path: Path, samples: Samples, parts: Sequence[str], contents: Sequence[str | None], notes: Sequence[str] = ()
) -> None:
    """One row a sample: id, part, reason (of those set aside), path and content hash; notes in the metadata."""
    paths: list[str | None] = [None] * len(samples)
    if isinstance(samples.inputs, ImageFiles):
        paths = [*samples.inputs.absolute()]
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
    write_table(path, table.replace_schema_metadata({"notes": json.dumps(list(notes), ensure_ascii=False)}))
