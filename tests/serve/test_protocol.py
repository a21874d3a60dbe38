"""Requests whose bytes are damaged, sent to a server in this process."""

import asyncio
import logging
from typing import Any

import pytest

HEAD = b"POST / HTTP/1.1\r\nhost: localhost\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
GARBAGE = b"--no length of a chunk\r\n"


async def at_once(scope: Any, receive: Any, send: Any) -> None:
    """Answers without reading the body."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def after_reading(scope: Any, receive: Any, send: Any) -> None:
    """Answers when the body is read, or the client gone."""
    while (await receive()).get("more_body", False):
        pass
    await at_once(scope, receive, send)


async def answers(connected: Any, app: Any, *segments: bytes) -> tuple[bytes, list[str]]:
    """All that comes back for what is sent piece by piece, and what the event loop complained of."""
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    async with connected(app) as (reader, writer):
        for segment in segments:
            writer.write(segment)
            await asyncio.sleep(0.05)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 20)
    return answer, complaints


@pytest.mark.parametrize(
    ("app", "segments", "expected"),
    [
        (at_once, [HEAD + b"\r\n"], [b"200"]),
        (at_once, [CHUNKED + GARBAGE], [b"400"]),
        (at_once, [CHUNKED, GARBAGE], [b"200"]),
        (after_reading, [CHUNKED + GARBAGE], [b"400"]),
        (after_reading, [CHUNKED, GARBAGE], [b"400"]),
        (after_reading, [HEAD + b"\r\n", GARBAGE + b"\r\n"], [b"200", b"400"]),
        (after_reading, [GARBAGE + b"\r\n"], [b"400"]),
    ],
)
def test_damage_is_answered_once_and_without_an_error(
    connected: Any, app: Any, segments: list[bytes], expected: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    answer, complaints = asyncio.run(answers(connected, app, *segments))
    lines = answer.splitlines()
    assert [line.split()[1] for line in lines if line.startswith(b"HTTP/1.1 ")] == expected
    assert complaints == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
