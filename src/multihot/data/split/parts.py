"""Train, validation and test: declared by the source where it declares them, else stratified.

Shapes: N samples, L labels.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from multihot.data.split.blocks import tie
from multihot.data.split.iterative import stratify
from multihot.errors import ArgumentError, DataError
from multihot.labels import Targets

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)

_TRAIN, _NONE = np.int8(PARTS.index("train")), np.int8(-1)


class SplitSettings(BaseModel):
    """How samples are divided."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    train: float = Field(default=0.7, gt=0, le=1)
    """Share of the samples that the weights are fitted on."""

    validation: float = Field(default=0.1, ge=0, lt=1)
    """Share that chooses checkpoints and fits thresholds and calibration; 0 draws none."""

    test: float = Field(default=0.2, ge=0, lt=1)
    """Share that only the final figures see; 0 draws none."""

    method: Literal["auto", "declared", "stratified"] = "auto"
    """`declared` by the source (an error where it declares nothing), `stratified` over all samples whatever it
    declares, or `auto`: declared where the source does, else stratified."""

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        total = self.train + self.validation + self.test
        if not math.isclose(total, 1, abs_tol=1e-6):
            raise ValueError(f"the shares of train, validation and test must sum to 1, got {total:g}")
        return self

    def share(self, part: Part) -> float:
        """The share of one part."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[part]


@dataclass(frozen=True)
class Split:
    """Which part each of N samples is in.

    Args:
        parts: (N,) int8 positions in `PARTS`.
        lacking: per part the columns of the labels that stand in other parts but not in this one.
        notes: what a reader of the figures should know, one sentence each.
    """

    parts: NDArray[np.int8]
    lacking: Mapping[Part, tuple[int, ...]]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.parts)

    def rows(self, part: Part) -> NDArray[np.intp]:
        """The indices of one part's samples, ascending."""
        return np.flatnonzero(self.parts == PARTS.index(part))

    def names(self) -> list[Part]:
        """The part of each sample by name, as `split.parquet` holds it."""
        return [PARTS[part] for part in self.parts]


def split(
    targets: Targets,
    settings: SplitSettings,
    *,
    seed: int,
    declared: Sequence[str | None] | None = None,
    groups: Sequence[Hashable | None] | None = None,
    contents: Sequence[str | None] | None = None,
) -> Split:
    """Divide samples into train, validation and test.

    A declared split is kept as it is. A part that it lacks is drawn, stratified, from the declared training samples
    and those without a declared part, by its share relative to training's; the rest of these train.

    Args:
        targets: (N, L).
        settings: shares and method.
        seed: the same seed and data give the same split.
        declared: per sample "train", "validation", "test" or None, as the source declares it.
        groups: per sample a group or None; samples of one group are never divided.
        contents: per sample a hash of its content or None; samples of one content are never divided.

    Raises:
        ArgumentError: a column does not match the targets, or a declared part has another name.
        DataError: the method is "declared" and nothing is declared, or nothing is left to train on.
    """
    blocks = tie(groups, contents, count=len(targets))
    given = _declared(declared, len(targets))
    if settings.method == "declared" and (given < 0).all():
        raise DataError("the source declares no split: name its split column or lists, or ask for a stratified split")
    if settings.method == "stratified":
        given[:] = _NONE
    parts, notes = _fill(targets, settings, given, blocks, seed)
    lacking = _lacking(targets, parts)
    notes += [
        f"{_count(len(columns), 'label')} with no sample in {part}" for part, columns in lacking.items() if columns
    ]
    return Split(parts, lacking, tuple(notes))


def _declared(declared: Sequence[str | None] | None, count: int) -> NDArray[np.int8]:
    """(N,) positions in `PARTS`, `_NONE` where nothing is declared."""
    if declared is None:
        return np.full(count, _NONE)
    if len(declared) != count:
        raise ArgumentError(f"declared needs one entry a sample: got {len(declared)} for {count} samples")
    positions: dict[str | None, int] = {part: position for position, part in enumerate(PARTS)} | {None: int(_NONE)}
    strange = next((row for row, part in enumerate(declared) if part not in positions), None)
    if strange is not None:
        raise ArgumentError(f"sample {strange} is declared {declared[strange]!r}, expected one of {', '.join(PARTS)}")
    return np.fromiter((positions[part] for part in declared), np.int8, count)


def _fill(
    targets: Targets, settings: SplitSettings, given: NDArray[np.int8], blocks: NDArray[np.intp], seed: int
) -> tuple[NDArray[np.int8], list[str]]:
    """Draw the parts that are not declared from the samples that train or are not declared; with notes."""
    pool = np.flatnonzero((given == _TRAIN) | (given == _NONE))
    if not len(pool):
        raise DataError("no sample is left to train on: the source declares all of them for validation or test")
    drawn = [part for part in PARTS[1:] if settings.share(part) and PARTS.index(part) not in given]
    shares = np.array([settings.share(part) for part in ("train", *drawn)])
    folds = stratify(targets.take(pool), shares / shares.sum(), seed=seed, blocks=blocks[pool])
    parts = given.copy()
    parts[pool] = np.array([0, *map(PARTS.index, drawn)], dtype=np.int8)[folds]
    return parts, _notes(given, parts, blocks, drawn)


def _notes(
    given: NDArray[np.int8], parts: NDArray[np.int8], blocks: NDArray[np.intp], drawn: Sequence[Part]
) -> list[str]:
    declared = given != _NONE
    if not declared.any():
        return []
    sizes = np.bincount(parts, minlength=len(PARTS))
    notes = [
        f"no {part} part is declared: {_count(sizes[PARTS.index(part)], 'sample')} drawn from train" for part in drawn
    ]
    if not declared.all():
        notes.append(f"{_count((~declared).sum(), 'sample')} without a declared part counted as train")
    pairs = np.unique(np.stack([blocks[declared], given[declared]]), axis=1)
    straddling = int((np.bincount(pairs[0]) > 1).sum())
    if straddling:
        notes.append(f"{_count(straddling, 'group')} of identical or grouped samples straddle the declared split; kept")
    return notes


def _lacking(targets: Targets, parts: NDArray[np.int8]) -> dict[Part, tuple[int, ...]]:
    """Per part in use, the labels that have a sample elsewhere only."""
    held = {part: targets.take(np.flatnonzero(parts == at)).positives() > 0 for at, part in enumerate(PARTS)}
    anywhere = targets.positives() > 0
    return {
        part: tuple(np.flatnonzero(anywhere & ~here).tolist()) if PARTS.index(part) in parts else ()
        for part, here in held.items()
    }


def _count(number: int | np.integer[Any], noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
