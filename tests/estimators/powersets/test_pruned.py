"""Label powersets, worked by hand."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from multihot.errors import ArgumentError
from multihot.estimators import PrunedLabelPowerset
from multihot.estimators.powersets.sets import pruned

# ab three times, b twice, c twice, and once each: abc, ac, none of them
STATES = np.array(
    [[1, 1, 0], [1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 0, 0]],
    dtype=bool,
)
SETS = {(0, 0, 0): "-", (0, 0, 1): "c", (0, 1, 0): "b", (1, 0, 1): "ac", (1, 1, 0): "ab", (1, 1, 1): "abc"}


def written(prune: int, subsets: int) -> dict[int, list[str]]:
    """The sets that each sample stands for."""
    examples = pruned(STATES, prune, subsets)
    found: dict[int, list[str]] = {row: [] for row in range(len(STATES))}
    for row, place in zip(examples.rows, examples.classes, strict=True):
        found[int(row)].append(SETS[tuple(examples.sets[place].astype(int).tolist())])
    return found


def test_without_pruning_every_set_is_a_class() -> None:
    expected = ["ab"] * 3 + ["b"] * 2 + ["c"] * 2 + ["abc", "ac", "-"]
    assert list(written(0, 2).values()) == [[name] for name in expected]


def test_rare_sets_are_left_out_or_stand_for_the_kept_sets_inside_them() -> None:
    kept = {row: [name] for row, name in enumerate(["ab"] * 3 + ["b"] * 2 + ["c"] * 2)}
    assert written(1, 0) == kept | {7: [], 8: [], 9: []}
    # inside abc: ab is larger than b and c, which are as frequent as each other
    assert written(1, 1) == kept | {7: ["ab"], 8: ["c"], 9: []}
    assert written(1, 2) == kept | {7: ["ab", "c"], 8: ["c"], 9: []}
    assert written(1, 3) == kept | {7: ["ab", "c", "b"], 8: ["c"], 9: []}
    assert written(2, 3) == {row: ["ab"] if row in (0, 1, 2, 7) else [] for row in range(10)}


def test_a_larger_set_comes_before_a_more_frequent_one() -> None:
    states = np.array([[1, 1, 0]] * 2 + [[0, 1, 0]] * 3 + [[1, 1, 1]], dtype=bool)
    examples = pruned(states, prune=1, subsets=1)
    np.testing.assert_array_equal(examples.sets[examples.classes[examples.rows == 5]], [[1, 1, 0]])


def test_where_no_set_is_frequent_enough_the_most_frequent_are_kept() -> None:
    assert written(100, 0) == written(2, 0)


def test_probabilities_are_summed_over_sets() -> None:
    X = np.zeros((10, 1))
    fitted = PrunedLabelPowerset(DummyClassifier(), prune=0).fit(X, STATES)
    np.testing.assert_allclose(fitted.predict_proba(X[:1]), [[0.5, 0.6, 0.4]])
    np.testing.assert_array_equal(fitted.predict(X[:1]), [[1, 1, 0]])


def test_it_is_one_classifier_of_whole_sets() -> None:
    """As scikit-multilearn's LabelPowerset does: sets to class numbers, one multi-class classifier, and back."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(100, 3))
    y = (X + generator.normal(size=(100, 3)) > 0.5).astype(int)
    numbers = y @ [1, 2, 4]
    expected = LogisticRegression().fit(X, numbers).predict(X)
    fitted = PrunedLabelPowerset(LogisticRegression(), prune=0).fit(X, y)
    assert (fitted.predict(X) @ [1, 2, 4] == expected).mean() > 0.99  # the order of classes changes roundings
    assert {tuple(row) for row in fitted.predict(X)} <= {tuple(row) for row in y}


def test_an_unknown_cell_is_predicted_from_samples_that_know_it() -> None:
    X = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    y = np.array([[1, 1], [1, 1], [1, np.nan], [0, 1], [0, 0], [0, np.nan]])
    fitted = PrunedLabelPowerset(KNeighborsClassifier(1), prune=0).fit(X, y)
    assert fitted.notes_ == (
        "2 of 6 samples are partly unknown: unknown labels were predicted before sets were learned",
    )
    # 0.2 is nearest to 0.1, which has the label, and 5.2 to 5.1, which has not
    np.testing.assert_array_equal(fitted.predict([[0.2], [5.2]]), [[1, 1], [0, 0]])


def test_a_label_in_no_kept_set_is_noted() -> None:
    X = np.arange(6.0)[:, None]
    y = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1]])
    fitted = PrunedLabelPowerset(DecisionTreeClassifier(), prune=1).fit(X, y)
    assert fitted.notes_ == ("1 label in none of the 2 sets kept, so always decided absent: 2",)
    assert not fitted.predict(X)[:, 2].any()


def test_a_single_kept_set_is_a_constant() -> None:
    X = np.arange(6.0)[:, None]
    y = np.array([[1, 0], [1, 0], [1, 0], [1, 1], [0, 0], [0, 1]])
    fitted = PrunedLabelPowerset(LogisticRegression(), prune=2).fit(X, y)
    np.testing.assert_array_equal(fitted.predict(X), [[1, 0]] * 6)
    np.testing.assert_array_equal(fitted.predict_proba(X), [[1, 0]] * 6)


@pytest.mark.parametrize("settings", [{"prune": -1}, {"subsets": -1}])
def test_settings_below_zero_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ArgumentError, match="prune and subsets must be at least 0"):
        PrunedLabelPowerset(LogisticRegression(), **settings).fit(np.zeros((10, 1)), STATES)
