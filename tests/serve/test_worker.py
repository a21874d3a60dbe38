"""Parts of requests on their way to a model and back."""

import gc
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from multihot.errors import ImageError
from multihot.serve.model import Judged
from multihot.serve.worker import Worker

NOTHING = Judged(np.zeros((1, 0), np.float32), np.zeros((1, 0), np.bool_))


class Part:
    """What was sent; whether it is still in memory can be seen."""

    def __init__(self, readable: bool) -> None:
        self.readable = readable


class Reader:
    """A model that reads some parts."""

    ahead = 2

    def prepare(self, content: Part) -> Part:
        if not content.readable:
            raise ImageError("damaged")
        return content

    def judge(self, prepared: Sequence[Any]) -> Sequence[Judged]:
        return [NOTHING for _ in prepared]


@pytest.fixture
def worker() -> Iterator[Worker]:
    own = Worker(Reader(), size=4, wait=0, observe=lambda *_: None)
    gc.collect()
    gc.disable()
    yield own
    gc.enable()
    own.close()


@pytest.mark.parametrize("readable", [True, False])
def test_nothing_of_a_part_is_kept_when_it_is_answered(worker: Worker, readable: bool) -> None:
    part = Part(readable)
    gone = threading.Event()
    weakref.finalize(part, gone.set)
    future = worker.submit(part)
    del part
    assert (future.exception(5) is None) == readable
    del future
    assert gone.wait(5)  # the threads may still be about to forget it
