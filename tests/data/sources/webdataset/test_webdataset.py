import io
import json
import multiprocessing
import pickle
import tarfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from multihot.data.samples import Samples, SetAside
from multihot.data.sources import read, write
from multihot.data.sources.recognition import recognise
from multihot.errors import ArgumentError, DataError, ImageError, MultihotError

Mangled = Callable[..., st.SearchStrategy[bytes]]
Names = Callable[[Samples], dict[str, tuple[str, ...]]]


def picture(red: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), (red, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def shard(path: Path, members: Sequence[tuple[str, bytes | str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            data = content.encode() if isinstance(content, str) else content
            header = tarfile.TarInfo(name)
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    return path


def test_labels_from_json_numbers_and_text(tmp_path: Path, present: Names, unknown: Names) -> None:
    source = shard(
        tmp_path / "s.tar",
        [
            ("a.png", picture()),
            ("a.json", '{"labels": ["x", "y"], "unknown_labels": ["z"], "group": 7, "caption": "?"}'),
            ("b.json", '["y"]'),
            ("b.png", picture()),
            ("c.jpg", picture()),
            ("c.txt", "x|z"),
            ("d.png", picture()),
            ("deep/e.mask.png", b"no picture of a sample"),
            ("deep/e.png", picture()),
            ("deep/e.cls", "0, 2"),
            (".hidden", ""),
        ],
    )
    assert recognise(source) == ("webdataset", source)
    samples = read(source)
    assert present(samples) == {
        "a.png": ("x", "y"),
        "b.png": ("y",),
        "c.jpg": ("x", "z"),
        "d.png": (),
        "deep/e.png": ("0", "2"),
    }
    assert unknown(samples)["a.png"] == ("z",)
    assert unknown(samples)["d.png"] == samples.space.names
    assert samples.groups == ("7", None, None, None, None)
    assert [samples.images.decode(row).shape for row in range(5)] == [(3, 4, 3)] * 5


def test_numbers_get_the_names_they_are_given(tmp_path: Path, present: Names) -> None:
    source = shard(tmp_path / "s.tar", [("a.png", picture()), ("a.cls", "1"), ("b.png", picture()), ("b.cls", "")])
    assert present(read(source, names="dog,cat")) == {"a.png": ("cat",), "b.png": ()}
    with pytest.raises(DataError, match=r"s\.tar/a\.cls: expected class numbers below 1, got '1'$"):
        read(source, names="dog")


def test_a_pattern_stands_for_shards(tmp_path: Path) -> None:
    for number in range(3):
        shard(tmp_path / f"s-{number:03d}.tar", [(f"{number}.png", picture()), (f"{number}.txt", "x")])
    assert read(tmp_path / "s-{000..001}.tar").ids == ("0.png", "1.png")
    assert read(tmp_path).ids == ("0.png", "1.png", "2.png")
    with pytest.raises(DataError, match=r"s-003\.tar: no such shard$"):
        read(tmp_path / "s-{000..003}.tar")
    with pytest.raises(DataError, match=r"stands for 10,000,000 shards, more than 1,000,000$"):
        read(tmp_path / "s-{0000000..9999999}.tar")


def test_shards_of_a_split_are_the_split(tmp_path: Path) -> None:
    for part in ("train", "val"):
        shard(tmp_path / f"x-{part}-0.tar", [(f"{part}.png", picture()), (f"{part}.txt", "x")])
    assert read(tmp_path).split == ("train", "validation")
    assert read(tmp_path / "x-train-0.tar").split is None


def written(folder: Path, count: int, shard_size: int = 7) -> Samples:
    tables = folder / "in"
    tables.mkdir(parents=True)
    for row in range(count):
        (tables / f"{row:03d}.png").write_bytes(picture(row))
    lines = [
        json.dumps({"path": f"{row:03d}.png", "labels": ["even" if row % 2 == 0 else "odd"]}) for row in range(count)
    ]
    (tables / "t.jsonl").write_text("\n".join(lines))
    samples = read(tables / "t.jsonl")
    write(samples, folder / "shards", "webdataset", shard_size=shard_size)
    return samples


def test_written_shards_hold_at_most_their_size(tmp_path: Path) -> None:
    samples = written(tmp_path, 20)
    assert [path.name for path in sorted((tmp_path / "shards").iterdir())] == [f"samples-{n:06d}.tar" for n in range(3)]
    again = read(tmp_path / "shards")
    assert (again.ids, again.space) == (samples.ids, samples.space)
    np.testing.assert_array_equal(again.targets.dense(), samples.targets.dense())
    with pytest.raises(ArgumentError, match=r"^shard_size must be a whole number above zero, got '0'$"):
        write(samples, tmp_path / "other", "webdataset", shard_size="0")


def test_two_processes_share_shards_without_loss_or_doubling(tmp_path: Path) -> None:
    written(tmp_path, 21)
    images = read(tmp_path / "shards").images
    halves = [images.take(range(10)), images.take(range(10, 21))]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        running = [pool.map(half.decode, range(len(half))) for half in halves]
        reds = [int(pixels[0, 0, 0]) for results in running for pixels in results]
    assert reds == list(range(21))
    assert len(pickle.dumps(halves[0])) < 2000  # an index, no pictures


def test_a_shard_that_shrinks_later_says_so(tmp_path: Path) -> None:
    written(tmp_path, 3)
    samples = read(tmp_path / "shards")
    path = tmp_path / "shards" / "samples-000000.tar"
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(ImageError, match=r"^truncated: the file that it is in was cut off since it was indexed$"):
        samples.images.read(2)
    path.unlink()
    with pytest.raises(ImageError, match=r"^cannot be read: No such file"):
        samples.images.read(2)


def test_samples_that_cannot_be_used_are_set_aside(tmp_path: Path) -> None:
    good = [("a.png", picture()), ("a.txt", "x")]
    bad = [("../b.png", picture()), ("/c.png", picture()), ("d.txt", "x")]
    samples = read(shard(tmp_path / "s.tar", good + bad))
    assert samples.ids == ("a.png",)
    assert samples.set_aside == (
        SetAside("../b", "s.tar: its name leads out of the shard"),
        SetAside("/c", "s.tar: its name leads out of the shard"),
        SetAside("d", "s.tar: no picture"),
    )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("a.png", picture()), ("a.png", picture())], r"s\.tar: a\.png is in it twice$"),
        (
            [("a.png", picture()), ("a.txt", "x"), ("b.png", picture()), ("a.png", picture())],
            "each sample must be given once",
        ),
        ([("a.png", picture()), ("a.json", '{"labels": ["x"')], r"s\.tar/a\.json: no complete JSON"),
        (
            [("a.png", picture()), ("a.json", "[1.5]")],
            r"s\.tar/a\.json: a label must be a name .*, got 1\.5$",
        ),
        ([("a.png", picture()), ("a.txt", b"\xff")], r"s\.tar/a\.txt: not text in the encoding UTF-8"),
        ([("a.png", picture()), ("a.cls", "x")], r"s\.tar/a\.cls: expected class numbers, got 'x'$"),
        ([("a.png", picture())], "no labels found in any of the 1 samples"),
        ([("a.txt", "x")], "no usable samples: 1 set aside, the first: a: s.tar: no picture"),
    ],
)
def test_bad_shards_say_what_is_wrong(tmp_path: Path, members: list[tuple[str, bytes | str]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(shard(tmp_path / "s.tar", members))


@pytest.mark.parametrize("content", [b"", b"no tar", None])
def test_what_is_no_tar_says_so(tmp_path: Path, content: bytes | None) -> None:
    path = shard(tmp_path / "s.tar", [("a.png", picture()), ("a.txt", "x" * 3000)])
    path.write_bytes(path.read_bytes()[:3000] if content is None else content)
    with pytest.raises(DataError, match=r"s\.tar: cut off, damaged, compressed or otherwise no tar file: "):
        read(path)
    with pytest.raises(DataError, match=r"expected a \.tar file, a folder of them, or a pattern"):
        read(tmp_path.parent, "webdataset")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_shards_give_samples_or_an_error_of_ours(tmp_path: Path, mangled: Mangled, data: st.DataObject) -> None:
    members: list[tuple[str, bytes | str]] = [
        ("a.png", picture()),
        ("a.json", '{"labels": ["x"]}'),
        ("b.png", picture()),
        ("b.cls", "1"),
    ]
    path = tmp_path / "s.tar"
    path.write_bytes(data.draw(mangled(shard(tmp_path / "good", members).read_bytes()[:5120])))
    try:
        samples = read(path)
    except MultihotError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert len(samples) > 0


def test_groups_and_parts_are_read_back(tmp_path: Path) -> None:
    samples = replace(written(tmp_path, 3), split=("train", None, "test"), groups=("g", None, "h"))
    write(samples, tmp_path / "again", "webdataset")
    again = read(tmp_path / "again")
    assert (again.ids, again.split, again.groups) == (samples.ids, samples.split, samples.groups)
