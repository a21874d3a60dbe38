import shutil
from pathlib import Path

import pytest

from multihot.data import read
from multihot.errors import DataError, LabelError
from multihot.evaluate import evaluate
from multihot.run import Run


def test_figures_are_those_of_training_on_the_same_samples(shapes: Path, shapes_run: Run) -> None:
    samples = read(shapes)
    test = set(shapes_run.scores().part("test").ids)
    rows = [row for row, name in enumerate(samples.ids) if name in test]
    found = evaluate(shapes_run, samples.take(rows)).report.to_dict()
    expected = shapes_run.metrics()["test"]
    assert found.keys() == expected.keys()
    for name, figure in expected.items():
        assert found[name]["value"] == pytest.approx(figure["value"], abs=1e-4), name


def test_unknown_names_are_listed_or_set_aside(shapes: Path, shapes_run: Run, tmp_path: Path) -> None:
    source = Path(shutil.copytree(shapes, tmp_path / "shapes"))
    (source / "red").rename(source / "red_round_tin")
    with pytest.raises(LabelError, match="unknown label names: round, tin"):
        evaluate(shapes_run, read(source))
    samples = read(source, space=shapes_run.space, unknown_labels="set aside")
    assert evaluate(shapes_run, samples, replicates=0).samples == 84


def test_no_label_in_common_is_an_error_even_so(shapes_run: Run, shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    shutil.copy(shapes / "red" / "0.png", tmp_path / "cat")
    with pytest.raises(LabelError, match="unknown label names: cat"):
        read(tmp_path, space=shapes_run.space, unknown_labels="set aside")


def test_bad_pictures_are_left_out_and_listed(shapes: Path, shapes_run: Run, tmp_path: Path) -> None:
    source = Path(shutil.copytree(shapes, tmp_path / "shapes"))
    (source / "red" / "bad.png").touch()
    evaluation = evaluate(shapes_run, read(source), replicates=0)
    assert evaluation.samples == 84
    assert [aside.id for aside in evaluation.set_aside] == ["red/bad.png"]


def test_nothing_readable_is_an_error(shapes_run: Run, tmp_path: Path) -> None:
    (tmp_path / "red").mkdir()
    (tmp_path / "red" / "bad.png").touch()
    with pytest.raises(DataError, match="no sample can be read: empty file"):
        evaluate(shapes_run, read(tmp_path))
