"""Who may ask, and what every answer carries."""

import base64
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

Client = Callable[..., TestClient]


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("value", ["Bearer second", "bearer  second", basic("", "second"), basic("me", "first")])
def test_a_known_token_lets_in(client: Client, value: str) -> None:
    asked = client(tokens=["first", "second"])
    assert asked.get("/v1/runs", headers={"authorization": value}).status_code == 200


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer secon", "Basic second", "Basic !", "second", basic("second", "")]
)
@pytest.mark.parametrize("path", ["/v1/runs", "/metrics", "/openapi.json", "/", "/report", "/nowhere"])
def test_nothing_is_told_without_one(client: Client, path: str, value: str) -> None:
    answer = client(tokens=["first", "second"]).get(path, headers={"authorization": value})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.json()["error"]["where"] == "header.authorization"


def test_health_is_told_to_everyone(client: Client) -> None:
    asked = client(tokens=["first"])
    assert asked.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert asked.get("/readyz").status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:1", "LOCALHOST:9"])
def test_this_machine_is_known_by_its_own_names(client: Client, host: str) -> None:
    assert client().get("/v1/runs", headers={"host": host}).status_code == 200


def test_another_name_is_a_page_of_another_site_until_it_is_declared(client: Client) -> None:
    assert client().get("/v1/runs", headers={"host": "evil.example"}).status_code == 421
    assert client(names=["tags.example"]).get("/v1/runs", headers={"host": "tags.example"}).status_code == 200
    assert client(host="0.0.0.0").get("/v1/runs", headers={"host": "tags.example"}).status_code == 200  # noqa: S104


def test_other_sites_may_not_send(client: Client) -> None:
    answer = client().post("/v1/predict", headers={"sec-fetch-site": "cross-site"}, content=b"")
    assert answer.status_code == 403


def test_every_answer_allows_the_page_nothing_from_elsewhere(client: Client) -> None:
    asked = client()
    for path in ("/v1/runs", "/nowhere", "/v1/predict"):
        headers = asked.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_logs_hold_nothing_of_what_was_sent(
    client: Client, pictures: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = [("images", ("secret-name.png", pictures[0].read_bytes())), ("images", ("secret-other.png", b"secret"))]
    client().post("/v1/predict?run=shapes&x=secret", files=sent, headers={"authorization": "Bearer secret"})
    client().get("/secret")
    said = [record.getMessage() for record in caplog.records if record.name == "multihot"]
    assert any(line.startswith("POST /v1/predict 200") for line in said)
    assert not any("secret" in line for line in said)
