"""What of a run leaves this machine."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from multihot.hub.card import CARD, model_card
from multihot.hub.places import recipe_without_places, without_places
from multihot.report import write_report
from multihot.run import (
    DECISION,
    FEATURES,
    HISTORY,
    LABELS,
    METRICS,
    PLOTS,
    RECIPE,
    REPORT,
    SCORES,
    SPLIT,
    WEIGHTS,
    ListedRun,
    Run,
    write_recipe,
    write_text,
)

ALWAYS = (LABELS, FEATURES, DECISION, METRICS, HISTORY)
OF_SAMPLES = (SPLIT, SCORES, REPORT)
"""What names the run's own samples, or says what is true of them."""

_PLOT = re.compile(rf"{PLOTS}/[\w-]+\.png")

ALL = (CARD, RECIPE, WEIGHTS, *ALWAYS, *OF_SAMPLES)


def is_ours(file: str) -> bool:
    """Whether a file of a repository is one that a run has.

    >>> is_ours("decision.json"), is_ours("plots/training.png"), is_ours("train.py"), is_ours("plots/../train.py")
    (True, True, False, False)
    """
    return file in ALL or _PLOT.fullmatch(file) is not None


def shown_files(run: Run | ListedRun, name: str, folder: Path, with_scores: bool) -> dict[str, Path]:
    """The files that a repository gets, by their paths in it.

    Args:
        run: a finished run.
        name: OWNER/NAME of the repository.
        folder: an empty one, for the files that differ from the run's own.
        with_scores: whether ids, targets and scores of the run's samples are among them.
    """
    shown = replace(run, folder=folder, recipe=recipe_without_places(run.recipe))
    write_recipe(folder / RECIPE, shown.recipe)
    for file in ALWAYS:
        if (run.folder / file).is_file():
            shutil.copyfile(run.folder / file, folder / file)
    if with_scores:
        pq.write_table(_without_paths(run.split(), run.recipe.provenance.get("source", "")), folder / SPLIT)
        shutil.copyfile(run.folder / SCORES, folder / SCORES)
        write_report(shown)
    elif (run.folder / PLOTS).is_dir():
        shutil.copytree(run.folder / PLOTS, folder / PLOTS)
    plots = sorted(f"{PLOTS}/{path.name}" for path in (folder / PLOTS).glob("*.png"))
    write_text(folder / CARD, model_card(run, name, plots))
    own = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    return {file: path for file, path in own.items() if is_ours(file)} | {WEIGHTS: run.folder / WEIGHTS}


def _without_paths(split: pa.Table, source: str) -> pa.Table:
    """Where each sample went, but not where its file lies nor what is in it."""
    for name in ("path", "content"):
        at = split.schema.get_field_index(name)
        split = split.set_column(at, name, pa.nulls(len(split), split.schema.field(at).type))
    at = split.schema.get_field_index("reason")
    reasons = [None if reason is None else without_places(reason, source) for reason in split["reason"].to_pylist()]
    split = split.set_column(at, "reason", pa.array(reasons, pa.string()))
    metadata = dict(split.schema.metadata or {})
    notes = [without_places(str(note), source) for note in json.loads(metadata.get(b"notes", b"[]"))]
    return split.replace_schema_metadata(metadata | {b"notes": json.dumps(notes).encode()})
