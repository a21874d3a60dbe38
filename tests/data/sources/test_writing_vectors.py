"""Feature vectors written in every format that holds them, and read back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from multihot.data.features import Features
from multihot.data.samples import Samples
from multihot.data.sources import read, write
from multihot.errors import ArgumentError, DataError, FormatError
from multihot.labels import LabelSpace, Relations, Targets

NAN = np.nan
VALUES = np.array([[0.1, 0, -2.5e-7, 0], [0, 0, 0, 0], [3, NAN, 1 / 3, 0], [1e16, 0, 0, 0]])
STATES = np.array([[1, 0, NAN], [0, 0, 0], [1, 1, 0], [NAN, 0, 1]])
NAMES = ("été", "it's, so", "10")
FILES = [("t.arff", None), ("t.svm", None), ("t.txt", "xc"), ("t.npz", None)]
FOLDERS = [("t", "arff"), ("t", "svmlight"), ("t", "xc")]


def made(*, sparsely: bool = False, states: Any = STATES, **changes: Any) -> Samples:
    values = sparse.csr_array(VALUES) if sparsely else VALUES
    samples = Samples(
        ids=("a.jpg", "b #1.jpg", "c é", "d"),
        inputs=Features(values, ("height", "a b", "%", "'q'")),
        space=LabelSpace(NAMES),
        targets=Targets.from_dense(states),
    )
    return replace(samples, **changes)


def assert_same(again: Samples, samples: Samples) -> None:
    assert again.ids == samples.ids
    assert again.space.names == samples.space.names
    assert again.features.names == samples.features.names
    np.testing.assert_array_equal(again.features.dense(), samples.features.dense())
    np.testing.assert_array_equal(again.targets.dense(), samples.targets.dense())
    assert again.split == samples.split
    assert not again.notes


@pytest.mark.parametrize("sparsely", [False, True])
@pytest.mark.parametrize(("name", "form"), FILES + FOLDERS)
def test_what_is_written_is_read_back(tmp_path: Path, name: str, form: str | None, sparsely: bool) -> None:
    holds_unknown = "npz" in name or "arff" in (form or name)
    samples = made(sparsely=sparsely, states=STATES if holds_unknown else np.nan_to_num(STATES))
    assert write(samples, tmp_path / name, form) == ()
    again = read(tmp_path / name)
    assert_same(again, samples)
    assert sparse.issparse(again.features.values) == (sparsely or not holds_unknown)
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(("name", "form"), [("t.npz", None), *FOLDERS])
def test_parts_of_a_split_are_read_back(tmp_path: Path, name: str, form: str | None) -> None:
    samples = made(states=np.nan_to_num(STATES), split=("train", "train", "validation", "test"))
    write(samples, tmp_path / name, form)
    assert_same(read(tmp_path / name), samples)
    mixed = replace(samples, split=("test", None, "train", "test"))
    write(mixed, tmp_path / f"mixed{name}", form)
    again = read(tmp_path / f"mixed{name}")
    if form is not None:
        assert again.ids == ("b #1.jpg", "c é", "a.jpg", "d")
        assert again.split == ("train", "train", "test", "test")
        np.testing.assert_array_equal(again.features.dense(), VALUES[[1, 2, 0, 3]])


@pytest.mark.parametrize(("name", "form"), FILES + FOLDERS)
def test_numbers_for_names_need_no_more_files(tmp_path: Path, name: str, form: str | None) -> None:
    """Ids, labels and features without names of their own; the last feature and label never occur."""
    space = LabelSpace(("0", "1", "2"))
    samples = made(states=[[1, 0, 1], [0, 0, 0], [0, 1, 0], [0, 0, 0]], space=space, inputs=Features(VALUES))
    samples = replace(samples, ids=tuple(f"sample/{row:05d}" for row in range(4)))
    write(samples, tmp_path / name, form)
    again = read(tmp_path / name)
    if "arff" in (form or name):
        assert again.features.names == ("x0", "x1", "x2", "x3")
        again = replace(again, inputs=Features(again.features.values))
    assert_same(again, samples)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == (2 if "arff" in (form or name) else 1)


def test_labels_that_never_occur_are_kept_in_svmlight(tmp_path: Path) -> None:
    samples = made(states=[[1, 0, 0]] * 4, space=LabelSpace(("1", "2", "3")))
    write(samples, tmp_path / "t.svm")
    assert_same(read(tmp_path / "t.svm"), samples)


def test_groups_are_kept_where_the_format_has_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    samples = made(states=np.nan_to_num(STATES), groups=("p1", None, "p2", "p1"))
    write(samples, tmp_path / "t.svm")
    assert read(tmp_path / "t.svm").groups == ("1", None, "2", "1")
    write(samples, tmp_path / "t.npz")
    assert read(tmp_path / "t.npz").groups == samples.groups
    assert not caplog.messages
    for name, form in (("t.arff", "arff"), ("x.txt", "xc")):
        write(samples, tmp_path / name, form)
        assert read(tmp_path / name).groups is None
        assert caplog.messages.pop().endswith(f"groups are not written: the format {form!r} has no place for them")


@pytest.mark.parametrize(("cat", "warned"), [(["animal"], False), (["animal", "pet"], True)])
def test_labels_that_imply_others_lie_in_them(
    tmp_path: Path, cat: list[str], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    implies = {"dog": ["animal"], "pug": ["dog"], "cat": cat}
    space = LabelSpace(("pug", "dog", "animal", "cat", "pet"), Relations.from_dict({"implies": implies}))
    samples = made(space=space, targets=Targets.from_dense(np.zeros((4, 5))))
    write(samples, tmp_path / "t.arff")
    # What implies two can lie in only one.
    kept = [pair for pair in space.relations.implies if pair[0] != "cat" or not warned]
    assert set(read(tmp_path / "t.arff").space.relations.implies) == set(kept)
    assert any("relations between labels are not written" in message for message in caplog.messages) == warned


@pytest.mark.parametrize("name", ["t.arff", "t"])
def test_meka_form_needs_no_file_of_labels(tmp_path: Path, name: str) -> None:
    samples = made()
    write(samples, tmp_path / name, "arff", form="meka")
    assert_same(read(tmp_path / name), samples)
    assert not list(tmp_path.rglob("*.xml"))


def test_single_precision_is_spelt_in_few_digits(tmp_path: Path) -> None:
    values = np.array([[0.1], [1 / 3], [16777216], [0]], np.float32)
    samples = made(inputs=Features(values), states=np.nan_to_num(STATES))
    write(samples, tmp_path / "t.svm")
    assert (tmp_path / "t.svm").read_text().startswith("0 1:0.1 # a.jpg\n")
    np.testing.assert_array_equal(read(tmp_path / "t.svm").features.values.toarray().astype(np.float32), values)


def test_what_cannot_be_held_says_so(tmp_path: Path) -> None:
    samples = made()
    for name, form in (("t.svm", None), ("t.txt", "xc")):
        with pytest.raises(DataError, match=r"cannot say that a label is unknown: write \.npz or ARFF$"):
            write(samples, tmp_path / name, form)
    known = made(states=np.nan_to_num(STATES))
    for strange in ("a\nb", " a", ""):
        with pytest.raises(DataError, match="this format cannot hold the id "):
            write(replace(known, ids=(strange, "b", "c", "d")), tmp_path / "t.arff")
    with pytest.raises(DataError, match=r"t_labels\.txt: a line cannot hold the name 'a\\nb': write \.npz$"):
        write(replace(known, space=LabelSpace(("a\nb", "c", "d"))), tmp_path / "t.svm")
    with pytest.raises(DataError, match=r"'height' is the name of a feature and of a label: rename one of them$"):
        write(replace(known, space=LabelSpace(("height", "c", "d"))), tmp_path / "t.arff")
    with pytest.raises(DataError, match=r"t\.arff: a split takes a file for each part: give a folder \(t\) and name"):
        write(replace(known, split=("train", "test", None, None)), tmp_path / "t.arff")
    with pytest.raises(ArgumentError, match=r"^form must be 'mulan' or 'meka', got 'weka'$"):
        write(known, tmp_path / "t.arff", form="weka")
    with pytest.raises(
        FormatError, match="the format 'coco' cannot hold feature vectors, expected one of table, arrays, arff, "
    ):
        write(known, tmp_path / "t", "coco")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "form"), FILES + FOLDERS)
def test_nothing_is_overwritten(tmp_path: Path, name: str, form: str | None) -> None:
    samples = made(states=np.nan_to_num(STATES))
    write(samples, tmp_path / name, form)
    with pytest.raises(DataError, match=r"exists already$"):
        write(samples, tmp_path / name, form)


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).filter(
    lambda text: text == text.strip() and "\0" not in text
)
CELLS = st.one_of(st.just(0.0), st.just(NAN), st.floats(allow_nan=False, allow_infinity=False))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(TEXT, min_size=5, max_size=5, unique=True),
    ids=st.lists(TEXT, min_size=3, max_size=3, unique=True),
    cells=st.lists(CELLS, min_size=6, max_size=6),
    sparsely=st.booleans(),
    form=st.sampled_from(["arff", "svmlight", "xc", "arrays"]),
)
def test_any_names_and_numbers_are_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    ids: list[str],
    cells: list[float],
    sparsely: bool,
    form: str,
) -> None:
    values = np.array(cells).reshape(3, 2)
    inputs = Features(sparse.csr_array(values) if sparsely else values, tuple(names[:2]))
    targets = Targets.from_dense([[1, 0, 1], [0, 0, 0], [0, 1, 0]])
    samples = Samples(tuple(ids), inputs, LabelSpace(tuple(names[2:])), targets)
    path = tmp_path_factory.mktemp("written") / {"arff": "t.arff", "svmlight": "t.svm", "xc": "t.txt"}.get(
        form, "t.npz"
    )
    write(samples, path, form)
    again = read(path)
    assert_same(replace(again, notes=()), samples)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.parquet"])
@pytest.mark.parametrize("flags", [False, True])
def test_tables_are_read_back_by_themselves(tmp_path: Path, name: str, flags: bool) -> None:
    values = np.array([[1.0, 0], [0, 1], [1, NAN]]) if flags else np.array([[0.1, 1], [-2.5e-7, 0], [1 / 3, NAN]])
    samples = Samples(
        ids=("1", "b", "c é"),
        inputs=Features(values, ("height", "colour=red")),
        space=LabelSpace(("a", "b")),
        targets=Targets.from_dense([[1, 0], [NAN, 1], [0, 0]]),
        split=("train", "test", None),
        groups=("g", "h", "g"),
    )
    assert write(samples, tmp_path / name) == ()
    again = read(tmp_path / name)
    assert_same(replace(again, notes=()), samples)
    assert again.groups == samples.groups
    assert [note for note in again.notes if "read as feature vectors" not in note] == []


def test_features_without_names_and_with_those_of_the_table(tmp_path: Path) -> None:
    space, targets = LabelSpace(("a",)), Targets.from_dense([[1], [0]])
    write(Samples(("x", "y"), Features(np.array([[0.5], [2.0]])), space, targets), tmp_path / "t.csv")
    assert read(tmp_path / "t.csv").features.names == ("f0",)
    clashing = Samples(("x", "y"), Features(np.array([[0.5], [2.0]]), ("labels",)), space, targets)
    with pytest.raises(DataError, match=r"the feature 'labels' and the table's own 'labels' .* use \.npz"):
        write(clashing, tmp_path / "u.csv")
