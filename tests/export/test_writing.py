import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multihot.data import read
from multihot.data.loading import resize
from multihot.decisions import DecisionSettings, fit
from multihot.errors import ArgumentError, DataError, MissingExtraError, RunError
from multihot.export import building, check, export, writing
from multihot.export.graph import classifier_graph
from multihot.labels import Relations
from multihot.onnx import Predictor
from multihot.recipe import Recipe
from multihot.run import Run
from multihot.train import train


@pytest.fixture(autouse=True, scope="module")
def _one_graph() -> Iterator[None]:
    """The classifier is the same in all tests: its graph is made once for each precision."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "classifier_graph", cache(classifier_graph))
        yield


def with_relations(run: Run, **relations: object) -> Run:
    """The run, its decision fitted again under relations."""
    scores = run.scores().part("validation")
    space = run.space.with_relations(Relations.from_dict(relations))
    return replace(run, decision=fit(scores.logits, scores.targets, DecisionSettings(), space))


def test_the_file_says_what_the_run_says(shapes: Path, shapes_run: Run, exported: Path) -> None:
    predictor = Predictor(exported, "onnxruntime")
    paths = sorted(shapes.rglob("*.png"))[::7]
    for own, other in zip(shapes_run.predict(paths), predictor.predict(paths), strict=True):
        assert (own.id, own.labels) == (other.id, other.labels)
        assert own.probabilities == pytest.approx(other.probabilities, abs=1e-5)


def test_it_describes_itself(shapes_run: Run, exported: Path) -> None:
    description = Predictor(exported, "onnxruntime").description
    assert description.labels == shapes_run.space.names
    assert description.order_hash == shapes_run.space.order_hash
    assert description.thresholds == tuple(shapes_run.decision.thresholds)
    assert (description.encoder, description.head, description.size) == ("cnn32", "linear", 32)
    assert description.check is not None
    assert description.check.samples == len(shapes_run.scores().part("test"))
    assert description.check.cells_equal == 1
    assert description.check.largest_difference < 1e-5
    assert description.check.exact_match_lost == 0


def test_groups_are_kept_inside(shapes_run: Run, tmp_path: Path) -> None:
    run = with_relations(shapes_run, groups={"colour": {"labels": ["blue", "green", "red"], "hold": "exactly 1"}})
    description = export(run, tmp_path / "m.onnx")
    assert description.relations["groups"][0]["hold"] == "exactly 1"
    noise = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), np.uint8)
    _, decided = Predictor(tmp_path / "m.onnx", "onnxruntime").run(noise)
    assert (decided[:, [run.space.index(name) for name in ("blue", "green", "red")]].sum(1) == 1).all()


def test_relations_without_a_closed_form_are_left_out_and_said(
    shapes_run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    groups = [
        {"labels": ["blue", "green"], "hold": "at most 1"},
        {"labels": ["green", "red"], "hold": "at most 1"},
        {"labels": ["red", "disc"], "hold": "at most 1"},
        {"labels": ["disc", "blue"], "hold": "at most 1"},
    ]
    run = with_relations(shapes_run, groups=groups)
    assert not run.decision.plan.closed_form
    description = export(run, tmp_path / "m.onnx")
    assert description.relations == {}
    assert len(description.relations_left_out) == 4
    assert "relation not kept by the exported file: at most 1 of blue, green" in caplog.text


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_smaller_files_measure_what_they_lose(shapes_run: Run, tmp_path: Path, exported: Path, precision: str) -> None:
    path = tmp_path / "small.onnx"
    description = export(shapes_run, path, precision=precision)
    assert description.precision == precision
    assert description.check is not None
    assert description.check.cells_equal > 0.9
    assert description.check.mean_average_precision_lost == pytest.approx(0, abs=0.1)
    assert path.stat().st_size < 0.75 * exported.stat().st_size


def test_a_file_that_decides_otherwise_is_not_left(
    shapes_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "resize", lambda picture, side: resize(255 - picture, side))
    with pytest.raises(RunError, match=r"m\.onnx: not written: on 17 test samples .*% of the labels are decided as by"):
        export(shapes_run, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_pictures_that_have_moved_are_found_in_a_source(
    shapes: Path, shapes_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = shutil.copytree(shapes, tmp_path / "moved")
    split = shapes_run.split()
    gone = split.set_column(3, "path", [[None] * len(split)])
    monkeypatch.setattr(Run, "split", lambda self: gone)
    with pytest.raises(DataError, match=r"the test sample .* is in no file of its own: name the source \(--source\)"):
        export(shapes_run, tmp_path / "m.onnx")
    assert export(shapes_run, tmp_path / "m.onnx", samples=read(moved)).check is not None
    with pytest.raises(DataError, match=r"moved: 1[0-9] test samples of the run are not in it: "):
        export(shapes_run, tmp_path / "n.onnx", samples=read(moved).take([0]))


def test_bad_destinations_are_refused(shapes_run: Run, exported: Path) -> None:
    with pytest.raises(ArgumentError, match=r"model\.pb: a run is exported as \.onnx, got '\.pb'"):
        export(shapes_run, "model.pb")
    with pytest.raises(ArgumentError, match="exists already; choose another file, or replace it by --overwrite"):
        export(shapes_run, exported)


def test_without_the_extra_the_message_says_what_to_install(
    shapes_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"^ONNX export needs .*'multihot\[export\]'$"):
        export(shapes_run, tmp_path / "m.onnx")


def test_the_command_says_how_the_file_compared(
    shapes_run: Run, tmp_path: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("export", shapes_run.folder, "--to", tmp_path / "m.onnx") == 0
    said = capsys.readouterr()
    assert "on 17 test samples: 100.00 % of labels decided as by the run, probabilities within " in said.out
    assert "exact_match lost: 0.0000" in said.out
    assert f"written: {tmp_path / 'm.onnx'}" in said.err
    assert call("export", shapes_run.folder, "--to", tmp_path / "m.onnx") == 2
    assert "exists already" in capsys.readouterr().err


BLEND = {"name": "blend", "members": [{"name": "forest", "trees": 20}, {"name": "kernel"}]}


@pytest.mark.parametrize("encoder", [{"name": "identity"}, BLEND])
def test_runs_on_feature_vectors(tmp_path: Path, encoder: dict[str, Any], call: Callable[..., int]) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(120, 4))
    targets = values[:, :2] > 0
    values[random.random(values.shape) < 0.1] = np.nan
    np.savez(tmp_path / "v.npz", features=values, labels=targets.astype(np.int64))
    samples = read(tmp_path / "v.npz")
    run = train(samples, Recipe.parse({"encoder": encoder, "device": "cpu"}), tmp_path / "run")
    with pytest.raises(DataError, match=r"is in no file of its own: name the source \(--source\)"):
        export(run, tmp_path / "m.onnx")
    with pytest.raises(ArgumentError, match="precision int8 is for runs on pictures"):
        export(run, tmp_path / "m.onnx", samples=samples, precision="int8")
    description = export(run, tmp_path / "m.onnx", samples=samples)
    assert (description.takes, description.size) == ("features", 4)
    predictor = Predictor(tmp_path / "m.onnx", "onnxruntime")
    for own, other in zip(run.predict(values[:9]), predictor.predict(values[:9]), strict=True):
        assert (own.id, own.labels) == (other.id, other.labels)
        assert own.probabilities == pytest.approx(other.probabilities, abs=1e-3)
    with pytest.raises(ArgumentError, match=r"takes feature vectors, an array \(N, 4\)"):
        predictor.predict("a.png")
    with pytest.raises(ArgumentError, match=r"expected feature vectors \(B, 4\) of the type float32, got \(9, 3\)"):
        predictor.run(values[:9, :3].astype(np.float32))
    assert call("export", run.folder, "--to", tmp_path / "unasked.onnx") == 0
    assert call("predict", tmp_path / "m.onnx", tmp_path / "v.npz", "--out", tmp_path / "p.csv") == 0
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 121
