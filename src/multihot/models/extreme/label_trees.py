"""Partitioned label trees by omikuji, whose model files stand inside the run directory.

Shapes: N samples, D features, L labels, K labels listed a sample.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TextIO

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logit

from multihot.data import Features
from multihot.errors import DataError, MissingExtraError, RunError
from multihot.labels import Targets
from multihot.models.extreme.ranked import Ranked
from multihot.models.extreme.rows import RowScaling
from multihot.models.extreme.settings import LabelTreesSettings
from multihot.progress import track

TREES = "trees"
MANY_LABELS = 100_000
"""From so many labels on, one tree is grown where the settings leave the number open: each takes gigabytes."""

_PROGRAM = Path(__file__).with_name("tree_training.py")
_LEAST = 1e-6
_FILLED = -15.0


@dataclass(frozen=True, eq=False)
class LabelTrees:
    """Trees of linear scorers that lead to the labels.

    Args:
        scaling: what is done to feature vectors first.
        frequent: labels from the most frequent one, which fill lists that the trees leave short.
        model: omikuji's.
        beam: how many branches of a tree are followed at each level.
    """

    scaling: RowScaling
    frequent: NDArray[np.int32]
    model: Any
    beam: int

    def rank(self, features: Features, count: int) -> Ranked:
        """The `count` best labels of each sample, by the logits of the trees' mean probabilities."""
        rows, count = self.scaling.apply(features), min(count, len(self.frequent))
        labels, scores = np.empty((len(features), count), np.int32), np.empty((len(features), count), np.float32)

        def best(row: int) -> list[tuple[int, float]]:
            inside = slice(*rows.indptr[row : row + 2])
            pairs = list(zip(rows.indices[inside].tolist(), rows.data[inside].tolist(), strict=True))
            found: list[tuple[int, float]] = self.model.predict(pairs, beam_size=self.beam, top_k=count)
            return found

        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            for row, found in enumerate(track(pool.map(best, range(len(features))), "ranking labels", len(features))):
                labels[row], scores[row] = self._filled(found, count)
        return Ranked(labels, scores)

    def _filled(self, found: list[tuple[int, float]], count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Labels and logits of a list; the most frequent labels follow where it is short, below all that was found."""
        labels = np.array([label for label, _ in found], np.int32)
        scores = logit(np.clip([chance for _, chance in found], _LEAST, 1 - _LEAST))
        more = self.frequent[~np.isin(self.frequent, labels)][: count - len(labels)]
        below = _FILLED - np.arange(len(more)) / 1000
        return np.concatenate([labels, more]), np.concatenate([scores, below]).astype(np.float32)

    def tensors(self) -> dict[str, torch.Tensor]:
        """What `model.safetensors` holds beside omikuji's files."""
        return self.scaling.tensors() | {
            "frequent": torch.from_numpy(self.frequent),
            "beam": torch.tensor(self.beam),
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, torch.Tensor], folder: Path, labels: int) -> Self:
        """The inverse of `tensors`, with the trees in `folder`; raises KeyError, ValueError or RuntimeError."""
        frequent = tensors["frequent"].numpy()
        if len(frequent) and not (frequent.min() >= 0 and frequent.max() < labels):
            raise ValueError(f"label {frequent.max()} of {labels}")
        return cls(RowScaling.from_tensors(tensors), frequent, load_trees(folder / TREES), int(tensors["beam"]))


def fit_label_trees(
    features: Features, targets: Targets, settings: LabelTreesSettings, folder: Path, threads: int = 1
) -> LabelTrees:
    """Grow trees and write them to `folder / "trees"`.

    Args:
        features: (N, D), of training samples; those without a label take no part.
        targets: (N, L), all known.
        settings: of the trees.
        folder: the run directory.
        threads: how many omikuji computes on.

    Raises:
        MissingExtraError: omikuji is not installed.
        DataError: a target is unknown, which trees would read as absent.
    """
    require_trees_for(targets)
    some = np.flatnonzero(np.diff(targets.present.indptr))
    scaling = RowScaling.learn(features, rare_weigh_more=settings.rare_weigh_more)
    rows, trees = scaling.apply(features.take(some)), folder / TREES
    shutil.rmtree(trees, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="multihot-") as scratch:
        data, part = Path(scratch) / "data.txt", Path(scratch) / TREES
        write_rows(data, rows, targets.present[some])
        _train(data, part, settings, targets.shape[1], threads)
        shutil.move(part, trees)
    frequent = np.argsort(-targets.positives(), kind="stable")[: 2 * settings.listed].astype(np.int32)
    return LabelTrees(scaling, frequent, load_trees(trees), settings.beam)


def _train(data: Path, folder: Path, settings: LabelTreesSettings, labels: int, threads: int) -> None:
    trees = settings.trees or (1 if labels >= MANY_LABELS else 3)
    hyper = {"n_trees": trees, "linear_c": settings.c, "linear_weight_threshold": settings.prune}
    command = [sys.executable, str(_PROGRAM), str(data), str(folder), json.dumps(hyper), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    if done.returncode:
        raise RunError(f"omikuji stopped with status {done.returncode}: {' '.join(done.stderr.split())[-300:]}")


def write_rows(path: Path, rows: sparse.csr_array, present: sparse.csr_array) -> None:
    """Extreme classification text."""
    with path.open("w", encoding="ascii") as file:
        file.write(f"{rows.shape[0]} {rows.shape[1]} {present.shape[1]}\n")
        for row in range(rows.shape[0]):
            inside, own = slice(*rows.indptr[row : row + 2]), slice(*present.indptr[row : row + 2])
            pairs = zip(rows.indices[inside].tolist(), rows.data[inside].tolist(), strict=True)
            features = " ".join(f"{feature}:{value:.6g}" for feature, value in pairs)
            file.write(f"{','.join(map(str, present.indices[own].tolist()))} {features}\n")


def load_trees(folder: Path) -> Any:
    """Omikuji's model, as it wrote it (JSON and CBOR: data, nothing that is executed)."""
    omikuji = require_omikuji()
    with _kept_quiet():
        model = omikuji.Model.load(str(folder))
    model.init_prediction_thread_pool(1)  # samples are ranked side by side, and each by one thread
    return model


def require_trees_for(targets: Targets) -> None:
    """Raise where label trees cannot be grown: without omikuji, or where targets are unknown."""
    require_omikuji()
    if targets.unknown.nnz:
        raise DataError(
            f"{targets.unknown.nnz:,} targets are unknown, and label trees would read them as absent; "
            "take --encoder one_vs_rest, which leaves them out"
        )


def require_omikuji() -> Any:
    """The library, or a `MissingExtraError`."""
    try:
        with _kept_quiet():
            import omikuji
    except ImportError as error:
        raise MissingExtraError("growing label trees", "extreme") from error
    return omikuji


@contextmanager
def _kept_quiet() -> Iterator[None]:
    """What a library writes to standard output past Python goes nowhere."""
    stream: TextIO
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
