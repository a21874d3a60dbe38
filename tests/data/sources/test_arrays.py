from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from multihot.data.sources import read
from multihot.errors import DataError, MultihotError
from multihot.labels import Count, Group

Mangled = Callable[..., st.SearchStrategy[bytes]]

PIXELS = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2)
MATRIX = np.array([[1, 0], [0, -1], [1, 1], [0, 0]])


def save(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "data.npz", **arrays)
    return folder / "data.npz"


@pytest.mark.parametrize(("pictures", "labels"), [("images", "labels"), ("x", "y"), ("X", "Y"), ("data", "targets")])
def test_pictures_and_a_label_matrix(tmp_path: Path, pictures: str, labels: str) -> None:
    samples = read(save(tmp_path, **{pictures: PIXELS, labels: MATRIX}))
    assert samples.ids == ("sample/00000", "sample/00001", "sample/00002", "sample/00003")
    assert samples.space.names == ("0", "1")
    np.testing.assert_array_equal(samples.targets.dense(), [[1, 0], [0, np.nan], [1, 1], [0, 0]])
    np.testing.assert_array_equal(samples.images.decode(2)[..., 1], PIXELS[2])
    assert samples.split is None


def test_names_in_the_file_or_given(tmp_path: Path) -> None:
    source = save(tmp_path, images=PIXELS, labels=MATRIX, label_names=np.array(["dog", "cat"]))
    assert read(source).space.names == ("dog", "cat")
    assert read(source, names="cow,emu").space.names == ("cow", "emu")
    with pytest.raises(DataError, match=r"data\.npz: 3 names for 2 labels$"):
        read(source, names=["a", "b", "c"])


def test_arrays_of_parts_are_the_split(tmp_path: Path) -> None:
    arrays = {"train_images": PIXELS, "train_labels": MATRIX, "y_test": MATRIX[:1], "x_test": PIXELS[:1]}
    samples = read(save(tmp_path, **arrays))
    assert samples.split == ("train",) * 4 + ("test",)
    assert samples.ids[3:] == ("train/00003", "test/00000")


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_class_numbers_are_an_exclusive_group(tmp_path: Path, shape: tuple[int, ...]) -> None:
    samples = read(save(tmp_path, images=PIXELS, labels=np.array([2, 0, -1, 2]).reshape(shape)))
    assert samples.space.names == ("0", "1", "2")
    assert samples.space.relations.groups == (Group(("0", "1", "2"), Count(1, 1), "class"),)
    np.testing.assert_array_equal(samples.targets.dense(), [[0, 0, 1], [1, 0, 0], [np.nan] * 3, [0, 0, 1]])


def test_label_lists_as_text(tmp_path: Path) -> None:
    samples = read(save(tmp_path, images=PIXELS, labels=np.array(["dog|cat", "", "cat", "['dog']"])))
    assert samples.space.names == ("cat", "dog")
    assert samples.targets.dense().tolist() == [[1, 1], [0, 0], [1, 0], [0, 1]]
    assert samples.exhaustive


def test_a_folder_of_npy_files_stays_on_disk(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", np.repeat(PIXELS[..., None], 3, axis=3))
    np.save(tmp_path / "labels.npy", MATRIX.astype(bool))
    samples = read(tmp_path)
    assert isinstance(samples.images.pixels, np.memmap)
    np.testing.assert_array_equal(samples.take([3]).images.decode(0)[..., 0], PIXELS[3])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": PIXELS}, r"expected arrays in pairs \(images and labels, x_train and y_train\), got images$"),
        ({"x_train": PIXELS, "y_test": MATRIX}, "expected arrays in pairs .*, got x_train, y_test$"),
        (
            {"images": PIXELS, "labels": MATRIX[:3]},
            r"inputs of the shape \(4, 3, 2\) and labels of the shape \(3, 2\)",
        ),
        (
            {"images": PIXELS.astype(float), "labels": MATRIX},
            r"expected pictures as uint8, or feature .* got float64 of the shape \(4, 3, 2\): write them as x\.",
        ),
        (
            {"images": PIXELS, "labels": MATRIX + 1},
            "targets must be 1 present, 0 absent or NaN unknown, got 2.0 at row 0",
        ),
        ({"images": PIXELS, "labels": MATRIX[:, :0]}, "no labels in it$"),
        ({"images": PIXELS, "labels": np.zeros((4, 2, 2))}, "expected labels as a .* got float64 of the shape"),
        ({"images": PIXELS, "labels": np.array([-2, 0, 0, 0])}, "expected class numbers from 0 to 0, got -2 to 0$"),
        (
            {"images": PIXELS, "labels": np.array([10**12, 0, 0, 0])},
            "1,000,000,000,001 labels; up to 30,000,000 are read",
        ),
        ({"images": PIXELS[:0], "labels": MATRIX[:0]}, "no samples in it$"),
        ({"images": PIXELS, "labels": np.array(["", "", "", ""])}, "no labels in it$"),
        ({"images": np.uint8(3), "labels": MATRIX}, "do not belong together"),
        (
            {"images": PIXELS, "labels": np.array([["a"], None, 3, 4], dtype=object)},
            "cannot be read as NumPy arrays: Object",
        ),
    ],
)
def test_bad_arrays_say_what_is_wrong(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(DataError, match=message) as got:
        read(save(tmp_path, **arrays))
    assert "\n" not in str(got.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(tmp_path: Path, mangled: Mangled, data: st.DataObject) -> None:
    source = save(tmp_path, images=PIXELS, labels=MATRIX)
    source.write_bytes(data.draw(mangled(source.read_bytes())))
    try:
        samples = read(source)
    except MultihotError:
        return
    assert len(samples) > 0


VECTORS = np.array([[0.5, 0, np.nan], [0, 2, 0], [1, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("key", ["features", "x", "data"])
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_])
def test_arrays_of_two_axes_are_feature_vectors(tmp_path: Path, key: str, kind: type[np.generic]) -> None:
    values = np.nan_to_num(VECTORS).astype(kind) if kind is not np.float64 else VECTORS
    names = np.array(["a", "b", "c"])
    samples = read(save(tmp_path, **{key: values, "labels": MATRIX, "feature_names": names}))
    np.testing.assert_array_equal(samples.features.values, values.astype(np.float64))
    assert samples.features.names == ("a", "b", "c")
    assert samples.features.values.dtype == (np.float64 if kind in (np.float64, np.int64) else np.float32)


def pieces(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    cells = sparse.csr_array(values)
    return {f"{name}_{piece}": np.array(getattr(cells, piece)) for piece in ("data", "indices", "indptr", "shape")}


def test_sparse_arrays_in_pieces(tmp_path: Path) -> None:
    labels = np.array([[1.0, 0], [0, -1], [np.nan, 1], [0, 0]])
    arrays = pieces("train_features", VECTORS) | pieces("train_labels", labels)
    samples = read(save(tmp_path, **arrays, x_test=VECTORS[:1], y_test=MATRIX[:1]))
    assert samples.split == ("train",) * 4 + ("test",)
    assert sparse.issparse(samples.features.values)
    np.testing.assert_array_equal(samples.features.dense(), VECTORS[[0, 1, 2, 3, 0]])
    np.testing.assert_array_equal(samples.targets.dense(), [[1, 0], [0, np.nan], [np.nan, 1], [0, 0], [1, 0]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features_shape": np.array([4, 1])}, r"data\.npz: features is no sparse array: "),
        ({"features_indptr": np.array([0, 9])}, r"data\.npz: features is no sparse array: "),
        ({"features_indices": np.array([0, -1, 1, 0])}, r"data\.npz: features is no sparse array: "),
        ({"features_shape": np.float64(3)}, r"data\.npz: features is no sparse array: "),
        (
            {"labels": MATRIX[:2]},
            r"inputs of the shape \(4, 3\) and labels of the shape \(2, 2\) do not belong together$",
        ),
        (
            {"labels": None} | pieces("labels", MATRIX * 2),
            r"targets must be 1 present, 0 absent, -1 or NaN unknown, got 2$",
        ),
        ({"features_data": np.full(4, np.inf)}, r"data\.npz: features must be finite, or NaN where a value is missing"),
        ({"feature_names": np.array(["a"])}, r"data\.npz: 1 names for 3 features$"),
        ({"features_indices": None}, r"data\.npz: the sparse array features lacks features_indices$"),
    ],
)
def test_bad_sparse_arrays_say_what_is_wrong(
    tmp_path: Path, changes: dict[str, np.ndarray | None], message: str
) -> None:
    arrays = pieces("features", VECTORS) | {"labels": MATRIX} | changes
    with pytest.raises(DataError, match=message) as got:
        read(save(tmp_path, **{key: array for key, array in arrays.items() if array is not None}))
    assert "\n" not in str(got.value)
