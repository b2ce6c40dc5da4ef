"""Puts slips on paper, one at a time, on a thread of its own, and says honestly how each ended. Retries nothing.

Between the first byte and the last nobody can know what came out: such a slip is *possibly printed*.
"""

import queue
import threading
from collections.abc import Callable

import structlog

from appliance.clock import Clock
from appliance.counter import receipt
from appliance.counter.events import PrintEnded, SlipJob
from drivers import escpos
from drivers.escpos import Condition
from drivers.printer import Printer, SendError
from mqtt_schema.messages import PrinterStatus, SlipOutcome

log = structlog.get_logger("printing")

STATUS_EVERY_S = 5.0

REASONS = {
    Condition.PAPER_OUT: "Máy in hết giấy",
    Condition.COVER_OPEN: "Nắp máy in đang mở",
    Condition.OFFLINE: "Máy in không trả lời, hãy kiểm tra dây và nguồn",
}

Ending = tuple[SlipOutcome, str]
"""How a slip ended, and why in words if it did not simply print."""


class PrintDesk:
    """The only thread that touches the printer.

    `ended` is called on it when a slip came to its end, `changed` when the printer's state is another than before.
    """

    def __init__(
        self,
        printer: Printer | None,
        counter: str,
        clock: Clock,
        ended: Callable[[PrintEnded], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`printer` is None where none is fitted."""
        self._printer = printer
        self._counter = counter
        self._clock = clock
        self._ended = ended
        self._changed = changed
        self._jobs: queue.SimpleQueue[SlipJob | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="printer", daemon=True)
        self.status = PrinterStatus.OFFLINE if printer is None else PrinterStatus.UNKNOWN

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the slip at hand, then let go of the printer."""
        self._jobs.put(None)
        self._thread.join(timeout=10)
        if self._printer is not None:
            self._printer.close()

    def print(self, job: SlipJob) -> None:
        """Queue a slip; returns at once."""
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            self._look()
            try:
                job = self._jobs.get(timeout=STATUS_EVERY_S)
            except queue.Empty:
                continue
            if job is None:
                return
            outcome, reason = self._try(job)
            log.info("slip", payment=job.payment, outcome=outcome.value, reason=reason)
            self._ended(PrintEnded(self._clock.now(), job.payment, job.is_copy, outcome, reason))

    def _look(self) -> None:
        """Ask the printer how it is, and pass it on if that is new."""
        if self._printer is None:
            return
        seen = _seen(self._printer)
        if seen is not self.status:
            self.status = seen
            self._changed()

    def _try(self, job: SlipJob) -> Ending:
        if self._printer is None:
            return SlipOutcome.NOT_PRINTED, "Quầy này không có máy in"
        try:
            return self._print(job, self._printer)
        except Exception:
            # Anything at all: a slip that ends in silence would block every slip behind it.
            log.exception("slip_broke", payment=job.payment)
            return SlipOutcome.POSSIBLY_PRINTED, "Lỗi khi in phiếu, kỹ thuật viên xem nhật ký"

    def _print(self, job: SlipJob, printer: Printer) -> Ending:
        before = printer.status()
        if not before.can_print:
            return SlipOutcome.NOT_PRINTED, REASONS[before.headline]
        paper = receipt.compose(job.slip, self._counter, is_copy=job.is_copy)
        try:
            printer.send(escpos.encode(paper, printer.profile))
        except SendError as error:
            log.warning("send", error=str(error))
            if error.sent_bytes == 0:
                return SlipOutcome.NOT_PRINTED, REASONS[Condition.OFFLINE]
            return SlipOutcome.POSSIBLY_PRINTED, "Máy in dừng giữa chừng, hãy xem giấy"
        after = printer.status()
        if after.can_print:
            return SlipOutcome.PRINTED, ""
        return SlipOutcome.POSSIBLY_PRINTED, f"{REASONS[after.headline]} khi vừa in xong, hãy xem giấy"


def _seen(printer: Printer) -> PrinterStatus:
    try:
        return PrinterStatus(printer.status().headline.value)
    except Exception:
        # A driver that breaks its promise must not take this thread with it, and every slip behind.
        log.exception("status_broke")
        return PrinterStatus.UNKNOWN
