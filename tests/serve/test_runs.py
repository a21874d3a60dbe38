"""Several runs side by side, and loading them again."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from multihot.errors import ArgumentError, MultihotError
from multihot.run import Run
from multihot.serve import Runs, ServeSettings

Client = Callable[..., TestClient]


def test_names_are_given_or_the_folders(shapes_run: Run, vectors_run: Run) -> None:
    runs = Runs.named([str(shapes_run.folder), f"other={vectors_run.folder}"], ServeSettings())
    assert [service.name for service in runs] == ["shapes", "other"]
    runs.close()


def test_points_in_a_folders_name_are_kept(shapes_run: Run, tmp_path: Path) -> None:
    copies = [shutil.copytree(shapes_run.folder, tmp_path / name) for name in ("shapes.v1", "shapes.v2")]
    runs = Runs.named(list(map(str, copies)), ServeSettings())
    assert [service.name for service in runs] == ["shapes.v1", "shapes.v2"]
    runs.close()


def test_two_of_one_name_are_refused(shapes_run: Run) -> None:
    with pytest.raises(ArgumentError, match="is served as 'shapes' already; give it a name: NAME="):
        Runs.named([str(shapes_run.folder)] * 2, ServeSettings())


@pytest.mark.parametrize("path", ["nowhere", "nowhere.onnx"])
def test_what_is_no_run_is_an_error_before_anything_is_served(path: str) -> None:
    with pytest.raises(MultihotError, match="nowhere"):
        Runs.named([path], ServeSettings())


def test_nothing_to_serve_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="nothing to serve"):
        Runs({}, ServeSettings())


@pytest.fixture
def copied(shapes_run: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shapes_run.folder, tmp_path / "run"))


def test_no_request_is_lost_while_runs_are_loaded_again(client: Client, copied: Path, pictures: list[Path]) -> None:
    asked = client({"run": copied})
    statuses: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            statuses.append(asked.post("/v1/predict", files={"images": pictures[0].read_bytes()}).status_code)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    reloaded = [asked.app.state.multihot.runs.reload() for _ in range(3)]
    done.set()
    for thread in asking:
        thread.join()
    assert all(reloaded)
    assert set(statuses) == {200}


def test_a_run_that_was_changed_answers_as_changed(client: Client, copied: Path) -> None:
    asked = client({"run": copied})
    decision = copied / "decision.json"
    before = asked.get("/v1/run").json()["decision"]["cuts"]
    decision.write_text(decision.read_text().replace('"objective": "micro_f1"', '"objective": "macro_f1"'))
    assert asked.app.state.multihot.runs.reload()
    assert asked.get("/v1/runs").json()["runs"][0]["objective"] == "macro_f1"
    assert asked.get("/v1/run").json()["decision"]["cuts"] == before


def test_a_run_that_is_broken_leaves_the_old_one_at_work(client: Client, copied: Path, pictures: list[Path]) -> None:
    asked = client({"run": copied})
    (copied / "decision.json").write_text("{")
    assert not asked.app.state.multihot.runs.reload()
    assert asked.post("/v1/predict", files={"images": pictures[0].read_bytes()}).status_code == 200
