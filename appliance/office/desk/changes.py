"""Tells open desk pages that something has changed, never what: each page fetches its own parts again.

Any thread may publish. Many changes in a short time are one word to a page.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass

_CHANGED = "event: changed\ndata: now\n\n"
_PING = ": still here\n\n"
_RECONNECT = "retry: 1000\n"


@dataclass(frozen=True, eq=False)
class _Page:
    """One open stream: the bell on its own event loop."""

    loop: asyncio.AbstractEventLoop
    bell: asyncio.Event

    def ring(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self.bell.set)
        except RuntimeError:
            # The loop is closed: the page went with it, and will leave the hub by itself.
            return


class Changes:
    """The hub between those who change something and the pages that show it."""

    def __init__(self, ping_s: float = 15, gap_s: float = 0.05) -> None:
        """`ping_s`: a sign of life after so long without a change. `gap_s`: at most one word in so long."""
        self._ping_s = ping_s
        self._gap_s = gap_s
        self._lock = threading.Lock()
        self._pages: set[_Page] = set()
        self._is_closed = False

    @property
    def pages(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len(self._pages)

    def publish(self) -> None:
        """Something has changed. Callable from any thread; returns at once."""
        with self._lock:
            for page in self._pages:
                page.ring()

    def close(self) -> None:
        """End every stream, and each that comes later after its first word. Callable from any thread."""
        with self._lock:
            self._is_closed = True
            for page in self._pages:
                page.ring()

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events. The first comes at once: whoever reconnects may have missed something."""
        page = _Page(asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._pages.add(page)
        try:
            yield _RECONNECT + _CHANGED
            while not self._is_closed:
                yield await self._next(page)
        finally:
            with self._lock:
                self._pages.discard(page)

    async def _next(self, page: _Page) -> str:
        try:
            await asyncio.wait_for(page.bell.wait(), self._ping_s)
        except TimeoutError:
            return _PING
        await asyncio.sleep(self._gap_s)
        page.bell.clear()
        return _CHANGED
