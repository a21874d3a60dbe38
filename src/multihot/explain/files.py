"""Heat maps as picture files, one a picture and label."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL.PngImagePlugin import PngInfo

from multihot.errors import ArgumentError
from multihot.explain.explanation import Explanation
from multihot.labels import LabelSet

_MOST_BYTES = 90
"""Of a picture's name and of a label's in a file's name: with ending and number they stay below what disks allow."""


def write_heat_maps(
    explanations: Iterable[Explanation], folder: Path, *, overwrite: bool = False
) -> Iterator[LabelSet]:
    """Write the maps of each picture as `PICTURE-LABEL.png`, and hand on what the run says of it.

    Names keep letters, digits, points and hyphens; where two would be the same, the later gets a number. The names as
    they are stand in the files' text, under `Title` and `Label`.

    Args:
        explanations: of any pictures.
        folder: is made where there is none.
        overwrite: whether it may hold files, which are replaced where their names are the same.

    Raises:
        ArgumentError: there are files in the folder, or it is none.
    """
    require_room(folder, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    return _written(explanations, folder)


def require_room(folder: Path, *, overwrite: bool) -> None:
    """Raise an `ArgumentError` where files are in a folder that may not be replaced, or where it is a file."""
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"{folder}: is a file; heat maps are written into a folder")
    if folder.exists() and not overwrite and any(folder.iterdir()):
        raise ArgumentError(f"{folder}: is not empty; choose another folder, or write into it by --overwrite")


def _written(explanations: Iterable[Explanation], folder: Path) -> Iterator[LabelSet]:
    taken: set[str] = set()
    for explanation in explanations:
        for label in explanation.labels if explanation.label_set.error is None else ():
            name = free(f"{safe(Path(explanation.label_set.id).stem)}-{safe(label)}", taken)
            _write(explanation, label, folder / f"{name}.png")
        yield explanation.label_set


def _write(explanation: Explanation, label: str, path: Path) -> None:
    said = PngInfo()
    said.add_itxt("Title", explanation.label_set.id)
    said.add_itxt("Label", label)
    said.add_itxt("Probability", f"{explanation.label_set.probabilities[label]:.6g}")
    said.add_itxt("Method", explanation.method)
    part = path.with_name(f".{path.name}.part")
    explanation.draw(label).save(part, "PNG", pnginfo=said)
    part.replace(path)


def safe(name: str) -> str:
    """A name that every disk takes.

    >>> safe("a/b: c?"), safe("..")
    ('a_b_c_', '_')
    """
    kept = re.sub(r"[^\w.-]+", "_", name).strip(".") or "_"
    return kept.encode()[:_MOST_BYTES].decode(errors="ignore")


def free(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken, on disks that do not tell capitals apart too; then it is taken.

    >>> taken = set()
    >>> free("a-dog", taken), free("A-dog", taken)
    ('a-dog', 'A-dog-2')
    """
    number, found = 1, name
    while found.casefold() in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found.casefold())
    return found
