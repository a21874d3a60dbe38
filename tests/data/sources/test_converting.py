"""Any format of pictures into any other: what both can hold survives, what one cannot hold is said."""

import itertools
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PIL import Image

from multihot.data.features import Features
from multihot.data.images import ImageFiles
from multihot.data.samples import Samples
from multihot.data.sources import read, write
from multihot.data.sources.writing import unwritten_labels
from multihot.errors import DataError
from multihot.labels import Count, Group, LabelSpace, Relations, Targets

DESTINATIONS = {
    "table": "labels.csv",
    "arrays": "all.npz",
    "coco": "coco",
    "folders": "folders",
    "voc": "voc",
    "yolo": "yolo",
    "label-studio": "export.json",
    "idx": "idx",
    "webdataset": "shards",
    "huggingface": "hub",
}
WITH_UNKNOWN = {"table", "arrays", "coco", "voc", "label-studio", "webdataset", "huggingface"}
WITHOUT_SPLIT = {"label-studio"}
AS_FILES = {"table", "coco", "folders", "voc", "yolo", "label-studio", "webdataset", "huggingface"}
NAMES = ("a.png", "b.png", "c.png", "d.png")
LABELS = ("black", "jeans", "red")
VALUES = np.array([[1, 0, np.nan], [0, 0, 0], [1, 1, 0], [np.nan, 0, 1]], dtype=np.float32)
SPLIT = ("train", "test", "validation", "train")


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    (tmp_path / "in").mkdir()
    for row, name in enumerate(NAMES):
        Image.new("RGB", (4, 3), (60 * row, 0, 0)).save(tmp_path / "in" / name)
    return Samples(
        ids=NAMES,
        inputs=ImageFiles([tmp_path / "in" / name for name in NAMES]),
        space=LabelSpace(LABELS),
        targets=Targets.from_dense(VALUES),
        split=SPLIT,
    )


def known(samples: Samples) -> Samples:
    return replace(samples, targets=Targets.from_dense(np.nan_to_num(VALUES)))


def content(samples: Samples) -> dict[int, tuple[tuple[float, ...], str | None]]:
    """Each sample by the red in its picture: its labels, as in `LABELS`, and its part of the split."""
    dense = np.nan_to_num(samples.targets.dense(), nan=-1)
    names = list(samples.space.names)
    assert sorted(names) in (sorted(LABELS), ["0", "1", "2"])
    order = [names.index(name) for name in (LABELS if "red" in names else "012")]
    split = samples.split or (None,) * len(samples)
    return {
        int(samples.images.decode(row)[0, 0, 0]): (tuple(dense[row][order].tolist()), split[row])
        for row in range(len(samples))
    }


@pytest.mark.parametrize(("first", "second"), list(itertools.product(DESTINATIONS, DESTINATIONS)))
def test_every_format_becomes_every_other(samples: Samples, tmp_path: Path, first: str, second: str) -> None:
    given = samples if {first, second} <= WITH_UNKNOWN else known(samples)
    if WITHOUT_SPLIT & {first, second} and "yolo" not in (first, second):
        given = replace(given, split=None)
    write(given, tmp_path / "1" / DESTINATIONS[first], first)
    between = read(tmp_path / "1" / DESTINATIONS[first])
    assert write(between, tmp_path / "2" / DESTINATIONS[second], second) == ()
    again = read(tmp_path / "2" / DESTINATIONS[second])
    if WITHOUT_SPLIT & {first, second} and "yolo" in (first, second):
        assert {key: labels for key, (labels, _) in content(again).items()} == {
            key: labels for key, (labels, _) in content(given).items()
        }
    else:
        assert content(again) == content(given)
    if {first, second} <= AS_FILES:
        assert sorted(PurePosixPath(name).name for name in again.ids) == list(NAMES)
        written = {again.images.read(row) for row in range(4)}
        assert written == {samples.images.read(row) for row in range(4)}


@pytest.mark.parametrize("name", sorted(set(DESTINATIONS) - WITH_UNKNOWN))
def test_a_format_that_cannot_say_unknown_refuses(samples: Samples, tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"cannot say that a label is unknown: write a table$"):
        write(samples, tmp_path / "out", name)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", sorted(set(DESTINATIONS) - {"table", "arrays", "webdataset", "huggingface"}))
def test_what_a_format_has_no_place_for_is_said(
    samples: Samples, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    space = LabelSpace((*LABELS, "never"), Relations((Group(("black", "red"), Count(0, 1), "colour"),)))
    wider = replace(known(samples).with_space(space), groups=("g", "g", None, "h"))
    with caplog.at_level(logging.WARNING, "multihot"):
        write(wider, tmp_path / DESTINATIONS[name], name)
    said = {record.getMessage().partition(": ")[2].partition(":")[0] for record in caplog.records}
    expected = {"groups are not written", "relations between labels are not written"}
    expected |= {"the split is not written"} if name in WITHOUT_SPLIT else set()
    expected |= {"labels that no sample has are not written"} if name in ("folders", "label-studio") else set()
    expected |= {"the order of the labels is not written"} if name in ("folders", "label-studio", "voc") else set()
    expected |= {"ids and the names of labels are not written"} if name == "idx" else set()
    assert said == expected


def warnings_of(samples: Samples, path: Path, caplog: pytest.LogCaptureFixture, *to: str, **options: str) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.WARNING, "multihot"):
        write(samples, path, *to, **options)
    return [record.getMessage().removeprefix(f"{path}: ") for record in caplog.records]


def test_tables_of_lists_say_which_labels_they_lose(
    samples: Samples, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wider = samples.with_space(LabelSpace((*LABELS, "never")))
    for name in ("t.parquet", "t.jsonl"):
        assert warnings_of(wider, tmp_path / name, caplog) == [
            "labels that no sample has are not written: never",
            "the order of the labels is not written: read again, they stand in the order of their names",
        ]
        assert unwritten_labels(wider, tmp_path / name) == ["never"]
        assert warnings_of(samples, tmp_path / "no loss" / name, caplog) == []
    assert warnings_of(wider, tmp_path / "t.csv", caplog) == []
    assert read(tmp_path / "t.csv").space == wider.space


@pytest.mark.parametrize(("name", "written"), [("table", "t.csv"), ("coco", "coco"), ("label-studio", "l.json")])
def test_ids_that_become_names_of_files_are_said(
    samples: Samples, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, written: str
) -> None:
    odd = replace(samples, ids=("a", "b.png", "c", "d.png"), split=None)
    said = "ids change to the names of files: a becomes a.png and 1 more"
    assert warnings_of(odd, tmp_path / written, caplog, name) == [said]
    assert read(tmp_path / written).ids == NAMES
    bare = replace(samples, ids=("a", "b", "c", "d"), split=None)  # a table finds files by names without endings
    assert bool(warnings_of(bare, tmp_path / "bare" / written, caplog, name)) == (name != "table")


def test_only_mulan_keeps_what_labels_imply(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    space = LabelSpace(("dog", "animal"), Relations(implies=(("dog", "animal"),)))
    vectors = Samples(("a", "b"), Features(np.eye(2)), space, Targets.from_dense([[1, 1], [0, 1]]))
    assert warnings_of(vectors, tmp_path / "mulan.arff", caplog) == []
    said = "relations between labels are not written: the format 'arff' has no place for them"
    assert warnings_of(vectors, tmp_path / "meka.arff", caplog, form="meka") == [said]


@pytest.mark.parametrize("name", ["voc", "yolo"])
def test_ids_too_much_alike_for_files_are_named(samples: Samples, tmp_path: Path, name: str) -> None:
    alike = replace(known(samples), ids=("a.png", "A.png", "c.png", "d.png"))
    with pytest.raises(
        DataError, match=r"'a\.png' and 'A\.png' differ only by case, .*: rename one of them, or write a"
    ):
        write(alike, tmp_path / "out", name)


def test_labels_called_as_columns_that_the_table_does_not_have(samples: Samples, tmp_path: Path) -> None:
    named = replace(samples, space=LabelSpace(("split", "group", "red")), split=None)
    write(named, tmp_path / "t.csv")
    assert read(tmp_path / "t.csv").space == named.space
    with pytest.raises(
        DataError, match=r"the label 'split' and the table's own 'split' would be two columns of one name"
    ):
        write(replace(named, split=SPLIT), tmp_path / "out" / "t.csv")


@pytest.mark.parametrize("name", DESTINATIONS)
def test_nothing_is_overwritten_or_left_half(samples: Samples, tmp_path: Path, name: str) -> None:
    destination = tmp_path / "out" / DESTINATIONS[name]
    write(known(samples), destination, name)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match="exists already"):
        write(known(samples), destination, name)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("name", ["voc", "yolo"])
def test_equal_names_in_different_folders_stay_apart(
    samples: Samples, tmp_path: Path, pictures: Callable[..., Path], name: str
) -> None:
    ids = ("x/1.png", "y/1.png", "x y/2.png", "z/2.png")
    folder = pictures(*ids)
    renamed = replace(known(samples), ids=ids, inputs=ImageFiles([folder / name for name in ids]))
    write(renamed, tmp_path / "out", name)
    again = read(tmp_path / "out")
    assert sorted(PurePosixPath(name).name for name in again.ids) == ["x-1.png", "x_y-2.png", "y-1.png", "z-2.png"]


def test_voc_says_that_a_name_does_not_fit(samples: Samples, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the label 'a/b' does not fit into a file's name: write a table$"):
        write(replace(samples, space=LabelSpace(("a/b", "c", "d"))), tmp_path / "out", "voc")


def test_voc_keeps_labels_that_xml_would_take_for_its_own(samples: Samples, tmp_path: Path) -> None:
    odd = replace(samples, space=LabelSpace(("<b>", "a & b", "été_1")))
    write(odd, tmp_path / "out", "voc")
    again = read(tmp_path / "out")
    assert again.space == odd.space
    np.testing.assert_array_equal(again.targets.dense(), VALUES)
