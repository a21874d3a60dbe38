"""What is asked and answered."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from multihot.data import Features, Samples
from multihot.export import export
from multihot.recipe import Recipe
from multihot.run import Run
from multihot.train import train

Client = Callable[..., TestClient]
ROW = {"height": 1.0, "weight": -0.5, "colour": "red"}


def files(paths: list[Path]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("images", (path.name, path.read_bytes())) for path in paths]


def test_pictures_get_the_label_sets_that_the_run_gives_them(
    client: Client, shapes_run: Run, pictures: list[Path]
) -> None:
    answer = client().post("/v1/predict", files=files(pictures))
    expected = shapes_run.predict(pictures)
    assert answer.status_code == 200
    assert answer.json()["run"] == "shapes"
    assert answer.json()["order_hash"] == shapes_run.space.order_hash
    samples = answer.json()["samples"]
    assert [sample["id"] for sample in samples] == [path.name for path in pictures]
    assert [tuple(sample["labels"]) for sample in samples] == [label_set.labels for label_set in expected]
    for sample, label_set in zip(samples, expected, strict=True):
        assert sample["probabilities"] == pytest.approx(label_set.probabilities, abs=1e-6)


def test_an_unreadable_picture_says_why_and_costs_the_others_nothing(client: Client, pictures: list[Path]) -> None:
    sent = [*files(pictures[:1]), ("images", ("torn.png", pictures[1].read_bytes()[:60])), *files(pictures[2:])]
    first, torn, last = client().post("/v1/predict", files=sent).json()["samples"]
    assert (torn["id"], torn["labels"], torn["probabilities"]) == ("torn.png", [], {})
    assert "truncated" in torn["error"]
    assert first["labels"]
    assert last["labels"]


def test_a_file_of_no_bytes_is_a_picture_that_cannot_be_read(client: Client) -> None:
    (sample,) = client().post("/v1/predict", files=[("images", ("a.png", b""))]).json()["samples"]
    assert sample["error"] == "empty file"


def test_features_as_lists_and_as_objects_get_what_the_run_gives_them(client: Client, vectors_run: Run) -> None:
    rows = [ROW, [1.0, -0.5, 0, 1], {**ROW, "weight": None}]
    answer = client().post("/v1/predict?run=vectors", json={"features": rows, "ids": ["a", "b", "c"]})
    values = np.array([[1.0, -0.5, 0, 1], [1.0, -0.5, 0, 1], [1.0, np.nan, 0, 1]])
    expected = vectors_run.predict(Features(values, vectors_run.features.names))
    samples = answer.json()["samples"]
    assert [sample["id"] for sample in samples] == ["a", "b", "c"]
    assert [sample["probabilities"] for sample in samples] == [
        pytest.approx(label_set.probabilities, abs=1e-6) for label_set in expected
    ]
    assert [tuple(sample["labels"]) for sample in samples] == [label_set.labels for label_set in expected]


def test_an_exported_file_is_served_like_its_run(client: Client, exported: Path, pictures: list[Path]) -> None:
    asked = client({"file": exported})
    (sample, *_) = asked.post("/v1/predict", files=files(pictures)).json()["samples"]
    ours = client().post("/v1/predict", files=files(pictures)).json()["samples"][0]
    assert sample["labels"] == ours["labels"]
    assert sample["probabilities"] == pytest.approx(ours["probabilities"], abs=1e-3)
    (info,) = asked.get("/v1/runs").json()["runs"]
    assert (info["kind"], info["adjustable"], info["objectives"]) == ("pictures", True, [])
    again = asked.post("/v1/decide", json={"probabilities": [list(sample["probabilities"].values())]}).json()
    assert again["samples"][0]["labels"] == sample["labels"]
    assert again["validation"] is None


def test_an_exported_file_of_vectors_is_served_like_its_run(
    client: Client, vectors: Samples, vectors_run: Run, tmp_path: Path
) -> None:
    export(vectors_run, tmp_path / "vectors.onnx", samples=vectors)
    asked = client({"file": tmp_path / "vectors.onnx", "run": vectors_run.folder})
    rows = {"features": [ROW, [1.0, -0.5, 0, 1], {**ROW, "weight": None}]}
    found, expected = (asked.post(f"/v1/predict?run={run}", json=rows).json()["samples"] for run in ("file", "run"))
    assert [sample["labels"] for sample in found] == [sample["labels"] for sample in expected]
    assert [sample["probabilities"] for sample in found] == [
        pytest.approx(sample["probabilities"], abs=1e-3) for sample in expected
    ]
    info, other = asked.get("/v1/runs").json()["runs"]
    assert (info["kind"], info["features"], info["width"]) == (other["kind"], other["features"], other["width"])
    refused = asked.post("/v1/predict?run=file", json={"features": [[1, 2]]})
    assert refused.json()["error"]["what"].endswith("expected 4 numbers, got 2")


@pytest.mark.parametrize(
    ("asked", "status", "where", "what"),
    [
        ({"json": {"features": [[1, 2]]}}, 422, "body.features", "expected 4 numbers, got 2"),
        ({"json": {"features": [{"height": 1}]}}, 422, "body.features", "'weight' is missing"),
        ({"json": {"features": [[1, 2, "x", 0]]}}, 422, "body.features", "expected a finite number"),
        ({"json": {"features": [[1, 2, 1e39, 0]]}}, 422, "body.features", "is 1e+39, expected a finite number"),
        ({"json": {"features": []}}, 422, "body.features", "no rows"),
        ({"json": {"features": "all"}}, 422, "body.features", "expected a list of rows"),
        ({"json": {"features": [[1, 2, 3, 4]], "ids": [1]}}, 422, "body.ids", "one a row"),
        ({"json": [1]}, 422, "body.features", "expected a list of rows"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "body", "not JSON"),
        ({"content": b"[" * 9999, "headers": {"content-type": "application/json"}}, 400, "body", "nested too deeply"),
        ({"content": b"{}"}, 415, "header.content-type", "cannot read ''"),
        ({"files": {"images": b"GIF8"}}, 422, "body", "takes features, got pictures"),
    ],
)
def test_a_wrong_request_is_told_where_it_is_wrong(
    client: Client, asked: dict[str, object], status: int, where: str, what: str
) -> None:
    answer = client().post("/v1/predict?run=vectors", **asked)
    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["where"]) == (status, status, where)
    assert what in error["what"]


def test_an_unknown_run_is_named_beside_those_there_are(client: Client, pictures: list[Path]) -> None:
    answer = client().post("/v1/predict?run=other", files=files(pictures))
    assert answer.status_code == 404
    assert answer.json()["error"]["what"] == "no run 'other'; there are shapes, vectors"


def test_a_path_or_method_that_there_is_not_has_the_form_of_every_error(client: Client) -> None:
    asked = client()
    assert asked.get("/v2/predict").json()["error"]["status"] == 404
    assert asked.get("/v1/predict").json()["error"]["status"] == 405


def test_labels_come_in_their_order_with_thresholds_and_relations(client: Client, vectors_run: Run) -> None:
    found = client().get("/v1/labels?run=vectors").json()
    assert [label["name"] for label in found["labels"]] == list(vectors_run.space)
    assert [label["threshold"] for label in found["labels"]] == pytest.approx(vectors_run.decision.thresholds)
    assert found["relations"] == {"implies": {"heavy": ["tall"]}}


def test_a_run_says_how_it_was_made_and_not_where(client: Client, shapes_run: Run) -> None:
    answer = client().get("/v1/run?run=shapes")
    assert answer.json()["metrics"] == shapes_run.metrics()
    assert answer.json()["recipe"]["head"]["name"] == "linear"
    assert str(shapes_run.folder.parent.parent) not in answer.text


def test_other_thresholds_change_sets_and_figures_and_keep_relations(client: Client) -> None:
    asked = client()
    never = {"thresholds": {"tall": 1.0}, "probabilities": [[0.9, 0.4], [0.9, 0.9]]}
    found = asked.post("/v1/decide?run=vectors", json=never).json()
    assert all(set(sample["labels"]) in (set(), {"tall", "heavy"}) for sample in found["samples"])
    assert found["thresholds"][0] == 1.0
    plain = asked.post("/v1/decide?run=vectors", json={}).json()
    assert plain["samples"] == []
    assert plain["validation"]["labels"][0]["decided"] > found["validation"]["labels"][0]["decided"]


def test_another_objective_is_fitted_on_the_validation_samples(client: Client, vectors_run: Run) -> None:
    asked = client()
    recall = asked.post("/v1/decide?run=vectors", json={"objective": "recall"}).json()
    precision = asked.post("/v1/decide?run=vectors", json={"objective": "precision"}).json()
    assert recall["validation"]["figures"]["micro_recall"] > precision["validation"]["figures"]["micro_recall"]
    own = asked.post("/v1/decide?run=vectors", json={}).json()
    assert own["thresholds"] == pytest.approx(vectors_run.decision.thresholds)
    value = vectors_run.metrics()["validation"]["micro_f1"]["value"]
    assert own["validation"]["figures"]["micro_f1"] == pytest.approx(value)


def test_sets_that_come_from_no_thresholds_have_none(client: Client, vectors: Samples, tmp_path: Path) -> None:
    recipe = Recipe.parse({"encoder": "identity", "device": "cpu", "decision": {"select": "expected_f1"}})
    run = train(vectors, recipe, tmp_path / "run")
    asked = client({"run": run.folder})
    assert [label["threshold"] for label in asked.get("/v1/labels").json()["labels"]] == [None, None]
    answer = asked.post("/v1/decide", json={"probabilities": [[0.9, 0.1]]})
    assert answer.status_code == 200
    assert answer.json()["thresholds"] == [None, None]
    assert answer.json()["samples"][0]["labels"] == ["tall"]
    assert asked.post("/v1/decide", json={"objective": "recall"}).status_code == 422
    assert asked.get("/v1/run").json()["adjustable"] is False


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"thresholds": {"green": 0.5}}, "body.thresholds"),
        ({"thresholds": {"tall": 1.5}}, "body.thresholds.tall"),
        ({"objective": "beauty"}, "body.objective"),
        ({"probabilities": [[0.5]]}, "body.probabilities[0]"),
        ({"probabilities": [[0.5, "nan"]]}, "body.probabilities[0][1]"),
        ({"more": 1}, "body.more"),
    ],
)
def test_a_decision_that_cannot_be_made_is_refused(client: Client, body: dict[str, object], where: str) -> None:
    answer = client().post("/v1/decide?run=vectors", json=body)
    assert (answer.status_code, answer.json()["error"]["where"]) == (422, where)


def test_health_readiness_and_figures(client: Client, pictures: list[Path]) -> None:
    asked = client()
    assert asked.get("/healthz").json() == {"status": "ok"}
    assert asked.get("/readyz").json() == {"status": "ready"}
    asked.post("/v1/predict", files=files(pictures))
    text = asked.get("/metrics").text
    assert 'multihot_samples_total{outcome="answered",run="shapes"} 3.0' in text
    assert 'multihot_requests_total{path="/v1/predict",status="200"} 1.0' in text
    assert "multihot_waiting 0.0" in text


def test_the_description_names_every_path_and_its_bodies(client: Client) -> None:
    described = client().get("/openapi.json").json()
    assert set(described["paths"]) == {
        "/v1/predict", "/v1/explain", "/v1/decide", "/v1/runs", "/v1/labels", "/v1/run",
        "/healthz", "/readyz", "/metrics",
    }  # fmt: skip
    bodies = described["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    assert set(bodies) == {"multipart/form-data", "application/json"}
