"""The processes of one training, as torchrun starts them: who is first, and what they tell each other.

One process is the usual case: everything here is then a plain call, and torch is not imported for it.
"""

import functools
import hashlib
import logging
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from multihot.errors import MultihotError, one_line

if TYPE_CHECKING:
    from torch._C._distributed_c10d import TCPStore

Item = TypeVar("Item")

# Others wait while the first fits a head or writes a report. One that dies is noticed at once, by torchrun.
_LONGEST_WAIT = timedelta(hours=24)


@functools.cache  # asked several times a step
def started_together() -> bool:
    """Whether torchrun, or what sets the same variables, started this process."""
    return {"RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys()


@functools.cache
def count() -> int:
    """How many processes there are, on all machines."""
    return int(os.environ["WORLD_SIZE"]) if started_together() else 1


def count_here() -> int:
    """How many of them are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if started_together() else 1


@functools.cache
def rank() -> int:
    """The number of this process, from 0."""
    return int(os.environ["RANK"]) if started_together() else 0


def rank_here() -> int:
    """Its number among those on this machine, from 0."""
    return int(os.environ["LOCAL_RANK"]) if started_together() else 0


def is_first() -> bool:
    """Whether this is the process that writes, logs and draws progress."""
    return rank() == 0


def restarted() -> bool:
    """Whether torchrun started these processes in the place of others, of which one died."""
    return started_together() and _attempt() > 0


def _attempt() -> int:
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def join() -> None:
    """Meet the other processes, once; afterwards they can tell each other things."""
    if not started_together():
        return
    import torch
    from torch import distributed
    from torch._C._distributed_c10d import PrefixStore

    if not distributed.is_initialized():
        distributed.init_process_group(
            # What processes tell each other lies in the memory of the CPU, gradients where the model is.
            "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
            store=PrefixStore(f"attempt {_attempt()}", _store()),
            rank=rank(),
            world_size=count(),
            timeout=_LONGEST_WAIT,
        )


def leave() -> None:
    """Part from the others, all of which call it."""
    if started_together():
        from torch import distributed

        if distributed.is_initialized():
            distributed.barrier()
            distributed.destroy_process_group()


def end() -> None:
    """Leave, and end the program, which went well; alone, do nothing.

    Threads of gloo outlive a sharded training. One that lets go of its last message while Python ends would abort the
    process: so Python does not end first.
    """
    if started_together():
        leave()
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def decided_by_first(work: Callable[[], Item]) -> Item:
    """What `work` gives in the first process, in all of them; what it raises there, all raise."""
    if count() == 1:
        return work()
    if is_first():
        try:
            result = work()
        except Exception as error:
            _from_first((None, one_line(error), isinstance(error, MultihotError)))
            raise
        _from_first((result, None, False))
        return result
    result, problem, expected = _from_first(None)
    if problem is not None:
        raise MultihotError(problem) if expected else RuntimeError(problem)
    return result


def _from_first(item: Any) -> Any:
    from torch import distributed

    items = [item]
    distributed.broadcast_object_list(items, src=0)
    return items[0]


def from_all(item: Item) -> list[Item]:
    """The items of all processes by rank, in each of them."""
    if count() == 1:
        return [item]
    from torch import distributed

    items: list[Any] = [None] * count()
    distributed.all_gather_object(items, item)
    return items


def at_first(item: Item) -> list[Item]:
    """The items of all processes by rank, in the first; none in the others."""
    if count() == 1:
        return [item]
    from torch import distributed

    items: list[Any] | None = [None] * count() if is_first() else None
    distributed.gather_object(item, items, dst=0)
    return items or []


def rows_at_first(rows: NDArray[Any]) -> NDArray[Any] | None:
    """The rows of all processes below each other by rank, in the first; None in the others.

    Args:
        rows: (n, ...); of the same type and width everywhere.
    """
    lengths = from_all(len(rows))
    if len(lengths) == 1:
        return rows
    import torch
    from torch import distributed

    def as_bytes(part: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(part.reshape(-1).view(np.uint8))

    if not is_first():
        if len(rows):
            distributed.send(as_bytes(np.ascontiguousarray(rows)), dst=0)
        return None
    gathered = np.empty((sum(lengths), *rows.shape[1:]), dtype=rows.dtype)
    ends = np.cumsum(lengths)
    gathered[: ends[0]] = rows
    for sender, length in enumerate(lengths[1:], start=1):
        if length:
            distributed.recv(as_bytes(gathered[ends[sender] - length : ends[sender]]), src=sender)
    return gathered


def same_after_restart(name: str, value: str) -> str:
    """The value that the first attempt gave under this name."""
    return _store().compare_set(name, "", value).decode() if started_together() else value


def first_to_say(problem: str) -> bool:
    """Whether no process has failed before in this attempt, nor said the same in an earlier one."""
    if count() == 1:
        return True
    try:
        store, digest = _store(), hashlib.blake2b(problem.encode(), digest_size=16).hexdigest()
        return store.add(f"failed in attempt {_attempt()}", 1) == 1 and store.add(f"failed by {digest}", 1) == 1
    except RuntimeError:  # the one who keeps the store is gone, and has said why
        return is_first()


@functools.cache
def _store() -> "TCPStore":
    """Where processes leave each other notes; torchrun's own outlives a restart."""
    from torch._C._distributed_c10d import TCPStore

    hosted = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    return TCPStore(
        os.environ["MASTER_ADDR"],
        int(os.environ["MASTER_PORT"]),
        is_master=is_first() and not hosted,
        wait_for_workers=False,
        timeout=timedelta(minutes=5),
    )
