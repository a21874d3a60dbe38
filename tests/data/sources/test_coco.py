import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.samples import Samples, SetAside
from multihot.data.sources import read
from multihot.errors import DataError, MultihotError

Mangled = Callable[..., st.SearchStrategy[bytes]]
Pictures = Callable[..., Path]
Names = Callable[[Samples], dict[str, tuple[str, ...]]]

CATEGORIES = [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}, {"id": 9, "name": "cow"}]


def content(*images: tuple[str, list[int]], **extra: Any) -> dict[str, Any]:
    annotations = [
        {"id": 1, "image_id": number, "category_id": category, "bbox": [0, 0, 1, 1], "iscrowd": 1}
        for number, (_, categories) in enumerate(images)
        for category in categories
    ]
    listed = [{"id": number, "file_name": name, "width": 4} | extra for number, (name, _) in enumerate(images)]
    return {"info": {}, "images": listed, "annotations": annotations, "categories": CATEGORIES}


def write(path: Path, values: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))
    return path


def test_objects_give_labels(pictures: Pictures, present: Names) -> None:
    folder = pictures("val2017/a.png", "val2017/b.png")
    write(folder / "annotations" / "instances_val2017.json", content(("b.png", []), ("a.png", [9, 7, 9])))
    samples = read(folder)
    assert samples.space.names == ("dog", "cat", "cow")
    assert present(samples) == {"val2017/a.png": ("dog", "cow"), "val2017/b.png": ()}
    assert samples.images.paths[0] == folder / "val2017" / "a.png"
    assert samples.split is None  # one file is no split
    assert not samples.exhaustive


def test_files_of_parts_are_the_split(pictures: Pictures) -> None:
    folder = pictures("train2017/a.png", "val2017/b.png")
    for part, name in (("train", "a.png"), ("val", "b.png")):
        write(folder / "annotations" / f"instances_{part}2017.json", content((name, [7])))
    assert read(folder).split == ("train", "validation")


def test_annotations_beside_the_images_of_each_part(pictures: Pictures) -> None:
    folder = pictures("train/a.png", "valid/b.png", "test/c.png")
    for part, name in (("train", "a.png"), ("valid", "b.png"), ("test", "c.png")):
        write(folder / part / "_annotations.coco.json", content((name, [7])))
    samples = read(folder)
    assert samples.ids == ("test/c.png", "train/a.png", "valid/b.png")
    assert samples.split == ("test", "train", "validation")


def test_one_file_with_a_folder_of_images_elsewhere(pictures: Pictures, tmp_path: Path) -> None:
    folder = pictures("elsewhere/a.png", "beside/b.png")
    source = write(tmp_path / "beside" / "labels.json", content(("a.png", [7]), ("b.png", [3])))
    assert read(source).ids == ("b.png",)
    assert read(source, root=folder / "elsewhere").images.paths == (folder / "elsewhere" / "a.png",)


def test_categories_that_were_not_looked_for_are_unknown(pictures: Pictures, present: Names, unknown: Names) -> None:
    folder = pictures("a.png")
    source = write(folder / "lvis.json", content(("a.png", [7]), neg_category_ids=[3]))
    assert present(read(source)) == {"a.png": ("dog",)}
    assert unknown(read(source)) == {"a.png": ("cow",)}


def test_missing_images_are_set_aside(pictures: Pictures) -> None:
    folder = pictures("a.png")
    source = write(folder / "coco.json", content(("a.png", [7]), ("gone.png", []), ("../out.png", [])))
    assert read(source).set_aside == (
        SetAside("gone.png", f"no such file in {folder}"),
        SetAside("../out.png", f"lies outside {folder}"),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotations": [{"image_id": 5, "category_id": 7}]}, "annotations of an image that is not in it: id 5$"),
        ({"annotations": [{"image_id": 0, "category_id": 1}]}, "annotations of a category that is not in it: id 1$"),
        ({"annotations": [{"image_id": 0}]}, "c.json: annotations.0.category_id: Field required$"),
        ({"categories": [{"id": "x", "name": "dog"}]}, "c.json: categories.0.id: Input should be a valid integer"),
        ({"categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": " "}], "annotations": []}, "non-empty text"),
        (
            {"images": [{"id": 4, "file_name": "a.png"}, {"id": 4, "file_name": "b.png"}], "annotations": []},
            r"c\.json: two images with the id 4: a\.png and b\.png$",
        ),
        ({"images": []}, "annotations of an image that is not in it"),
        ({"images": [], "annotations": []}, "c.json: no usable samples$"),
    ],
)
def test_bad_files_say_what_is_wrong(pictures: Pictures, change: dict[str, Any], message: str) -> None:
    folder = pictures("a.png")
    with pytest.raises(MultihotError, match=message):
        read(write(folder / "c.json", content(("a.png", [7])) | change), "coco")


def test_cut_off_json_says_where(pictures: Pictures) -> None:
    source = pictures("a.png") / "c.json"
    source.write_text(json.dumps(content(("a.png", [7])))[:-9])
    with pytest.raises(DataError, match=r"c\.json: Invalid JSON: EOF while parsing .* at line 1 column"):
        read(source)
    with pytest.raises(DataError, match=r"expected COCO annotations in annotations/\*\.json"):
        read(pictures("empty/a.png") / "empty", "coco")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(
    pictures: Pictures, mangled: Mangled, data: st.DataObject
) -> None:
    text = json.dumps(content(("a.png", [7, 3]), neg_category_ids=[3]))
    source = pictures("a.png") / "c.json"
    source.write_bytes(data.draw(mangled(text.encode())))
    try:
        samples = read(source, "coco")
    except MultihotError:
        return
    assert len(samples) == 1


def test_coco_val(shared_data: Path) -> None:
    samples = read(shared_data / "coco")
    assert (len(samples), len(samples.space)) == (80, 80)
    raw = json.loads((shared_data / "coco/annotations/instances_val2017.json").read_text())
    pairs = {(annotation["image_id"], annotation["category_id"]) for annotation in raw["annotations"]}
    assert samples.targets.present.nnz == len(pairs)
    assert samples.set_aside == ()
