"""A request while it is read and waited for: its body within limits, its time, and whether anyone still listens."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from multihot.serve.admission import Admission
from multihot.serve.problems import Refused
from multihot.serve.settings import ServeSettings

Result = TypeVar("Result")

JSON_COST = 8
"""Bytes that the numbers of JSON take as objects, for each byte of their text: 24 and a reference of 8 for `1.5,`."""


@asynccontextmanager
async def in_time(settings: ServeSettings) -> AsyncIterator[None]:
    """Refuse what takes longer than a request may."""
    try:
        async with asyncio.timeout(settings.timeout):
            yield
    except TimeoutError as error:
        remedy = "send fewer samples a request, or ask again when less is waiting"
        raise Refused(503, f"not done within {settings.timeout:g} s", "server", remedy) from error


@asynccontextmanager
async def body_of(request: Request, admission: Admission, settings: ServeSettings) -> AsyncIterator[bytes]:
    """The body, with room for it as long as it is worked on.

    Raises:
        Refused: it is too large, or there is no room.
    """
    size = declared_size(request, settings.max_bytes)
    try:
        room = admission.room(size)
    except Refused:
        await drop_body(request, settings.max_bytes)
        raise
    with room as taken:
        body = await read_body(request, settings.max_bytes)
        taken.resize(min(cost(request, len(body)), settings.max_waiting_bytes))
        yield body


def cost(request: Request, size: int) -> int:
    """Bytes of memory that a body of some size takes when it is read."""
    form = request.headers.get("content-type", "").startswith("multipart/")
    return size if form else JSON_COST * size


def declared_size(request: Request, most: int) -> int:
    """Bytes of the body as its header says; as many as there may be where it does not.

    Raises:
        Refused: more than there may be.
    """
    text = request.headers.get("content-length", str(most))
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Refused(400, f"expected a number, got {text[:40]!r}", "header.content-length")
    if int(text) > most:
        raise _too_large(most)
    return int(text)


async def read_body(request: Request, most: int) -> bytes:
    """All of the body.

    Raises:
        Refused: it is larger than it may be.
    """
    chunks, size = [], 0  # one array that grows is moved again and again, and leaves holes of all sizes in memory
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise _too_large(most)
        chunks.append(chunk)
    return b"".join(chunks)


async def drop_body(request: Request, most: int) -> None:
    """Read on and forget, up to the size that a body may have: who is still sending does not read an answer."""
    dropped = 0
    async for chunk in request.stream():
        dropped += len(chunk)
        if dropped > most:
            return


async def until_judged(request: Request, futures: "Sequence[Future[Result]]") -> list[Result | BaseException]:
    """What was said of each part, or why nothing was; given up when nobody listens any more."""
    judged = asyncio.gather(*map(asyncio.wrap_future, futures), return_exceptions=True)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((judged, gone), return_when=asyncio.FIRST_COMPLETED)
        if not judged.done():
            raise ClientDisconnect
        return judged.result()
    finally:
        gone.cancel()
        judged.cancel()
        judged.add_done_callback(lambda done: done.cancelled() or done.exception())  # else asyncio complains of it


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _too_large(most: int) -> Refused:
    return Refused(413, f"larger than {most:,} bytes", "body", "send fewer or smaller samples a request")
