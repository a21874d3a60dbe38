import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.samples import Samples, SetAside
from multihot.data.sources import read
from multihot.data.sources.tables import text, typed
from multihot.data.sources.tables.reading import load_table
from multihot.errors import ArgumentError, DataError, MultihotError
from multihot.labels import Count, Group

Mangled = Callable[..., st.SearchStrategy[bytes]]
Pictures = Callable[..., Path]
Names = Callable[[Samples], dict[str, tuple[str, ...]]]

LISTS = {"a.png": ("black", "jeans"), "b.png": ("blue",), "c.png": ()}


def table(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def folder(pictures: Pictures) -> Path:
    return pictures("a.png", "b.png", "c.png")


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
def test_a_list_column_in_every_spelling(folder: Path, present: Names, text: str) -> None:
    samples = read(table(folder, text))
    assert present(samples) == LISTS
    assert samples.space.names == ("black", "blue", "jeans")
    assert samples.targets.unknown.nnz == 0
    assert samples.exhaustive
    assert samples.notes == ()


def test_utf_16_with_a_mark(folder: Path, present: Names) -> None:
    source = table(folder, "file,labels\na.png,été\nb.png,été\n".encode("utf-16"))
    assert present(read(source))["a.png"] == ("été",)


def test_another_encoding_must_be_named(folder: Path, present: Names) -> None:
    source = table(folder, "file,labels\na.png,été\nb.png,x\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"table\.csv: not text in the encoding utf-8-sig: .*; save it as UTF-8"):
        read(source)
    assert present(read(source, encoding="latin-1"))["a.png"] == ("été",)
    with pytest.raises(ArgumentError, match=r"^unknown encoding 'klingon'$"):
        read(source, encoding="klingon")


def test_label_columns_with_states(folder: Path, present: Names, unknown: Names) -> None:
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


def test_columns_that_each_hold_one_value(folder: Path, present: Names, unknown: Names) -> None:
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


def test_one_value_in_two_value_columns_is_refused(folder: Path) -> None:
    source = table(folder, "file,upper,lower\na.png,black,blue\nb.png,red,black\n")
    with pytest.raises(DataError, match=r"'upper' and 'lower' both hold 'black', and one label cannot mean both"):
        read(source, value_columns=["upper", "lower"])


def test_split_and_group_columns_are_no_labels(folder: Path) -> None:
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


def test_every_guess_can_be_overruled(pictures: Pictures, present: Names) -> None:
    folder = pictures("a.png", "b.png", "twins/a.png", "twins/b.png")
    source = table(folder, "one,two,labels,other,set\na.png,b.png,x;y,z,train\nb.png,a.png,y,z|w,dog\n")
    assert present(read(source)) == {"a.png": ("x", "y"), "b.png": ("y",)}
    assert present(read(source, path_column="two")) == {"a.png": ("y",), "b.png": ("x", "y")}
    assert present(read(source, label_column="other")) == {"a.png": ("z",), "b.png": ("w", "z")}
    assert present(read(source, separator="")) == {"a.png": ("x;y",), "b.png": ("y",)}
    assert read(source, root=folder / "twins").images.paths[0] == folder / "twins" / "a.png"


def test_states_with_a_slip_are_refused_rather_than_left_out(folder: Path) -> None:
    rows = "".join(f"x{number}.png,{number % 2},1\n" for number in range(20))
    with pytest.raises(DataError, match=r"line 23: '2' in the column 'dog', where most others are 0, 1"):
        read(table(folder, f"file,dog,cat\na.png,1,0\n{rows}b.png,2,1\n"))
    with pytest.raises(DataError, match=r"line 3, column 'cat': expected 1 \(present\), 0 \(absent\), .*got 'x'"):
        read(table(folder, "file,dog,cat\na.png,1,0\nb.png,1,x\n"), label_columns=["dog", "cat"])


@pytest.mark.parametrize(
    ("cells", "odd"),
    [
        (["1", "0", "2"], "'2'"),
        (["yes", "no", "maybe"], "'maybe'"),
        (["1", "0", "1", "2"], "'2'"),
        (["yes", "no", "no", "maybe"], "'maybe'"),
        (["Y", "N", "Y", "X"], "'X'"),
    ],
)
def test_one_odd_value_in_a_small_label_column_is_an_error(pictures: Pictures, cells: list[str], odd: str) -> None:
    folder = pictures(*(f"{row}.png" for row in range(len(cells))))
    rows = "".join(f"{row}.png,{cell},{row % 2}\n" for row, cell in enumerate(cells))
    with pytest.raises(
        DataError,
        match=rf"line {len(cells) + 1}: '{cells[-1]}' in the column 'dog', where most others are 0, 1, blank or -1",
    ):
        read(table(folder, f"file,dog,cat\n{rows}"))


def test_labels_alone_are_read_where_that_is_said(tmp_path: Path, present: Names) -> None:
    source = table(tmp_path, "id,labels\nb,x|y\na,y\n")
    with pytest.raises(DataError, match=r'no column names pictures .*"" for a table of labels alone\)$'):
        read(source)
    samples = read(source, feature_columns="")
    assert present(samples) == {"a": ("y",), "b": ("x", "y")}
    assert samples.features.width == 0


def test_numbers_of_rows_are_no_labels_with_slips(folder: Path) -> None:
    samples = read(table(folder, "number,file,dog\n0,a.png,Y\n1,b.png,N\n2,c.png,\n"))
    assert samples.targets.dense()[:2].tolist() == [[1], [0]]
    assert samples.notes == ("columns not read: number",)


@pytest.mark.parametrize("name", ["Age", "row_number", "score"])
def test_what_measures_is_no_label_with_a_slip(folder: Path, name: str) -> None:
    samples = read(table(folder, f"file,{name},dog\na.png,1,1\nb.png,1,0\nc.png,2,1\n"))
    assert samples.space.names == ("dog",)
    assert samples.notes == (f"columns not read: {name}",)


def test_one_odd_word_in_a_small_split_column_is_an_error(folder: Path) -> None:
    source = table(folder, "file,split,dog\na.png,train,1\nb.png,train,0\nc.png,tset,1\n")
    with pytest.raises(DataError, match=r"line 4, column 'split': expected train, .* got 'tset'; .* split_column=\"\""):
        read(source)
    assert read(source, split_column="").split is None


def test_a_blank_column_says_how_to_have_it(folder: Path) -> None:
    source = table(folder, "file,cat,dog\na.png,,1\nb.png,,0\n")
    samples = read(source)
    assert samples.notes[0] == "columns not read: cat"
    assert samples.notes[1].startswith("nothing stands in cat: to have such a column as a label")
    named = read(source, label_columns="cat,dog")
    np.testing.assert_array_equal(named.targets.dense(), [[np.nan, 1], [np.nan, 0]])
    assert named.notes == ()


@pytest.mark.parametrize("word", ["none", "NaN", "null", "n/a", "NA", "?"])
def test_words_for_no_value_are_unknown_and_said(folder: Path, unknown: Names, word: str) -> None:
    said = (f"column 'labels': 1 cells that hold only '{word}' were read as unknown",)
    samples = read(table(folder, f"file,labels\na.png,x|y\nb.png,{word}\nc.png,\n"))
    assert unknown(samples) == {"a.png": (), "b.png": ("x", "y"), "c.png": ()}
    assert samples.notes == said
    values = read(table(folder, f"file,labels\na.png,x\nb.png,{word}\nc.png,z\n"), value_columns="labels")
    assert unknown(values) == {"a.png": (), "b.png": ("x", "z"), "c.png": ()}
    assert values.notes == said
    meant = read(table(folder, f"file,labels\na.png,x|{word}\nb.png,['{word}']\nc.png,\n"))
    assert meant.space.names == tuple(sorted([word, "x"]))


def test_columns_that_are_no_labels_are_noted(folder: Path) -> None:
    samples = read(table(folder, "file,dog,age,comment\na.png,1,34,nice\nb.png,0,7,\n"))
    assert samples.space.names == ("dog",)
    assert samples.notes == ("columns not read: age, comment",)


@pytest.mark.parametrize("written", ["pictures/deep/a.png", "deep/a.png", "a.png", "a", "../up/pictures/deep/a.png"])
def test_pictures_are_found_from_the_table(pictures: Pictures, written: str) -> None:
    folder = pictures("up/pictures/deep/a.png", "up/pictures/deep/b.png") / "up"
    samples = read(table(folder, f"id,tags\n{written},x\n"))
    assert samples.ids == (written,)
    assert samples.images.paths[0].resolve() == (folder / "pictures/deep/a.png").resolve()


def test_absolute_paths_are_read_from_the_folder_of_the_table(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    source = table(folder, f"file,tags\n{folder}/a.png,x\n{folder}/b.png,y\n")
    assert read(source).images.paths == (folder / "a.png", folder / "b.png")
    assert read(tmp_path / "link" / source.name).images.paths == (folder / "a.png", folder / "b.png")


@pytest.mark.parametrize("start", ["{folder}/p/", "../p/"])
def test_pictures_outside_the_folder_of_the_table_need_a_root(pictures: Pictures, start: str) -> None:
    folder = pictures("p/a.png", "p/b.png", "t/images/c.png")
    start = start.format(folder=folder)
    source = table(folder / "t", f"file,tags\n{start}a.png,x\n{start}b.png,y\n")
    message = (
        rf"the pictures in the column 'file' lie outside {folder}/t, such as {start}a\.png: pass a folder that holds"
    )
    for where in (source, folder / "t"):
        with pytest.raises(DataError, match=message):
            read(where)
        assert read(where, root=folder).ids == (f"{start}a.png", f"{start}b.png")
    assert len(read(source, root=folder / "p")) == 2


def test_single_paths_that_leave_the_folder_of_the_table_are_set_aside(pictures: Pictures) -> None:
    folder = pictures("p/a.png", "t/a.png", "t/in/b.png")
    source = table(folder / "t", "file,tags\na.png,x\n../p/a.png,y\n/etc/passwd,y\nin/../in/b.png,y\n")
    samples = read(source)
    assert samples.ids == ("a.png", "in/b.png")
    assert samples.set_aside == tuple(
        SetAside(name, f"lies outside {folder}/t: pass a folder that holds it as root (--read root=FOLDER)")
        for name in ("../p/a.png", "/etc/passwd")
    )


def test_paths_must_not_leave_a_root_that_is_given(pictures: Pictures) -> None:
    folder = pictures("in/a.png", "out/b.png")
    source = table(folder, f"file,tags\na.png,x\n../out/b.png,y\n{folder}/out/b.png,y\n{folder}/in/a.png,z\n")
    samples = read(source, root=str(folder / "in"))
    assert samples.ids == (f"{folder}/in/a.png", "a.png")
    assert [name for name, _ in samples.set_aside] == ["../out/b.png", f"{folder}/out/b.png"]
    assert all(reason.startswith(f"lies outside {folder}/in: ") for _, reason in samples.set_aside)


def test_names_of_several_files_are_not_guessed_at(pictures: Pictures) -> None:
    folder = pictures("p/x/a.png", "p/y/a.png", "p/y/b.png")
    samples = read(table(folder, "id,tags\na,u\nb,v\n"))
    assert samples.ids == ("b",)
    assert samples.set_aside == (SetAside("a", f"no such file in {folder}"),)


def test_missing_pictures_are_set_aside_by_name(folder: Path) -> None:
    samples = read(table(folder, "file,labels\na.png,x\ngone.png,y\n,z\n"))
    assert samples.ids == ("a.png",)
    assert samples.set_aside == (
        SetAside("gone.png", f"no such file in {folder}"),
        SetAside("line 4", "nothing in the column 'file'"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "table.csv: empty file"),
        (b" \n\r\n", "table.csv: empty file"),
        (b"file,labels\n", "table.csv: a header line and no samples"),
        (b"file\na.png\n", "expected a header line with two columns or more .*, got 'file'"),
        (b"file,labels\na.png,x\nb.png,x,y\n", r"line 3: expected 2 fields as in the header \(file, labels\), got 3"),
        (b"file,labels\na.png,x\nb.png\n", "line 3: expected 2 fields .* got 1 "),
        (b"file,labels,labels\na.png,x,y\n", "column names must be unique, given more than once: labels"),
        (b'file,labels\na.png,"x\nb.png,y\n', "line 3: unexpected end of data; check the quotes"),
        (b'file,labels\na.png,"x"y\n', "line 2: .*check the quotes"),
        (b"file,labels\na.png,x\0y\n", r"not a text file \(it holds NUL characters\)"),
        (b"file,labels\na.png,\xff\n", "not text in the encoding utf-8-sig"),
        (b"file,labels\na.png,x\n./a.png,y\n", "line 3: a.png was already given in line 2: each picture must have one"),
        (
            b"file,labels\nno.png,x\n",
            "no column names pictures in .*looked at: file, labels.*pass the folder .* as root",
        ),
        (b"file,labels\na.png,[1.5]\n", "line 2, column 'labels': a label must be a name or a whole number, got 1.5"),
        (b"file,labels\na.png,\nb.png,\n", "no labels found in the columns file, labels: expected a column of label"),
        (b"file,tags,classes\na.png,x,z\n", "the labels may be in tags, classes: pass one as label_column"),
        (b"a.png,x\nb.png,y\n", "table.csv: expected column names in the first line, got a sample: 'a.png'"),
    ],
)
def test_bad_tables_say_what_is_wrong(folder: Path, text: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as got:
        read(table(folder, text), "table")
    assert "\n" not in str(got.value)


def test_bad_options_say_what_is_wrong(folder: Path) -> None:
    source = table(folder, "file,labels\na.png,x\n")
    with pytest.raises(DataError, match=r"table.csv: no column 'path'; there are: file, labels$"):
        read(source, path_column="path")
    with pytest.raises(DataError, match=r"table.csv: no column 'tags'; there are: file, labels$"):
        read(source, label_column="tags")
    with pytest.raises(DataError, match=r"gone: expected the folder in which the pictures of .*table.csv lie$"):
        read(source, root=folder / "gone")
    with pytest.raises(ArgumentError, match=r"^give one of label_column, label_columns and value_columns, got more"):
        read(source, label_column="labels", label_columns=["labels"])
    with pytest.raises(ArgumentError, match=r"^delimiter must be one character, got ', '$"):
        read(source, delimiter=", ")


def test_json_lines(folder: Path, present: Names, unknown: Names) -> None:
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


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.jsonl", b'{"path": "a.png", "labels": ["x"]}\n{"path": "b.pn', "line 2: expected one JSON object a line: "),
        ("t.jsonl", b'{"path": "a.png"}\n[1]\n', 'line 2: expected an object such as {"path": "a.jpg", "labels"'),
        ("t.json", b'[{"path": "a.png"}, {"pa', "t.json: no complete JSON: "),
        ("t.json", b'[{"path": "a.png"}, 3]', "object 2: expected an object"),
        ("t.json", b"[]", "t.json: no samples in it"),
        ("t.json", b"[" * 100_000, "t.json: (JSON nested too deeply|no complete JSON)"),
        (
            "t.jsonl",
            b'{"path": "a.png", "labels": ["\\ud800"]}',
            "t.jsonl, line 1, .*: a name is not valid text: ",
        ),
        ("t.parquet", b"PAR1 and no more", "t.parquet: cannot be read as Parquet: "),
    ],
)
def test_bad_typed_tables_say_what_is_wrong(folder: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as got:
        read(table(folder, content, name), "table")
    assert "\n" not in str(got.value)


CELLS = st.text(alphabet="ab |;\u00a01-é'", max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=3, max_size=3))
def test_tables_read_at_once_are_as_those_read_row_by_row(folder: Path, rows: list[tuple[str, str]]) -> None:
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


def test_large_numbers_and_times_in_json_stay_as_they_are(folder: Path) -> None:
    lines = [{"path": "a.png", "labels": ["2020-01-01", "x"]}, {"path": "b.png", "labels": [123456789012345678901]}]
    source = table(folder, "\n".join(map(json.dumps, lines)), "t.jsonl")
    assert read(source).space.names == ("123456789012345678901", "2020-01-01", "x")
    times = [{"path": "a.png", "labels": "2020-01-01"}, {"path": "b.png", "labels": "2021-01-01"}]
    source = table(folder, "\n".join(map(json.dumps, times)), "t.jsonl")
    assert read(source).space.names == ("2020-01-01", "2021-01-01")


def test_columns_longer_than_one_batch_are_joined(pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (text, typed):
        monkeypatch.setattr(module, "_ROWS_AT_ONCE", 2)
    folder = pictures("a.png", "b.png", "c.png", "d.png", "e.png")
    rows = [("a", None), ("b", None), ("c", ["x"]), ("d", ["x", "y"]), ("e", "y")]
    lines = "\n\n".join(json.dumps({"path": f"{name}.png", "labels": labels}) for name, labels in rows)
    samples = read(table(folder, lines, "t.jsonl"))
    assert samples.targets.dense()[2:].tolist() == [[1, 0], [1, 1], [0, 1]]
    quoted = read(table(folder, 'file,labels\n"a.png",x\n"b.png",y\n"c.png",\n"d.png",\n"e.png",x\n'))
    assert quoted.targets.dense().tolist() == [[1, 0], [0, 1], [0, 0], [0, 0], [1, 0]]


_PARTS = [
    b"file",
    b"labels",
    b"dog",
    b"split",
    b"a.png",
    b"b.png",
    b"train",
    b"|",
    b",",
    b";",
    b"\t",
    b"1",
    b"0",
    b"-1",
]
_PARTS += [
    b'"',
    b"'",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\n",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"PAR1",
    b"\0",
    b":",
    b"\\",
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.sampled_from(_PARTS), st.binary(max_size=3)), max_size=40).map(b"".join))
def test_any_bytes_give_samples_or_an_error_of_ours(folder: Path, content: bytes) -> None:
    try:
        samples = read(table(folder, content), "table")
    except MultihotError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert len(samples) > 0


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_tables_give_samples_or_an_error_of_ours(folder: Path, mangled: Mangled, data: st.DataObject) -> None:
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({"path": ["a.png", "b.png"], "labels": [["x", "y"], None]}), buffer)
    good = [
        b"file,labels\na.png,x|y\nb.png,y\n",
        b'{"path": "a.png", "labels": ["x"]}\n',
        buffer.getvalue().to_pybytes(),
    ]
    content = data.draw(mangled(data.draw(st.sampled_from(good))))
    try:
        samples = read(table(folder, content), "table")
    except MultihotError:
        return
    assert len(samples) > 0
