import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.samples import Samples
from multihot.data.sources import read
from multihot.data.sources.tables import text, typed
from multihot.data.sources.tables.reading import load_table
from multihot.errors import ArgumentError, DataError
from multihot.labels import Count, Group

Pictures = Callable[..., Path]
Table = Callable[..., Path]
Names = Callable[[Samples], dict[str, tuple[str, ...]]]

LISTS = {"a.png": ("black", "jeans"), "b.png": ("blue",), "c.png": ()}


@pytest.mark.parametrize(
    "text",
    [
        "file,labels\na.png,black|jeans\nb.png,blue\nc.png,\n",
        "file,labels\na.png,black;jeans\nb.png,blue\nc.png,\n",
        'file,labels\na.png,"black, jeans"\nb.png,blue\nc.png,\n',
        'file,labels\na.png,"[""black"", ""jeans""]"\nb.png,"[""blue""]"\nc.png,[]\n',
        "file,labels\na.png,\"['black', 'jeans']\"\nb.png,['blue']\nc.png,[]\n",
        "file\tlabels\na.png\tblack,jeans\nb.png\tblue\nc.png\t\n",
        "file;labels\na.png;black,jeans\nb.png;blue\nc.png;\n",
        "labels|file\nblack,jeans|a.png\nblue|b.png\n|c.png\n",
        "\ufefffile,labels\r\na.png,black|jeans\r\nb.png,blue\r\nc.png,\r\n",
        "file,labels\ra.png,black|jeans\rb.png,blue\rc.png,",
        "\n\n file , labels \n a.png , black | jeans \n\n b.png,blue\nc.png,\n,\n\n",
        ",file,labels,\n0,a.png,black|jeans,\n1,b.png,blue,\n2,c.png,,\n",
        '"file","labels"\n"a.png","black|jeans"\n"b.png","blue"\n"c.png",""\n',
        "file,labels\n./a.png,black|jeans\nb.png,blue\n.\\c.png,\n",
    ],
)
def test_a_list_column_in_every_spelling(folder: Path, table: Table, present: Names, text: str) -> None:
    samples = read(table(folder, text))
    assert present(samples) == LISTS
    assert samples.space.names == ("black", "blue", "jeans")
    assert samples.targets.unknown.nnz == 0
    assert samples.exhaustive
    assert samples.notes == ()


def test_utf_16_with_a_mark(folder: Path, table: Table, present: Names) -> None:
    source = table(folder, "file,labels\na.png,été\nb.png,été\n".encode("utf-16"))
    assert present(read(source))["a.png"] == ("été",)


def test_another_encoding_must_be_named(folder: Path, table: Table, present: Names) -> None:
    source = table(folder, "file,labels\na.png,été\nb.png,x\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"table\.csv: not text in the encoding utf-8-sig: .*; save it as UTF-8"):
        read(source)
    assert present(read(source, encoding="latin-1"))["a.png"] == ("été",)
    with pytest.raises(ArgumentError, match=r"^unknown encoding 'klingon'$"):
        read(source, encoding="klingon")


def test_label_columns_with_states(folder: Path, table: Table, present: Names, unknown: Names) -> None:
    samples = read(table(folder, "file,jeans,black\na.png,1,0\nb.png,-1,1.0\nc.png,,false\n"))
    assert samples.space.names == ("jeans", "black")  # the columns' own order
    assert present(samples) == {"a.png": ("jeans",), "b.png": ("black",), "c.png": ()}
    assert unknown(samples) == {"a.png": (), "b.png": ("jeans",), "c.png": ("jeans",)}
    assert not samples.exhaustive


def test_both_scene_tables_give_the_same_targets(shared_data: Path) -> None:
    states, lists = (read(shared_data / "scenes" / f"miml_labels_{number}.csv") for number in (1, 2))
    assert len(states) == 2000
    assert (states.ids, states.space) == (lists.ids, lists.space)
    np.testing.assert_array_equal(states.targets.dense(), lists.targets.dense())
    assert states.targets.present.nnz == 2472
    assert states.images.paths == lists.images.paths


def test_columns_that_each_hold_one_value(folder: Path, table: Table, present: Names, unknown: Names) -> None:
    source = table(folder, "file,colour,item,price\na.png,black,jeans,9\nb.png,blue,,8\nc.png,,dress,7\n")
    with pytest.raises(
        DataError, match=r"may be in colour, item, price: pass one as label_column, or as value_columns"
    ):
        read(source)
    samples = read(source, value_columns="colour, item")
    assert samples.space.names == ("black", "blue", "dress", "jeans")
    assert samples.space.relations.groups == (
        Group(("black", "blue"), Count(1, 1), "colour"),
        Group(("dress", "jeans"), Count(1, 1), "item"),
    )
    assert present(samples) == {"a.png": ("black", "jeans"), "b.png": ("blue",), "c.png": ("dress",)}
    assert unknown(samples) == {"a.png": (), "b.png": ("dress", "jeans"), "c.png": ("black", "blue")}
    assert samples.notes == ("columns not read: price",)


def test_split_and_group_columns_are_no_labels(folder: Path, table: Table) -> None:
    text = "file,dog,Split,patient_id\na.png,1,train,p1\nb.png,0,VAL,p1\nc.png,1,,\n"
    samples = read(table(folder, text))
    assert samples.space.names == ("dog",)
    assert samples.split == ("train", "validation", None)
    assert samples.groups == ("p1", "p1", None)
    plain = read(table(folder, text), split_column="", group_column="", label_columns=["dog"])
    assert (plain.split, plain.groups) == (None, None)
    assert plain.notes == ("columns not read: Split, patient_id",)
    with pytest.raises(DataError, match=r"line 2, column 'patient_id': expected train, validation or test, got 'p1'"):
        read(table(folder, text), split_column="patient_id")


def test_every_guess_can_be_overruled(pictures: Pictures, table: Table, present: Names) -> None:
    folder = pictures("a.png", "b.png", "twins/a.png", "twins/b.png")
    source = table(folder, "one,two,labels,other,set\na.png,b.png,x;y,z,train\nb.png,a.png,y,z|w,dog\n")
    assert present(read(source)) == {"a.png": ("x", "y"), "b.png": ("y",)}
    assert present(read(source, path_column="two")) == {"a.png": ("y",), "b.png": ("x", "y")}
    assert present(read(source, label_column="other")) == {"a.png": ("z",), "b.png": ("w", "z")}
    assert present(read(source, separator="")) == {"a.png": ("x;y",), "b.png": ("y",)}
    assert read(source, root=folder / "twins").images.paths[0] == folder / "twins" / "a.png"


def test_labels_alone_are_read_where_that_is_said(tmp_path: Path, table: Table, present: Names) -> None:
    source = table(tmp_path, "id,labels\nb,x|y\na,y\n")
    with pytest.raises(DataError, match=r'no column names pictures .*"" for a table of labels alone\)$'):
        read(source)
    samples = read(source, feature_columns="")
    assert present(samples) == {"a": ("y",), "b": ("x", "y")}
    assert samples.features.width == 0


def test_numbers_of_rows_are_no_labels_with_slips(folder: Path, table: Table) -> None:
    samples = read(table(folder, "number,file,dog\n0,a.png,Y\n1,b.png,N\n2,c.png,\n"))
    assert samples.targets.dense()[:2].tolist() == [[1], [0]]
    assert samples.notes == ("columns not read: number",)


@pytest.mark.parametrize("name", ["Age", "row_number", "score"])
def test_what_measures_is_no_label_with_a_slip(folder: Path, table: Table, name: str) -> None:
    samples = read(table(folder, f"file,{name},dog\na.png,1,1\nb.png,1,0\nc.png,2,1\n"))
    assert samples.space.names == ("dog",)
    assert samples.notes == (f"columns not read: {name}",)


def test_a_blank_column_says_how_to_have_it(folder: Path, table: Table) -> None:
    source = table(folder, "file,cat,dog\na.png,,1\nb.png,,0\n")
    samples = read(source)
    assert samples.notes[0] == "columns not read: cat"
    assert samples.notes[1].startswith("nothing stands in cat: to have such a column as a label")
    named = read(source, label_columns="cat,dog")
    np.testing.assert_array_equal(named.targets.dense(), [[np.nan, 1], [np.nan, 0]])
    assert named.notes == ()


@pytest.mark.parametrize("word", ["none", "NaN", "null", "n/a", "NA", "?"])
def test_words_for_no_value_are_unknown_and_said(folder: Path, table: Table, unknown: Names, word: str) -> None:
    said = (f"column 'labels': 1 cell with only '{word}' read as unknown",)
    samples = read(table(folder, f"file,labels\na.png,x|y\nb.png,{word}\nc.png,\n"))
    assert unknown(samples) == {"a.png": (), "b.png": ("x", "y"), "c.png": ()}
    assert samples.notes == said
    values = read(table(folder, f"file,labels\na.png,x\nb.png,{word}\nc.png,z\n"), value_columns="labels")
    assert unknown(values) == {"a.png": (), "b.png": ("x", "z"), "c.png": ()}
    assert values.notes == said
    meant = read(table(folder, f"file,labels\na.png,x|{word}\nb.png,['{word}']\nc.png,\n"))
    assert meant.space.names == tuple(sorted([word, "x"]))


def test_columns_that_are_no_labels_are_noted(folder: Path, table: Table) -> None:
    samples = read(table(folder, "file,dog,age,comment\na.png,1,34,nice\nb.png,0,7,\n"))
    assert samples.space.names == ("dog",)
    assert samples.notes == ("columns not read: age, comment",)


def test_json_lines(folder: Path, table: Table, present: Names, unknown: Names) -> None:
    lines = [
        {"path": "a.png", "labels": ["black", "jeans"], "score": 0.5},
        {"path": "b.png", "labels": []},
        {"path": "c.png", "labels": None},
    ]
    samples = read(table(folder, "\r\n".join(map(json.dumps, lines)), "table.jsonl"))
    assert present(samples) == {"a.png": ("black", "jeans"), "b.png": (), "c.png": ()}
    assert unknown(samples) == {"a.png": (), "b.png": (), "c.png": ("black", "jeans")}
    assert samples.notes == ("columns not read: score",)
    as_list = read(table(folder, json.dumps(lines), "table.json"))
    assert present(as_list) == present(samples)


def test_parquet(folder: Path, present: Names, unknown: Names) -> None:
    source = folder / "table.parquet"
    pq.write_table(pa.table({"path": ["a.png", "b.png"], "caption": ["u", "v"], "what": [["x", "y"], None]}), source)
    assert present(read(source)) == {"a.png": ("x", "y"), "b.png": ()}
    assert unknown(read(source)) == {"a.png": (), "b.png": ("x", "y")}
    states = {"path": ["a.png", "b.png"], "x": [True, None], "y": [1.0, 0.0], "z": pa.array([0, -1], pa.int8())}
    pq.write_table(pa.table(states), source)
    assert present(read(source)) == {"a.png": ("x", "y"), "b.png": ()}
    assert unknown(read(source)) == {"a.png": (), "b.png": ("x", "z")}


CELLS = st.text(alphabet="ab |;\u00a01-é'", max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=3, max_size=3))
def test_tables_read_at_once_are_as_those_read_row_by_row(
    folder: Path, table: Table, rows: list[tuple[str, str]]
) -> None:
    named = [(f"{letter}.png", *row) for letter, row in zip("abc", rows, strict=True)]
    lines = [json.dumps({"file": name, "labels": one, "other": two.split()}) for name, one, two in named]
    plain = ["file,labels,other", *(",".join(row) for row in named)]
    quoted = ["file,labels,other", *(",".join(f'"{cell}"' for cell in row) for row in named)]
    for fast, slow, name in ((plain, quoted, "t.csv"), (lines, ["", *lines], "t.jsonl")):
        first = load_table(table(folder, "\n".join(fast), name))
        second = load_table(table(folder, "\n".join(slow), name))
        assert {key: column.values for key, column in first.columns.items()} == {
            key: column.values for key, column in second.columns.items()
        }
    assert list(first.numbers) == [1, 2, 3]
    assert list(second.numbers) == [2, 3, 4]


def test_large_numbers_and_times_in_json_stay_as_they_are(folder: Path, table: Table) -> None:
    lines = [{"path": "a.png", "labels": ["2020-01-01", "x"]}, {"path": "b.png", "labels": [123456789012345678901]}]
    source = table(folder, "\n".join(map(json.dumps, lines)), "t.jsonl")
    assert read(source).space.names == ("123456789012345678901", "2020-01-01", "x")
    times = [{"path": "a.png", "labels": "2020-01-01"}, {"path": "b.png", "labels": "2021-01-01"}]
    source = table(folder, "\n".join(map(json.dumps, times)), "t.jsonl")
    assert read(source).space.names == ("2020-01-01", "2021-01-01")


def test_columns_longer_than_one_batch_are_joined(
    pictures: Pictures, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (text, typed):
        monkeypatch.setattr(module, "_ROWS_AT_ONCE", 2)
    folder = pictures("a.png", "b.png", "c.png", "d.png", "e.png")
    rows = [("a", None), ("b", None), ("c", ["x"]), ("d", ["x", "y"]), ("e", "y")]
    lines = "\n\n".join(json.dumps({"path": f"{name}.png", "labels": labels}) for name, labels in rows)
    samples = read(table(folder, lines, "t.jsonl"))
    assert samples.targets.dense()[2:].tolist() == [[1, 0], [1, 1], [0, 1]]
    quoted = read(table(folder, 'file,labels\n"a.png",x\n"b.png",y\n"c.png",\n"d.png",\n"e.png",x\n'))
    assert quoted.targets.dense().tolist() == [[1, 0], [0, 1], [0, 0], [0, 0], [1, 0]]
