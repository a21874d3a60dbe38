import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihot.data.samples import Samples
from multihot.data.sources import read, write
from multihot.data.sources.recognition import recognise
from multihot.errors import DataError, ImageError, MissingExtraError, MultihotError
from multihot.labels import Count, Group, LabelSpace, Targets

Mangled = Callable[..., st.SearchStrategy[bytes]]
Pictures = Callable[..., Path]
CLASSES = datasets.ClassLabel(names=["cat", "dog", "owl"])


@pytest.fixture
def saved(pictures: Pictures) -> Callable[..., Path]:
    """Saves a data set of three pictures with more columns, and returns its folder."""
    folder = pictures("a.png", "b.png", "c.png")

    def save(features: dict[str, Any], **columns: list[Any]) -> Path:
        images = [{"bytes": (folder / f"{name}.png").read_bytes(), "path": None} for name in "abc"]
        typed = datasets.Features({"image": datasets.Image(), **features})
        made = datasets.Dataset.from_dict({"image": images, **columns}, features=typed)
        made.save_to_disk(folder / "saved")
        return folder / "saved"

    return save


def dense(samples: Samples) -> list[list[float]]:
    return np.nan_to_num(samples.targets.dense(), nan=-1).tolist()


def test_lists_of_classes(saved: Callable[..., Path], pictures: Pictures) -> None:
    source = saved(
        {"kinds": datasets.Sequence(CLASSES), "note": datasets.Value("string")},
        kinds=[[2, 0], [], None],
        note=["u"] * 3,
    )
    assert recognise(source) == ("huggingface", source)
    samples = read(source)
    assert samples.space.names == ("cat", "dog", "owl")
    assert dense(samples) == [[1, 0, 1], [0, 0, 0], [-1, -1, -1]]
    assert samples.ids == ("unsplit/00000", "unsplit/00001", "unsplit/00002")
    assert samples.split is None
    assert not samples.exhaustive
    assert samples.images.take([1]).read(0) == (pictures() / "b.png").read_bytes()
    assert samples.images.decode(0).shape == (3, 4, 3)


def test_one_class_each(saved: Callable[..., Path]) -> None:
    samples = read(saved({"label": CLASSES}, label=[1, 0, None]))
    assert dense(samples) == [[0, 1, 0], [1, 0, 0], [-1, -1, -1]]
    assert samples.space.relations.groups == (Group(("cat", "dog", "owl"), Count(1, 1), "class"),)


def test_names_and_vectors(saved: Callable[..., Path], tmp_path: Path) -> None:
    source = saved({"tags": datasets.Sequence(datasets.Value("string"))}, tags=[["x", "y"], [], ["y"]])
    assert (read(source).space.names, dense(read(source))) == (("x", "y"), [[1, 1], [0, 0], [0, 1]])
    vectors = {"labels": datasets.Sequence(datasets.Value("float32"))}
    images = datasets.load_from_disk(source).select_columns(["image"])
    more = datasets.Dataset.from_dict({"labels": [[1, 0], [-1, 1], [0, 0]]}, features=datasets.Features(vectors))
    datasets.concatenate_datasets([images, more], axis=1).save_to_disk(tmp_path / "vectors")
    assert dense(read(tmp_path / "vectors")) == [[1, 0], [-1, 1], [0, 0]]


def test_parts_are_the_split_and_ids_stay(saved: Callable[..., Path], tmp_path: Path) -> None:
    samples = read(saved({"label": CLASSES}, label=[1, 0, 2]))
    said = replace(samples, ids=("x", "y", "z"), split=("test", None, "train"), groups=("g", None, "g"))
    assert write(said, tmp_path / "out", "huggingface") == ()
    again = read(tmp_path / "out")
    assert (again.ids, again.split, again.groups) == (said.ids, said.split, said.groups)
    assert again.space.names == said.space.names
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "dataset_dict.json",
        "test",
        "train",
        "unsplit",
    ]


def test_by_name_on_the_hub(saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    local = datasets.load_from_disk(saved({"label": CLASSES}, label=[1, 0, 2]))
    asked = []

    def load(name: str, config: str | None) -> Any:
        asked.append((name, config))
        return datasets.DatasetDict({"train": local, "validation": local})

    monkeypatch.setattr(datasets, "load_dataset", load)
    samples = read("hf://someone/pets", config="small")
    assert asked == [("someone/pets", "small")]
    assert samples.split == ("train",) * 3 + ("validation",) * 3


def test_rows_without_a_picture_say_so(saved: Callable[..., Path], tmp_path: Path) -> None:
    made = datasets.load_from_disk(saved({"label": CLASSES}, label=[1, 0, 2]))
    cells = [None, {"bytes": b"x", "path": None}, {"bytes": b"", "path": None}]
    typed = datasets.Features({"image": datasets.Image(), "label": CLASSES})
    bad = datasets.Dataset.from_dict({"image": cells, "label": made["label"][:]}, features=typed)
    bad.save_to_disk(tmp_path / "bad")
    images = read(tmp_path / "bad").images
    for row, reason in enumerate(["^no picture in this row$", "^not a picture", "^empty file$"]):
        with pytest.raises(ImageError, match=reason):
            images.decode(row)


def test_what_cannot_be_read_says_so(
    saved: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = saved({"label": CLASSES}, label=[1, 0, 2])
    with pytest.raises(DataError, match=r"saved: no column 'kinds'; there are: label$"):
        read(source, label_column="kinds")
    with pytest.raises(DataError, match=r"saved: no column 'photo'; there are: image, label$"):
        read(source, image_column="photo")
    datasets.load_from_disk(source).select_columns(["label"]).save_to_disk(tmp_path / "bare")
    with pytest.raises(DataError, match=r"bare: no column of images; there are: label$"):
        read(tmp_path / "bare")
    datasets.load_from_disk(source).select([]).save_to_disk(tmp_path / "empty")
    with pytest.raises(DataError, match=r"empty: cannot be loaded as a Hugging Face data set: "):
        read(tmp_path / "empty")
    (source / "state.json").write_text('{"_data_files": [')
    with pytest.raises(DataError, match=r"saved: cannot be loaded as a Hugging Face data set: "):
        read(source)
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"^reading data sets of Hugging Face needs .*'multihot\[hugg"):
        read(source)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mangled_folders_give_samples_or_an_error_of_ours(
    saved: Callable[..., Path], mangled: Mangled, data: st.DataObject
) -> None:
    source = saved({"label": CLASSES}, label=[1, 0, 2])
    files = sorted(path for path in source.iterdir() if path.suffix == ".json")
    path = data.draw(st.sampled_from(files))
    path.write_bytes(data.draw(mangled(path.read_bytes())))
    try:
        samples = read(source, "huggingface")
    except MultihotError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert len(samples) == 3


def test_unknown_labels_and_their_order_are_read_back(saved: Callable[..., Path], tmp_path: Path) -> None:
    samples = read(saved({"label": CLASSES}, label=[1, 0, 2]))
    values = [[1, np.nan, 0, 0], [0, 0, 0, np.nan], [1, 1, 0, 0]]
    odd = replace(samples, space=LabelSpace(("z", "a", "never", "m")), targets=Targets.from_dense(values))
    write(odd, tmp_path / "out", "huggingface")
    again = read(tmp_path / "out")
    assert again.space == odd.space
    np.testing.assert_array_equal(again.targets.dense(), values)
