"""The application: routes and page behind the guard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

import multihot
from multihot.serve import explaining, page, routes
from multihot.serve.admission import Admission
from multihot.serve.early import EarlyAnswers
from multihot.serve.guard import Guard
from multihot.serve.problems import handle_problems
from multihot.serve.resting import rest
from multihot.serve.routes import State
from multihot.serve.runs import Runs


def create_app(runs: Runs) -> FastAPI:
    """An ASGI application that serves runs; when it shuts down, they end after what was accepted is answered."""
    admission = Admission(runs.settings, runs.telemetry)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        resting = asyncio.create_task(rest(admission))
        yield
        resting.cancel()
        await run_in_threadpool(runs.close)

    app = FastAPI(
        title="multihot",
        summary="Label sets of pictures and feature vectors",
        version=multihot.__version__,
        lifespan=lifespan,
        docs_url=None,  # these pages ask other servers for their scripts
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.multihot = State(runs, admission)
    app.include_router(routes.router)
    app.include_router(explaining.router)
    app.include_router(page.router)
    handle_problems(app)
    app.add_middleware(Guard, settings=runs.settings, telemetry=runs.telemetry)
    app.add_middleware(EarlyAnswers, settings=runs.settings)  # the outermost: what the guard refuses is early too
    return app
