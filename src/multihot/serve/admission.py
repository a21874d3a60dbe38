"""How much is taken in at a time, so that memory stays bounded whatever is asked."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from multihot.serve.problems import Refused
from multihot.serve.settings import ServeSettings
from multihot.serve.telemetry import Telemetry


class Room:
    """Memory that one request takes.

    Args:
        size: bytes.
        take: takes so many more, or raises `Refused`.
    """

    def __init__(self, size: int, take: Callable[[int], None]) -> None:
        self.size = size
        self._take = take

    def resize(self, size: int) -> None:
        """As large as it turned out to be.

        Raises:
            Refused: there is no room for that.
        """
        self._take(size - self.size)
        self.size = size


class Admission:
    """What is accepted and not yet answered; used by the event loop alone.

    Args:
        settings: limits.
        telemetry: shows how much is waiting.
    """

    def __init__(self, settings: ServeSettings, telemetry: Telemetry) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._parts = 0
        self._bytes = 0
        self.accepted = 0
        """Requests with a body, so far."""

    @property
    def idle(self) -> bool:
        """Whether all of them were answered."""
        return self._bytes == 0

    def room(self, size: int) -> AbstractContextManager[Room]:
        """Room for the body of a request, while it is read and answered.

        Raises:
            Refused: there is none.
        """
        if self._parts >= self._settings.max_waiting:
            raise _busy()
        self._take(size)
        self.accepted += 1
        return self._taken(size)

    def _take(self, more: int) -> None:
        if self._bytes + more > self._settings.max_waiting_bytes:
            raise _busy()
        self._bytes += more

    @contextmanager
    def _taken(self, size: int) -> Iterator[Room]:
        room = Room(size, self._take)
        try:
            yield room
        finally:
            self._bytes -= room.size

    @contextmanager
    def of_parts(self, count: int) -> Iterator[None]:
        """Room for the parts of a request, while they are judged.

        Raises:
            Refused: there is none, or never will be.
        """
        if count > self._settings.max_waiting:
            what = f"{count} parts, at most {self._settings.max_waiting} are taken"
            raise Refused(413, what, "body", "send fewer a request")
        if self._parts + count > self._settings.max_waiting:
            raise _busy()
        self._count(count)
        try:
            yield
        finally:
            self._count(-count)

    def _count(self, more: int) -> None:
        self._parts += more
        self._telemetry.waiting.set(self._parts)


def _busy() -> Refused:
    return Refused(503, "too much is waiting to be answered", "server", "ask again after the seconds of Retry-After")
