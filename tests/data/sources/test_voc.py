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


def annotation(*objects: tuple[str, int]) -> str:
    rows = "".join(
        f"<object>\n<name>{name}</name><difficult>{difficult}</difficult><part><name>head</name></part></object>\r\n"
        for name, difficult in objects
    )
    return f"<annotation><filename>x.jpg</filename><owner><name>me</name></owner>{rows}</annotation>"


@pytest.fixture
def voc(pictures: Pictures) -> Path:
    folder = pictures("JPEGImages/01.jpg", "JPEGImages/02.png", "JPEGImages/03.jpg")
    (folder / "Annotations").mkdir()
    for name, objects in {
        "01": [("dog", 0), ("cat", 1), ("dog", 1)],
        "02": [("cow", 1), ("cow", 1)],
        "03": [],
    }.items():
        (folder / "Annotations" / f"{name}.xml").write_text(annotation(*objects))
    return folder


def main(folder: Path, **lists: str) -> Path:
    (folder / "ImageSets" / "Main").mkdir(parents=True, exist_ok=True)
    for name, text in lists.items():
        (folder / "ImageSets" / "Main" / f"{name}.txt").write_bytes(text.encode())
    return folder


def test_a_class_with_only_difficult_objects_is_unknown(voc: Path, present: Names, unknown: Names) -> None:
    samples = read(voc)
    assert samples.space.names == ("cat", "cow", "dog")
    assert present(samples) == {"JPEGImages/01.jpg": ("dog",), "JPEGImages/02.png": (), "JPEGImages/03.jpg": ()}
    assert unknown(samples) == {"JPEGImages/01.jpg": ("cat",), "JPEGImages/02.png": ("cow",), "JPEGImages/03.jpg": ()}
    assert samples.split is None


def test_lists_of_images_are_the_split(voc: Path) -> None:
    samples = read(main(voc, train="01\r\n", val="02\r\n", trainval="01\r\n02\r\n04\r\n"))
    assert samples.ids == ("JPEGImages/01.jpg", "JPEGImages/02.png")
    assert samples.split == ("train", "validation")
    assert samples.set_aside == (SetAside("04", "no such picture in JPEGImages"),)


def test_class_files_go_before_annotations(voc: Path, present: Names, unknown: Names) -> None:
    folder = main(voc, dog_train="01 -1\r\n02  0\r\n", traffic_light_train="01  1\n02 -1\n")
    samples = read(folder)
    assert samples.space.names == ("cat", "cow", "dog", "traffic_light")
    assert present(samples)["JPEGImages/01.jpg"] == ("traffic_light",)
    assert unknown(samples)["JPEGImages/02.png"] == ("cow", "dog")


def test_class_files_will_do_without_annotations(pictures: Pictures, present: Names) -> None:
    folder = main(pictures("JPEGImages/01.jpg", "JPEGImages/02.jpg"), train_val="01 1\n", val="01\n02\n")
    samples = read(folder)
    assert present(samples) == {"JPEGImages/01.jpg": ("train",)}
    assert samples.set_aside == (SetAside("02", "neither annotated nor in a class file"),)


def test_damaged_files_say_what_is_wrong(voc: Path) -> None:
    with pytest.raises(DataError, match=r"dog_train\.txt, line 2: expected an image and 1, 0 or -1, got '02 2'$"):
        read(main(voc, dog_train="01 1\n02 2\n"))
    with pytest.raises(DataError, match=r"expected a VOC folder, with JPEGImages and Annotations"):
        read(voc / "JPEGImages", "voc")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"03\.xml: cannot be read as XML: no element found"),
        ("<annotation><object><name>dog</name>", r"03\.xml: cannot be read as XML: no element found"),
        ("<annotation><object><name> </name></object></annotation>", r"03\.xml: an object without a name$"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', r"03\.xml: declares entities, which could unfold without end"),
    ],
)
def test_damaged_annotations_say_what_is_wrong(voc: Path, text: str, message: str) -> None:
    (voc / "Annotations" / "03.xml").write_text(text)
    with pytest.raises(DataError, match=message):
        read(voc)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(voc: Path, data: st.DataObject) -> None:
    main(voc)
    for name, text in (
        ("Annotations/03.xml", annotation(("dog", 0), ("cat", 1))),
        ("ImageSets/Main/dog_train.txt", "01 1\r\n03 -1\r\n"),
    ):
        content = bytearray(text.encode())
        for _ in range(data.draw(st.integers(0, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        (voc / name).write_bytes(bytes(content))
    try:
        samples = read(voc)
    except MultihotError:
        return
    assert len(samples) == 3


def test_voc2007(shared_data: Path) -> None:
    samples = read(shared_data / "voc2007")
    assert (len(samples), len(samples.space)) == (2500, 20)
    assert samples.set_aside == (SetAside("009623", "no such picture in JPEGImages"),)
    assert set(samples.split or ()) == {"train"}
    dense = samples.targets.dense()
    rows = {name.split("/")[1][:6]: row for row, name in enumerate(samples.ids)}
    main_folder = shared_data / "voc2007" / "ImageSets" / "Main"
    for column, label in enumerate(samples.space):
        for line in (main_folder / f"{label}_train.txt").read_text().split("\n"):
            name, _, state = line.partition(" ")
            if name in rows:
                expected = {"1": 1.0, "-1": 0.0, "0": None}[state.strip()]
                value = float(dense[rows[name], column])
                assert value == expected if expected is not None else value != value
