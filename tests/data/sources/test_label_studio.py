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


def annotated(*names: str, kind: str = "choices", **more: Any) -> dict[str, Any]:
    return {"id": 1, "result": [{"type": kind, "from_name": "tag", "value": {kind: list(names), "x": 3}}]} | more


def task(picture: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"id": 1, "data": {"image": picture, "note": "x"}, "annotations": list(annotations), "predictions": []}


def export(folder: Path, *tasks: dict[str, Any]) -> Path:
    (folder / "project.json").write_text(json.dumps(tasks))
    return folder / "project.json"


def test_choices_regions_and_taxonomies_give_labels(pictures: Pictures, present: Names) -> None:
    folder = pictures("a.png", "b.png", "c.png", "d.png")
    both = annotated("dog")
    both["result"] += annotated("cow", kind="rectanglelabels")["result"]
    both["result"].append({"type": "textarea", "value": {"text": ["a remark"]}})
    paths = annotated(kind="taxonomy")
    paths["result"][0]["value"]["taxonomy"] = [["animal", "cat"], ["animal", "dog"]]
    samples = read(export(folder, task("a.png", both), task("b.png", paths), task("c.png", {"id": 2, "result": []})))
    assert present(samples) == {"a.png": ("cow", "dog"), "b.png": ("animal", "cat", "dog"), "c.png": ()}
    assert samples.targets.unknown.nnz == 0


def test_what_annotators_disagree_on_is_unknown(pictures: Pictures, present: Names, unknown: Names) -> None:
    folder = pictures("a.png", "b.png", "c.png")
    source = export(
        folder,
        task("a.png", annotated("dog", "cat"), annotated("dog", "cow"), annotated("emu", was_cancelled=True)),
        task("b.png", annotated("dog"), annotated("cat", ground_truth=True)),
        task("c.png", annotated("emu", was_cancelled=True)),
    )
    samples = read(source)
    assert present(samples) == {"a.png": ("dog",), "b.png": ("cat",)}
    assert unknown(samples) == {"a.png": ("cat", "cow"), "b.png": ()}
    assert samples.set_aside == (SetAside("c.png", "not annotated"),)


@pytest.mark.parametrize(
    "written",
    [
        "in/a.png",
        "/in/a.png",
        "https://example.org/in/a.png?size=3",
        "s3://bucket/deep/in/a.png",
        "/data/local-files/?d=in/a.png",
        "/data/upload/7/01ab23cd-a.png",
        "in%2Fa.png",
    ],
)
def test_pictures_are_found_in_every_spelling(pictures: Pictures, written: str) -> None:
    folder = pictures("in/a.png", "in/b.png")
    assert read(export(folder, task(written, annotated("dog")))).images.paths == (folder / "in" / "a.png",)


def test_missing_pictures_are_set_aside(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = pictures("a.png", "b.png")
    tasks = [
        task("a.png", annotated("dog")),
        task("gone.png", annotated("cat")),
        {"data": {}, "annotations": [annotated("x")]},
    ]
    source = export(tmp_path_factory.mktemp("export"), *tasks)
    with pytest.raises(
        DataError, match=r"project\.json: no column names pictures in .*pass the folder of the pictures as root"
    ):
        read(source, "label-studio")
    assert read(source, root=folder).set_aside == (
        SetAside("gone.png", f"no such file in {folder}"),
        SetAside("task 3", f"no such file in {folder}"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"data": {"image": "a.png"}, "annotations": [', r"project\.json: Invalid JSON: EOF while parsing"),
        (
            '[{"data": 3}]',
            r"project\.json: 0\.data: Input should be an object|0\.data: Input should be a valid dictionary",
        ),
        ("{}", "Input should be a valid array|Input should be a valid list"),
        ("[]", "project.json: no column names pictures|no usable samples"),
    ],
)
def test_bad_files_say_what_is_wrong(pictures: Pictures, text: str, message: str) -> None:
    source = export(pictures("a.png"))
    source.write_text(text)
    with pytest.raises(DataError, match=message):
        read(source, "label-studio")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_give_samples_or_an_error_of_ours(
    pictures: Pictures, mangled: Mangled, data: st.DataObject
) -> None:
    content = json.dumps([task("a.png", annotated("dog"), annotated("cat"))])
    source = pictures("a.png") / "project.json"
    source.write_bytes(data.draw(mangled(content.encode())))
    try:
        samples = read(source, "label-studio")
    except MultihotError:
        return
    assert len(samples) == 1
