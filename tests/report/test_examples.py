import numpy as np
import pytest
from numpy.typing import NDArray

from multihot.report import Examples

NAN = np.nan


def examples(targets: object, probabilities: object, count: int = 12) -> Examples:
    certain = np.array(probabilities, np.float32)
    states = np.array(targets, np.float32)
    names = [chr(97 + label) for label in range(states.shape[1])]
    return Examples(names, [str(row) for row in range(len(states))], states, certain, certain >= 0.5, count)


def test_worst_are_wrong_and_surprising_best_are_right_and_sure() -> None:
    section = examples([[1, 0], [1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.01, 0.1], [0.4, 0.1], [0.1, 0.99]])
    assert section.worst.tolist() == [1, 2, 0, 3]
    assert section.best.tolist() == [3, 0]
    assert section.log_loss[0] == pytest.approx(-np.log(0.9) * 2)


def test_worst_takes_wrong_before_right_however_surprising() -> None:
    section = examples([[1, 1, 1], [1, 0, 0]], [[0.51, 0.51, 0.51], [0.49, 0.01, 0.01]])
    assert section.log_loss[0] > section.log_loss[1]
    assert section.worst.tolist() == [1, 0]


def test_best_shows_every_label_set_before_any_again() -> None:
    section = examples([[1, 0]] * 3 + [[0, 1]], [[0.99, 0.01], [0.98, 0.01], [0.97, 0.01], [0.4, 0.6]], count=3)
    assert section.best.tolist() == [0, 3, 1]


def test_unknown_cells_are_neither_right_nor_wrong() -> None:
    section = examples([[NAN, 1], [NAN, NAN]], [[0.99, 0.8], [0.9, 0.9]])
    assert section.log_loss.tolist() == pytest.approx([-np.log(0.8), 0])
    assert section.right.tolist() == [True, True]
    assert section.worst.tolist() == [0]
    assert section.best.tolist() == [0]
    assert section.table()["added"].to_pylist() == [[], []]


def test_table_says_what_differs() -> None:
    rows = examples([[1, 1, 0, 0]], [[0.9, 0.2, 0.7, 0.1]]).table().to_pylist()
    assert len(rows) == 1
    row = rows[0]
    assert (row["kind"], row["id"], row["right"], row["hit"]) == ("worst", "0", False, ["a"])
    assert [(entry["label"], round(entry["probability"], 3)) for entry in row["missed"]] == [("b", 0.2)]
    assert [(entry["label"], round(entry["probability"], 3)) for entry in row["added"]] == [("c", 0.7)]


def test_a_certainty_that_is_wrong_is_finite() -> None:
    assert np.isfinite(examples([[1]], [[0.0]]).log_loss).all()


@pytest.mark.parametrize("shape", [(0, 3), (4, 0)])
def test_nothing_to_show(shape: tuple[int, int]) -> None:
    empty: NDArray[np.float32] = np.zeros(shape, np.float32)
    section = Examples([""] * shape[1], [""] * shape[0], empty, empty, empty > 0)
    assert section.table().num_rows == 0
