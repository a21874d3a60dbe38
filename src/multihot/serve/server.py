"""A server process: from a free port to a graceful stop."""

import os
import signal
import socket
import sys
from threading import Thread

import uvicorn

from multihot.errors import ArgumentError
from multihot.progress import logger
from multihot.serve.app import create_app
from multihot.serve.protocol import Protocol
from multihot.serve.runs import Runs
from multihot.serve.settings import ServeSettings

MOST_CONNECTIONS = 1000
LARGEST_HEADERS = 32 * 1024
SWITCH = 0.0005
"""Seconds after which threads take turns: the one that computes asks for its turn between layers, and others read."""


def serve(runs: Runs) -> None:
    """Answer until a signal stops it, and then what was accepted; SIGHUP loads the runs again.

    Raises:
        ArgumentError: host and port cannot be listened at.
    """
    settings = runs.settings
    listening = _listen(settings)
    config = uvicorn.Config(
        create_app(runs),
        log_config=None,
        access_log=False,
        server_header=False,
        http=Protocol,
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LARGEST_HEADERS,
        timeout_graceful_shutdown=int(settings.timeout) + 1,
    )
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: Thread(target=runs.reload, name="reload").start())
    if not settings.loopback and not settings.tokens:
        logger.warning("everyone who reaches %s may ask: --tokens FILE lets in only who has a token", settings.host)
    sys.setswitchinterval(SWITCH)
    logger.info("serving %s at %s", ", ".join(service.name for service in runs), _address(listening))
    uvicorn.Server(config).run(sockets=[listening])


def _listen(settings: ServeSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error
        raise ArgumentError(f"cannot listen at {where}: {reason}; choose another --host or --port") from error


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
