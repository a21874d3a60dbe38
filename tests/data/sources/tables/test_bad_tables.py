from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.sources import read
from multihot.errors import ArgumentError, DataError, MultihotError

Mangled = Callable[..., st.SearchStrategy[bytes]]
Pictures = Callable[..., Path]
Table = Callable[..., Path]


def test_one_value_in_two_value_columns_is_refused(folder: Path, table: Table) -> None:
    source = table(folder, "file,upper,lower\na.png,black,blue\nb.png,red,black\n")
    with pytest.raises(DataError, match=r"'upper' and 'lower' both hold 'black', and one label cannot mean both"):
        read(source, value_columns=["upper", "lower"])


def test_states_with_a_slip_are_refused_rather_than_left_out(folder: Path, table: Table) -> None:
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
def test_one_odd_value_in_a_small_label_column_is_an_error(
    pictures: Pictures, table: Table, cells: list[str], odd: str
) -> None:
    folder = pictures(*(f"{row}.png" for row in range(len(cells))))
    rows = "".join(f"{row}.png,{cell},{row % 2}\n" for row, cell in enumerate(cells))
    with pytest.raises(
        DataError,
        match=rf"line {len(cells) + 1}: '{cells[-1]}' in the column 'dog', where most others are 0, 1, blank or -1",
    ):
        read(table(folder, f"file,dog,cat\n{rows}"))


def test_one_odd_word_in_a_small_split_column_is_an_error(folder: Path, table: Table) -> None:
    source = table(folder, "file,split,dog\na.png,train,1\nb.png,train,0\nc.png,tset,1\n")
    with pytest.raises(DataError, match=r"line 4, column 'split': expected train, .* got 'tset'; .* split_column=\"\""):
        read(source)
    assert read(source, split_column="").split is None


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
def test_bad_tables_say_what_is_wrong(folder: Path, table: Table, text: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as got:
        read(table(folder, text), "table")
    assert "\n" not in str(got.value)


def test_bad_options_say_what_is_wrong(folder: Path, table: Table) -> None:
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
def test_bad_typed_tables_say_what_is_wrong(
    folder: Path, table: Table, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message) as got:
        read(table(folder, content, name), "table")
    assert "\n" not in str(got.value)


_PARTS = [b"file", b"labels", b"dog", b"split", b"a.png", b"b.png", b"train", b"1", b"0", b"-1", b"PAR1"]
_PARTS += [bytes([byte]) for byte in b"|,;\t\"'[]{}:\\\n\0"]
_PARTS += [b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.sampled_from(_PARTS), st.binary(max_size=3)), max_size=40).map(b"".join))
def test_any_bytes_give_samples_or_an_error_of_ours(folder: Path, table: Table, content: bytes) -> None:
    try:
        samples = read(table(folder, content), "table")
    except MultihotError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert len(samples) > 0


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_tables_give_samples_or_an_error_of_ours(
    folder: Path, table: Table, mangled: Mangled, data: st.DataObject
) -> None:
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
