"""Why a label: heat maps of one picture, on request."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray

from multihot.errors import ImageError
from multihot.serve import schemas
from multihot.serve.bodies import Content, read_content
from multihot.serve.problems import Refused
from multihot.serve.receiving import body_of, in_time, until_judged
from multihot.serve.routes import PROBLEM, RunName, state_of

MOST_LABELS = 64
_DIGITS = 4
_PICTURE = {
    "type": "object",
    "required": ["image"],
    "properties": {"image": {"type": "string", "format": "binary"}},
}
_BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _PICTURE}}}}

router = APIRouter()

LabelNames = Annotated[list[str], Query(description="Labels to look for.", min_length=1, max_length=MOST_LABELS)]


@router.post(
    "/v1/explain", openapi_extra=_BODY, responses={200: {"model": schemas.Explanation}, **PROBLEM}, summary="Explain"
)
async def explain(request: Request, label: LabelNames, run: RunName = None) -> Response:
    """Where in a picture (multipart/form-data, one file) labels were seen, as a heat map each."""
    state = state_of(request)
    async with in_time(state.settings), body_of(request, state.admission, state.settings) as body:
        kind = request.headers.get("content-type", "")
        content = _one_picture(await run_in_threadpool(read_content, kind, body, state.settings))
        with state.admission.of_parts(1):
            explained = state.runs.explain(run, content.parts[0], label)
            (maps,) = await until_judged(request, [explained.future])
    about = {"run": explained.run, "id": content.ids[0], "method": explained.method}
    return JSONResponse({**about, **_answered(maps, label)})


def _one_picture(content: Content) -> Content:
    if content.kind != "pictures" or len(content.parts) != 1:
        remedy = "send one file: curl -F image=@photo.jpg"
        raise Refused(422, f"expected one picture, got {len(content.parts)} {content.kind}", "body", remedy)
    return content


def _answered(maps: NDArray[np.float32] | BaseException, labels: list[str]) -> dict[str, Any]:
    if isinstance(maps, ImageError):
        return {"maps": {}, "error": str(maps)}
    if isinstance(maps, BaseException):
        raise maps
    rounded = np.round(maps.astype(np.float64), _DIGITS).tolist()
    return {"maps": dict(zip(labels, rounded, strict=True)), "error": None}
