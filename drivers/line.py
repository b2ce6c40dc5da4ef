"""Lines to printers are file descriptors: one loop writes, waits, counts and gives up for all. It knows no command.

What a line still holds when it is given up is thrown away: nobody wants an old slip to come out when the paper returns.
"""

import errno
import fcntl
import os
import select
import socket
import stat
import struct
import termios
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

_CHUNK_BYTES = 4096
_TICK_S = 0.005
_SIOCOUTQNSD = 0x894B
"""Bytes of a TCP socket that were never sent, not even once (linux/sockios.h; Python has no name for it)."""
_LPGETSTATUS = 0x060B
"""The port status of a USB printer (linux/lp.h; Python has no name for it)."""


class LineError(OSError):
    """A line broke off, stood still or could not be opened. At most `sent_bytes` of what was written left it."""

    def __init__(self, cause: OSError, sent_bytes: int) -> None:
        super().__init__(cause.errno, cause.strerror or str(cause))
        self.sent_bytes = sent_bytes


class Line(ABC):
    """A non-blocking descriptor; its sisters only know how to open, close and abandon theirs. Opens by itself."""

    queued_request = termios.TIOCOUTQ
    """The ioctl that counts what has not left this machine."""
    chunk_bytes = _CHUNK_BYTES
    """The most that is written in one go."""
    pace_bytes_per_s: int | None = None
    """The most that the other end can take, where nothing else holds us back."""
    is_paced = False
    """Whether to let each chunk leave before asking if the other end wants the next."""
    is_empty_gone = True
    """Whether reading nothing means that nobody is there any more."""

    def __init__(self, name: str, stall_s: float) -> None:
        """`stall_s`: how long nothing may move before the line is given up."""
        self.name = name
        self._stall_s = stall_s
        self._descriptor: int | None = None

    @abstractmethod
    def _open(self) -> int:
        """Open the line and return its non-blocking descriptor. Raises `OSError`."""

    @abstractmethod
    def _shut(self) -> None:
        """Let go of what `_open` opened, if it did."""

    def _discard(self) -> None:  # noqa: B027  most lines hold nothing once they are shut
        """Throw away what the line still holds; it is shut next."""

    def _wants_more(self) -> bool:
        """Whether the other end lets us write."""
        return True

    def close(self) -> None:
        """Let go of the line. Closing twice is no error."""
        self._shut()
        self._descriptor = None

    def abandon(self) -> None:
        """Close, and throw away what the line still holds."""
        if self._descriptor is not None:
            self._discard()
        self.close()

    def write(self, stream: bytes) -> None:
        """Write all and wait until it left this machine. Raises `LineError` and gives the line up."""
        written = 0
        try:
            line = self._line()
            while written < len(stream):
                chunk = self._put(line, stream[written : written + self.chunk_bytes])
                written += chunk
                self._go_easy(chunk)
            self._await_departure(line)
        except OSError as error:
            # More may be queued than this stream: questions that nobody took stand before it.
            sent = max(0, written - self._queued())
            self.abandon()
            raise LineError(error, sent) from error

    def post(self, question: bytes) -> None:
        """Write a few bytes without waiting that they leave. Raises `OSError`."""
        self._put(self._line(), question)

    def listen(self, timeout_s: float) -> bytes:
        """What was said, waiting for it no longer than `timeout_s`; empty is silence. Raises `OSError`."""
        line = self._line()
        if not _is_ready(line, select.POLLIN, timeout_s):
            return b""
        said = os.read(line, 256)
        if not said and self.is_empty_gone:
            raise BrokenPipeError(errno.EPIPE, "the other end is gone")
        return said

    def _line(self) -> int:
        if self._descriptor is None:
            self._descriptor = self._open()
        return self._descriptor

    def _go_easy(self, chunk_bytes: int) -> None:
        if self.is_paced and self._descriptor is not None:
            self._await_departure(self._descriptor)
        if self.pace_bytes_per_s is not None:
            time.sleep(chunk_bytes / self.pace_bytes_per_s)

    def _put(self, line: int, chunk: bytes) -> int:
        """Write as much of a chunk as there is room for, and at least a byte."""
        patience = time.monotonic() + self._stall_s
        while True:
            self._await_space(line, patience)
            try:
                return os.write(line, chunk)
            except BlockingIOError:
                # A serial line that was told to wait (XOFF) has room and takes nothing all the same.
                _pause_until(patience)

    def _await_space(self, line: int, patience: float) -> None:
        while not self._wants_more():
            _pause_until(patience)
        if not _is_ready(line, select.POLLOUT, self._stall_s):
            raise TimeoutError(errno.ETIMEDOUT, f"took no byte for {self._stall_s:g} s")

    def _await_departure(self, line: int) -> None:
        """Wait until nothing is queued; only standing still is an error, however slow the line is."""
        queued, patience = self._queued(), time.monotonic() + self._stall_s
        while queued:
            _is_ready(line, 0, 0)
            _pause_until(patience)
            before, queued = queued, self._queued()
            if queued < before:
                patience = time.monotonic() + self._stall_s

    def _queued(self) -> int:
        """Bytes that wait in this machine. 0 where the kernel does not say: rather *possibly printed* than twice."""
        if self._descriptor is None:
            return 0
        try:
            answer = fcntl.ioctl(self._descriptor, self.queued_request, bytes(4))
        except OSError:
            return 0
        return int(struct.unpack("i", answer)[0])


class TcpLine(Line):
    """A connection."""

    queued_request = _SIOCOUTQNSD
    """Not what is unacknowledged: to wait for that after each piece of a slip takes 40 ms each time."""

    def __init__(self, address: tuple[str, int], stall_s: float) -> None:
        super().__init__(f"{address[0]}:{address[1]}", stall_s)
        self._address = address
        self._socket: socket.socket | None = None

    def _open(self) -> int:
        self._socket = socket.create_connection(self._address, self._stall_s)
        # A question is three bytes, and its answer is waited for.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        return self._socket.fileno()

    def _discard(self) -> None:
        if self._socket is not None:
            # Reset instead of close: the kernel would go on delivering what it holds.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _shut(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


class FileLine(Line):
    """A device that is no serial line, or a plain file that is written on at its end."""

    is_empty_gone = False
    """A USB printer may have nothing to say; that it is gone is said by the poll before."""

    def __init__(self, path: Path, stall_s: float) -> None:
        super().__init__(str(path), stall_s)
        self._path = path
        self._was_device = path.is_relative_to("/dev")

    def is_device(self) -> bool:
        """A device that is not plugged in is still a device: never leave a plain file in its place."""
        with suppress(OSError):
            self._was_device |= stat.S_ISCHR(self._path.stat().st_mode)
        return self._was_device

    def port_status(self) -> int | None:
        """What the port of a USB printer says in place of the printer; None where the kernel does not know."""
        if self._descriptor is None:
            return None
        try:
            return fcntl.ioctl(self._descriptor, _LPGETSTATUS, bytes(4))[0]
        except OSError:
            return None

    def _open(self) -> int:
        if self.is_device():
            return os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)

    def _shut(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


def _pause_until(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(errno.ETIMEDOUT, "stood still")
    time.sleep(_TICK_S)


def _is_ready(line: int, event: int, timeout_s: float) -> bool:
    """Whether the line can be written or read. Raises `OSError` if the other end is gone."""
    poll = select.poll()
    poll.register(line, event)
    found = poll.poll(timeout_s * 1000)
    if found and found[0][1] & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
        raise BrokenPipeError(errno.EPIPE, "the other end is gone")
    return bool(found)
