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
        lacking: per part in use the columns of the labels that are present in other parts only.
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
    stratified: bool = True,
) -> Split:
    """Divide samples into train, validation and test.

    A declared part is kept as it is, even where it divides a group. A part that is not declared is drawn, stratified,
    from the samples declared for training and those without a declared part, by its share relative to training's;
    what remains of these trains. A sample without a declared part goes where others of its group are held out.

    Args:
        targets: (N, L); unknown cells count neither as present nor as absent.
        settings: shares and method.
        seed: the same seed and data give the same split.
        declared: per sample "train", "validation", "test" or None, as the source declares it.
        groups: per sample a group or None; samples of one group are never divided.
        contents: per sample a hash of its content or None; samples of one content are never divided.
        stratified: whether parts that are drawn have their share of each label; where most labels are too rare to
            stand on every side, that would make the parts of other sizes than asked for.

    Raises:
        ArgumentError: a column does not match the targets, or a declared part has another name.
        DataError: the method is "declared" and nothing is declared, or no sample is left to train on.

    >>> targets = Targets.from_dense([[1], [0]] * 10)
    >>> parts = split(targets, SplitSettings(), seed=0)
    >>> [len(parts.rows(part)) for part in PARTS]
    [14, 2, 4]
    >>> given = split(targets, SplitSettings(), seed=0, declared=["train"] * 16 + ["test"] * 4)
    >>> given.rows("test").tolist(), given.notes
    ([16, 17, 18, 19], ('no validation part is declared: 2 samples drawn from train',))
    """
    blocks = tie(groups, contents, count=len(targets))
    given = _declared(declared, len(targets))
    if settings.method == "declared" and (given == _NONE).all():
        raise DataError("the source declares no split: name its split column or lists, or ask for a stratified split")
    if settings.method == "stratified":
        given[:] = _NONE
    parts, drawn = _draw(targets, settings, _with_group(given, blocks), blocks, seed, stratified=stratified)
    lacking = _lacking(targets, parts)
    return Split(parts, lacking, tuple(_declared_notes(given, parts, blocks, drawn)))


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


def _with_group(given: NDArray[np.int8], blocks: NDArray[np.intp]) -> NDArray[np.int8]:
    """The declared parts, with undeclared samples held out where others of their block are."""
    of_block = np.full(int(blocks.max(initial=-1)) + 1, _NONE)
    held_out = given > _TRAIN
    of_block[blocks[held_out]] = given[held_out]
    return np.where(given == _NONE, of_block[blocks], given)


def _draw(
    targets: Targets,
    settings: SplitSettings,
    given: NDArray[np.int8],
    blocks: NDArray[np.intp],
    seed: int,
    *,
    stratified: bool,
) -> tuple[NDArray[np.int8], tuple[Part, ...]]:
    """The part of each sample, and the parts that were drawn because no sample is given to them."""
    pool = np.flatnonzero((given == _TRAIN) | (given == _NONE))
    if not len(pool):
        raise DataError(f"no sample is left to train on: all {len(given)} are declared for validation or test")
    drawn = tuple(part for part in PARTS[1:] if settings.share(part) and PARTS.index(part) not in given)
    shares = np.array([settings.share(part) for part in ("train", *drawn)])
    shares /= shares.sum()
    if stratified:
        folds = stratify(targets.take(pool), shares.tolist(), seed=seed, blocks=blocks[pool])
    else:
        folds = _at_random(shares, blocks[pool], seed)
    parts = given.copy()
    parts[pool] = np.array([_TRAIN, *map(PARTS.index, drawn)], dtype=np.int8)[folds]
    return parts, drawn


def _at_random(shares: NDArray[np.float64], blocks: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """(n,) folds of whole blocks, in a random order, each filled up to its share."""
    sizes = np.bincount(blocks)
    order = np.random.default_rng(seed).permutation(len(sizes))
    middle = np.cumsum(sizes[order]) - sizes[order] / 2
    fold_of = np.empty(len(sizes), np.intp)
    fold_of[order] = np.searchsorted(np.cumsum(shares)[:-1], middle / max(len(blocks), 1), side="right")
    return fold_of[blocks]


def _declared_notes(
    given: NDArray[np.int8], parts: NDArray[np.int8], blocks: NDArray[np.intp], drawn: Sequence[Part]
) -> list[str]:
    """Where the split is not the declared one, and where the declared one divides a block."""
    without = int((given == _NONE).sum())
    if without == len(given):
        return []
    sizes = np.bincount(parts, minlength=len(PARTS))
    notes = [
        f"no {part} part is declared: {_count(sizes[PARTS.index(part)], 'sample')} drawn from train" for part in drawn
    ]
    if without:
        notes.append(f"{_count(without, 'sample')} without a declared part")
    held = np.unique(np.stack([blocks, parts]), axis=1)[0]
    divided = int((np.bincount(held) > 1).sum())
    if divided:
        notes.append(f"the declared split divides {_count(divided, 'group')} of identical or grouped samples")
    return notes


def _lacking(targets: Targets, parts: NDArray[np.int8]) -> dict[Part, tuple[int, ...]]:
    """Per part in use, the labels that are present in other parts only."""
    present = targets.present
    held = np.zeros((len(PARTS), targets.shape[1]), dtype=bool)
    held[np.repeat(parts, np.diff(present.indptr)), present.indices] = True
    lacking = held.any(axis=0) & ~held
    return {part: tuple(np.flatnonzero(lacking[at]).tolist()) for at, part in enumerate(PARTS) if at in parts}


def _count(number: int | np.integer[Any], noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
