import numpy as np

from multihot.labels import Targets
from multihot.report.listed import ByFrequency


def by_frequency() -> ByFrequency:
    """Label 0 was never seen in training, 1 and 2 once, 3 fifty times."""
    targets = Targets.from_dense([[1, 1, 0, 1], [0, 0, 1, np.nan], [0, 0, 0, 1]])
    labels = np.array([[3, 1, 2, 0], [3, 2, 1, 0], [1, 3, 2, 0]], np.int32)
    decided = np.array([[True, True, False, False], [True, False, False, False], [True, False, False, False]])
    return ByFrequency(np.array([0, 1, 1, 50]), targets, labels, decided)


def test_shares_are_of_each_groups_present_labels() -> None:
    rows = by_frequency().table().to_pylist()
    assert [(row["from"], row["to"], row["labels"], row["present"]) for row in rows] == [
        (0, 0, 1, 1),
        (1, 1, 2, 2),
        (32, 63, 1, 2),
    ]
    assert [row["given"] for row in rows] == [0, 0.5, 0.5]
    assert [row["in_top"] for row in rows] == [1, 1, 1]
    assert [row["right"] for row in rows] == [None, 0.5, 1]


def test_only_the_five_best_are_the_top() -> None:
    targets = Targets.from_dense(np.eye(8)[[6]])
    labels = np.arange(8, dtype=np.int32)[None]
    row = ByFrequency(np.full(8, 2), targets, labels, np.zeros((1, 8), bool)).table().to_pylist()[0]
    assert (row["in_top"], row["listed"], row["given"], row["right"]) == (0, 1, 0, None)


def test_it_is_told_in_words() -> None:
    assert "32 to 63 training samples: 100 % in the five best" in by_frequency().describe()
    assert not by_frequency().empty
    nothing = ByFrequency(
        np.zeros(4, np.int64), Targets.from_dense(np.zeros((1, 4))), np.zeros((1, 1), np.int32), np.zeros((1, 1), bool)
    )
    assert nothing.empty
