import csv
import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from multihot.errors import ArgumentError, DataError
from multihot.labels import LabelSet, LabelSpace
from multihot.predict import PredictionFile, find_pictures, predict
from multihot.run import Run

SPACE = LabelSpace(("blue", "a|b"))
LABEL_SETS = [
    LabelSet("a.jpg", ("blue", "a|b"), {"blue": 0.75, "a|b": 0.5}),
    LabelSet('x,"y".jpg', (), {"blue": 0.25, "a|b": 0.125}),
    LabelSet("bad.jpg", error="empty file"),
]


def write(path: Path, space: LabelSpace = SPACE) -> Path:
    with PredictionFile(path, space) as file:
        for label_set in LABEL_SETS:
            file.write(label_set)
    return path


def test_json_lines(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in write(tmp_path / "p.jsonl").read_text().splitlines()]
    assert lines == [label_set.to_dict() for label_set in LABEL_SETS]
    assert lines[0] == {
        "id": "a.jpg",
        "labels": ["blue", "a|b"],
        "probabilities": {"blue": 0.75, "a|b": 0.5},
        "error": None,
    }


def test_csv(tmp_path: Path) -> None:
    with write(tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "id": "a.jpg",
        "labels": '["blue", "a|b"]',  # JSON, as a name holds the separator
        "error": "",
        "probability.blue": "0.75",
        "probability.a|b": "0.5",
    }
    assert rows[1]["id"] == 'x,"y".jpg'
    assert (rows[2]["error"], rows[2]["probability.blue"]) == ("empty file", "")


def test_csv_joins_plain_names(tmp_path: Path) -> None:
    with PredictionFile(tmp_path / "p.csv", LabelSpace(("red", "disc"))) as file:
        file.write(LabelSet("a", ("red", "disc"), {"red": 1.0, "disc": 1.0}))
    assert "a,red|disc,,1,1" in (tmp_path / "p.csv").read_text()


def test_parquet(tmp_path: Path) -> None:
    rows = pq.read_table(write(tmp_path / "p.parquet")).to_pylist()
    assert rows[0]["labels"] == ["blue", "a|b"]
    assert rows[0]["probability.blue"] == 0.75
    assert rows[2] == {
        "id": "bad.jpg",
        "labels": [],
        "error": "empty file",
        "probability.blue": None,
        "probability.a|b": None,
    }


def test_a_file_that_was_not_finished_does_not_appear(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "p.jsonl").write_text("before")

    def stopped() -> None:
        with PredictionFile(tmp_path / "p.jsonl", SPACE, overwrite=True) as file:
            file.write(LABEL_SETS[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert (tmp_path / "p.jsonl").read_text() == "before"
    assert caplog.messages == [f"not finished: 1 label set so far, in {tmp_path / '.p.jsonl.part'}"]
    assert json.loads((tmp_path / ".p.jsonl.part").read_text())["id"] == "a.jpg"


def test_what_fails_at_once_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError), PredictionFile(tmp_path / "p.jsonl", SPACE):
        raise DataError("no such picture")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_file_name_that_is_no_text_is_spelled_out(kind: str, shapes: Path, shapes_run: Run, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    shutil.copy(shapes / "red" / "0.png", odd)
    out = tmp_path / f"p.{kind}"
    with PredictionFile(out, shapes_run.space) as file:
        (label_set,) = predict(shapes_run, [odd])
        file.write(label_set)
    assert label_set.id.endswith(r"caf\udce9.png")
    assert (label_set.labels, label_set.error) == (("red",), None)
    assert out.is_file()


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"\.jsonl, \.csv, \.parquet, got '\.xls'"):
        PredictionFile(tmp_path / "p.xls", SPACE)


def test_files_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "a/b/2.png", "c [1].jpg", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    inside = [tmp_path / "a/1.jpg", tmp_path / "a/b/2.png"]
    assert find_pictures([tmp_path / "a"]) == inside
    assert find_pictures([str(tmp_path / "**/*.png"), tmp_path / "a"]) == inside[::-1]
    assert find_pictures([tmp_path / "c [1].jpg"]) == [tmp_path / "c [1].jpg"]
    assert find_pictures(["gone.jpg"]) == [Path("gone.jpg")]
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "empty", str(tmp_path / "*.gif")):
        with pytest.raises(DataError, match="no pictures found"):
            find_pictures([nothing])


def test_one_bad_file_costs_one_line(shapes: Path, shapes_run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    found = list(predict(shapes_run, [shapes / "red", tmp_path / "bad.png", shapes / "blue"]))
    assert len(found) == 29
    assert [label_set.id for label_set in found if label_set.error] == [str(tmp_path / "bad.png")]


def test_a_file_is_replaced_only_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text("precious")
    with pytest.raises(ArgumentError, match=r"p\.jsonl: exists already; .*--overwrite"):
        PredictionFile(path, SPACE)
    assert path.read_text() == "precious"
    with PredictionFile(path, SPACE, overwrite=True):
        pass
    assert path.read_text() == ""
