"""Turns the connections of a process: many in one thread, its own or the caller's. Knows no MQTT library.

Whatever one turn raises, the loop goes on: a connection that broke is dropped and made anew, and if the loop itself
broke, all of them are. So a link never says that it is up while nobody listens to its socket.
"""

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Protocol

from appliance.logs import Log

log = Log()

TICK_S = 0.25
"""So often every connection is asked whether it has to be made, kept alive or given up."""

STANDS_STILL_S = 30.0
"""A loop that has not turned for so long is taken for dead."""

LOST_S = 180.0
"""Nor does anybody wait for it any longer. To look for a broker by name takes a minute where no name server answers."""

GOODBYE_S = 2.0


class Turned(Protocol):
    """A connection, as the loop sees it. All but `wants_write` may call back into the loop, and may raise."""

    @property
    def wants_write(self) -> bool:
        """Whether something waits to be written."""

    def read(self) -> None:
        """The socket has something to read."""

    def write(self) -> None:
        """The socket may take something."""

    def tick(self, at_s: float) -> None:
        """Time passes, in monotonic seconds: connect, keep alive, give up."""

    def drop(self, why: str) -> None:
        """Let go of this connection; the next `tick`s make another one."""


class LinkLoop:
    """Waits for the sockets of many links at once.

    Either `start` gives it a thread, or somebody calls `turn` again and again, always from the same thread.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._is_rung = False
        self._links: list[Turned] = []
        self._wanting: deque[Turned] = deque()
        self._posted: deque[Callable[[], None]] = deque()
        self._tick_s = float("-inf")
        self._turned_at_s = time.monotonic()
        self._thread: threading.Thread | None = None
        self._is_ending = False
        self._pause = threading.Event()

    @property
    def is_turning(self) -> bool:
        """Whether somebody listens to the sockets: its thread lives, and its last turn is not long ago."""
        return self._has_turned_within(STANDS_STILL_S)

    @property
    def is_lost(self) -> bool:
        """Whether it will never turn again, as far as anybody can tell."""
        return not self._has_turned_within(LOST_S)

    def _has_turned_within(self, seconds: float) -> bool:
        is_alive = self._thread is None or self._thread.is_alive()
        return is_alive and time.monotonic() - self._turned_at_s < seconds

    def start(self) -> None:
        """Turn in a thread of its own. A second time changes nothing."""
        if self._thread is None:
            self._turned_at_s = time.monotonic()
            self._thread = threading.Thread(target=self._work, name="link", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread, and let go of everything."""
        self._is_ending = True
        self._pause.set()
        self._ring()
        if self._thread is None:
            self._close()
        elif self._thread is not threading.current_thread():
            self._thread.join(timeout=GOODBYE_S)

    def _close(self) -> None:
        self._selector.close()
        for end in self._bell or ():
            end.close()

    # For links

    def add(self, link: Turned) -> None:
        """Turn this link from now on; from any thread, but the first one before the loop is turned."""
        if self._bell is None:
            self._bell = self._hang_bell()

        def begin() -> None:
            self._links.append(link)
            self._asked(link, lambda: link.tick(time.monotonic()))

        self._post(begin)

    def leave(self, link: Turned, goodbye: Callable[[], None]) -> None:
        """Let this link say goodbye and turn it no more; from any thread, and done when this returns."""
        done = threading.Event()

        def end() -> None:
            if link in self._links:
                self._links.remove(link)
            self._guarded(link, goodbye)
            done.set()

        if self._thread is None or not self._thread.is_alive() or self._thread is threading.current_thread():
            end()
            return
        self._post(end)
        done.wait(GOODBYE_S)

    def wake(self, link: Turned) -> None:
        """Write what `link` has to say; from any thread."""
        self._wanting.append(link)
        self._ring()

    def watch(self, link: Turned, opened: socket.socket) -> None:
        """Listen to this socket for `link`; on the loop's thread."""
        self._selector.register(opened, selectors.EVENT_READ, link)

    def unwatch(self, opened: socket.socket) -> None:
        """Listen to this socket no more; on the loop's thread. One that is not listened to changes nothing."""
        # After `stop` there is no map any more.
        if opened.fileno() >= 0 and opened in (self._selector.get_map() or ()):
            self._selector.unregister(opened)

    # One turn

    def turn(self, timeout_s: float = TICK_S) -> None:
        """Wait for any socket, this long at most, and do what there is to do."""
        self._turned_at_s = time.monotonic()
        idle_s = max(0.0, min(timeout_s, self._tick_s + TICK_S - self._turned_at_s))
        ready = self._selector.select(0.0 if self._wanting or self._posted else idle_s)
        for key, events in ready:
            if key.data is None:
                self._hush()
            else:
                self._serve(key, events)
        self._do_posted()
        self._tick()
        self._write_wanted()

    def _serve(self, key: selectors.SelectorKey, events: int) -> None:
        link: Turned = key.data
        if events & selectors.EVENT_READ:
            self._asked(link, link.read)
        if events & selectors.EVENT_WRITE:
            self._write(link, key)

    def _write(self, link: Turned, key: selectors.SelectorKey) -> None:
        self._guarded(link, link.write)
        # What was written may have been a goodbye: then nobody listens to this socket any more.
        known = self._selector.get_map().get(key.fd)
        if known is not None and known.data is link:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.wants_write else 0)
            if known.events != wanted:
                self._selector.modify(known.fileobj, wanted, link)

    def _write_wanted(self) -> None:
        wanting = set()
        while self._wanting:
            wanting.add(self._wanting.popleft())
        if not wanting:
            return
        for link in wanting:
            self._guarded(link, link.write)
        if full := {link for link in wanting if link.wants_write}:
            # Its socket is full; it is asked again when it takes more.
            for key in [key for key in self._selector.get_map().values() if key.data in full]:
                self._selector.modify(key.fileobj, selectors.EVENT_READ | selectors.EVENT_WRITE, key.data)

    def _do_posted(self) -> None:
        while self._posted:
            self._posted.popleft()()

    def _tick(self) -> None:
        at_s = time.monotonic()
        if at_s - self._tick_s < TICK_S:
            return
        self._tick_s = at_s
        for link in list(self._links):
            self._asked(link, partial(link.tick, at_s))

    def _asked(self, link: Turned, work: Callable[[], None]) -> None:
        """Work after which something may wait to be written."""
        self._guarded(link, work)
        if link.wants_write:
            self._wanting.append(link)

    def _guarded(self, link: Turned, work: Callable[[], None]) -> None:
        """What goes wrong with one connection ends that connection, not its neighbours'."""
        try:
            work()
        except Exception as error:
            log.exception("link")
            link.drop(f"the connection broke: {error!r}")

    def _post(self, work: Callable[[], None]) -> None:
        self._posted.append(work)
        self._ring()

    def _hang_bell(self) -> tuple[socket.socket, socket.socket]:
        """Whoever rings it from another thread ends the loop's waiting."""
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        self._selector.register(near, selectors.EVENT_READ)
        return near, far

    def _ring(self) -> None:
        if self._bell is not None and not self._is_rung:
            self._is_rung = True
            # Full: it has been rung often enough. Closed: nobody is left to wake.
            with suppress(OSError):
                self._bell[1].send(b"\x00")

    def _hush(self) -> None:
        """Before the turn looks at what was asked for: who asks from now on rings again."""
        self._is_rung = False
        if self._bell is not None:
            with suppress(OSError):
                self._bell[0].recv(4096)

    # The thread

    def _work(self) -> None:
        while not self._is_ending:
            try:
                self.turn()
            except BaseException as error:
                # Anything at all, even what is meant to end a thread: this one is the only one that hears the broker.
                log.exception("link_loop")
                self._begin_again(f"the network thread broke: {error!r}")
        self._close()

    def _begin_again(self, why: str) -> None:
        for link in list(self._links):
            try:
                link.drop(why)
            except Exception:
                log.exception("link_loop")
        self._pause.wait(TICK_S)
