import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_svmlight_file

from multihot.data.sources import read
from multihot.data.sources.recognition import recognise
from multihot.errors import ArgumentError, DataError, MultihotError

Mangled = Callable[..., st.SearchStrategy[bytes]]

TEXT = "# a comment\n1,4 1:0.5 3:-2e-1\n\n 2:1 # no label\n7 1:+3\t3:.5\r\n4\n"
VALUES = [[0.5, 0, -0.2], [0, 1, 0], [3, 0, 0.5], [0, 0, 0]]


def save(folder: Path, content: str, name: str = "data.svm") -> Path:
    (folder / name).write_bytes(content.encode())
    return folder / name


def test_lines_of_labels_and_features(tmp_path: Path) -> None:
    samples = read(save(tmp_path, TEXT))
    assert samples.space.names == ("1", "4", "7")
    assert samples.features.names is None
    np.testing.assert_array_equal(samples.features.dense(), VALUES)
    assert samples.targets.dense().tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert samples.ids == ("sample/00000", "sample/00001", "sample/00002", "sample/00003")
    assert samples.exhaustive


@pytest.mark.parametrize("name", ["data.svm", "data.libsvm", "data.svmlight", "data.txt", "train.dat"])
@pytest.mark.parametrize("content", [TEXT, "1,2 0:1\n", "2, 3 5:1 6:1\n", "-1 qid:3 5:1", " 5:1 6:1\n3 5:1\n"])
def test_files_are_recognised_by_their_content(tmp_path: Path, name: str, content: str) -> None:
    path = save(tmp_path, content, name)
    assert recognise(path) == ("svmlight", path)
    assert recognise(tmp_path) == ("svmlight", tmp_path)


@pytest.mark.parametrize("content", ["0 0.5 0.5 0.2 0.2\n", "some text: 5\n", "12:30 and 13:45\n", "", "\n" * 9999])
def test_other_text_is_not_taken_for_it(tmp_path: Path, content: str) -> None:
    save(tmp_path, content, "data.txt")
    assert recognise(tmp_path) == ("folders", tmp_path)


@pytest.mark.parametrize(("content", "first"), [("0 0:1 2:1\n", 0), ("0 1:1 2:1\n", 1)])
def test_features_count_from_0_where_a_feature_0_occurs(tmp_path: Path, content: str, first: int) -> None:
    path = save(tmp_path, content)
    assert read(path).features.width == 3 - first
    assert read(path, first_feature="0").features.width == 3


def test_parts_in_a_folder_are_the_split(tmp_path: Path) -> None:
    save(tmp_path, "1 1:1\n", "scene_train.svm")
    save(tmp_path, "2 0:1 5:2\n1 3:1\n", "scene_test.svm")
    samples = read(tmp_path)
    assert samples.split == ("train", "test", "test")
    assert samples.space.names == ("1", "2")
    assert samples.features.dense().tolist() == [[0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 2], [0, 0, 0, 1, 0, 0]]


def test_qid_groups_and_comments_name_samples(tmp_path: Path) -> None:
    samples = read(save(tmp_path, "1 qid:8 1:1 # a.jpg\n2 1:1 # b #2\n1 qid:8 # c\n"))
    assert samples.groups == ("8", None, "8")
    assert samples.ids == ("a.jpg", "b #2", "c")
    assert samples.features.dense().tolist() == [[1], [1], [0]]
    some = read(save(tmp_path, "1 1:1 # a.jpg\n2 1:1\n"))
    assert some.ids == ("sample/00000", "sample/00001")


def test_features_in_any_order_and_written_zeros(tmp_path: Path) -> None:
    values = read(save(tmp_path, "1 3:1 1:0 2:nan\n")).features.values
    assert values.has_canonical_format
    np.testing.assert_array_equal(values.toarray(), [[0, np.nan, 1]])
    assert values.nnz == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"data\.svm: no samples in it$"),
        ("# only\n\n", r"data\.svm: no samples in it$"),
        (" 1:1\n", r"data\.svm: no labels found; expected lines such as '1,4 7:0\.5 12:1'$"),
        ("1 1:1\ncat 1:1\n", r"line 2: expected a number, got 'cat'$"),
        ("1.5 1:1\n", r"line 1: expected the number of a label, got '1\.5'$"),
        ("# x\n\n1 1:x\n", r"line 3: expected a number, got 'x'$"),
        ("1 1:inf\n", r"line 1: expected a number that is finite, got 'inf'$"),
        ("1 1:1e999\n", r"line 1: expected a number that is finite, got '1e999'$"),
        ("1 -1:1\n", r"line 1: expected the number of a feature, 0 or more, got '-1'$"),
        ("1 1.5:1\n", r"line 1: expected the number of a feature, 0 or more, got '1\.5'$"),
        ("1 nan:1\n", r"line 1: expected the number of a feature, 0 or more, got 'nan'$"),
        ("1 99999999999:1\n", r"line 1: expected the number of a feature, 0 or more, got '99999999999'$"),
        ("1 1:1\n1 2:1 2:3\n", r"data\.svm, line 2: the feature 2 is given twice$"),
        ("1 1:1\n\n3,1,3 2:1\n", r"data\.svm, line 3: the label 3 is given twice$"),
        ("1 1:1 2\n", r"line 1: expected labels with a comma between them, then features as number:value, got '2'$"),
        ("1 2 1:1\n", r"line 1: expected labels with a comma between them, .*, got '2'$"),
        ("1 1:1:1\n", r"line 1: expected labels .*, got '1'$"),
        ("1 1: 1\n", r"line 1: expected labels .*, got '1'$"),
        ("1 1 :1\n", r"line 1: expected labels .*"),
        ("1 :1\n", r"line 1: expected labels .*"),
        ("1 1:1\n1, 1:1\n", r"line 2: expected labels .*, got '1'$"),
        ("1 1:1\n1,\n1 1:1\n", r"line 2: expected labels .*, got '1'$"),
        (": 1:1\n", r"line 1: expected labels .*, got a stray ':'$"),
        (",1 1:1\n", r"line 1: expected labels .*, got a stray ','$"),
        ("1,,2 1:1\n", r"line 1: expected labels .*"),
        ("1 1:1,2\n", r"line 1: expected labels .*"),
        ("1 qix:3 1:1\n", r"line 1: expected a number, got 'qix'$"),
        ("1 qid:3 qid:4\n", r"line 1: expected the number of a feature, or one qid, got 'qid'$"),
        ("1 1:\0\n", r"line 1: expected a number, got '\\x00'$"),
    ],
)
def test_bad_lines_say_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as got:
        read(save(tmp_path, content), "svmlight")
    assert "\n" not in str(got.value)


def test_bad_settings_and_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected files such as train\.svm and test\.svm, lines as '1,4 7:0"):
        read(tmp_path, "svmlight")
    path = save(tmp_path, "1 0:1\n")
    with pytest.raises(ArgumentError, match=r"^first_feature must be 0 or 1, got '2'$"):
        read(path, first_feature="2")
    with pytest.raises(DataError, match=r"line 1: expected the number of a feature from 1 to 0, got 0$"):
        read(path, first_feature=1)


NUMBERS = st.one_of(
    st.integers(-9, 9).map(str), st.floats(-1e9, 1e9).map(repr), st.sampled_from(["+1", "1.", ".5", "1E5"])
)
PAIRS = st.dictionaries(st.integers(1, 30), NUMBERS, max_size=5)
LINES = st.tuples(st.lists(st.integers(0, 9), unique=True, max_size=4), PAIRS)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, min_size=1))
def test_it_reads_what_scikit_learn_reads(tmp_path: Path, lines: list[tuple[list[int], dict[int, str]]]) -> None:
    lines = [line for line in lines if any(line)]
    text = "".join(
        ",".join(map(str, labels)) + " " + " ".join(f"{index}:{pairs[index]}" for index in sorted(pairs)) + "\n"
        for labels, pairs in lines
    )
    path = save(tmp_path, text)
    if not any(labels for labels, _ in lines):
        return
    values, labels = load_svmlight_file(io.BytesIO(text.encode()), multilabel=True, zero_based=False)
    samples = read(path, first_feature=1)
    # scikit-learn makes one feature where there are none.
    np.testing.assert_array_equal(samples.features.dense(), values.toarray()[:, : samples.features.width])
    assert samples.features.width == values.shape[1] or not values.nnz
    names = [{float(name) for name in samples.targets.names(row, samples.space)} for row in range(len(samples))]
    assert names == [set(found) for found in labels]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(tmp_path: Path, mangled: Mangled, data: st.DataObject) -> None:
    content = b"1,4 qid:3 1:0.5 3:-2 # a\n\n2:1\n7 1:3 3:.5\n4,5\n"
    path = tmp_path / "data.svm"
    path.write_bytes(data.draw(mangled(content, likely=b"#:, \n-.0123q")))
    try:
        samples = read(path, "svmlight")
    except MultihotError:
        return
    assert len(samples) > 0
