"""Measures paper: from the word *paid* to the first ink, through the whole counter, beside python-escpos alone."""

import statistics
import time
from contextlib import closing

import escpos.printer
from PIL import Image, ImageOps

from appliance.counter import receipt
from drivers import raster
from drivers.virtual.ends import TcpEnd
from drivers.virtual.print_machine import PrintMachine
from mqtt_schema.messages import Outcome, PaymentResult, Slip

from .errors import BenchError
from .figures import Row, percentile
from .office import COUNTER, Office
from .rounds import Contender, Referee
from .slips import PROFILE, THEIR_PROFILE, slip_of

_PATIENCE_S = 10.0
_REST_S = 0.2


class Printer:
    """A printer in the network, in this process: whoever prints on it is timed, and nobody has it counted as theirs."""

    def __init__(self) -> None:
        self.machine = PrintMachine(PROFILE)
        self._end = TcpEnd(self.machine)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self._end.address

    def close(self) -> None:
        """Switch it off."""
        self._end.close()

    def first_ink_s(self, count: int) -> float:
        """The monotonic second at which slip number `count` has ink. Raises `BenchError` when it gets none."""
        if not self.machine.wait_for_ink(count, _PATIENCE_S):
            raise BenchError(f"waited {_PATIENCE_S:g} s in vain for ink on slip {count}")
        return time.monotonic()

    def wait_for_slip(self, count: int) -> None:
        """Wait until slip number `count` was cut off. Raises `BenchError` when it never is."""
        if not self.machine.wait_for_slips(count, _PATIENCE_S):
            raise BenchError(f"waited {_PATIENCE_S:g} s in vain for slip {count} to be cut")


def rows(office: Office, referee: Referee, contender: Contender, printer: Printer, slips: int) -> list[Row]:
    """Let the counter print `slips` slips, then python-escpos as many on the same printer."""
    with referee.running(contender):
        ours = [_ours_ms(office, printer, number) for number in range(1, slips + 1)]
    theirs = _theirs_ms(office, slips)
    what = (
        f"median of {slips} slips, from just before *paid* is published to the first ink: signature, journal, status "
        f"of the printer, drawing, TCP 9100; at most 100 (95th percentile {percentile(ours, 0.95):.1f}). "
        "theirs: python-escpos given the slip in its own process, nothing checked, nothing written down"
    )
    return [Row("paid_to_first_ink", statistics.median(ours), statistics.median(theirs), "ms", what)]


def _ours_ms(office: Office, printer: Printer, number: int) -> float:
    time.sleep(_REST_S)
    sent_s = office.send(_paid(slip_of(office)), COUNTER)
    inked_s = printer.first_ink_s(number)
    printer.wait_for_slip(number)
    office.settle()
    return (inked_s - sent_s) * 1000


def _paid(slip: Slip) -> PaymentResult:
    """A result of a payment that the counter never showed: the paper is the same."""
    return PaymentResult(
        payment=Office.new_id(), outcome=Outcome.PAID, amount=slip.amount, received=slip.amount, slip=slip
    )


def _theirs_ms(office: Office, slips: int) -> list[float]:
    with closing(Printer()) as printer:
        host, port = printer.address
        theirs = escpos.printer.Network(host, port, profile=THEIR_PROFILE)
        theirs.open()
        try:
            return [_their_slip_ms(theirs, slip_of(office), printer, number) for number in range(1, slips + 1)]
        finally:
            theirs.close()


def _their_slip_ms(theirs: escpos.printer.Network, slip: Slip, printer: Printer, number: int) -> float:
    time.sleep(_REST_S)
    start_s = time.monotonic()
    drawn = raster.draw(receipt.compose(slip, COUNTER), PROFILE.width_dots, PROFILE.dots_per_mm)
    ink = Image.frombytes("1", (drawn.width_dots, drawn.height_dots), drawn.packed)
    theirs.image(ImageOps.invert(ink.convert("L")), impl="bitImageRaster", center=False)
    theirs.cut(mode="PART")
    inked_s = printer.first_ink_s(number)
    printer.wait_for_slip(number)
    return (inked_s - start_s) * 1000
