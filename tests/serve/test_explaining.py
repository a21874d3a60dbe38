"""Heat maps on request."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multihot.explain import explain
from multihot.run import Run


def ask(client: Any, picture: bytes, *labels: str, run: str | None = None) -> Any:
    parameters = [("label", label) for label in labels] + ([("run", run)] if run else [])
    return client.post("/v1/explain", params=parameters, files={"image": ("a.png", picture)})


def test_maps_are_those_of_the_library(client: Any, shapes_run: Run, pictures: list[Path]) -> None:
    answer = ask(client(), pictures[1].read_bytes(), "disc", "red").json()
    (expected,) = explain(shapes_run, pictures[1], ["disc", "red"])
    assert (answer["run"], answer["id"], answer["method"], answer["error"]) == ("shapes", "a.png", "exact", None)
    assert list(answer["maps"]) == ["disc", "red"]
    np.testing.assert_allclose(answer["maps"]["red"], expected["red"], atol=1e-3)


def test_a_picture_that_cannot_be_read_says_why(client: Any) -> None:
    answer = ask(client(), b"\xff\xd8\xff", "red")
    assert answer.status_code == 200
    assert answer.json()["maps"] == {}
    assert "truncated" in answer.json()["error"]


def test_large_pictures_are_not_decoded(client: Any, pictures: list[Path]) -> None:
    answer = ask(client(max_pixels=100), pictures[0].read_bytes(), "red").json()
    assert "too large: 32 x 32 pixels" in answer["error"]


@pytest.mark.parametrize(
    ("labels", "run", "status", "what"),
    [
        (["grey"], None, 422, "unknown label names: grey"),
        ([], None, 422, "Field required"),
        (["red"] * 65, None, 422, "at most 64"),
        (["tall"], "vectors", 422, "the run 'vectors' has no heat maps"),
        (["red"], "none", 404, "no run 'none'"),
    ],
)
def test_what_cannot_be_asked(
    client: Any, pictures: list[Path], labels: list[str], run: str | None, status: int, what: str
) -> None:
    answer = ask(client(), pictures[0].read_bytes(), *labels, run=run)
    assert answer.status_code == status
    assert what in answer.json()["error"]["what"]


def test_one_picture_at_a_time(client: Any, pictures: list[Path]) -> None:
    content = pictures[0].read_bytes()
    started = client()
    two = started.post("/v1/explain?label=red", files=[("image", ("a", content)), ("image", ("b", content))])
    assert two.json()["error"]["what"] == "expected one picture, got 2 pictures"
    rows = started.post("/v1/explain?label=red", json={"features": [[1, 2]]})
    assert rows.json()["error"]["what"] == "expected one picture, got 1 features"


def test_runs_say_what_they_explain(client: Any, shapes_run: Run, exported: Path, pictures: list[Path]) -> None:
    started = client({"run": shapes_run.folder, "file": exported})
    assert [run["explains"] for run in started.get("/v1/runs").json()["runs"]] == ["exact", None]
    assert ask(started, pictures[0].read_bytes(), "red", run="file").status_code == 422


def test_it_is_behind_the_guard_and_its_limits(client: Any, pictures: list[Path]) -> None:
    content = pictures[0].read_bytes()
    assert ask(client(tokens=["secret"]), content, "red").status_code == 401
    assert ask(client(max_bytes=100), content, "red").status_code == 413
    assert ask(client(max_waiting_bytes=10), content, "red").status_code == 503


def test_maps_are_made_while_runs_are_loaded_again(client: Any, shapes_run: Run, pictures: list[Path]) -> None:
    started = client()
    assert started.app.state.multihot.runs.reload()
    assert ask(started, pictures[0].read_bytes(), "red").status_code == 200
