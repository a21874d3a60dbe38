"""NumPy arrays: an `.npz` file, or a folder of `.npy` files, with pictures and labels under telling names."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multihot.data.samples import Samples
from multihot.data.sources.array_parts import Part, samples_of
from multihot.errors import DataError

_PICTURES = frozenset({"image", "images", "picture", "pictures", "pixels", "x", "data"})
_LABELS = frozenset({"label", "labels", "target", "targets", "y"})
_NAMES = {"names", "label_names", "class_names", "classes"}


def recognises(source: Path) -> bool:
    """Whether this is an .npz file, or a folder with .npy files of pictures and of labels."""
    if source.is_dir():
        keys = [path.stem for path in source.glob("*.npy")]
        return any(_words(key) & _PICTURES for key in keys) and any(_words(key) & _LABELS for key in keys)
    return source.suffix.lower() == ".npz"


def read_arrays(source: Path, *, names: str | Sequence[str] | None = None) -> Samples:
    """Read pictures and labels from arrays called `images` and `labels`, `x` and `y`, `train_images`, `y_test`, ...

    An array of names (`names`, `label_names`) names the labels; arrays called train, val and test are the split.

    Args:
        source: an .npz file, or a folder of .npy files; a single array of pictures stays on disk until they are needed.
        names: the labels' names, where no array holds them; names, or text with commas between them.

    Raises:
        DataError: damaged, pickled, not in pairs, or of shapes and types that are no pictures or no labels.
    """
    arrays = _load(source)
    stored = [arrays.pop(key).tolist() for key in list(arrays) if key.lower() in _NAMES]
    pictures = {_words(key) - _PICTURES: key for key in arrays if _words(key) & _PICTURES}
    labels = {_words(key) - _LABELS: key for key in arrays if _words(key) & _LABELS}
    if not pictures or pictures.keys() != labels.keys():
        raise DataError(
            f"{source}: expected arrays in pairs (images and labels, x_train and y_train), got {', '.join(arrays)}"
        )
    given = names.split(",") if isinstance(names, str) else names
    parts = [Part(" ".join(sorted(rest)), arrays[key], arrays[labels[rest]]) for rest, key in pictures.items()]
    return samples_of(parts, given or next(iter(stored), None), source)


def _load(source: Path) -> dict[str, NDArray[Any]]:
    """The arrays by name; nothing pickled is read."""
    try:
        if source.is_dir():
            files = sorted(source.glob("*.npy"))
            return {file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in files}
        with source.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except Exception as error:  # on damaged archives and headers NumPy raises whatever it stumbles over
        raise DataError(f"{source}: cannot be read as NumPy arrays: {' '.join(str(error).split())}") from error


def _words(key: str) -> frozenset[str]:
    return frozenset(key.lower().split("_"))
