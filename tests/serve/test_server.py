"""The command, in a process of its own."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from multihot.run import Run

Call = Callable[..., int]


@pytest.fixture
def server(vectors_run: Run, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server of the run on vectors at a free port, which wants a token."""
    (tmp_path / "tokens").write_text("first\n\nsecond\n")
    command = [sys.executable, "-m", "multihot", "serve", str(vectors_run.folder)]
    options = ["--port", "0", "--tokens", str(tmp_path / "tokens"), "--set", "timeout=20"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            line = process.stderr.readline()
            yield process, int(re.search(r"serving vectors at http://127\.0\.0\.1:(\d+)", line)[1])
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_it_answers_loads_again_and_stops_after_what_it_began(server: tuple[subprocess.Popen[str], int]) -> None:
    process, port = server
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        _ask_through_reload_and_stop(process, connection)
    assert process.wait(20) in (0, -signal.SIGTERM)


def _ask_through_reload_and_stop(process: subprocess.Popen[str], connection: http.client.HTTPConnection) -> None:
    headers = {"authorization": "Bearer second", "content-type": "application/json"}
    body = b'{"features": [[1, 2, 0, 1]]}'
    connection.request("POST", "/v1/predict", body, headers)
    assert connection.getresponse().read().startswith(b'{"run":"vectors"')
    process.send_signal(signal.SIGHUP)
    while "loaded again" not in process.stderr.readline():
        pass
    connection.putrequest("POST", "/v1/predict")
    for name, value in {**headers, "content-length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(body[:9])
    process.send_signal(signal.SIGTERM)
    connection.send(body[9:])
    assert connection.getresponse().status == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to serve: name a run directory"),
        (["nowhere"], "nowhere: no such run directory"),
        (["nowhere", "--set", "batch_size=0"], "batch_size: Input should be greater than or equal to 1"),
        (["nowhere", "--set", "colour=red"], "settings of serve are host, port"),
        (["nowhere", "--port", "70000"], "port: Input should be less than or equal to 65535"),
    ],
)
def test_wrong_use_is_one_line(call: Call, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert call("serve", *arguments) == 2
    assert said in capsys.readouterr().err


def test_a_file_without_tokens_is_refused(call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(" \n\n")
    assert call("serve", "nowhere", "--tokens", tmp_path / "tokens") == 2
    assert "tokens: empty file" in capsys.readouterr().err


def test_an_address_that_cannot_be_had_is_one_line(
    call: Call, capsys: pytest.CaptureFixture[str], vectors_run: Run
) -> None:
    assert call("serve", vectors_run.folder, "--host", "203.0.113.1", "--port", "0") == 2
    assert "cannot listen at 203.0.113.1:0" in capsys.readouterr().err
