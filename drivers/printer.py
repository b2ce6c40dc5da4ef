"""The real printers: a stream goes out over a serial line, USB, TCP or into a file. It knows no layout.

All of them are file descriptors underneath, so one loop writes, waits, counts and gives up for all. What a line still
holds when it is given up is thrown away: nobody wants an old slip to come out when the paper returns.
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
from types import TracebackType
from typing import TYPE_CHECKING, Self

from drivers import escpos
from drivers.errors import PrinterError
from drivers.escpos import PrinterStatus
from drivers.paper import Profile

if TYPE_CHECKING:
    from serial import Serial

_CHUNK_BYTES = 4096
_PACED_CHUNK_BYTES = 64
_TICK_S = 0.005
_SIOCOUTQNSD = 0x894B
"""Bytes of a TCP socket that were never sent, not even once (linux/sockios.h; Python has no name for it)."""


class SendError(PrinterError):
    """A stream did not get through whole. At most `sent_bytes` of it reached the printer; 0 is certain: none did."""

    def __init__(self, message: str, sent_bytes: int) -> None:
        super().__init__(message)
        self.sent_bytes = sent_bytes


class Printer(ABC):
    """Something that prints ESC/POS. One thread at a time; opens by itself, and again after an error."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    @abstractmethod
    def send(self, stream: bytes) -> None:
        """Hand a whole stream over. Returning says that the line took it, not that paper came out.

        Raises `SendError` when the line broke off, stood still or could not be opened.
        """

    @abstractmethod
    def status(self) -> PrinterStatus:
        """Ask the printer how it is. Never raises: a line that cannot be opened is *offline*, silence is *unknown*."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the line. Closing twice is no error."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Line(Printer):
    """A printer behind a non-blocking file descriptor; its sisters only know how to open and abandon theirs."""

    _queued_request = termios.TIOCOUTQ
    """The ioctl that counts what has not left this machine."""
    _chunk_bytes = _CHUNK_BYTES
    _is_paced = False
    """Whether to let each chunk leave before asking if the printer wants the next."""

    def __init__(self, profile: Profile, name: str, stall_s: float, answer_s: float) -> None:
        super().__init__(profile)
        self.name = name
        self._stall_s = stall_s
        self._answer_s = answer_s
        self._descriptor: int | None = None

    @abstractmethod
    def _open(self) -> int:
        """Open the line and return its non-blocking descriptor. Raises `OSError`."""

    @abstractmethod
    def close(self) -> None: ...

    def _abandon(self) -> None:
        """Close, and throw away what the line still holds."""
        self.close()

    def _wants_more(self) -> bool:
        return True

    def _line(self) -> int:
        if self._descriptor is None:
            self._descriptor = self._open()
        return self._descriptor

    def send(self, stream: bytes) -> None:
        written = 0
        try:
            line = self._line()
            while written < len(stream):
                self._await_space(line)
                written += os.write(line, stream[written : written + self._chunk_bytes])
                if self._is_paced:
                    self._await_departure(line)
            self._await_departure(line)
        except OSError as error:
            # More may be queued than this slip: questions that nobody took stand before it.
            sent = max(0, written - self._queued(self._queued_request))
            self._abandon()
            raise SendError(self._complaint(error, sent, len(stream)), sent) from error

    def _complaint(self, error: OSError, sent: int, total: int) -> str:
        cause = error.strerror or str(error)
        if sent == 0:
            return f"printer {self.name}: {cause}, nothing was sent; check its cable, power and address"
        return f"printer {self.name}: {cause} after {sent} of {total} bytes; look at the paper before printing again"

    def _await_space(self, line: int) -> None:
        patience = time.monotonic() + self._stall_s
        while not self._wants_more():
            _pause_until(patience)
        if not _is_ready(line, select.POLLOUT, self._stall_s):
            raise TimeoutError(errno.ETIMEDOUT, f"took no byte for {self._stall_s:g} s")

    def _await_departure(self, line: int) -> None:
        """Wait until nothing is queued; only standing still is an error, however slow the line is."""
        queued, patience = self._queued(termios.TIOCOUTQ), time.monotonic() + self._stall_s
        while queued:
            _is_ready(line, 0, 0)
            _pause_until(patience)
            before, queued = queued, self._queued(termios.TIOCOUTQ)
            if queued < before:
                patience = time.monotonic() + self._stall_s

    def _queued(self, request: int) -> int:
        """Bytes that wait in this machine. 0 where the kernel does not say: rather *possibly printed* than twice."""
        if self._descriptor is None:
            return 0
        try:
            answer = fcntl.ioctl(self._descriptor, request, bytes(4))
        except OSError:
            return 0
        return int(struct.unpack("i", answer)[0])

    def status(self) -> PrinterStatus:
        answers: dict[int, int | None] = {}
        try:
            for query in escpos.STATUS_QUERIES:
                answers[query] = self._ask(query)
                if answers[query] is None:
                    break  # a printer that does not know one DLE EOT knows none; each silence costs answer_s
        except OSError:
            self._abandon()
            return escpos.OFFLINE
        return escpos.read_status(answers)

    def _ask(self, query: int) -> int | None:
        """The answer to one DLE EOT n; what was said before nobody asked (dots can look like a question) is dropped."""
        line = self._line()
        while _is_ready(line, select.POLLIN, 0):
            _read(line)
        self._await_space(line)
        os.write(line, escpos.ask(query))
        return _read(line)[-1] if _is_ready(line, select.POLLIN, self._answer_s) else None


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


def _read(line: int) -> bytes:
    said = os.read(line, 256)
    if not said:
        raise BrokenPipeError(errno.EPIPE, "the other end is gone")
    return said


class SerialPrinter(_Line):
    """A printer on a serial line. Choose the one flow control that is set in the printer, or slips lose bytes."""

    def __init__(
        self,
        profile: Profile,
        device: str,
        baud: int = 115_200,
        *,
        rtscts: bool = False,
        dsrdtr: bool = False,
        xonxoff: bool = False,
        stall_s: float = 5.0,
        answer_s: float = 0.3,
    ) -> None:
        super().__init__(profile, device, stall_s, answer_s)
        self._baud = baud
        self._rtscts, self._xonxoff = rtscts, xonxoff
        # Linux leaves DSR/DTR to us: ask before each small piece, and let that leave first.
        self._is_paced = dsrdtr
        self._chunk_bytes = _PACED_CHUNK_BYTES if dsrdtr else _CHUNK_BYTES
        self._port: Serial | None = None

    def _open(self) -> int:
        from serial import Serial

        self._port = Serial(
            self.name, self._baud, timeout=0, rtscts=self._rtscts, xonxoff=self._xonxoff, exclusive=True
        )
        return int(self._port.fileno())

    def _wants_more(self) -> bool:
        return not self._is_paced or self._port is None or bool(self._port.dsr)

    def _abandon(self) -> None:
        if self._port is not None:
            with suppress(OSError, termios.error):  # a cable that is gone took its queue with it
                self._port.reset_output_buffer()
        self.close()

    def close(self) -> None:
        """As `Printer.close`."""
        if self._port is not None:
            self._port.close()
        self._port = self._descriptor = None


class TcpPrinter(_Line):
    """A printer in the network, on port 9100 as all of them."""

    _queued_request = _SIOCOUTQNSD

    def __init__(
        self, profile: Profile, host: str, port: int = 9100, *, stall_s: float = 5.0, answer_s: float = 0.5
    ) -> None:
        super().__init__(profile, f"{host}:{port}", stall_s, answer_s)
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def _open(self) -> int:
        self._socket = socket.create_connection(self._address, self._stall_s)
        self._socket.setblocking(False)
        return self._socket.fileno()

    def _abandon(self) -> None:
        if self._socket is not None:
            # Reset instead of close: the kernel would go on delivering what it holds.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """As `Printer.close`."""
        if self._socket is not None:
            self._socket.close()
        self._socket = self._descriptor = None


class FilePrinter(_Line):
    """A USB printer (`/dev/usb/lp*`), or a plain file that collects streams one after the other."""

    def __init__(self, profile: Profile, path: Path, *, stall_s: float = 5.0, answer_s: float = 0.3) -> None:
        super().__init__(profile, str(path), stall_s, answer_s)
        self._path = path

    def _open(self) -> int:
        if self._is_device():
            return os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)

    def _is_device(self) -> bool:
        """A device that is not plugged in is still a device: never leave a plain file in its place."""
        return self._path.is_relative_to("/dev") or (self._path.exists() and stat.S_ISCHR(self._path.stat().st_mode))

    def status(self) -> PrinterStatus:
        """As `Printer.status`; a plain file is *unknown*, and no question is written into it."""
        return super().status() if self._is_device() else escpos.UNKNOWN

    def close(self) -> None:
        """As `Printer.close`."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None
