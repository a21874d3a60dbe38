from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.sources import read
from multihot.data.sources.recognition import recognise
from multihot.errors import DataError, MultihotError

Mangled = Callable[..., st.SearchStrategy[bytes]]

TEXT = "4 5 3\n0,2 0:1 4:0.5\n 1:2\n1\n\n"
VALUES = [[1, 0, 0, 0, 0.5], [0, 2, 0, 0, 0], [0] * 5, [0] * 5]
TARGETS = [[1, 0, 1], [0, 0, 0], [0, 1, 0], [0, 0, 0]]


def save(folder: Path, content: str, name: str = "data.txt") -> Path:
    (folder / name).write_bytes(content.encode())
    return folder / name


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_labels_and_features(tmp_path: Path, end: str) -> None:
    path = save(tmp_path, TEXT.replace("\n", end))
    assert recognise(path) == ("xc", path)
    samples = read(tmp_path)
    assert samples.space.names == ("0", "1", "2")
    np.testing.assert_array_equal(samples.features.dense(), VALUES)
    assert samples.targets.dense().tolist() == TARGETS
    assert samples.features.names is None
    assert not samples.exhaustive


def test_names_beside_the_file_and_parts(tmp_path: Path) -> None:
    save(tmp_path, TEXT, "trn.txt")
    save(tmp_path, "1 5 3\n2 3:1\n", "tst.txt")
    save(tmp_path, "dog\ncat, big\ncow\n", "labels.txt")
    save(tmp_path, "a\nb\nc\nd\ne", "Xf.txt")
    save(tmp_path, "x.jpg\n", "tst_ids.txt")
    samples = read(tmp_path)
    assert samples.split == ("train",) * 4 + ("test",)
    assert samples.ids[3:] == ("train/00003", "x.jpg")
    assert samples.space.names == ("dog", "cat, big", "cow")
    assert samples.features.names == tuple("abcde")
    assert samples.features.dense()[4].tolist() == [0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("names", "note"),
    [
        ("a\nb\n", "labels.txt was not used: 2 names for 3 labels"),
        ("a\nb\na\n", "labels.txt was not used: names in it are empty or the same"),
        ("a\n\nb\n", "labels.txt was not used: names in it are empty or the same"),
    ],
)
def test_names_that_do_not_fit_are_left_out_with_a_note(tmp_path: Path, names: str, note: str) -> None:
    save(tmp_path, names, "labels.txt")
    samples = read(save(tmp_path, TEXT))
    assert samples.space.names == ("0", "1", "2")
    assert samples.notes == (note,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"data\.txt: expected a first line of three numbers: of samples, features and labels$"),
        ("4 5\n", r"data\.txt: expected a first line of three numbers"),
        ("1 5 0\n 0:1\n", r"data\.txt: expected 1 to 30,000,000 labels in its first line, got 0$"),
        (
            "1 5 99999999999\n 0:1\n",
            r"data\.txt: expected 1 to 30,000,000 labels in its first line, got 2,147,483,647$",
        ),
        ("0 5 3\n", r"data\.txt: no samples in it$"),
        (TEXT[:-3], r"data\.txt: cut off or damaged: its first line tells of 4 samples, 2 follow$"),
        (TEXT + "1 1:1\n", r"data\.txt: cut off or damaged: its first line tells of 4 samples, 5 follow$"),
        ("1 5 3\n0 5:1\n", r"data\.txt, line 2: expected the number of a feature from 0 to 4, got 5$"),
        ("2 5 3\n\n3 4:1\n", r"data\.txt, line 3: expected the number of a label from 0 to 2, got 3$"),
        ("1 5 3\n-1 4:1\n", r"data\.txt, line 2: expected the number of a label from 0 to 2, got -1$"),
        ("2 5 3\n1,1 4:1\n0 1:1\n", r"data\.txt, line 2: the label 1 is given twice$"),
        ("2 5 3\n1 4:1\n0 1:1 2:1 1:1\n", r"data\.txt, line 3: the feature 1 is given twice$"),
        ("2 5 3\n1 4:1\n0 1:x\n", r"data\.txt, line 3: expected a number, got 'x'$"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as got:
        read(save(tmp_path, content), "xc")
    assert "\n" not in str(got.value)


def test_parts_that_do_not_fit_together(tmp_path: Path) -> None:
    save(tmp_path, TEXT, "train.txt")
    save(tmp_path, "1 6 3\n2 3:1\n", "test.txt")
    with pytest.raises(DataError, match=r"the files must have the same .*train\.txt: 5 and 3; test\.txt: 6 and 3$"):
        read(tmp_path)
    save(tmp_path, "a\nb\n", "train_ids.txt")
    with pytest.raises(DataError, match=r"train_ids\.txt: 2 ids for 4 samples$"):
        read(tmp_path / "train.txt")


def test_blocks_of_a_large_file_fit_together(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    values = random.random((20_000, 30)).round(6) * (random.random((20_000, 30)) < 0.5)
    labels = random.random((20_000, 4)) < 0.3
    lines = ["20000 30 4"]
    for row, flags in zip(values, labels, strict=True):
        pairs = [f"{column}:{row[column]}" for column in np.flatnonzero(row)]
        lines.append(" ".join([",".join(map(str, np.flatnonzero(flags))), *pairs]))
    path = save(tmp_path, "\n".join(lines) + "\n")
    assert path.stat().st_size > 2**21
    samples = read(path)
    np.testing.assert_array_equal(samples.features.dense(), values)
    np.testing.assert_array_equal(samples.targets.dense(), labels)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(tmp_path: Path, mangled: Mangled, data: st.DataObject) -> None:
    path = save(tmp_path, "")
    path.write_bytes(data.draw(mangled(TEXT.encode(), likely=b"#:, \n-.0123q")))
    try:
        samples = read(path, "xc")
    except MultihotError:
        return
    assert len(samples) > 0
