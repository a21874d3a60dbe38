"""A run on made-up feature vectors, and applications that serve it and the run on shapes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi.testclient import TestClient

from multihot.data import Features, Samples
from multihot.labels import LabelSpace, Relations, Targets
from multihot.recipe import Recipe
from multihot.run import Run
from multihot.serve import Runs, ServeSettings, create_app
from multihot.serve.protocol import Protocol
from multihot.train import train

RELATIONS = {"implies": {"heavy": "tall"}}


@pytest.fixture(scope="session")
def vectors() -> Samples:
    """Two labels, of which one implies the other, from two numbers and a colour."""
    generator = np.random.default_rng(0)
    values = generator.normal(size=(160, 4))
    values[:, 2:] = np.eye(2)[generator.integers(0, 2, 160)]
    noisy = values[:, :2] + generator.normal(scale=0.5, size=(160, 2))
    targets = np.stack([noisy[:, 0] > 0, (noisy[:, 0] > 0) & (noisy[:, 1] > 0)], axis=1).astype(float)
    return Samples(
        ids=tuple(map(str, range(160))),
        inputs=Features(values, ("height", "weight", "colour=blue", "colour=red")),
        space=LabelSpace(("tall", "heavy"), Relations.from_dict(RELATIONS)),
        targets=Targets.from_dense(targets),
    )


@pytest.fixture(scope="session")
def vectors_run(vectors: Samples, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on them."""
    folder = tmp_path_factory.mktemp("runs") / "vectors"
    return train(vectors, Recipe.parse({"encoder": "identity", "device": "cpu"}), folder)


Client = Callable[..., TestClient]


@pytest.fixture
def client(shapes_run: Run, vectors_run: Run) -> Iterator[Client]:
    """A function that serves both runs, or what is at other paths, with these settings."""
    with ExitStack() as stack:

        def start(paths: dict[str, Path] | None = None, **settings: object) -> TestClient:
            served = {"shapes": shapes_run.folder, "vectors": vectors_run.folder} if paths is None else paths
            app = create_app(Runs(served, ServeSettings(**settings)))
            return stack.enter_context(TestClient(app, "http://localhost", raise_server_exceptions=False))

        yield start


@pytest.fixture(scope="session")
def pictures(shapes: Path) -> list[Path]:
    """Picture files of three kinds."""
    return [shapes / kind / "3.png" for kind in ("red", "red_disc", "blue_disc")]


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def connected() -> Callable[[Any], AbstractAsyncContextManager[Streams]]:
    """A function that serves an application in this process; a connection to it."""

    @asynccontextmanager
    async def connect(app: Any) -> AsyncIterator[Streams]:
        config = uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None, port=0)
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
        try:
            yield reader, writer
        finally:
            writer.close()
            await server.shutdown()

    return connect
