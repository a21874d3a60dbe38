import numpy as np
import pytest
from scipy import sparse

from multihot.data import Features, ImageArrays, Samples
from multihot.errors import ArgumentError, DataError
from multihot.labels import LabelSpace, Targets

VALUES = np.array([[1.0, np.nan], [0.0, 2.0], [3.0, 0.0]], dtype=np.float32)


def samples_of(inputs: Features | ImageArrays) -> Samples:
    return Samples(("a", "b", "c"), inputs, LabelSpace(("x",)), Targets.from_dense(np.array([[1.0], [0.0], [1.0]])))


@pytest.mark.parametrize("values", [VALUES, sparse.csr_array(VALUES)])
def test_rows_are_taken_in_the_order_asked_for(values: np.ndarray | sparse.csr_array) -> None:
    taken = samples_of(Features(values, ("height", "width"))).take([2, 0])
    np.testing.assert_array_equal(taken.features.dense(), VALUES[[2, 0]])
    assert taken.features.names == ("height", "width")
    assert taken.features.values.dtype == np.float32


@pytest.mark.parametrize(
    ("values", "names", "message"),
    [
        (np.zeros(3), None, "shape"),
        (np.zeros((3, 2), np.int64), None, "int64"),
        (np.array([[np.inf]]), None, "infinite"),
        (sparse.csr_array(np.array([[-np.inf]])), None, "infinite"),
        (np.zeros((3, 2)), ("a",), "1 names for 2"),
        (np.zeros((3, 2)), ("a", "a"), "more than once: 'a'"),
    ],
)
def test_what_is_no_feature_matrix_is_refused(values: np.ndarray, names: tuple[str, ...] | None, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Features(values, names)


def test_samples_say_what_they_hold_when_asked_for_the_other() -> None:
    with pytest.raises(DataError, match="expected pictures, got 3 feature vectors"):
        _ = samples_of(Features(VALUES)).images
    with pytest.raises(DataError, match="expected feature vectors, got pictures"):
        _ = samples_of(ImageArrays(np.zeros((3, 1, 1), np.uint8))).features


def test_equal_rows_have_equal_contents() -> None:
    rows = np.array([[0.0, np.nan, 2.0], [-0.0, np.nan, 2.0], [0.0, 1.0, 2.0]])
    dense = Features(rows).hashes()
    assert dense[0] == dense[1] != dense[2]
    cells = (np.array([2.0, 0.0, 2.0, 1.0]), np.array([2, 0, 2, 1]), np.array([0, 1, 3, 4]))
    stored = Features(sparse.csr_array(cells, shape=(3, 3))).hashes()
    assert stored[0] == stored[1] != stored[2]
