"""Where real lines meet a `PrintMachine`: a pty in place of a serial port, and TCP 9100. They move bytes, nothing else.

So that the real transports can be tried through real file descriptors, and the demo from any program that prints.
"""

import os
import pty
import select
import socket
import struct
import threading
import tty
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.virtual.print_machine import PrintMachine

_TURN_S = 0.005
_STOP_S = 5.0
_XON, _XOFF = b"\x11", b"\x13"


class _End(ABC):
    """One end of a line, on a thread of its own. Losing power looks as the pulled cable does: the line is gone."""

    def __init__(self, machine: PrintMachine, piece_bytes: int, bytes_per_s: float | None) -> None:
        self._machine = machine
        self._piece_bytes = piece_bytes
        self._bytes_per_s = bytes_per_s
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="virtual line", daemon=True)

    @abstractmethod
    def _plug(self) -> int | None:
        """Wait a turn for somebody at the other end; the descriptor, or None."""

    @abstractmethod
    def _pull(self) -> None:
        """The line is cut."""

    def close(self) -> None:
        """End; closing twice is no error."""
        self._is_stopping.set()
        self._thread.join(_STOP_S)
        self._pull()

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            if not self._machine.is_reachable:
                self._pull()
            end = self._plug() if self._machine.is_reachable else None
            if end is None:
                self._is_stopping.wait(_TURN_S)
                continue
            with suppress(OSError):  # the other end went away
                self._serve(end)
            self._pull()

    def _serve(self, end: int) -> None:
        waiting = b""
        while self._machine.is_reachable and not self._is_stopping.is_set():
            if said := self._machine.say():
                os.write(end, said)
            ready = select.select([] if waiting else [end], [], [], _TURN_S)[0]
            if ready:
                waiting = os.read(end, self._piece_bytes)
                if not waiting:
                    return
                self._dawdle(len(waiting))
            before = len(waiting)
            waiting = waiting[self._machine.take(waiting) :] if waiting else b""
            self._hold_back(end, is_full=bool(waiting), was_full=not ready and before > 0)

    def _dawdle(self, n_bytes: int) -> None:
        if self._bytes_per_s is not None:
            self._is_stopping.wait(n_bytes / self._bytes_per_s)

    def _hold_back(self, end: int, *, is_full: bool, was_full: bool) -> None:  # noqa: B027  most lines hold back alone
        """Tell the other end to wait, or to go on, where the line itself does not."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class PtyEnd(_End):
    """A serial port: open `path` as one. A link, so that it is the same after the cable was out."""

    def __init__(
        self,
        machine: PrintMachine,
        path: Path,
        *,
        xonxoff: bool = False,
        piece_bytes: int = 256,
        bytes_per_s: float | None = None,
    ) -> None:
        super().__init__(machine, piece_bytes, bytes_per_s)
        self.path = path
        self._xonxoff = xonxoff
        self._ends: tuple[int, int] | None = None
        self._plug()
        self._thread.start()

    def _plug(self) -> int:
        if self._ends is None:
            self._ends = pty.openpty()
            tty.setraw(self._ends[1])
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(os.ttyname(self._ends[1]))
        return self._ends[0]

    def _pull(self) -> None:
        if self._ends is not None:
            self.path.unlink(missing_ok=True)
            for end in self._ends:
                os.close(end)
        self._ends = None

    def _hold_back(self, end: int, *, is_full: bool, was_full: bool) -> None:
        if self._xonxoff and is_full != was_full:
            os.write(end, _XOFF if is_full else _XON)


class TcpEnd(_End):
    """A printer in the network, for one connection at a time; `address` is of loopback."""

    def __init__(
        self, machine: PrintMachine, port: int = 0, *, piece_bytes: int = 1460, bytes_per_s: float | None = None
    ) -> None:
        super().__init__(machine, piece_bytes, bytes_per_s)
        self._server: socket.socket | None = None
        self._connection: socket.socket | None = None
        self.address = self._listen(("127.0.0.1", port))
        self._thread.start()

    def _listen(self, address: tuple[str, int]) -> tuple[str, int]:
        self._server = socket.create_server(address)
        self._server.settimeout(_TURN_S)
        host, port = self._server.getsockname()
        return host, port

    def _plug(self) -> int | None:
        if self._server is None:
            self._listen(self.address)
            return None
        try:
            self._connection, _ = self._server.accept()
        except TimeoutError:
            return None
        self._connection.setblocking(True)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection.fileno()

    def _pull(self) -> None:
        if self._connection is not None:
            # A printer without power sends no farewell.
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._connection.close()
        self._connection = None
        if self._server is not None and (self._is_stopping.is_set() or not self._machine.is_reachable):
            self._server.close()
            self._server = None
