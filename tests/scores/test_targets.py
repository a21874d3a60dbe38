from pathlib import Path

import numpy as np
import pytest

from multihot.data import Samples
from multihot.errors import DataError
from multihot.labels import Targets
from multihot.run import Run
from multihot.scores import evaluate_scores, read_score_table, read_targets


def test_a_table_of_states_holds_three(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,split,red,blue\nb,test,1,\na,val,0,-1\nc,test,0,1\n")
    samples = read_targets(tmp_path / "t.csv")
    assert isinstance(samples, Samples)
    assert samples.ids == ("a", "b", "c")
    assert samples.split == ("validation", "test", "test")
    np.testing.assert_array_equal(samples.targets.dense(), [[0, np.nan], [1, np.nan], [0, 1]])


def test_arrays_have_no_names(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", np.array([[1, 0], [-1, np.nan]]))
    targets = read_targets(tmp_path / "t.npy")
    assert isinstance(targets, Targets)
    np.testing.assert_array_equal(targets.dense(), [[1, 0], [np.nan, np.nan]])


def test_a_run_measured_by_its_own_file_is_what_it_was(shapes_run: Run) -> None:
    path = shapes_run.folder / "scores.parquet"
    found = evaluate_scores(
        read_score_table(path), read_targets(path), shapes_run.recipe.decision, replicates=0
    ).report.to_dict()
    for name, figure in shapes_run.metrics()["test"].items():
        assert found[name]["value"] == pytest.approx(figure["value"], abs=1e-6), name


def test_pictures_are_targets_too(shapes: Path) -> None:
    samples = read_targets(shapes)
    assert isinstance(samples, Samples)
    assert "red_disc/3.png" in samples.ids


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_targets(tmp_path / "none.csv")
