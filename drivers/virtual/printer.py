"""The shipped printer without a printer: a `PrintMachine` that keeps the contract of a printer, without any line."""

import errno

from drivers.printer import Printer, SendError
from drivers.profiles import Profile
from drivers.virtual.print_machine import PrintMachine


class VirtualPrinter(PrintMachine, Printer):
    """A printer with levers. Its levers may be pulled from any thread.

    Where a real line would stand still until a time-out, this one raises at once, and waiting takes no time.
    """

    def __init__(self, profile: Profile, buffer_bytes: int = 0) -> None:
        PrintMachine.__init__(self, profile, buffer_bytes)
        Printer.__init__(self, profile)
        self._waited_s = 0.0

    def send(self, stream: bytes) -> None:
        """As `Printer.send`; a pulled cable, an open cover and missing paper break off in the middle."""
        sent = 0
        while sent < len(stream):
            taken = self.take(stream[sent:])
            if not taken:
                obstacle = "it took no more" if self.is_reachable else "it cannot be reached"
                raise SendError(f"virtual printer: {obstacle} after {sent} of {len(stream)} bytes", sent)
            sent += taken

    def close(self) -> None:
        """Nothing to let go of."""

    def _post(self, question: bytes) -> None:
        self._must_be_reachable()
        self.interrupt(question)

    def _listen(self, timeout_s: float) -> bytes:
        self._must_be_reachable()
        said = self.say()
        if not said:
            self._waited_s += timeout_s
        return said

    def _now_s(self) -> float:
        return self._waited_s

    def _must_be_reachable(self) -> None:
        if not self.is_reachable:
            raise BrokenPipeError(errno.EPIPE, "virtual printer: it cannot be reached")
