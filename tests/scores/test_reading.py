import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from multihot.errors import ArgumentError, DataError, LabelError
from multihot.labels import LabelSpace
from multihot.run import Run
from multihot.scores import ScoreTable, read_score_table

NAMES = ("red", "blue")
VALUES = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.125]])
IDS = ("a", "b", "c")


def write_csv(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def objects(path: Path, key: str) -> Path:
    lines = [{"id": name, key: dict(zip(NAMES, row, strict=True))} for name, row in zip(IDS, VALUES, strict=True)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def lists(path: Path, names: tuple[str, ...] | None = NAMES) -> Path:
    table = pa.table({"id": IDS, "logits": VALUES.tolist()})
    pq.write_table(table if names is None else table.replace_schema_metadata({"labels": json.dumps(names)}), path)
    return path


def bare(path: Path) -> Path:
    return write_csv(path, ["id", *NAMES], [[name, *row] for name, row in zip(IDS, VALUES, strict=True)])


def test_the_forms_say_the_same(tmp_path: Path) -> None:
    prefixed = pa.table({"id": IDS, **{f"probability.{name}": VALUES[:, at] for at, name in enumerate(NAMES)}})
    pq.write_table(prefixed, tmp_path / "prefixed.parquet")
    np.save(tmp_path / "array.npy", VALUES)
    read = {
        "prefixed": read_score_table(tmp_path / "prefixed.parquet"),
        "bare": read_score_table(bare(tmp_path / "bare.csv"), "probabilities"),
        "objects": read_score_table(objects(tmp_path / "objects.jsonl", "probabilities")),
        "lists": read_score_table(lists(tmp_path / "lists.parquet")),
        "array": read_score_table(tmp_path / "array.npy", "probabilities", NAMES),
    }
    for form, table in read.items():
        np.testing.assert_array_equal(table.values, VALUES, err_msg=form)
        assert table.space.names == NAMES, form
        assert table.ids == (("0", "1", "2") if form == "array" else IDS), form
        assert table.kind == ("logits" if form == "lists" else "probabilities"), form


def test_a_runs_own_scores_are_read_as_logits(shapes_run: Run) -> None:
    scores = shapes_run.scores()
    table = read_score_table(shapes_run.folder / "scores.parquet")
    assert (table.kind, table.space.names, table.ids) == ("logits", shapes_run.space.names, scores.ids)
    assert table.parts == scores.parts
    np.testing.assert_array_equal(table.values, scores.logits)
    calibrated = read_score_table(shapes_run.folder / "scores.parquet", "probabilities")
    np.testing.assert_array_equal(calibrated.values, scores.probabilities)


def test_what_numbers_are_is_said_never_guessed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="what are the numbers"):
        read_score_table(bare(tmp_path / "bare.csv"))
    with pytest.raises(DataError, match="hold probabilities, and not logits"):
        read_score_table(objects(tmp_path / "o.jsonl", "probabilities"), "logits")
    write_csv(tmp_path / "z.csv", ["id", "red"], [["a", 1.5]])
    with pytest.raises(DataError, match=r"sample a, label red: expected a probability from 0 to 1, got 1.5"):
        read_score_table(tmp_path / "z.csv", "probabilities")
    assert read_score_table(tmp_path / "z.csv", "scores").logits.tolist() == [[1.5]]


def test_lists_need_names(tmp_path: Path) -> None:
    path = lists(tmp_path / "lists.parquet", names=None)
    with pytest.raises(DataError, match="do not say which number is of which label"):
        read_score_table(path)
    with pytest.raises(DataError, match="2 numbers for 3 labels"):
        read_score_table(path, names=("a", "b", "c"))


def test_rows_without_scores_are_set_aside_and_gaps_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "s.csv", ["id", "red", "blue"], [["a", 1, 2], ["b", "", ""]])
    table = read_score_table(path, "logits")
    assert table.ids == ("a",)
    assert [tuple(aside) for aside in table.set_aside] == [("b", "no scores")]
    with pytest.raises(DataError, match="sample a, label blue: expected a finite number, got nan"):
        read_score_table(write_csv(tmp_path / "g.csv", ["id", "red", "blue"], [["a", 1, ""]]), "logits")


def test_the_split_stands_beside_the_scores(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "s.csv", ["id", "part", "red"], [["a", "val", 1], ["b", "test", 2]])
    assert read_score_table(path, "logits").parts == ("validation", "test")
    wrong = write_csv(tmp_path / "w.csv", ["id", "split", "red"], [["a", "val", 1], ["b", "2nd", 2]])
    with pytest.raises(DataError, match=r"line 3, column 'split': expected train, validation or test, got '2nd'"):
        read_score_table(wrong, "logits")


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        (["name", "red"], [["a", 1]], "expected a column `id`"),
        (["id", "red"], [["a", 1], ["a", 2]], "ids must be unique, given more than once: a"),
        (["id", "red"], [["", 1]], "nothing in the column 'id'"),
        (["id", "red", "remark"], [["a", 1, "sharp"]], "the column 'remark' holds no numbers"),
        (["id", "red", "part"], [["a", 1, "test"]], ""),
    ],
)
def test_errors_are_one_clear_line(tmp_path: Path, header: list[str], rows: list[list[object]], said: str) -> None:
    path = write_csv(tmp_path / "s.csv", header, rows)
    if not said:
        assert read_score_table(path, "logits").parts == ("test",)
        return
    with pytest.raises(DataError, match=said):
        read_score_table(path, "logits")


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file of scores"):
        read_score_table(tmp_path / "none.csv")
    (tmp_path / "bad.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match="cannot be read as a NumPy array"):
        read_score_table(tmp_path / "bad.npy", "logits")


@given(arrays(np.float64, (3, 2), elements=st.floats(0, 1)))
def test_probabilities_keep_their_order_as_logits(values: np.ndarray) -> None:
    logits = ScoreTable.from_array(values, "probabilities").logits
    assert np.isfinite(logits).all()
    first, second = values[0], values[1]
    assert ((first > second) >= (logits[0] > logits[1])).all()


def test_another_order_of_labels_is_followed_and_others_refused() -> None:
    table = ScoreTable(IDS, LabelSpace(NAMES), VALUES, "logits")
    np.testing.assert_array_equal(table.with_space(LabelSpace(("blue", "red"))).values, VALUES[:, ::-1])
    with pytest.raises(LabelError, match="green"):
        table.with_space(LabelSpace(("blue", "green")))
    with pytest.raises(LabelError, match="blue"):
        table.with_space(LabelSpace(("red",)))
    with pytest.raises(ArgumentError, match="do not match scores of the shape"):
        ScoreTable(("a",), LabelSpace(NAMES), VALUES, "logits")
