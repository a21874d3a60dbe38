"""From parts of requests to what a model says of them: made ready in threads, gathered into batches, judged in one."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Queue
from threading import Thread
from typing import Any, NamedTuple

from multihot.serve.model import Judged, Model


class Job(NamedTuple):
    """A part of a request that is ready."""

    prepared: Any
    future: "Future[Judged]"


class Worker:
    """One thread that owns a model, and those that make its parts ready.

    Args:
        model: judged by this thread alone.
        size: parts in a batch, at most.
        wait: seconds that a batch waits for more parts.
        observe: told the number of parts in each batch, and the seconds that they took.
    """

    def __init__(self, model: Model, size: int, wait: float, observe: Callable[[int, float], None]) -> None:
        self._model = model
        self._size = size
        self._wait = wait
        self._observe = observe
        self._ready: Queue[Job | None] = Queue(model.ahead)
        self._pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="prepare")
        self._thread = Thread(target=self._work, name="judge", daemon=True)
        self._thread.start()

    def submit(self, content: Any) -> "Future[Judged]":
        """What will be said of a part; a future that is cancelled costs nothing from then on."""
        future: Future[Judged] = Future()
        self._pool.submit(self._prepare, [(content, future)])
        return future

    @property
    def alive(self) -> bool:
        """Whether parts are still judged."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Finish what was submitted, then end."""
        self._pool.shutdown()
        self._ready.put(None)
        self._thread.join()

    def _prepare(self, asked: "list[tuple[Any, Future[Judged]]]") -> None:
        # Out of the list: an error knows the frames that it passed, the executor's too. If one of them knew the future,
        # which knows the error, this circle would keep what was sent in memory until garbage is looked for.
        content, future = asked.pop()
        if future.cancelled():
            return
        try:
            job = Job(self._model.prepare(content), future)
        except Exception as error:  # goes to the one who asks
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
            del future  # as above: the error knows this frame
            return
        self._ready.put(job)

    def _work(self) -> None:
        while (first := self._ready.get()) is not None:
            self._work_on(self._gathered(first))
            del first  # nothing is kept while there is nothing to do

    def _work_on(self, gathered: Sequence[Job]) -> None:
        jobs = [job for job in gathered if job.future.set_running_or_notify_cancel()]
        if jobs:
            started = time.perf_counter()
            self._judge(jobs)
            self._observe(len(jobs), time.perf_counter() - started)

    def _gathered(self, first: Job) -> Sequence[Job]:
        jobs = [first]
        until = time.monotonic() + self._wait
        while len(jobs) < self._size:
            try:
                job = self._ready.get(timeout=max(until - time.monotonic(), 0))
            except Empty:
                break
            if job is None:
                self._ready.put(None)  # the end comes after this batch
                break
            jobs.append(job)
        return jobs

    def _judge(self, jobs: Sequence[Job]) -> None:
        try:
            for job, judged in zip(jobs, self._model.judge([job.prepared for job in jobs]), strict=True):
                job.future.set_result(judged)
        except Exception as error:  # the thread lives on, whatever one batch meets
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
                return
            for job in jobs:  # the others of the batch are not to blame
                self._judge([job])
