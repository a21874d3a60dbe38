"""Progress of long work: a bar on a terminal, nothing elsewhere; and lines of what was done, through `logging`."""

import logging
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from multihot import processes

Item = TypeVar("Item")

logger = logging.getLogger("multihot")


def track(items: Iterable[Item], description: str, total: int) -> Iterator[Item]:
    """Yield the items, with a bar on standard error while they last.

    >>> list(track([1, 2], "counting", total=2))
    [1, 2]
    """
    console = Console(stderr=True)
    if not console.is_terminal or not processes.is_first():
        yield from items
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield from bar.track(items, total=total, description=description)
