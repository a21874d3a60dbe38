"""What may be asked: prediction, decisions, and what is served."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

import multihot
from multihot.decisions import Decision
from multihot.errors import LabelError
from multihot.serve import schemas
from multihot.serve.admission import Admission
from multihot.serve.answers import answered, decided_again
from multihot.serve.bodies import read_content
from multihot.serve.problems import Refused, place
from multihot.serve.receiving import body_of, in_time, until_judged
from multihot.serve.runs import Runs
from multihot.serve.service import Service
from multihot.serve.settings import ServeSettings

Result = TypeVar("Result")

SMALL_BODY = 2**16
SMALL_ANSWER = 500
"""Bytes of a request, and cells of an answer, that are done with in a millisecond: handing them to a thread and back
takes as long, and most requests are small."""

RunName = Annotated[str | None, Query(description="Which run of /v1/runs; the first where it is left out.")]
PROBLEM: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": schemas.Problem, "description": "The request is not one that can be answered"},
    503: {"model": schemas.Problem, "description": "Too much is waiting: ask again after the seconds of Retry-After"},
}
_PICTURES = {
    "schema": {
        "type": "object",
        "required": ["images"],
        "properties": {"images": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}},
    }
}
_NUMBER = {"type": ["number", "null"]}
_ROW = {"anyOf": [{"type": "array", "items": _NUMBER}, {"type": "object"}]}
_ROWS = {
    "schema": {
        "type": "object",
        "required": ["features"],
        "properties": {
            "features": {"type": "array", "items": _ROW, "minItems": 1},
            "ids": {"type": "array", "items": {"type": "string"}},
        },
    }
}
_PREDICT = {"requestBody": {"required": True, "content": {"multipart/form-data": _PICTURES, "application/json": _ROWS}}}
_DECIDE = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": schemas.DecideRequest.model_json_schema()}},
    }
}

router = APIRouter()


@dataclass(frozen=True)
class State:
    """What requests are answered with."""

    runs: Runs
    admission: Admission

    @property
    def settings(self) -> ServeSettings:
        """Limits."""
        return self.runs.settings


def state_of(request: Request) -> State:
    """The state of the application that a request came to."""
    state: State = request.app.state.multihot
    return state


@router.post(
    "/v1/predict", openapi_extra=_PREDICT, responses={200: {"model": schemas.Prediction}, **PROBLEM}, summary="Predict"
)
async def predict(request: Request, run: RunName = None) -> Response:
    """Label sets of pictures (multipart/form-data, any number of files) or of rows of features (JSON).

    A picture that cannot be read has its reason in `error`, and costs the others nothing.
    """
    state = state_of(request)
    async with in_time(state.settings), body_of(request, state.admission, state.settings) as body:
        kind = request.headers.get("content-type", "")
        content = await _aside(len(body) > SMALL_BODY, read_content, kind, body, state.settings)
        del body  # its parts are copies, and may wait for long
        with state.admission.of_parts(len(content.parts)):
            service, futures = state.runs.submit(run, content.kind, content.parts)
            outcomes = await until_judged(request, futures)
            large = len(content.ids) * len(service.space) > SMALL_ANSWER
            samples = await _aside(large, answered, service.space, content, outcomes)
            state.runs.telemetry.count_samples(service.name, [sample["error"] for sample in samples])
            found = {"run": service.name, "order_hash": service.space.order_hash, "samples": samples}
            return await _aside(large, JSONResponse, found)


async def _aside(large: bool, work: Callable[..., Result], *arguments: Any) -> Result:
    """What a function gives; where that takes long, in a thread, so that others are answered meanwhile."""
    return await run_in_threadpool(work, *arguments) if large else work(*arguments)


@router.post(
    "/v1/decide", openapi_extra=_DECIDE, responses={200: {"model": schemas.Decision}, **PROBLEM}, summary="Decide"
)
async def decide(request: Request, run: RunName = None) -> Response:
    """Label sets from probabilities, by another objective or other thresholds, and what these give on validation data.

    Relations between labels are kept. Nothing is remembered: the next request for a prediction is decided as before.
    """
    state = state_of(request)
    async with in_time(state.settings), body_of(request, state.admission, state.settings) as body:
        service = state.runs.get(run)
        with state.admission.of_parts(1):
            return JSONResponse(await run_in_threadpool(_decided, service, body))


def _decided(service: Service, body: bytes) -> dict[str, Any]:
    try:
        asked = schemas.DecideRequest.model_validate_json(body)
        wrong = [row for row, values in enumerate(asked.probabilities) if len(values) != len(service.space)]
        if wrong:
            came, where = len(asked.probabilities[wrong[0]]), f"body.probabilities[{wrong[0]}]"
            raise Refused(422, f"expected {len(service.space)} probabilities, one a label, got {came}", where)
        decision = service.choices.choose(asked.objective, asked.thresholds)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(422, first["msg"], place(["body", *first["loc"]]), "see /openapi.json") from error
    except LabelError as error:
        raise Refused(422, str(error), "body.thresholds", "see /v1/labels") from error
    probabilities = np.array(asked.probabilities, np.float64).reshape(-1, len(service.space))
    return {
        "run": service.name,
        "thresholds": _thresholds(decision),
        "samples": decided_again(decision, probabilities),
        "validation": service.choices.figures(decision),
    }


@router.get("/v1/runs", summary="All that is served")
async def runs(request: Request) -> schemas.Runs:
    """The runs that are served, the first of which answers where a request names none, and what a request may hold."""
    state = state_of(request)
    limits = schemas.Limits(**state.settings.model_dump(include=set(schemas.Limits.model_fields)))
    return schemas.Runs(version=multihot.__version__, runs=[_info(service) for service in state.runs], limits=limits)


@router.get("/v1/labels", responses=PROBLEM, summary="Labels")
async def labels(request: Request, run: RunName = None) -> schemas.Labels:
    """The labels in their order, with the thresholds on their probabilities, and their relations."""
    service = state_of(request).runs.get(run)
    decision = service.choices.decision
    thresholds = [None] * len(service.space) if decision is None else _thresholds(decision)
    infos = [
        schemas.LabelInfo(name=name, threshold=threshold)
        for name, threshold in zip(service.space, thresholds, strict=True)
    ]
    relations = service.space.relations.to_dict()
    return schemas.Labels(run=service.name, order_hash=service.space.order_hash, labels=infos, relations=relations)


@router.get("/v1/run", responses=PROBLEM, summary="Recipe, metrics and decision")
async def about(request: Request, run: RunName = None) -> JSONResponse:
    """What a run was made by, how good it is, and how it decides."""
    service = state_of(request).runs.get(run)
    decision = service.choices.decision
    described = None if decision is None else decision.to_dict()
    return JSONResponse({**_info(service).model_dump(), **service.about, "decision": described})


@router.get("/healthz", summary="Whether the server runs")
async def healthz() -> dict[str, str]:
    """Ok, as soon as there is an answer at all."""
    return {"status": "ok"}


@router.get("/readyz", responses=PROBLEM, summary="Whether predictions can be asked for")
async def readyz(request: Request) -> dict[str, str]:
    """Ready while every model's thread is at work."""
    if not state_of(request).runs.alive:
        raise Refused(503, "a model's thread has ended", "server", "start it again")
    return {"status": "ready"}


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    """Requests, seconds, batches and what is waiting, in the text format of Prometheus."""
    text = state_of(request).runs.telemetry.text()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _thresholds(decision: Decision) -> list[float | None]:
    """One a label; None where label sets come from no thresholds."""
    return [None if math.isnan(threshold) else threshold for threshold in decision.thresholds.tolist()]


def _info(service: Service) -> schemas.RunInfo:
    decision = service.choices.decision
    return schemas.RunInfo(
        name=service.name,
        kind=service.kind,
        labels=len(service.space),
        objective="" if decision is None else decision.objective,
        objectives=list(service.choices.objectives),
        at_least=None if decision is None else decision.settings.at_least,
        adjustable=service.choices.adjustable,
        features=service.columns,
        width=None if service.features is None else service.features.width,
        report=service.report is not None,
        explains=None if service.explainer is None else service.explainer.method,
    )
