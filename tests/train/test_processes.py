"""Several processes give what one gives: their steps, their runs, their errors, and a run of which one was killed."""

import os
import runpy
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from multihot.data import read
from multihot.run import HISTORY, METRICS, SCORES, SPLIT, WEIGHTS, Run
from multihot.train import train

SCRIPT = Path(__file__).with_name("one_of_several.py")
WORKER = SimpleNamespace(**runpy.run_path(str(SCRIPT)))


def two(*command: object) -> list[subprocess.CompletedProcess[str]]:
    """The command in two processes at once, as torchrun would start them."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    begun = []
    for rank in range(2):
        environment = {**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"}
        arguments = [sys.executable, *map(str, command)]
        begun.append(subprocess.Popen(arguments, env=environment, text=True, stderr=subprocess.PIPE))  # noqa: S603
    said = [process.communicate() for process in begun]
    return [
        subprocess.CompletedProcess(process.args, process.returncode, *texts)
        for process, texts in zip(begun, said, strict=True)
    ]


@pytest.fixture(scope="module")
def computed(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes computed and trained."""
    folder = tmp_path_factory.mktemp("two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MULTIHOT_CACHE", str(folder / "cache"))
        WORKER.train_a_little(folder / "one.safetensors")
        ends = two(SCRIPT, "compute", shapes, folder)
    assert [end.returncode for end in ends] == [0, 0], ends
    return folder


@pytest.mark.parametrize("samples", [7, 1])
@pytest.mark.parametrize("name", WORKER.LOSSES)
def test_a_shared_step_is_that_of_the_whole_batch(computed: Path, name: str, samples: int) -> None:
    ours = torch.load(computed / "computed.pt", weights_only=False)["steps"][f"{name}, {samples}"]
    whole = WORKER.step(WORKER.LOSSES[name], samples)
    assert ours.keys() == whole.keys()
    for part, expected in whole.items():
        torch.testing.assert_close(ours[part], expected, msg=lambda message, part=part: f"{part}: {message}")


@pytest.mark.parametrize("samples", [7, 1])
@pytest.mark.parametrize("name", WORKER.LOSSES)
def test_a_step_of_sharded_weights_is_that_of_whole_ones(computed: Path, name: str, samples: int) -> None:
    ours = torch.load(computed / "computed.pt", weights_only=False)["sharded steps"][f"{name}, {samples}"]
    expected = WORKER.full_step(WORKER.LOSSES[name], samples, "replicated")
    assert ours.keys() == expected.keys()
    for part, tensor in expected.items():
        torch.testing.assert_close(ours[part], tensor, msg=lambda message, part=part: f"{part}: {message}")


def test_a_checkpoint_is_the_same_however_weights_are_held(computed: Path) -> None:
    assert (computed / "sharded.safetensors").read_bytes() == (computed / "one.safetensors").read_bytes()


def test_each_process_holds_its_part_of_sharded_weights(computed: Path) -> None:
    found = torch.load(computed / "computed.pt", weights_only=False)
    assert found["held"] == pytest.approx([0.5, 0.5], abs=0.01)


@pytest.mark.parametrize("name", WORKER.CELL_LOSSES)
def test_a_head_sharded_over_labels_is_the_whole_head(computed: Path, name: str) -> None:
    ours = torch.load(computed / "computed.pt", weights_only=False)["heads"][name]
    whole = WORKER.sharded(WORKER.CELL_LOSSES[name])
    assert ours.keys() == whole.keys()
    for part, expected in whole.items():
        torch.testing.assert_close(ours[part], expected, msg=lambda message, part=part: f"{part}: {message}")


def test_rows_of_all(computed: Path) -> None:
    found = torch.load(computed / "computed.pt", weights_only=False)
    assert found["rows"].tolist() == [[0, 0], [1, 1], [1, 1]]
    assert found["rows"].dtype == np.float16


@pytest.mark.parametrize(("tune", "parallel"), WORKER.TRAININGS)
def test_two_processes_train_as_one(computed: Path, shapes: Path, tmp_path: Path, tune: str, parallel: str) -> None:
    alone = train(read(shapes), WORKER.recipe(tune), tmp_path / "alone")
    together = Run.load(computed / f"{tune}, {parallel}")
    assert (together.folder / SPLIT).read_bytes() == (alone.folder / SPLIT).read_bytes()
    for ours, expected in zip(together.history(), alone.history(), strict=True):
        for part in ("train", "validation"):
            assert ours[part] == pytest.approx(expected[part], rel=1e-2, abs=1e-3), (ours, expected)
    for part in ("validation", "test"):
        ours, expected = figures(together, part), figures(alone, part)
        assert ours == pytest.approx(expected, abs=2e-3)
    mine, theirs = together.scores(), alone.scores()
    assert mine.ids == theirs.ids
    np.testing.assert_allclose(mine.logits, theirs.logits, atol=0.05)


def figures(run: Run, part: str) -> dict[str, float]:
    measured = run.metrics()[part]
    return {name: measured[name]["value"] for name in ("mean_average_precision", "log_loss", "micro_f1")}


def test_a_killed_worker_costs_nothing(computed: Path, shapes: Path, tmp_path: Path) -> None:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=2"]
    command = [sys.executable, *torchrun, SCRIPT, "killed twice", shapes, tmp_path]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    end = subprocess.run(list(map(str, command)), env=environment, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    assert end.returncode == 0, end.stderr
    assert "exitcode: -9" in end.stderr
    for tune, parallel in WORKER.TRAININGS[:2]:
        run = f"{tune}, {parallel}"
        for name in (HISTORY, METRICS, SCORES, WEIGHTS):
            assert (tmp_path / run / name).read_bytes() == (computed / run / name).read_bytes(), (run, name)


def test_what_is_wrong_is_raised_in_all_and_said_once(computed: Path) -> None:
    found = torch.load(computed / "computed.pt", weights_only=False)
    assert found["errors"] == [("RunError", "no such run"), ("MultihotError", "no such run")]
    assert sorted(found["speaks"]) == [False, True]
