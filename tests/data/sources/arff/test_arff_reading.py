from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.sources import read
from multihot.errors import ArgumentError, DataError, FormatError, MultihotError
from multihot.labels import Count, Group

Mangled = Callable[..., st.SearchStrategy[bytes]]

HEADER = """% a comment
@RELATION songs
@Attribute 'mean pitch' REAL
@attribute colour {red, 'dark blue',green}
@attribute happy {1,0}
@attribute loud {0,1} % another

@DATA
"""
DENSE = HEADER + "1.5,red,1,0\n\n% between\n-2e-3, 'dark blue', 0, ?\n?\t?\t?\t1\n"
XML = """<?xml version="1.0" encoding="utf-8"?>
<labels xmlns="http://mulan.sourceforge.net/labels">
<label name="happy"><label name="loud"></label></label>
</labels>"""
NAN = np.nan


def save(folder: Path, content: str, xml: str | None = XML, name: str = "songs.arff") -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    if xml is not None:
        (folder / "songs.xml").write_text(xml, encoding="utf-8")
    return folder / name


def test_numbers_nominal_values_and_missing_ones(tmp_path: Path) -> None:
    samples = read(save(tmp_path, DENSE))
    assert samples.space.names == ("happy", "loud")
    assert samples.features.names == ("mean pitch", "colour=red", "colour=dark blue", "colour=green")
    np.testing.assert_array_equal(samples.features.dense(), [[1.5, 1, 0, 0], [-0.002, 0, 1, 0], [NAN, NAN, NAN, NAN]])
    np.testing.assert_array_equal(samples.targets.dense(), [[1, 0], [0, NAN], [NAN, 1]])
    assert samples.ids == ("sample/00000", "sample/00001", "sample/00002")
    assert samples.split is None
    assert not samples.exhaustive


def test_a_label_in_another_implies_it(tmp_path: Path) -> None:
    samples = read(save(tmp_path, DENSE))
    assert samples.space.relations.implies == (("loud", "happy"),)


def test_what_sparse_rows_leave_out_is_zero_or_the_first_value(tmp_path: Path) -> None:
    samples = read(save(tmp_path, HEADER + "{0 2.5, 3 1}\n{ 1 green , 2 0 }\n{}\n{0 0,1 ?}\n"))
    np.testing.assert_array_equal(
        samples.features.dense(), [[2.5, 1, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, NAN, NAN, NAN]]
    )
    # The first value of happy is 1, that of loud 0.
    np.testing.assert_array_equal(samples.targets.dense(), [[1, 1], [0, 0], [1, 0], [1, 0]])
    assert samples.features.values.nnz == 7


def test_dense_and_sparse_rows_may_be_mixed(tmp_path: Path) -> None:
    samples = read(save(tmp_path, HEADER + "1,red,0,1\n{0 3}\n"))
    np.testing.assert_array_equal(samples.features.dense(), [[1, 1, 0, 0], [3, 1, 0, 0]])


def test_words_in_quotes_may_hold_anything(tmp_path: Path) -> None:
    names = ["it's, so", 'a "b" {c}', "50 %", "?", "", "tab\there", "back\\slash", "été"]
    spelt = [r"'it\'s, so'", r"""'a "b" {c}'""", r'"50 %"', "'?'", "''", r"'tab\there'", r"'back\\slash'", "été"]
    header = f"@relation r\n@attribute x {{{','.join(spelt)}}}\n@attribute 'la bel' {{0,1}}\n@data\n"
    path = save(tmp_path, header + "".join(f"{word},1\n" for word in spelt), None)
    samples = read(path, labels="la bel")
    assert samples.features.names == tuple(f"x={name}" for name in names)
    np.testing.assert_array_equal(samples.features.dense(), np.eye(len(names)))


@pytest.mark.parametrize(("count", "expected"), [("-C 2", ("a", "b")), ("-C -1", ("c",))])
def test_meka_counts_labels_in_the_name_of_the_relation(tmp_path: Path, count: str, expected: tuple[str, ...]) -> None:
    header = "".join(f"@attribute {name} {{0,1}}\n" for name in "abc")
    path = save(
        tmp_path, f"@relation 'some: thing: {count} -split-number 2'\n{header}@data\n1,0,1\n0,1,0\n0,0,1\n", None
    )
    samples = read(path)
    assert samples.space.names == expected
    assert samples.split == ("train", "train", "test")


def test_a_label_of_several_values_is_a_group(tmp_path: Path) -> None:
    header = "@relation 'x: -C 2'\n@attribute size {s,m,l}\n@attribute new {FALSE,TRUE}\n@attribute f numeric\n@data\n"
    samples = read(save(tmp_path, header + "m,TRUE,1\n?,FALSE,2\nl,?,3\n", None))
    assert samples.space.names == ("size=s", "size=m", "size=l", "new")
    assert samples.space.relations.groups == (Group(("size=s", "size=m", "size=l"), Count(1, 1), "size"),)
    np.testing.assert_array_equal(samples.targets.dense(), [[0, 1, 0, 1], [NAN, NAN, NAN, 0], [0, 0, 1, NAN]])


def test_texts_and_dates_are_left_out_with_a_note(tmp_path: Path) -> None:
    header = "@relation x\n@attribute title string\n@attribute day DATE 'yyyy-MM-dd'\n@attribute f numeric\n"
    path = save(tmp_path, header + "@attribute l {0,1}\n@data\n'a, b',\"2020-01-01\",3,1\n?,?,4,0\n", None)
    samples = read(path, labels=["l"])
    assert samples.features.names == ("f",)
    assert samples.notes == ("text attributes left out: title, day",)


def test_parts_in_a_folder_are_the_split(tmp_path: Path) -> None:
    save(tmp_path, HEADER + "1,red,1,0\n", name="songs-train.arff")
    other = HEADER.replace("{1,0}", "{0,1}").replace("green}", "grey}")
    save(tmp_path, other + "{0 2,1 grey}\n3,red,1,1\n", name="songs-test.arff")
    samples = read(tmp_path)
    assert samples.split == ("train", "test", "test")
    assert samples.ids == ("train/00000", "test/00000", "test/00001")
    assert samples.features.names == ("mean pitch", "colour=red", "colour=dark blue", "colour=green", "colour=grey")
    np.testing.assert_array_equal(samples.features.dense(), [[1, 1, 0, 0, 0], [2, 0, 0, 0, 1], [3, 1, 0, 0, 0]])
    np.testing.assert_array_equal(samples.targets.dense(), [[1, 0], [0, 0], [1, 1]])
    assert read(tmp_path / "songs-test.arff").split is None


def test_other_encodings(tmp_path: Path) -> None:
    content = DENSE.replace("dark blue", "été").replace("happy", "joyeuxé")
    xml = XML.replace("happy", "joyeuxé")
    path = save(tmp_path, content, xml)
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(
        DataError, match=r"songs\.arff, line 4: not text in the encoding utf-8: .*; name another as enco"
    ):
        read(path)
    expected = ("joyeuxé", "loud")
    assert read(path, encoding="latin-1").space.names == expected
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes(content.replace("\n", "\r\n").encode(encoding))
        assert read(path).space.names == expected


def test_blocks_of_a_large_file_fit_together(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(20_000, 12)).round(6)
    labels = random.random((20_000, 2)) < 0.3
    header = "@relation x\n" + "".join(f"@attribute f{number} numeric\n" for number in range(12))
    header += "@attribute a {0,1}\n@attribute b {0,1}\n@data\n"
    rows = [",".join(map(str, [*row, *flags.astype(int)])) for row, flags in zip(values, labels, strict=True)]
    path = save(tmp_path, header + "\n".join(rows), None)
    assert path.stat().st_size > 2**21
    samples = read(path, labels="a,b")
    np.testing.assert_array_equal(samples.features.values, values)
    np.testing.assert_array_equal(samples.targets.dense(), labels)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"songs\.arff: empty file$"),
        ("1,2\n", r"songs\.arff, line 1: expected @relation, @attribute or @data, got '1,2'$"),
        ("@relation x\n", r"songs\.arff: cut off or no ARFF: no line says @data$"),
        ("@relation x\n@data\n", r"songs\.arff: no line says @attribute$"),
        ("@attribute\n", r"line 1: expected @attribute, a name and a type, got '@attribute'$"),
        ("@attribute a text\n", r"line 1: 'a': expected the type numeric, string, date or \{values\}, got 'text'$"),
        ("@attribute a {}\n", r"line 1: 'a': expected different values in braces, got \{\}$"),
        ("@attribute a {x,x}\n", r"line 1: 'a': expected different values in braces, got \{x,x\}$"),
        ("@attribute a real\n@attribute 'a' {0}\n", r"line 2: the attribute 'a' is given twice$"),
        (HEADER, r"songs\.arff: no samples in it$"),
        (HEADER + "1,red,1,0\n1,red,1\n", r"line 10: expected 4 values, one for each attribute, got 3$"),
        (HEADER + "1,red,1,0\n\n1,red,1,0,0", r"line 11: expected 4 values, one for each attribute, got 5$"),
        (HEADER + "1,red,1,0\none,red,1,0\n", r"line 10: expected a number, got 'one'$"),
        (HEADER + "1e999,red,1,0\n", r"line 9: expected a number that is finite, got '1e999'$"),
        (
            HEADER + "1,rot,1,0\n",
            r"line 9: expected a value of the attribute 'colour' \(red, dark blue, green\), got 'rot'$",
        ),
        (HEADER + "1,red,1,2\n", r"line 9: expected 0 or 1 for the attribute 'loud', got '2'$"),
        (HEADER + "1,'red,1,0\n", r"line 9: expected a closed quote, got \"'red\"$"),
        (HEADER + "{0 1\n", r"line 9: expected one row in one pair of braces, \{0 1,5 0\.25\}, got '\{0 1'$"),
        (HEADER + "1,red,1,0\n0 1}\n", r"line 10: expected one row in one pair of braces, .*, got '0 1\}'$"),
        (HEADER + "{0 1}{0 2}\n", r"line 9: expected one row in one pair of braces"),
        (HEADER + "{0 1,3}\n", r"line 9: expected pairs of an attribute's number and its value, got 3$"),
        (HEADER + "{0 1,4 1}\n", r"line 9: expected the number of an attribute, from 0 to 3, and its value, got '4'$"),
        (HEADER + "{-1 1}\n", r"line 9: expected the number of an attribute, from 0 to 3, and its value, got '-1'$"),
        (HEADER + "{a 1}\n", r"line 9: expected the number of an attribute, from 0 to 3, and its value, got 'a'$"),
        (HEADER + "{0,1}\n", r"line 9: expected the number of an attribute, from 0 to 3, and its value, got '0'$"),
        (HEADER + "{3 1,0 1,3 1}\n", r"line 9: expected each attribute once in a row, got '3'$"),
        (HEADER + "% id: a\n1,red,1,0\n1,red,1,0\n", r"songs\.arff: 1 lines '% id: ' for 2 samples$"),
        (HEADER + "% id: a\n1,red,1,0\n% id: a\n1,red,1,0\n", r"songs\.arff: sample ids must be unique, .*: a$"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    path = save(tmp_path, content)
    with pytest.raises(DataError, match=message) as got:
        read(path)
    assert "\n" not in str(got.value)


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (None, r"nothing says which attributes are labels: expected songs\.xml beside it, -C and"),
        (
            "<labels><label name='sad'/></labels>",
            r"songs\.xml: the label 'sad' is no attribute with values in songs\.arff$",
        ),
        (
            "<labels><label name='happy'/><label name='happy'/></labels>",
            r"songs\.xml: the label 'happy' is given twice$",
        ),
        ("<labels><label/></labels>", r"songs\.xml: expected <label name=\.\.\.>, got <label>$"),
        ("<labels></labels>", r"songs\.xml: no <label name=\.\.\.> in it$"),
        ("<annotation/>", r"songs\.xml: expected <labels> with <label name=\.\.\.> in it, got <annotation>$"),
        ("<labels><label name='happy'/>", r"songs\.xml: cannot be read as XML: no element found"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><labels/>", r"songs\.xml: declares entities"),
    ],
)
def test_bad_files_of_labels_say_what_is_wrong(tmp_path: Path, xml: str | None, message: str) -> None:
    with pytest.raises(DataError, match=message) as got:
        read(save(tmp_path, DENSE, xml))
    assert "\n" not in str(got.value)


def test_parts_and_options_that_do_not_fit(tmp_path: Path) -> None:
    save(tmp_path, DENSE, name="songs-train.arff")
    save(tmp_path, DENSE.replace("loud", "quiet"), name="songs-test.arff")
    with pytest.raises(
        DataError, match=r"songs-test\.arff: attribute 4 is 'quiet' \(nominal\), but 'loud' \(nominal\) in"
    ):
        read(tmp_path)
    save(tmp_path, "@relation x\n@attribute a real\n@data\n1\n", name="songs-test.arff")
    with pytest.raises(DataError, match=r"songs-test\.arff: 1 attributes, but 4 in songs-train\.arff$"):
        read(tmp_path)
    save(tmp_path, DENSE, name="birds.arff")
    with pytest.raises(FormatError, match=r"several data sets in one folder: birds\.arff, songs-.*; give one of them"):
        read(tmp_path)
    with pytest.raises(
        ArgumentError, match=r"^labels: songs\.xml says already which attributes of songs-train\.arff are"
    ):
        read(tmp_path / "songs-train.arff", labels="happy")
    with pytest.raises(DataError, match=r"nix\.xml: cannot be read: No such file or directory$"):
        read(tmp_path / "songs-train.arff", xml="nix.xml")
    path = save(tmp_path, DENSE.replace("songs", "'x: -C 9'"), None, name="y.arff")
    with pytest.raises(DataError, match=r"y\.arff: -C 9 in @relation, but there are 4 attributes$"):
        read(path)
    alone = save(tmp_path, DENSE.replace("songs", "alone"), None, name="alone.arff")
    with pytest.raises(DataError, match=r"alone\.arff: the label 'x' is no attribute with values in alone\.arff$"):
        read(alone, labels="x")
    assert read(path, xml=tmp_path / "songs.xml").space.names == ("happy", "loud")


@pytest.mark.parametrize(
    ("name", "count", "train", "features", "labels", "cardinality"),
    [
        ("emotions", 593, 391, 72, 6, 1.869),
        ("scene", 2407, 1211, 294, 6, 1.074),
        ("yeast", 2417, 1500, 103, 14, 4.237),
        # 260 attributes, of which location has 12 values
        ("birds", 645, 322, 271, 19, 1.014),
        ("bibtex", 7395, 4880, 1836, 159, 2.402),
    ],
)
def test_real_data_has_the_figures_of_the_literature(
    shared_data: Path, name: str, count: int, train: int, features: int, labels: int, cardinality: float
) -> None:
    samples = read(shared_data / "mulan" / name)
    assert (len(samples), samples.features.width, len(samples.space)) == (count, features, labels)
    assert samples.split is not None
    assert samples.split.count("train") == train
    assert round(samples.targets.present.nnz / count, 3) == pytest.approx(cardinality, abs=1e-3)
    assert not samples.targets.unknown.nnz


def test_two_forms_of_the_same_data_agree(shared_data: Path) -> None:
    one, other = read(shared_data / "mulan" / "bibtex"), read(shared_data / "xc" / "bibtex")
    assert (one.ids, one.split, one.space.names) == (other.ids, other.split, other.space.names)
    assert (one.targets.present != other.targets.present).nnz == 0
    assert (one.features.values != other.features.values).nnz == 0


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(tmp_path: Path, mangled: Mangled, data: st.DataObject) -> None:
    sparse = HEADER + "{0 2.5, 3 1}\n{ 1 green , 2 0 }\n{}\n% id: x\n"
    path = save(tmp_path, data.draw(st.sampled_from([DENSE, sparse])))
    bad = data.draw(st.sampled_from([path, path.with_suffix(".xml")]))
    bad.write_bytes(data.draw(mangled(bad.read_bytes(), likely=b"{}',%?\n \\@")))
    try:
        samples = read(path)
    except MultihotError:
        return
    assert len(samples) > 0
