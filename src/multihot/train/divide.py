"""The split of a run: drawn, told, and written before training."""

from collections.abc import Sequence
from pathlib import Path

from multihot.data import Samples
from multihot.data.split import PARTS, Split, split
from multihot.progress import logger
from multihot.recipe import Recipe
from multihot.run import RECIPE, SPLIT, write_recipe, write_split
from multihot.train.same import require_same_samples
from multihot.wording import listing


def divide(samples: Samples, contents: Sequence[str], recipe: Recipe, folder: Path) -> Split:
    """Divide usable samples, and begin the run directory with its recipe and split.

    Args:
        samples: those that can be read, with those set aside.
        contents: a hash of each sample's content.
        recipe: its settings of the split; where it cross-fits, validation samples that are drawn train instead.
        folder: the run directory.

    Raises:
        RunError: the run being resumed was begun on other samples.
    """
    settings = recipe.split
    if recipe.cross_fit:
        settings = settings.model_copy(update={"train": settings.train + settings.validation, "validation": 0.0})
    parts = split(
        samples.targets,
        settings,
        seed=recipe.seed,
        declared=samples.split,
        groups=samples.groups,
        contents=contents,
    )
    notes = _notes(samples, parts, recipe)
    _announce(samples, parts, notes)
    require_same_samples(folder / SPLIT, samples, contents, parts)
    folder.mkdir(parents=True, exist_ok=True)
    write_recipe(folder / RECIPE, recipe)
    write_split(folder / SPLIT, samples, parts.names(), contents, notes)
    return parts


def _announce(samples: Samples, parts: Split, notes: list[str]) -> None:
    counts = ", ".join(f"{len(parts.rows(part))} {part}" for part in PARTS)
    total = len(samples) + len(samples.set_aside)
    logger.info("%d samples: %s, %d set aside; %d labels", total, counts, len(samples.set_aside), len(samples.space))
    for sample in samples.set_aside:
        logger.warning("set aside %s: %s", sample.id, sample.reason)
    for note in notes:
        logger.info("%s", note)


def _notes(samples: Samples, parts: Split, recipe: Recipe) -> list[str]:
    """What was noticed in the source and in the split; labels by name."""
    lacking = [
        f"split: no {part} sample has {listing([samples.space.names[column] for column in columns])}"
        for part, columns in parts.lacking.items()
        if columns
    ]
    needed = [part for part in PARTS if not (part == "validation" and recipe.cross_fit)]
    empty = [f"split: there is no {part} sample" for part in needed if not len(parts.rows(part))]
    positives, known = samples.targets.positives(), samples.targets.known()
    rows = list(zip(samples.space, positives, known, strict=True))
    constant = {
        "never": [name for name, present, _ in rows if not present],
        "always": [name for name, present, count in rows if 0 < present == count],
    }
    learned = [
        f"nothing to learn about what is {often} present: {listing(names)}"
        for often, names in constant.items()
        if names
    ]
    if recipe.cross_fit:
        empty.append(
            f"split: thresholds are fitted on the training samples, each scored by a classifier that has not seen it "
            f"({recipe.cross_fit} folds): figures of validation are of these"
        )
    return [*samples.notes, *learned, *(f"split: {note}" for note in parts.notes), *empty, *lacking]
