"""Answers given before all of a request has come: they are sent at once, and then the connection ends."""

import asyncio
import contextlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from multihot.serve.settings import ServeSettings

SILENCE = 1.0
"""Seconds without a byte after which nobody is taken to be sending any more."""

FORGOTTEN = 4
"""Times as many bytes as a request may hold: more of what comes behind an answer is not received."""


class EarlyAnswers:
    """Closes the connection after an answer that did not wait for the end of the request's body.

    A server that keeps the connection has to receive all of that body, however long it is. One that closes it while
    bytes are under way resets it, and who sends before reading then loses the answer (RFC 9112, section 9.6). So the
    answer goes out whole, and what still comes is forgotten for a moment, within limits.

    Args:
        app: what answers.
        settings: how large a request may be, and how long it may take.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        whole = early = answered = False

        async def watched() -> Message:
            nonlocal whole
            message = await receive()
            whole = not message.get("more_body", False)
            return message

        async def answer(message: Message) -> None:
            nonlocal early, answered
            if message["type"] == "http.response.start" and not whole:
                early = True
                MutableHeaders(scope=message)["connection"] = "close"
            elif early and not message.get("more_body", False):
                answered = True
                message = {**message, "more_body": True}  # all of it is sent, and the connection stays for now
            await send(message)

        await self._app(scope, watched, answer)
        if answered:
            await self._forget(receive)
            await send({"type": "http.response.body"})

    async def _forget(self, receive: Receive) -> None:
        forgotten = 0
        clock = asyncio.get_running_loop()
        end = clock.time() + self._settings.timeout
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENCE) as silence:
                while forgotten <= FORGOTTEN * self._settings.max_bytes:
                    message = await receive()
                    if not message.get("more_body", False):
                        return
                    forgotten += len(message["body"])
                    silence.reschedule(min(clock.time() + SILENCE, end))


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
