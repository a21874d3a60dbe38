from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.samples import Samples, SetAside
from multihot.data.sources import read
from multihot.errors import DataError, MultihotError

Pictures = Callable[..., Path]
Names = Callable[[Samples], dict[str, tuple[str, ...]]]

YAML = "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: dog\n  1: cat\n  2: cow\n"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def yolo(pictures: Pictures) -> Path:
    folder = pictures("images/train/a.png", "images/train/images/b.png", "images/val/c.png", "images/val/d.png")
    boxes = {
        "labels/train/a.txt": "2 0.5 0.5 1 1\n0 .1 .1 .2 .2\r\n2 0 0 1 1\n",
        "images/train/labels/b.txt": "1.0 0.5 0.5 1 1 0.9\n",
        "labels/val/c.txt": "\n",
    }
    return write(folder, **{"data.yaml": YAML}, **boxes)


def test_boxes_give_labels(yolo: Path, present: Names) -> None:
    samples = read(yolo)
    assert samples.space.names == ("dog", "cat", "cow")
    assert present(samples) == {
        "images/train/a.png": ("dog", "cow"),
        "images/train/images/b.png": ("cat",),
        "images/val/c.png": (),
        "images/val/d.png": (),
    }
    assert samples.split == ("train", "train", "validation", "validation")
    assert samples.notes == ("1 picture without a file of boxes: read as without labels",)
    assert read(yolo / "data.yaml").ids == samples.ids


def test_boxes_without_a_picture_are_set_aside(yolo: Path) -> None:
    write(yolo, **{"labels/val/gone.txt": "0 1 1 1 1\n"})
    assert read(yolo).set_aside == (SetAside("labels/val/gone.txt", "boxes of a picture that is not there"),)


def test_folders_that_do_not_exist_are_noted(yolo: Path) -> None:
    write(yolo, **{"data.yaml": YAML + "test: images/test\n"})
    assert "test: images/test does not exist and was left out" in read(yolo).notes


def test_a_picture_in_two_parts_counts_in_the_first(yolo: Path) -> None:
    write(yolo, **{"data.yaml": YAML.replace("val: images/val", "val: images/train")})
    samples = read(yolo)
    assert samples.split == ("train", "train")
    assert samples.notes == ("2 pictures in two parts of the split: read as of the first",)


@pytest.mark.parametrize(
    "entry", ["[images/val]", "../images/val", "images/val.txt", "{folder}/images/val", "/gone/elsewhere/images/val"]
)
def test_places_are_found_in_every_spelling(yolo: Path, entry: str) -> None:
    write(yolo, **{"images/val.txt": "images/val/c.png\n./val/d.png\n"})
    if entry.startswith("/gone"):
        write(yolo, **{"data.yaml": YAML.replace("path: .", "path: /gone/elsewhere")})
    else:
        write(yolo, **{"data.yaml": YAML.replace("images/val", entry.format(folder=yolo))})
    assert read(yolo).split == ("train", "train", "validation", "validation")


def test_listed_pictures_that_are_missing_are_set_aside(yolo: Path) -> None:
    write(
        yolo,
        **{"val.txt": "images/val/gone.png\nimages/val/c.png\n", "data.yaml": YAML.replace("images/val", "val.txt")},
    )
    assert read(yolo).set_aside == (SetAside("images/val/gone.png", "no such file"),)


@pytest.mark.parametrize(
    "names", ["names: [dog, cat, cow]", "names: {2: cow, 0: dog, 1: cat}", "nc: 3\nnames: ['dog', cat, cow]"]
)
def test_names_in_every_spelling(yolo: Path, names: str) -> None:
    write(yolo, **{"data.yaml": f"train: images/train\n{names}\n"})
    assert read(yolo).space.names == ("dog", "cat", "cow")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"labels/val/c.txt": "0 1 1 1 1\n3 1 1 1 1\n"}, r"c\.txt, line 2: expected one of 3 class numbers, got '3'$"),
        ({"labels/val/c.txt": "dog 1 1 1 1\n"}, r"c\.txt, line 1: expected one of 3 class numbers, got 'dog'$"),
        (
            {"data.yaml": "train: nowhere\nnames: [dog]\n"},
            "no pictures in what stands under train; train: nowhere does",
        ),
        ({"data.yaml": "train: images/train\nnames: 3\n"}, "expected names as a list, or as class numbers .* got 3$"),
        ({"data.yaml": "train: images/train\nnames: {a: b}\n"}, "expected class numbers with their names under names$"),
        (
            {"data.yaml": "train: [images/train\n"},
            r"data\.yaml, line 2: cannot be parsed as YAML \(cut off\?\): expected ',' or ']', but got '<stream end>'$",
        ),
    ],
)
def test_bad_files_say_what_is_wrong(yolo: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(write(yolo, **files), "yolo")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "train: images/train\nnames: [dog, cat\n",
            r"data\.yaml, line 3: cannot be parsed as YAML \(cut off\?\): [^\n]*$",
        ),
        ("", r"data\.yaml: empty file$"),
        ("names: [dog, cat]\n", r"data\.yaml: expected names and train \(or val, test\) in it; is it cut off\?$"),
        ("# names\n", r"data\.yaml: expected names and train"),
    ],
)
def test_a_damaged_layout_beside_pictures_and_boxes_is_no_folder_of_labels(yolo: Path, text: str, message: str) -> None:
    write(yolo, **{"data.yaml": text})
    for source, name in ((yolo, None), (yolo / "data.yaml", None), (yolo, "yolo"), (yolo / "data.yaml", "yolo")):
        with pytest.raises(DataError, match=message):
            read(source, name)


def test_a_yaml_that_is_no_layout_leaves_folders_alone(pictures: Pictures, present: Names) -> None:
    folder = pictures("dog/a.png")
    write(folder, **{"data.yaml": "names: [\n"})
    assert present(read(folder)) == {"dog/a.png": ("dog",)}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(yolo: Path, data: st.DataObject) -> None:
    for name, text in (("data.yaml", YAML), ("labels/val/c.txt", "0 .5 .5 1 1\n")):
        content = bytearray(text.encode())
        for _ in range(data.draw(st.integers(0, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        (yolo / name).write_bytes(bytes(content))
    try:
        samples = read(yolo, "yolo")
    except MultihotError:
        return
    assert len(samples) > 0


def test_yolo_128(shared_data: Path) -> None:
    samples = read(shared_data / "yolo")
    assert (len(samples), len(samples.space)) == (128, 80)
    boxes = (shared_data / "yolo" / "labels").rglob("*.txt")
    named = {path.stem for path in samples.images.paths}
    pairs = {(path.stem, line.split()[0]) for path in boxes for line in path.read_text().splitlines()}
    assert samples.targets.present.nnz == len({pair for pair in pairs if pair[0] in named})
    assert [name for name, _ in samples.set_aside] == [
        "labels/train2017/000000000656.txt",
        "labels/train2017/000000000659.txt",
    ]
    assert samples.notes == (
        "val: images/val2017 does not exist and was left out",
        "2 pictures without a file of boxes: read as without labels",
    )
