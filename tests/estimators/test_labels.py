"""Every way to write label sets."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from multihot.errors import ArgumentError, LabelError
from multihot.estimators import BinaryRelevance, make_scorer
from multihot.estimators.labels import are_sets, read_labels
from multihot.labels import Targets

NAN = np.nan


@pytest.mark.parametrize(
    "y",
    [
        [[1, 0, NAN], [0, 1, 0]],
        np.array([[1, 0, NAN], [0, 1, 0]], np.float32),
        np.array([[1, 0, None], [0, True, 0]], object),
        sparse.coo_matrix(([1, NAN, 1], ([0, 0, 1], [0, 2, 1])), shape=(2, 3)),
        Targets.from_dense([[1, 0, NAN], [0, 1, 0]]),
    ],
)
def test_arrays_are_read_alike(y: Any) -> None:
    classes, targets = read_labels(y)
    assert classes.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(targets.dense(), [[1, 0, NAN], [0, 1, 0]])


@pytest.mark.parametrize(
    ("y", "sets"),
    [
        ([["a"], []], True),
        ([{"a"}, {"b", "a"}], True),
        (np.array([("a",), ()], object), True),
        ([[], []], False),
        ([[1, 0], [0, 1]], False),
        (["ab", "b"], False),
        ([["a", 1]], False),
        (np.array([["a", "b"]]), False),
        (sparse.csr_array(np.eye(2)), False),
    ],
)
def test_collections_of_names_are_told_from_arrays(y: Any, sets: bool) -> None:
    assert are_sets(y) == sets


def test_stored_zeros_and_duplicates_of_sparse_targets_do_no_harm() -> None:
    given = sparse.coo_array(([1, 0, NAN, NAN], ([0, 0, 1, 1], [0, 1, 1, 1])), shape=(2, 2))
    before = given.copy()
    np.testing.assert_array_equal(read_labels(given).targets.dense(), [[1, 0], [0, NAN]])
    np.testing.assert_array_equal(given.data, before.data)
    with pytest.raises(ArgumentError, match="got 2 in row 0, label 1"):
        read_labels(sparse.csr_array([[0, 2]]))


def test_columns_of_tables_are_found_by_name() -> None:
    pandas = pytest.importorskip("pandas")
    generator = np.random.default_rng(0)
    X = generator.normal(size=(40, 2))
    table = pandas.DataFrame({"sun": X[:, 0] > 0, "sea": X[:, 1] > 0.3}).astype(float)
    table.iloc[0, 0] = NAN
    fitted = BinaryRelevance(LogisticRegression(C=100)).fit(pandas.DataFrame(X, columns=["x", "y"]), table)
    assert fitted.classes_.tolist() == ["sun", "sea"]
    assert fitted.feature_names_in_.tolist() == ["x", "y"]
    turned, inputs = table[["sea", "sun"]], pandas.DataFrame(X, columns=["x", "y"])
    assert fitted.score(inputs, turned) == fitted.score(inputs, table) > 0.8
    scorer = make_scorer("micro_f1")
    assert scorer(fitted, inputs, turned) == scorer(fitted, inputs, table) > 0.8
    with pytest.raises(LabelError, match="y: unknown label names: sun; known are: sea"):
        fitted.score(inputs, table[["sea"]])
