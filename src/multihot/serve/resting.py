"""What is done while nothing is asked."""

import asyncio

from fastapi.concurrency import run_in_threadpool

from multihot.memory import give_back_free_blocks
from multihot.serve.admission import Admission

PAUSE = 10.0
"""Seconds without a request that are a rest; in those after, memory is mapped afresh, which takes milliseconds."""


async def rest(admission: Admission) -> None:
    """Hand memory back, once in every rest: what many or large requests needed would otherwise stay for good."""
    before = handed_back = 0
    while True:
        await asyncio.sleep(PAUSE)
        if admission.idle and admission.accepted == before != handed_back:
            await run_in_threadpool(give_back_free_blocks)
            handed_back = before
        before = admission.accepted
