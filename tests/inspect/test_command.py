"""`multihot inspect` as a user meets it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from PIL import Image

from multihot.run import Run


def test_table_json_page_and_relations(
    shapes: Path, tmp_path: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("inspect", shapes) == 0
    said = capsys.readouterr()
    assert "exactly 1 of blue, green, red" in said.out
    assert said.err == ""
    assert call("inspect", shapes, "--json") == 0
    out = capsys.readouterr().out
    assert out.startswith('{\n "samples": 84,\n "labels": 4,\n')
    assert json.loads(out)["cardinality"]["mean"] == 1.5
    page, relations = tmp_path / "page.html", tmp_path / "relations.yaml"
    assert call("inspect", shapes, "--out", page, "--relations-out", relations) == 0
    written = capsys.readouterr()
    assert f"page: {page}" in written.err
    assert "--relations-out FILE" in said.out
    assert "--relations-out FILE" not in written.out
    assert page.read_text(encoding="utf-8").count("<img ") == 4 * 6
    assert yaml.safe_load(relations.read_text()) == {
        "groups": [{"labels": ["blue", "green", "red"], "hold": "exactly 1"}]
    }


def test_where_nothing_is_proposed_no_file_is_written(
    tmp_path: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    relations = tmp_path / "relations.yaml"
    arguments = (tmp_path / "few", "--relations-out", relations)
    for name in "ab":
        (tmp_path / "few" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "few" / name / "x.png")
    assert call("inspect", *arguments) == 0
    assert "there are no relations to propose" in capsys.readouterr().err
    assert not relations.exists()


def test_proposed_relations_are_taken_by_train(
    shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], call: Callable[..., int]
) -> None:
    relations = tmp_path / "relations.yaml"
    assert call("inspect", shapes, "--relations-out", relations) == 0
    small = ("--encoder", "cnn28", "--tune", "head", "--relations", relations, "--out", tmp_path / "run")
    assert call("train", shapes, *small) == 0
    assert Run.load(tmp_path / "run").space.relations.groups[0].labels == ("blue", "green", "red")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: no such file or folder"),
        ([], "SOURCE"),
        (["SHAPES", "--format", "tarot"], "tarot"),
        (["SHAPES", "--read", "colour=red"], "no option 'colour'"),
        (["SHAPES", "--out", "SHAPES"], "cannot be written"),
        (["SHAPES", "--relations-out", "SHAPES"], "cannot be written"),
        (["SHAPES", "--josn"], "--josn"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    arguments: list[str],
    message: str,
    shapes: Path,
    call: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("inspect", *(str(shapes) if argument == "SHAPES" else argument for argument in arguments)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert said.err.startswith("multihot: ")
    assert said.err.count("\n") == 1
