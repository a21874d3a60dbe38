"""HTTP/1.1 as uvicorn speaks it, also where a request turns out damaged after its answer has begun."""

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Protocol(H11Protocol):
    """uvicorn's own answers damage as if nothing else could have been answered yet, and fails where something was."""

    def send_400_response(self, msg: str) -> None:
        """Answer damage, if nothing was answered yet, and end the connection either way."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        super().send_400_response(msg)
        if self.cycle is not None:  # what the application would answer comes too late
            self.cycle.disconnected = True
            self.cycle.message_event.set()
