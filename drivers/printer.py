"""The real printers: slips go out over a serial line, USB, TCP or into a file, and answers come back. No layout."""

import termios
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from drivers import escpos, printer_status
from drivers.errors import PrinterError
from drivers.line import FileLine, Line, LineError, TcpLine
from drivers.printer_status import OFFLINE, UNKNOWN, Answered, Changed, Done, Ear, Heard, Noise, PrinterStatus, Reached
from drivers.profiles import Profile

if TYPE_CHECKING:
    from serial import Serial

_DSR_CHUNK_BYTES = 64
"""Linux leaves DSR/DTR to us: ask before each small piece, and let that leave first."""
_ASK_AGAIN_S = 1.0
"""How often a printer is asked how it is while we wait for its last word."""


class SendError(PrinterError):
    """A stream did not get through whole. At most `sent_bytes` of it reached the printer; 0 is certain: none did."""

    def __init__(self, message: str, sent_bytes: int) -> None:
        super().__init__(message)
        self.sent_bytes = sent_bytes


@dataclass(frozen=True)
class Completion:
    """Whether a printer said that it is done, and how it was then."""

    is_done: bool
    status: PrinterStatus


class Printer(ABC):
    """Something that prints ESC/POS and may answer. One thread at a time; opens by itself, and again after an error."""

    def __init__(self, profile: Profile, answer_s: float = 0.3) -> None:
        """`answer_s`: how long an answer may take."""
        self.profile = profile
        self._answer_s = answer_s
        self._ear = Ear()
        self._told = UNKNOWN
        """The last status that the printer told by itself."""
        self._words: list[Heard] = []
        """Last words, heard while something else was asked."""

    @abstractmethod
    def send(self, stream: bytes) -> None:
        """Hand bytes over. Returning says that the line took them, not that paper came out.

        Raises `SendError` when the line broke off, stood still or could not be opened.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the line. Closing twice is no error."""

    @abstractmethod
    def _post(self, question: bytes) -> None:
        """Put a few bytes on the line, in front of a printer that may be busy. Raises `OSError`."""

    @abstractmethod
    def _listen(self, timeout_s: float) -> bytes:
        """What the printer said, waiting no longer than `timeout_s`; empty is silence. Raises `OSError`."""

    def _give_up(self) -> None:
        """The line broke: begin anew with the next byte."""
        self.close()

    def _now_s(self) -> float:
        return time.monotonic()

    @property
    def carries_answers(self) -> bool:
        """Whether silence means something: not on a line without a way back, nor with a printer that never speaks."""
        return not self.profile.is_mute

    @property
    def keeps_state(self) -> bool:
        """Whether something that broke off may still be in there. A plain file remembers nothing."""
        return True

    def status(self) -> PrinterStatus:
        """Ask the printer how it is. Never raises: a line that cannot be opened is *offline*, silence is *unknown*."""
        if not self.carries_answers:
            return UNKNOWN
        answers: dict[int, int | None] = {}
        try:
            for query in self.profile.status_queries:
                answers[query] = self._ask(query)
                if answers[query] is None:
                    break  # a printer that does not know one DLE EOT knows none; each silence costs answer_s
        except OSError:
            self._lose()
            return OFFLINE
        return printer_status.read_status(answers, self.profile.status_queries)

    def glance(self) -> PrinterStatus:
        """As `status`, between two pieces of a slip: who tells changes by itself is not asked."""
        if not self.profile.has_automatic_status or not self.carries_answers:
            return self.status()
        try:
            self._hear(0)
        except OSError:
            self._lose()
            return OFFLINE
        return self._told

    def clear(self) -> None:
        """Make the printer forget what it holds, if it can. Never raises: it may well be gone."""
        if self.profile.can_clear:
            try:
                self._post(escpos.CLEAR_BUFFERS)
            except OSError:
                self._lose()

    def wait_until_done(self, mark: str, patience_s: float) -> Completion:
        """Wait for the answer to `escpos.ask_whether_done`, or for trouble. Never raises."""
        self._words.clear()
        deadline = self._now_s() + patience_s
        try:
            while (left_s := deadline - self._now_s()) > 0:
                self._hear(min(_ASK_AGAIN_S, left_s))
                status = UNKNOWN if self._words else self.glance()
                if completion := self._completion(mark):
                    return completion
                if not status.can_print:
                    return Completion(is_done=False, status=status)
        except OSError:
            self._lose()
            return Completion(is_done=False, status=OFFLINE)
        return Completion(is_done=False, status=UNKNOWN)

    def _completion(self, mark: str) -> Completion | None:
        for word in self._words:
            match word:
                case Done(mark=said) if said == mark:
                    return Completion(is_done=True, status=self._told)
                case Reached(has_paper=has_paper) if not self.profile.has_process_ids:
                    return Completion(has_paper, self.status())
        return None

    def _ask(self, query: int) -> int | None:
        """The answer to one DLE EOT n; what was said before nobody asked (dots can look like a question)."""
        self._hear(0)
        self._post(escpos.ask(query))
        deadline = self._now_s() + self._answer_s
        while (left_s := deadline - self._now_s()) > 0:
            for heard in self._hear(left_s):
                match heard:
                    case Answered(byte=byte):
                        return byte
                    case Noise():
                        return None
        return None

    def _hear(self, timeout_s: float) -> list[Heard]:
        """All that was said in full, at once or after a while."""
        found: list[Heard] = []
        while said := self._listen(0 if found else timeout_s):
            found += self._ear.hear(said)
        for heard in found:
            match heard:
                case Changed(status=status):
                    self._told = status
                case Done() | Reached():
                    self._words.append(heard)
        return found

    def _lose(self) -> None:
        self._ear.forget()
        self._told = UNKNOWN
        self._give_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _LinePrinter(Printer):
    """A printer at the other end of a line."""

    def __init__(self, profile: Profile, line: Line, answer_s: float) -> None:
        super().__init__(profile, answer_s)
        self._line = line
        line.chunk_bytes = min(line.chunk_bytes, profile.chunk_bytes)
        line.pace_bytes_per_s = profile.pace_bytes_per_s

    def send(self, stream: bytes) -> None:
        try:
            self._line.write(stream)
        except LineError as error:
            raise SendError(self._complaint(error, len(stream)), error.sent_bytes) from error.__cause__

    def _complaint(self, error: LineError, total: int) -> str:
        cause, sent, name = error.strerror, error.sent_bytes, self._line.name
        if sent == 0:
            return f"printer {name}: {cause}, nothing was sent; check its cable, power and address"
        return f"printer {name}: {cause} after {sent} of {total} bytes; look at the paper before printing again"

    def close(self) -> None:
        self._line.close()

    def _give_up(self) -> None:
        self._line.abandon()

    def _post(self, question: bytes) -> None:
        self._line.post(question)

    def _listen(self, timeout_s: float) -> bytes:
        return self._line.listen(timeout_s)


class SerialPrinter(_LinePrinter):
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
        flow = _Flow(rtscts=rtscts, dsrdtr=dsrdtr, xonxoff=xonxoff)
        super().__init__(profile, _SerialLine(device, baud, flow, stall_s), answer_s)


@dataclass(frozen=True)
class _Flow:
    """By what a printer holds us back."""

    rtscts: bool
    dsrdtr: bool
    xonxoff: bool


class _SerialLine(Line):
    def __init__(self, device: str, baud: int, flow: _Flow, stall_s: float) -> None:
        super().__init__(device, stall_s)
        self._baud = baud
        self._flow = flow
        self._port: Serial | None = None
        if flow.dsrdtr:
            self.is_paced, self.chunk_bytes = True, _DSR_CHUNK_BYTES

    def _open(self) -> int:
        from serial import Serial

        self._port = Serial(
            self.name, self._baud, timeout=0, rtscts=self._flow.rtscts, xonxoff=self._flow.xonxoff, exclusive=True
        )
        return int(self._port.fileno())

    def _wants_more(self) -> bool:
        return not self._flow.dsrdtr or self._port is None or bool(self._port.dsr)

    def _discard(self) -> None:
        if self._port is not None:
            with suppress(OSError, termios.error):  # a cable that is gone took its queue with it
                self._port.reset_output_buffer()

    def _shut(self) -> None:
        if self._port is not None:
            self._port.close()
        self._port = None


class TcpPrinter(_LinePrinter):
    """A printer in the network, on port 9100 as all of them."""

    def __init__(
        self, profile: Profile, host: str, port: int = 9100, *, stall_s: float = 5.0, answer_s: float = 0.5
    ) -> None:
        super().__init__(profile, TcpLine((host, port), stall_s), answer_s)


class FilePrinter(_LinePrinter):
    """A USB printer (`/dev/usb/lp*`), or a plain file that collects streams one after the other."""

    def __init__(self, profile: Profile, path: Path, *, stall_s: float = 5.0, answer_s: float = 0.3) -> None:
        self._file = FileLine(path, stall_s)
        super().__init__(profile, self._file, answer_s)

    @property
    def carries_answers(self) -> bool:
        """As `Printer.carries_answers`; no question is written into a plain file."""
        return super().carries_answers and self._file.is_device()

    @property
    def keeps_state(self) -> bool:
        """As `Printer.keeps_state`."""
        return self._file.is_device()

    def status(self) -> PrinterStatus:
        """As `Printer.status`; what a silent printer's port says is added to *unknown*, and never makes it *ready*."""
        asked = super().status()
        if asked.is_known or not self.carries_answers:
            return asked
        port = self._file.port_status()
        return asked if port is None else PrinterStatus(asked.conditions | printer_status.read_port(port))
