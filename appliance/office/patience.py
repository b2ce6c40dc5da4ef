"""How long the office listens to somebody who does not finish, and to how many at once. Reads no request.

uvicorn waits for ever for the rest of a header or a body, and takes connections until the process has no files left:
a thousand guests who never finish (slow loris) would keep the bank's notifications and the clerk out.
"""

import asyncio
from typing import ClassVar, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from appliance.logs import Log

log = Log()

WHOLE_WITHIN_S = 10.0
"""A request arrives whole in this time, or its connection ends; the largest is 256 KiB."""
TELLS_EVERY_S = 60.0
"""A crowd is no reason to fill the log as well."""
MOST_CONNECTIONS = 400
"""Far more than one office's desks, portal and bank; far fewer than the 1,024 files that a service may have open."""


class PatientHttp(H11Protocol):
    """uvicorn's HTTP, but whoever does not finish is shown out; when it is full, the longest of them at once."""

    whole_within_s: ClassVar[float] = WHOLE_WITHIN_S
    most_connections: ClassVar[int] = MOST_CONNECTIONS
    _told_at_s: ClassVar[float] = float("-inf")
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """As in uvicorn, if there is room or somebody can be shown out."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self.most_connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """As in uvicorn; then see whether the request is whole, or a next one has begun."""
        super().data_received(data)
        if self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:
            self._wait()
        else:
            self._wait_no_longer()

    def connection_lost(self, exc: Exception | None) -> None:
        """As in uvicorn."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.whole_within_s, self._show_out)

    def _wait_no_longer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _show_out(self) -> None:
        self._deadline = None
        self.transport.abort()

    def _make_room(self) -> None:
        others = [cast(PatientHttp, other) for other in self.connections if other is not self]
        waiting = {other: other._deadline.when() for other in others if other._deadline is not None}
        longest = min(waiting, key=waiting.__getitem__, default=self)
        self._tell(len(waiting))
        longest._wait_no_longer()
        longest._show_out()

    def _tell(self, unfinished: int) -> None:
        if self.loop.time() - PatientHttp._told_at_s >= TELLS_EVERY_S:
            PatientHttp._told_at_s = self.loop.time()
            log.warning("crowded", connections=len(self.connections), unfinished=unfinished)
