"""Requests that are answered before all of them has come, by a server in this process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from multihot.run import Run
from multihot.serve import Runs, ServeSettings, create_app, early

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connected = Callable[[Any], AbstractAsyncContextManager[Streams]]

HEAD = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + bytes(0x10000) + b"\r\n"
MOST = 4_000_000
ROW = b'{"features": [[1, 2, 0, 1]]}'


def declared(size: int) -> bytes:
    return b"content-length: %d\r\n\r\n" % size


@pytest.fixture
def talk(connected: Connected, vectors_run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A function that has a conversation with a server of the run on vectors."""
    monkeypatch.setattr(early, "SILENCE", 0.3)

    def told(conversation: Callable[..., Awaitable[Any]], **settings: Any) -> Any:
        async def inner() -> Any:
            runs = Runs({"vectors": vectors_run.folder}, ServeSettings(max_bytes=MOST, **settings))
            try:
                async with connected(create_app(runs)) as (reader, writer), asyncio.timeout(20):
                    return await conversation(reader, writer)
            finally:
                runs.close()

        return asyncio.run(inner())

    return told


async def send_on(writer: asyncio.StreamWriter, piece: bytes, times: int, pause: float = 0) -> None:
    for _ in range(times):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, str, Any]:
    """Status, headers and body of one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line for line in head.splitlines() if line.startswith("content-length")).split()[1]
    return int(head.split()[1]), head, json.loads(await reader.readexactly(int(length)))


@pytest.mark.parametrize("path", [b"/v1/predict", b"/v1/decide", b"/v1/explain?label=tall"])
def test_a_body_that_is_declared_too_large_is_refused_before_it_comes(talk: Callable[..., Any], path: bytes) -> None:
    async def only_the_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
        writer.write(HEAD % path + declared(MOST + 1))
        return *await answer_of(reader), await reader.read()

    status, head, body, rest = talk(only_the_head)
    assert (status, body["error"]["what"], rest) == (413, "larger than 4,000,000 bytes", b"")
    assert "connection: close" in head


def test_who_waits_to_be_asked_on_is_not(talk: Callable[..., Any]) -> None:
    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
        writer.write(HEAD % b"/v1/predict" + b"expect: 100-continue\r\n" + declared(MOST + 1))
        return await reader.read()

    assert talk(polite).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", [CHUNKED, declared(10**9)])
@pytest.mark.parametrize(("path", "expected"), [(b"/v1/predict", 413), (b"/nowhere", 404), (b"/v1/runs", 405)])
def test_a_body_without_end_is_not_read_for_ever(
    talk: Callable[..., Any], length: bytes, path: bytes, expected: int
) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
        writer.write(HEAD % path + length)
        answer = asyncio.ensure_future(answer_of(reader))
        with pytest.raises(ConnectionError):
            await send_on(writer, CHUNK, 15_000)  # one gigabyte
        return await answer

    assert talk(endless)[0] == expected


def test_who_reads_only_after_sending_all_has_the_answer(talk: Callable[..., Any]) -> None:
    async def all_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(HEAD % b"/v1/predict" + declared(3 * MOST) + bytes(3 * MOST))
        await writer.drain()
        await asyncio.sleep(0.2)
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        return await answer_of(reader)

    assert talk(all_at_once)[0] == 413


def test_who_neither_sends_nor_leaves_is_left(talk: Callable[..., Any]) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(HEAD % b"/nowhere" + CHUNKED + CHUNK)
        return await reader.read()

    assert b" 404 " in talk(silent)


def test_who_drips_is_left_after_the_time_of_a_request(talk: Callable[..., Any]) -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % b"/nowhere" + declared(1000))
        await answer_of(reader)
        with pytest.raises(ConnectionError):
            await send_on(writer, b"x", 100, pause=0.05)

    talk(dripping, timeout=0.5)


def test_a_connection_is_kept_after_a_request_that_was_whole(talk: Callable[..., Any]) -> None:
    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
        answers = []
        for body in (b"{}", ROW):
            writer.write(HEAD % b"/v1/predict" + declared(len(body)) + body)
            answers.append(await answer_of(reader))
        return answers

    wrong, right = talk(twice)
    assert (wrong[0], right[0]) == (422, 200)
    assert "connection: close" not in wrong[1] + right[1]
