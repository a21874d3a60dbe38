"""Work in threads, ahead of the one who asks for its results."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from multihot import processes

Result = TypeVar("Result")

_threads: int | None = None


def set_threads(count: int) -> None:
    """How many threads work ahead in this process, where it is one of many: by default its share of the cores."""
    global _threads
    _threads = count


def cores() -> int:
    """Processor cores that this process may run on, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ahead(work: Callable[[int], Result], rows: Iterable[int], waiting: int = 16) -> Iterator[Result]:
    """Results in order, worked out in a thread a core, with at most `waiting` a thread held: memory stays bounded.

    >>> list(ahead(lambda row: row * row, [3, 1]))
    [9, 1]
    """
    threads = _threads or max(cores() // processes.count_here(), 1)
    source = iter(rows)
    with ThreadPoolExecutor(threads, thread_name_prefix="load") as pool:
        begun: deque[Future[Result]] = deque(pool.submit(work, row) for row in islice(source, waiting * threads))
        try:
            while begun:
                result = begun.popleft().result()
                begun.extend(pool.submit(work, row) for row in islice(source, 1))
                yield result
        finally:
            for future in begun:
                future.cancel()
