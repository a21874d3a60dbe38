"""NumPy arrays: an `.npz` file, or a folder of `.npy` files, with samples and labels under telling names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.data.features import Features
from multihot.data.images import ImageArrays
from multihot.data.samples import Samples, SetAside
from multihot.data.sources.array_parts import Part, samples_of
from multihot.data.sources.records import split_of
from multihot.errors import ArgumentError, DataError, ImageError, one_line

_INPUTS = frozenset({"image", "images", "picture", "pictures", "pixels", "features", "x", "data"})
_LABELS = frozenset({"label", "labels", "target", "targets", "y"})
_NAMES = {"names", "label_names", "class_names", "classes"}
_FEATURE_NAMES = "feature_names"
_OF_SAMPLES = ("ids", "split", "groups")
# The arrays of a sparse one, named as scipy.sparse.save_npz names them, behind its own name.
_PIECES = ("data", "indices", "indptr", "shape")


def recognises(source: Path) -> bool:
    """Whether this is an .npz file, or a folder with .npy files of samples and of labels."""
    if source.is_dir():
        keys = [path.stem for path in source.glob("*.npy")]
        return any(_words(key) & _INPUTS for key in keys) and any(_words(key) & _LABELS for key in keys)
    return source.suffix.lower() == ".npz"


def read_arrays(source: Path, *, names: str | Sequence[str] | None = None) -> Samples:
    """Read samples and labels from arrays called `images` and `labels`, `x` and `y`, `train_features`, `y_test`, ...

    Arrays of the shape (samples, features) are feature vectors, others pictures. An array of names (`names`,
    `label_names`) names the labels, `feature_names` the features; arrays called train, val and test are the split, and
    so is an array of text called `split`; `ids` and `groups` are read too. A sparse matrix of features or labels stands
    in four arrays: `features_data`, `features_indices`, `features_indptr` and `features_shape` (CSR).

    Args:
        source: an .npz file, or a folder of .npy files; a single array of pictures stays on disk until they are needed.
        names: the labels' names, where no array holds them; names, or text with commas between them.

    Raises:
        DataError: damaged, pickled, not in pairs, or of shapes and types that are no samples or no labels.
    """
    arrays = _with_sparse(load_arrays(source), source)
    stored = [arrays.pop(key).tolist() for key in list(arrays) if key.lower() in _NAMES]
    feature_names = arrays.pop(_FEATURE_NAMES).tolist() if _FEATURE_NAMES in arrays else None
    inputs = {_words(key) - _INPUTS: key for key in arrays if _words(key) & _INPUTS}
    labels = {_words(key) - _LABELS: key for key in arrays if _words(key) & _LABELS}
    if not inputs or inputs.keys() != labels.keys():
        raise DataError(
            f"{source}: expected arrays in pairs (images and labels, x_train and y_train), got {', '.join(arrays)}"
        )
    given = names.split(",") if isinstance(names, str) else names
    parts = [Part(" ".join(sorted(rest)), arrays[key], arrays[labels[rest]]) for rest, key in inputs.items()]
    samples = samples_of(parts, given or next(iter(stored), None), source, feature_names)
    try:
        return replace(samples, **_columns(arrays, source))
    except ArgumentError as error:
        raise DataError(f"{source}: {error}") from error


def _columns(arrays: Mapping[str, NDArray[Any]], source: Path) -> dict[str, Any]:
    """What arrays say of each sample, by the names of `Samples`."""
    cells = {key: [str(cell) for cell in arrays[key].ravel().tolist()] for key in _OF_SAMPLES if key in arrays}
    columns: dict[str, Any] = {key: tuple(cell or None for cell in column) for key, column in cells.items()}
    if "split" in cells:
        columns["split"] = tuple(split_of(cell) for cell in cells["split"])
        strange = [cell for cell in cells["split"] if cell and split_of(cell) is None]
        if strange:
            raise DataError(f"{source}: split: expected train, validation or test, got {strange[0]!r}")
    if "ids" in cells:
        columns["ids"] = tuple(cells["ids"])
    return columns


def write_arrays(samples: Samples, destination: Path) -> tuple[SetAside, ...]:
    """Write an .npz file of `images` or `features`, `labels`, `label_names`, `ids`, `split` and `groups`.

    Labels are 1, 0, or -1 where they are unknown. Where the features are sparse, so are the labels.

    Args:
        samples: what to write; all pictures of one size, which are held in memory meanwhile.
        destination: a new .npz file.

    Returns:
        The samples whose picture cannot be decoded, with the reason.

    Raises:
        DataError: the file exists already, or the pictures differ in size.
    """
    if destination.exists():
        raise DataError(f"{destination}: exists already")
    inputs, bad = _inputs(samples)
    good = samples.without(bad)
    columns = {"ids": good.ids, "split": good.split, "groups": good.groups}
    texts = {key: [cell or "" for cell in cells] for key, cells in columns.items() if cells is not None}
    arrays = inputs | _labels(good, sparsely="features_indptr" in inputs) | {"label_names": good.space.names} | texts
    unfinished = destination.with_name(f"{destination.name}.part")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    unfinished.replace(destination)
    return good.set_aside[len(samples.set_aside) :]


def _inputs(samples: Samples) -> tuple[dict[str, Any], dict[int, str]]:
    """The arrays of the samples' inputs, and why some cannot be had."""
    if not isinstance(samples.inputs, Features):
        pixels, bad = pixels_of(samples)
        return {"images": pixels}, bad
    names = samples.inputs.names
    return _pieces("features", samples.inputs.values) | ({} if names is None else {_FEATURE_NAMES: names}), {}


def _labels(samples: Samples, *, sparsely: bool) -> dict[str, Any]:
    targets = samples.targets
    if sparsely:
        return _pieces("labels", sparse.csr_array(targets.present.astype(np.int8) - targets.unknown.astype(np.int8)))
    return {"labels": np.nan_to_num(targets.dense(), nan=-1).astype(np.int8)}


def _pieces(name: str, values: NDArray[Any] | sparse.csr_array) -> dict[str, Any]:
    if not isinstance(values, sparse.csr_array):
        return {name: values}
    return {f"{name}_{piece}": getattr(values, piece) for piece in _PIECES}


def _with_sparse(arrays: Mapping[str, NDArray[Any]], source: Path) -> dict[str, Any]:
    """The arrays, those in pieces put together in the place of their first piece."""
    names = [key.removesuffix("_indptr") for key in arrays if key.endswith("_indptr")]
    whole = {f"{name}_{piece}": name for name in names for piece in _PIECES}
    joined: dict[str, Any] = {whole.get(key, key): array for key, array in arrays.items()}
    return joined | {name: _from_pieces(name, arrays, source) for name in names}


def _from_pieces(name: str, arrays: Mapping[str, NDArray[Any]], source: Path) -> sparse.csr_array:
    lacking = [piece for piece in _PIECES if f"{name}_{piece}" not in arrays]
    if lacking:
        raise DataError(f"{source}: the sparse array {name} lacks {name}_{lacking[0]}")
    data, indices, indptr, shape = (arrays[f"{name}_{piece}"] for piece in _PIECES)
    try:
        joined = sparse.csr_array((data, indices, indptr), shape=tuple(shape.tolist()))
        joined.check_format(full_check=True)
    except (ValueError, TypeError) as error:
        raise DataError(f"{source}: {name} is no sparse array: {error}") from error
    joined.sum_duplicates()
    return joined


def pixels_of(samples: Samples) -> tuple[NDArray[np.uint8], dict[int, str]]:
    """(N, H, W, C) pixels of all pictures that can be decoded, and why the others cannot."""
    if isinstance(samples.inputs, ImageArrays):
        return samples.inputs.pixels[samples.inputs.rows], {}
    pictures, bad = [], {}
    for row in range(len(samples)):
        try:
            pictures.append(samples.images.decode(row))
        except ImageError as error:
            bad[row] = str(error)
    sizes = {picture.shape for picture in pictures}
    if len(sizes) != 1:
        raise DataError(f"{samples.source}: {len(sizes)} different sizes of pictures cannot be written into one array")
    return np.stack(pictures), bad


def load_arrays(source: Path) -> dict[str, NDArray[Any]]:
    """The arrays by name; nothing pickled is read."""
    try:
        if source.is_dir():
            files = sorted(source.glob("*.npy"))
            return {file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in files}
        with source.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            return {source.stem: archive} if isinstance(archive, np.ndarray) else {**archive}
    except Exception as error:  # on damaged archives and headers NumPy raises whatever it stumbles over
        raise DataError(f"{source}: cannot be read as NumPy arrays: {one_line(error)}") from error


def _words(key: str) -> frozenset[str]:
    return frozenset(key.lower().split("_"))
