"""The command line as a user meets it: arguments in; text, files and an exit status out."""

import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from multihot.cli import training
from multihot.cli.app import COMMANDS
from multihot.cli.reader import Reader
from multihot.run import Run


def test_train_evaluate_predict_report(
    shapes: Path, tmp_path: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    small = ("--encoder", "cnn32", "--set", "encoder.pooling=average+max", "--tune", "head", "--set", "device=cpu")
    assert call("train", shapes, "--out", run, *small, "--objective", "exact_match", "--seed", 3) == 0
    said = capsys.readouterr()
    assert "mean_average_precision" in said.out
    assert str(run / "report.html") in said.out
    assert "84 samples: 59 train, 8 validation, 17 test, 0 set aside; 4 labels" in said.err
    assert (run / "report.html").is_file()
    assert list((run / "plots").glob("*.png"))
    recipe = Run.load(run).recipe
    assert (recipe.decision.objective, recipe.seed, recipe.encoder.pooling) == ("exact_match", 3, "average+max")

    assert call("evaluate", run, shapes, "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures["exact_match"]) == {"value", "low", "high"}

    assert call("predict", run, shapes / "red", "--out", tmp_path / "p.jsonl") == 0
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 14
    capsys.readouterr()
    assert call("predict", run, shapes / "red" / "0.png") == 0
    assert capsys.readouterr().out.startswith(f"{shapes / 'red' / '0.png'}  red  (red ")

    (run / "report.html").unlink()
    assert call("report", run) == 0
    assert (run / "report.html").is_file()


def test_a_recipe_file_with_flags_over_it(shapes: Path, tmp_path: Path, call: Callable[..., int]) -> None:
    (tmp_path / "r.yaml").write_text("encoder: {name: cnn28}\ntune: head\ndevice: cpu\nseed: 5\n")
    assert call("train", shapes, "--out", tmp_path / "run", "--config", tmp_path / "r.yaml", "--seed", 6) == 0
    recipe = Run.load(tmp_path / "run").recipe
    assert (recipe.encoder.name, recipe.seed) == ("cnn28", 6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nowhere"], "nowhere"),
        (["evaluate", "nowhere", "nowhere"], "nowhere: no such run directory"),
        (["predict", "nowhere"], "nothing to predict"),
        (["train", ".", "--seed", "many"], "many"),
        (["train", ".", "--epochs", "0"], "full.epochs"),
        (["train", ".", "--set", "full"], "--set full: expected NAME=VALUE"),
        (["train", ".", "--set", "encoder.size=[1"], "encoder.size=[1: not a YAML value"),
        (["train", ".", "--read", "colour=red"], "colour"),
        (["train", ".", "--format", "tarot"], "tarot"),
        (["paint"], "paint"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    call: Callable[..., int],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(*arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("multihot: ")
    assert said.count("\n") == 1


def test_an_interrupt_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: Callable[..., int]
) -> None:
    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "load", stop)
    assert call("report", "run") == 1
    assert capsys.readouterr().err == "\nstopped\n"
    monkeypatch.setattr(training, "train_recipe", stop)
    monkeypatch.setattr(Reader, "read", lambda *_: None)
    assert call("train", "photos") == 1
    assert "--resume" in capsys.readouterr().err


def test_pictures_that_could_not_be_read_are_counted(
    shapes: Path,
    shapes_run: Run,
    tmp_path: Path,
    call: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "bad.png").touch()
    assert call("predict", shapes_run.folder, tmp_path / "bad.png", shapes / "red" / "0.png") == 0
    assert "1 of 2 pictures could not be read" in capsys.readouterr().err
    assert call("predict", shapes_run.folder, tmp_path / "bad.png") == 2
    assert "none of the 1 pictures could be read" in capsys.readouterr().err


def test_declared_relations_are_kept(shapes: Path, tmp_path: Path, call: Callable[..., int]) -> None:
    (tmp_path / "relations.yaml").write_text("groups:\n  colour: {labels: [blue, green, red], hold: exactly 1}\n")
    arguments = ("--encoder", "cnn28", "--tune", "head", "--relations", tmp_path / "relations.yaml")
    assert call("train", shapes, "--out", tmp_path / "run", *arguments) == 0
    run = Run.load(tmp_path / "run")
    assert run.space.relations
    assert run.space.violations(run.scores().decided) == {}
    (tmp_path / "relations.yaml").write_text("implies: {red: teal}\n")
    assert call("train", shapes, "--out", tmp_path / "other", *arguments) == 2


def test_a_failed_start_leaves_no_folder(shapes: Path, tmp_path: Path, call: Callable[..., int]) -> None:
    assert call("train", shapes, "--out", tmp_path / "run", "--encoder", "nonsense") == 2
    assert not (tmp_path / "run").exists()


def test_what_nobody_foresaw_is_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: Callable[..., int]
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("by nobody")

    monkeypatch.setattr(Run, "load", fail)
    assert call("report", "run") == 1
    assert capsys.readouterr().err == "multihot: ZeroDivisionError: by nobody (more with --debug)\n"
    assert call("report", "run", "--debug") == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_place_that_cannot_be_used_is_one_line(
    shapes: Path, shapes_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], call: Callable[..., int]
) -> None:
    (tmp_path / "file").touch()
    for flag, name in (("--out", "sets.jsonl"), ("--explain", "why")):
        assert call("predict", shapes_run.folder, shapes / "red" / "0.png", flag, tmp_path / "file" / name) == 2
        assert capsys.readouterr().err.startswith(f"multihot: {tmp_path / 'file'}")


@pytest.mark.parametrize("place", COMMANDS)
def test_the_first_line_of_a_command_is_that_of_its_function(place: str) -> None:
    module, name = place.split(":")
    documented = inspect.getdoc(getattr(importlib.import_module(f"multihot.cli.{module}"), name)) or ""
    assert documented.partition("\n")[0] == COMMANDS[place]


def test_help_waits_for_nothing() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "multihot", "--help"]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stderr  # noqa: S603
    assert "multihot.cli" in imported
    assert "torch" not in imported


def test_a_reader_who_leaves_early_is_no_error(shapes_run: Run, shapes: Path) -> None:
    command = [sys.executable, "-m", "multihot", "predict", str(shapes_run.folder), str(shapes / "red")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:  # noqa: S603
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert "multihot:" not in running.stderr.read()
    assert running.returncode == 1


def test_python_m_multihot() -> None:
    done = subprocess.run([sys.executable, "-m", "multihot", "--help"], capture_output=True, text=True, check=True)
    for command in ("demo", "train", "evaluate", "predict", "report"):
        assert command in done.stdout


def test_pictures_without_labels_end_in_one_line(
    shared_data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    call: Callable[..., int],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("train", shared_data / "voc2007" / "JPEGImages") == 2
    said = capsys.readouterr().err
    assert "no labels found" in said
    assert said.count("\n") == 1


def test_what_one_process_does_is_refused_to_several(
    call: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("multihot.processes.count", lambda: 2)
    monkeypatch.setattr("multihot.processes.first_to_say", lambda text: True)
    assert call("predict", "run", "pictures") == 2
    assert "only train is shared by processes, and 2 were started: leave torchrun out" in capsys.readouterr().err


def test_convert_says_how_many_of_the_labels_it_wrote(
    tmp_path: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (4, 3)).save(tmp_path / name)
    (tmp_path / "in.csv").write_text("file,cat,dog\na.png,0,1\nb.png,0,0\n")
    assert call("convert", tmp_path / "in.csv", tmp_path / "out" / "t.parquet") == 0
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'out' / 't.parquet'}: 2 samples, 1 of 2 labels\n"
    assert "labels that no sample has are not written: cat" in said.err


def test_convert(shapes: Path, tmp_path: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "yolo").mkdir()
    assert call("convert", shapes, tmp_path / "yolo", "--to", "yolo") == 0
    assert capsys.readouterr().out == f"{tmp_path / 'yolo'}: 84 samples, 4 labels\n"
    flags = ("--to", "folders", "--write", "separator=+", "--merge-similar-names")
    assert call("convert", tmp_path / "yolo", tmp_path / "again", *flags) == 0
    assert (tmp_path / "again" / "train" / "disc+red").is_dir()
    assert call("convert", shapes, tmp_path / "again", "--to", "voc") == 2
    assert capsys.readouterr().err.endswith("again: exists already; give a new folder\n")
    assert call("convert", shapes, tmp_path / "x") == 2
    assert "x: its ending tells no format: give one (--to): table, " in capsys.readouterr().err
    assert call("convert", shapes, tmp_path / "x", "--to", "excel") == 2
    assert "cannot be written in the format 'excel', expected one of table, arrays, " in capsys.readouterr().err
