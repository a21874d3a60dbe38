"""Who may ask, and what every answer carries: the outermost layer of the application."""

import base64
import binascii
import hmac
import time
from collections.abc import Sequence

from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from multihot.progress import logger
from multihot.serve.problems import Refused, problem
from multihot.serve.settings import ServeSettings
from multihot.serve.telemetry import Telemetry

OPEN = ("/healthz", "/readyz")
"""Asked by what starts and stops servers: no token, any host name."""

OWN_NAMES = ("localhost", "127.0.0.1", "::1")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """Lets requests pass or not; adds headers to answers, counts them and logs them, without what was sent.

    Args:
        app: what is guarded.
        settings: who may ask.
        telemetry: counts.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry
        self._tokens = [token.get_secret_value().encode() for token in settings.tokens]
        names = [name.lower() for name in settings.names]
        self._names = {*names, *OWN_NAMES, settings.host.lower()} if settings.loopback or names else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            refusal = self._refusal(scope)
            await (refusal or self._app)(scope, receive, answer)
        finally:
            self._observe(scope, status, time.perf_counter() - started)

    def _refusal(self, scope: Scope) -> Response | None:
        if scope["path"] in OPEN:
            return None
        headers = Headers(scope=scope)
        host = host_name(headers.get("host", ""))
        if self._names is not None and host not in self._names:
            remedy = "start the server with --host-name for the name that it is reached by"
            return problem(Refused(421, f"not served under the name {host[:80]!r}", "header.host", remedy))
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and scope["method"] != "GET":
            return problem(Refused(403, "pages of other sites may not ask", "header.sec-fetch-site"))
        if self._tokens and not _known(headers.get("authorization", ""), self._tokens):
            remedy = "send 'Authorization: Bearer TOKEN'; in a browser, give the token as password"
            refused = Refused(401, "a token is needed, and none that is known came", "header.authorization", remedy)
            return problem(refused, {"WWW-Authenticate": 'Basic realm="multihot", charset="UTF-8"'})
        return None

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path = str(getattr(route, "path", "other"))  # of paths that do not exist there is no end
        self._telemetry.requests.labels(path, str(status)).inc()
        self._telemetry.seconds.labels(path).observe(seconds)
        if path not in OPEN:
            logger.info("%s %s %d in %.0f ms", scope["method"], path, status, 1000 * seconds)


def host_name(host: str) -> str:
    """The name in a Host header, without its port.

    >>> host_name("Localhost:8000"), host_name("[::1]:8000"), host_name("::1")
    ('localhost', '::1', '::1')
    """
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text if text.count(":") > 1 else text.partition(":")[0]


def _known(authorization: str, tokens: Sequence[bytes]) -> bool:
    """Whether a token came, as Bearer, or as the password of Basic, which browsers ask for; in constant time."""
    scheme, _, value = authorization.partition(" ")
    given = value.strip().encode("utf-8", "surrogateescape")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).partition(b":")[2]
        except binascii.Error:
            return False
    elif scheme.lower() != "bearer":
        return False
    matches = [hmac.compare_digest(given, token) for token in tokens]  # all of them, not up to the first that fits
    return any(matches)
