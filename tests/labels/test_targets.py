import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from multihot.errors import ArgumentError, LabelError
from multihot.labels import LabelSpace, Targets

DENSE = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=8),
    elements=st.sampled_from([0, 1, np.nan]),
)


@given(DENSE)
def test_dense_and_sparse_say_the_same(values: np.ndarray) -> None:
    targets = Targets.from_dense(values)
    np.testing.assert_array_equal(targets.dense(), values)
    assert targets.dense().dtype == np.float32
    assert (targets.shape, len(targets)) == (values.shape, len(values))
    np.testing.assert_array_equal(targets.positives(), (values == 1).sum(axis=0))
    np.testing.assert_array_equal(targets.known(), (~np.isnan(values)).sum(axis=0))


@given(DENSE, st.data())
def test_taken_rows_come_in_the_order_asked_for(values: np.ndarray, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=10)) if len(values) else []
    np.testing.assert_array_equal(Targets.from_dense(values).take(rows).dense(), values[np.array(rows, dtype=int)])


@given(DENSE)
def test_names_are_those_present_in_the_order_of_the_space(values: np.ndarray) -> None:
    space = LabelSpace(tuple(f"n{column}" for column in range(values.shape[1])))
    targets = Targets.from_dense(values)
    for row in range(len(values)):
        expected = tuple(name for name, value in zip(space, values[row], strict=True) if value == 1)
        assert targets.names(row, space) == expected


def test_sets_of_names() -> None:
    space = LabelSpace(("a", "b", "c"))
    targets = Targets.from_sets([["c", "a", "c"], [], ["b"]], space, [["b"], ["a", "b", "c"], ()])
    np.testing.assert_array_equal(targets.dense(), [[1, np.nan, 1], [np.nan] * 3, [0, 1, 0]])


def test_sets_with_a_name_outside_the_space() -> None:
    with pytest.raises(LabelError, match=r"^unknown label names: x; known are: a$"):
        Targets.from_sets([["a"], ["x"]], LabelSpace(("a",)))


@pytest.mark.parametrize("values", [[[0.5]], [[-1]], [[2]], [[np.inf]]])
def test_other_values_are_refused(values: list[list[float]]) -> None:
    with pytest.raises(
        ArgumentError, match=r"^targets must be 1 present, 0 absent or NaN unknown, got .* at row 0, label 0$"
    ):
        Targets.from_dense(values)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"^targets must have the shape \(samples, labels\), got \(3,\)$"):
        Targets.from_dense([0, 1, 0])
    one, two = (sparse.csr_array((1, columns), dtype=bool) for columns in (1, 2))
    with pytest.raises(ArgumentError, match=r"^present is \(1, 1\), unknown is \(1, 2\): shapes must match$"):
        Targets(one, two)


def test_a_cell_is_not_present_and_unknown_at_once() -> None:
    cell = sparse.csr_array(np.array([[True]]))
    with pytest.raises(ArgumentError, match=r"^a cell cannot be both present and unknown$"):
        Targets(cell, cell)


@given(
    hnp.arrays(
        np.float64, st.tuples(st.integers(0, 5), st.integers(1, 6)), elements=st.sampled_from([0.0, 1.0, np.nan])
    ),
    st.data(),
)
def test_states_of_listed_labels_are_those_of_the_cells(dense: np.ndarray, data: st.DataObject) -> None:
    shape = (len(dense), data.draw(st.integers(0, 4)))
    labels = data.draw(hnp.arrays(np.int32, shape, elements=st.integers(0, dense.shape[1] - 1)))
    expected = np.take_along_axis(dense, labels, axis=1) if labels.size else np.zeros(shape)
    np.testing.assert_array_equal(Targets.from_dense(dense).at(labels), expected)


def test_labels_are_listed_for_every_sample() -> None:
    with pytest.raises(ArgumentError, match="listed for 2 samples"):
        Targets.from_dense(np.zeros((2, 3))).at(np.zeros((1, 3), np.int32))
