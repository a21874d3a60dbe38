"""Limits: bytes, pixels, samples, what waits, and time."""

import asyncio
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from multihot.serve.model import Judged, ServedPictures

Client = Callable[..., TestClient]
FILES = dict[str, bytes]


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def waiting(asked: TestClient) -> str:
    return next(line for line in asked.get("/metrics").text.splitlines() if line.startswith("multihot_waiting "))


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(client: Client) -> None:
    asked = client(max_bytes=1000)
    said = asked.post("/v1/predict", content=b"x" * 1001)
    streamed = asked.post("/v1/predict", content=(b"x" * 100 for _ in range(50)))
    assert said.status_code == streamed.status_code == 413
    assert said.json()["error"]["what"] == "larger than 1,000 bytes"
    assert asked.post("/v1/decide", content=b"x" * 1001).status_code == 413


def test_a_picture_with_too_many_pixels_is_not_decoded(client: Client) -> None:
    answer = client(max_pixels=10_000).post("/v1/predict", files=[("images", png(300, 200)), ("images", png(99, 99))])
    first, second = answer.json()["samples"]
    assert first["error"] == "too large: 300 x 200 pixels, at most 10,000 are taken"
    assert second["error"] is None


def test_no_more_samples_than_a_request_may_hold(client: Client) -> None:
    asked = client(max_images=2, max_rows=3)
    assert asked.post("/v1/predict", files=[("images", png(9, 9))] * 3).status_code == 413
    rows = {"features": [[1, 2, 0, 1]] * 4}
    answer = asked.post("/v1/predict?run=vectors", json=rows)
    assert (answer.status_code, answer.json()["error"]["what"]) == (413, "4 rows, at most 3 are taken")


def test_more_samples_than_may_ever_wait_are_not_asked_for_again(client: Client) -> None:
    answer = client(max_waiting=2).post("/v1/predict", files=[("images", png(9, 9))] * 3)
    assert (answer.status_code, answer.json()["error"]["what"]) == (413, "3 parts, at most 2 are taken")


class Gate:
    """Holds the model until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    own = Gate()
    judge = ServedPictures.judge

    def held(model: ServedPictures, prepared: Sequence[Any]) -> Sequence[Judged]:
        if threading.current_thread().name == "judge":
            own.entered.release()
            own.opened.wait(20)
        return judge(model, prepared)

    monkeypatch.setattr(ServedPictures, "judge", held)
    yield own
    own.opened.set()


class Sent(threading.Thread):
    """A request in a thread of its own."""

    def __init__(self, asked: TestClient, files: FILES) -> None:
        super().__init__()
        self._post = lambda: asked.post("/v1/predict", files=files)
        self.start()

    def run(self) -> None:
        self.answer = self._post()

    def status(self) -> int:
        self.join(20)
        return self.answer.status_code


def test_what_does_not_fit_the_queue_is_sent_away_and_the_rest_is_answered(client: Client, gate: Gate) -> None:
    asked = client(max_waiting=2)
    first = Sent(asked, {"images": png(9, 9)})
    gate.entered.acquire()
    refused = asked.post("/v1/predict", files=[("images", png(9, 9))] * 2)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert waiting(asked) == "multihot_waiting 1.0"
    gate.opened.set()
    assert first.status() == 200
    assert waiting(asked) == "multihot_waiting 0.0"
    assert asked.post("/v1/predict", files=[("images", png(9, 9))] * 2).status_code == 200


def test_bodies_that_wait_take_bounded_memory(client: Client, gate: Gate) -> None:
    size = len(httpx2.Request("POST", "http://localhost", files={"images": png(9, 9)}).read())
    asked = client(max_waiting_bytes=size + 9, max_bytes=size)
    first = Sent(asked, {"images": png(9, 9)})
    gate.entered.acquire()
    refused = asked.post("/v1/predict", files={"images": png(9, 9)})
    assert refused.json()["error"]["what"] == "too much is waiting to be answered"
    gate.opened.set()
    assert first.status() == 200
    assert asked.post("/v1/predict", files={"images": png(9, 9)}).status_code == 200


def test_json_waits_with_the_size_that_it_has_when_it_is_read(client: Client, gate: Gate) -> None:
    rows = {"features": [[1, 2, 0, 1]]}
    size = len(httpx2.Request("POST", "http://localhost", json=rows).read())
    picture = len(httpx2.Request("POST", "http://localhost", files={"images": png(9, 9)}).read())
    asked = client(max_waiting_bytes=picture + 7 * size)
    assert asked.post("/v1/predict?run=vectors", json=rows).status_code == 200
    first = Sent(asked, {"images": png(9, 9)})
    gate.entered.acquire()
    refused = asked.post("/v1/predict?run=vectors", json=rows)
    assert refused.json()["error"]["what"] == "too much is waiting to be answered"
    gate.opened.set()
    assert first.status() == 200
    assert asked.post("/v1/predict?run=vectors", json=rows).status_code == 200


def test_json_that_takes_all_there_is_is_answered_alone(client: Client) -> None:
    asked = client(max_waiting_bytes=100)
    assert asked.post("/v1/predict?run=vectors", json={"features": [[1, 2, 0, 1]]}).status_code == 200


def test_what_takes_too_long_is_given_up(client: Client, gate: Gate) -> None:
    asked = client(timeout=0.1)
    answer = asked.post("/v1/predict", files={"images": png(9, 9)})
    assert (answer.status_code, answer.json()["error"]["what"]) == (503, "not done within 0.1 s")
    assert waiting(asked) == "multihot_waiting 0.0"


def test_what_was_accepted_is_answered_before_the_end(client: Client, gate: Gate) -> None:
    asked = client()
    first = Sent(asked, {"images": png(9, 9)})
    gate.entered.acquire()
    closing = threading.Thread(target=asked.app.state.multihot.runs.close)
    closing.start()
    gate.opened.set()
    assert first.status() == 200
    closing.join(20)
    assert asked.get("/readyz").status_code == 503


def test_an_error_of_the_model_is_one_answer_and_the_next_is_given(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = client()
    with monkeypatch.context() as broken:
        broken.setattr(ServedPictures, "judge", lambda *_: 1 / 0)
        answer = asked.post("/v1/predict", files={"images": png(9, 9)})
        assert (answer.status_code, answer.json()["error"]["where"]) == (500, "server")
    assert asked.post("/v1/predict", files={"images": png(9, 9)}).status_code == 200


def test_who_hangs_up_makes_room(client: Client, gate: Gate, pictures: list[Path]) -> None:
    asked = client()
    body = asked.build_request("POST", "/v1/predict", files={"images": pictures[0].read_bytes()})
    content = body.read()
    messages = [{"type": "http.request", "body": content, "more_body": False}, {"type": "http.disconnect"}]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/predict", "query_string": b"", "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-type", body.headers["content-type"].encode())],
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if messages else await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    asked.portal.call(asked.app, scope, receive, send)
    assert sent[0]["status"] == 400
    assert waiting(asked) == "multihot_waiting 0.0"


def test_nothing_of_a_request_is_written_to_disk(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = client()
    noise = np.random.default_rng(0).integers(0, 255, (900, 900, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "BMP")  # two megabytes: forms are usually spooled to files from one on

    def opened(*arguments: object, **_: object) -> None:
        raise AssertionError(f"a file was opened: {arguments}")

    with monkeypatch.context() as closed:
        closed.setattr("tempfile.TemporaryFile", opened)
        closed.setattr("tempfile.NamedTemporaryFile", opened)
        closed.setattr("tempfile.SpooledTemporaryFile.__init__", opened)
        answer = asked.post("/v1/predict", files={"images": ("../../etc/passwd", buffer.getvalue())})
    assert answer.json()["samples"][0]["error"] is None
