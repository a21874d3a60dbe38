"""What a server does while nothing is asked."""

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from multihot.serve import resting

Client = Callable[..., TestClient]
ROWS = {"features": [[1, 2, 0, 1]]}


def test_memory_is_given_back_once_after_requests_and_not_while_nothing_happens(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = threading.Semaphore(0)
    monkeypatch.setattr(resting, "PAUSE", 0.02)
    monkeypatch.setattr(resting, "give_back_free_blocks", given.release)
    asked = client()
    for _ in range(2):
        assert not given.acquire(timeout=0.3)
        assert asked.post("/v1/predict?run=vectors", json=ROWS).status_code == 200
        assert given.acquire(timeout=20)


def test_memory_is_kept_while_a_request_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    given = threading.Event()
    monkeypatch.setattr(resting, "PAUSE", 0.01)
    monkeypatch.setattr(resting, "give_back_free_blocks", given.set)
    admission: Any = SimpleNamespace(accepted=1, idle=False)

    async def watched() -> None:
        task = asyncio.create_task(resting.rest(admission))
        await asyncio.sleep(0.2)
        assert not given.is_set()
        admission.idle = True
        assert await asyncio.to_thread(given.wait, 20)
        task.cancel()

    asyncio.run(watched())
