"""The shipped printer without a printer: keeps the contract, has levers, and shows its paper. It sees bytes only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from drivers import escpos
from drivers.escpos import Condition, PrinterStatus
from drivers.paper import Bitmap, Profile
from drivers.printer import Printer, SendError
from drivers.raster import to_png
from drivers.virtual.print_head import PrintHead, Printout

_TORN_MM = 4.0
"""White above a slip's first line in its picture."""


class VirtualPrinter(Printer):
    """A printer with levers. Every method may be called from any thread.

    Where a real line would stand still until a time-out, this one raises at once.
    """

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._changed = threading.Condition()
        self._head = PrintHead(profile)
        self._received = bytearray()
        self._cable_bytes: int | None = None
        self._troubles: set[Condition] = set()

    # The contract.

    def send(self, stream: bytes) -> None:
        """As `Printer.send`; a pulled cable, an open cover and missing paper break off in the middle."""
        with self._moving():
            for sent, byte in enumerate(stream):
                if obstacle := self._obstacle():
                    raise SendError(f"virtual printer: {obstacle} after {sent} of {len(stream)} bytes", sent)
                self._accept(byte)

    def status(self) -> PrinterStatus:
        """As `Printer.status`: asks and answers in the printer's own bytes."""
        with self._changed:
            if self._cable_bytes == 0:
                return escpos.OFFLINE
            answers = {query: escpos.answer(query, self._conditions()) for query in escpos.STATUS_QUERIES}
            return escpos.read_status(answers)

    def close(self) -> None:
        """Nothing to let go of."""

    # The levers.

    def run_out_of_paper(self, after_rows: int = 0) -> None:
        """The roll ends when `after_rows` more rows of dots have been fed."""
        with self._moving():
            self._head.paper_rows = after_rows

    def load_paper(self) -> None:
        """A new roll. What hung out of the printer is a scrap."""
        with self._moving():
            self._head.paper_rows = None
            self._head.tear(is_scrap=True)

    def run_low_on_paper(self) -> None:
        """The sensor sees the last turns of the roll, until the cover opens for a new one."""
        self._set(Condition.PAPER_LOW, is_so=True)

    def open_cover(self) -> None:
        """Somebody opens the cover."""
        self._set(Condition.COVER_OPEN, is_so=True)

    def close_cover(self) -> None:
        """The cover is closed again, with a fresh roll if the old one was low."""
        self._set(Condition.COVER_OPEN, is_so=False)
        self._set(Condition.PAPER_LOW, is_so=False)

    def go_offline(self) -> None:
        """The printer takes nothing, and says so."""
        self._set(Condition.OFFLINE, is_so=True)

    def come_back(self) -> None:
        """The printer takes bytes again."""
        self._set(Condition.OFFLINE, is_so=False)

    def pull_cable_after(self, n_bytes: int) -> None:
        """The cable comes off when `n_bytes` more have passed."""
        with self._moving():
            self._cable_bytes = n_bytes

    def plug_in(self) -> None:
        """The cable is back; the printer still waits for the rest of what it was reading."""
        with self._moving():
            self._cable_bytes = None

    def power_cycle(self) -> None:
        """Off and on: an unfinished command is forgotten, the paper stays."""
        with self._moving():
            self._head.power_cycle()

    def tear_off(self) -> None:
        """Somebody tears the slip off by hand: the end of a slip where no cutter is."""
        with self._moving():
            self._head.tear()

    # What it printed.

    @property
    def received(self) -> bytes:
        """Every byte that came over the line."""
        with self._changed:
            return bytes(self._received)

    @property
    def slips(self) -> tuple[Bitmap, ...]:
        """The slips that were cut or torn off, the oldest first; scraps are not slips."""
        with self._changed:
            return tuple(printout.picture for printout in self._slips())

    @property
    def streams(self) -> tuple[bytes, ...]:
        """The bytes of each of `slips`."""
        with self._changed:
            return tuple(printout.stream for printout in self._slips())

    @property
    def paper(self) -> Bitmap:
        """What hangs out of the printer now."""
        with self._changed:
            return self._head.paper

    def png(self, slip: int = -1) -> bytes:
        """A picture of one of `slips`, with the paper's white margins. Raises `IndexError` if there is none."""
        return picture(self.slips[slip], self.profile)

    def wait_for_slips(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` slips have come out; False if they did not within `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._slips()) >= count, timeout_s)

    # Inside.

    @contextmanager
    def _moving(self) -> Iterator[None]:
        with self._changed:
            try:
                yield
            finally:
                self._changed.notify_all()

    def _set(self, trouble: Condition, *, is_so: bool) -> None:
        with self._moving():
            (self._troubles.add if is_so else self._troubles.discard)(trouble)

    def _accept(self, byte: int) -> None:
        self._received.append(byte)
        self._head.feed(bytes((byte,)))
        if self._cable_bytes is not None:
            self._cable_bytes -= 1

    def _obstacle(self) -> str:
        if self._cable_bytes == 0:
            return "the cable was pulled"
        return "" if PrinterStatus(self._conditions()).can_print else "it took no more"

    def _conditions(self) -> frozenset[Condition]:
        out = {Condition.PAPER_OUT} if self._head.paper_rows == 0 else set()
        return frozenset(self._troubles | out)

    def _slips(self) -> list[Printout]:
        return [printout for printout in self._head.printouts if not printout.is_scrap]


def picture(slip: Bitmap, profile: Profile) -> bytes:
    """A slip as PNG, as wide as its roll."""
    side = round((profile.paper_mm * profile.dots_per_mm - profile.width_dots) / 2)
    return to_png(slip, side_dots=max(side, 0), top_dots=round(_TORN_MM * profile.dots_per_mm))
