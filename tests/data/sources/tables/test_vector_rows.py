from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.sources import read
from multihot.errors import ArgumentError, DataError, MultihotError

NAN = np.nan
TEXT = """id,height,colour,smoker,dog,cat,split
a,1.5,red,1,1,0,train
c,?,blue,0,,1,test
b,-2e3,NA,,0,0,train
"""
LABELS = {"label_columns": "dog,cat"}


def save(folder: Path, content: str = TEXT, name: str = "t.csv") -> Path:
    (folder / name).write_text(content)
    return folder / name


def test_columns_of_numbers_and_of_values_are_features(tmp_path: Path) -> None:
    samples = read(save(tmp_path), feature_columns="*", **LABELS)
    assert samples.ids == ("a", "b", "c")
    assert samples.features.names == ("height", "colour=blue", "colour=red", "smoker")
    np.testing.assert_array_equal(samples.features.dense(), [[1.5, 0, 1, 1], [-2000, NAN, NAN, NAN], [NAN, 1, 0, 0]])
    np.testing.assert_array_equal(samples.targets.dense(), [[1, 0], [0, 0], [NAN, 1]])
    assert samples.split == ("train", "train", "test")
    assert not samples.notes


def test_named_features_leave_the_labels_to_be_found(tmp_path: Path) -> None:
    samples = read(save(tmp_path), feature_columns="height,smoker", id_column="")
    assert samples.ids == ("sample/00000", "sample/00001", "sample/00002")
    assert samples.features.names == ("height", "smoker")
    assert samples.space.names == ("dog", "cat")
    assert samples.notes == ("columns not read: id, colour",)


def test_typed_tables(tmp_path: Path) -> None:
    columns = {"x": [1, None, 3], "y": [0.5, NAN, 2], "z": [True, False, None], "labels": [["a"], [], ["b", "a"]]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    samples = read(tmp_path / "t.parquet", feature_columns=["x", "y", "z"])
    np.testing.assert_array_equal(samples.features.dense(), [[1, 0.5, 1], [NAN, NAN, 0], [3, 2, NAN]])
    assert samples.targets.dense().tolist() == [[1, 0], [0, 0], [1, 1]]
    lines = '{"x": 1, "labels": ["a"]}\n{"x": "2", "labels": ["b"]}\n{"labels": []}\n'
    again = read(save(tmp_path, lines, "t.jsonl"), feature_columns="x")
    np.testing.assert_array_equal(again.features.dense(), [[1], [2], [NAN]])


def test_texts_that_are_too_many_are_left_out_or_refused(tmp_path: Path) -> None:
    path = save(tmp_path, "name,x,dog\n" + "".join(f"n{row},{row},1\n" for row in range(101)))
    samples = read(path, feature_columns="*", label_columns="dog")
    assert samples.features.names == ("x",)
    assert samples.notes == ("columns not read: name",)
    with pytest.raises(DataError, match=r"the column 'name' holds 101 different texts, .*: leave it out of"):
        read(path, feature_columns="name")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"feature_columns": "*"}, r"^feature_columns=\*: which columns are labels .*: name them as label_columns"),
        ({"feature_columns": "weight"}, r"t\.csv: no column 'weight'; there are: id, height"),
        (
            {"feature_columns": "height", "root": "."},
            r"^a row is a feature vector or a picture: give feature_columns, or",
        ),
        ({"id_column": "id"}, r"^id_column names feature vectors: give feature_columns too"),
    ],
)
def test_settings_that_do_not_fit_say_so(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises((DataError, ArgumentError), match=message) as got:
        read(save(tmp_path), **options)
    assert "\n" not in str(got.value)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "c,?",
            "c,tall",
            r"line 3: 'tall' in the column 'height', where most others are numbers: correct it, or leave",
        ),
        ("1.5", "1e999", r"t\.csv: features must be finite, or NaN where"),
        ("c,?", "a,?", r"t\.csv: each sample must be given once, got a \(2 times\)$"),
        ("c,?", ",?", r"line 3: nothing in the column 'id', which names the samples$"),
        ("height", "colour=red", r"t\.csv: names of features must be unique, given more than once: 'colour=red'$"),
        ("a,1.5,", "a,", r"t\.csv, line 2: expected 7 fields"),
    ],
)
def test_bad_cells_say_so(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in TEXT
    with pytest.raises(DataError, match=message) as got:
        read(save(tmp_path, TEXT.replace(before, after)), feature_columns="*", **LABELS)
    assert "\n" not in str(got.value)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(TEXT.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        byte = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(list(b',\n"-.?0'))))
        content[data.draw(st.integers(0, len(content) - 1))] = byte
    path = save(tmp_path)
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        samples = read(path, feature_columns="*", **LABELS)
    except MultihotError:
        return
    assert len(samples) == len(samples.features) > 0


GUESSED = "age,income,city,dog,cat\n40,1e4,Rome,1,0\n30,,Oslo,0,1\n35,2e4,Rome,1,1\n"


@pytest.mark.parametrize("options", [{}, {"label_columns": "dog,cat"}])
def test_a_table_without_pictures_is_read_as_vectors_and_says_so(tmp_path: Path, options: dict[str, str]) -> None:
    samples = read(save(tmp_path, GUESSED), **options)
    assert samples.space.names == ("dog", "cat")
    assert samples.features.names == ("age", "income", "city=Oslo", "city=Rome")
    assert "labels in dog, cat, features in age, income, city" in samples.notes[-1]


def test_a_list_of_labels_beside_numbers(tmp_path: Path) -> None:
    samples = read(save(tmp_path, "age,tags\n40,a|b\n30,\n20,b\n"))
    assert samples.space.names == ("a", "b")
    assert samples.features.names == ("age",)


@pytest.mark.parametrize("column", ["file", "image_path", "shown.jpg"])
def test_a_table_about_files_that_are_not_there_is_not_taken_for_vectors(tmp_path: Path, column: str) -> None:
    cells = "pic.jpg" if column == "shown.jpg" else "1234x"
    with pytest.raises(DataError, match="no column names pictures"):
        read(save(tmp_path, f"{column.removesuffix('.jpg')},age,dog\n{cells},40,1\n{cells},30,0\n"))
