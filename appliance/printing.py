"""Puts slips on paper, one at a time, on a thread of its own, and says honestly how each ended. Retries nothing."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.counter import receipt
from appliance.counter.events import PrintEnded, SlipJob
from appliance.course import Course, Ending
from appliance.logs import Log
from drivers import escpos
from drivers.paper import Paper
from drivers.printer import Printer
from drivers.raster import PaperError
from mqtt_schema.messages import PrinterStatus, SlipOutcome

log = Log()

STATUS_EVERY_S = 5.0
STOP_S = 10.0
"""So long a slip at hand may take to come out when the program ends; systemd waits a little longer."""
_NO_PRINTER = Ending(SlipOutcome.NOT_PRINTED, "Quầy này không có máy in")
_BROKE = Ending(SlipOutcome.POSSIBLY_PRINTED, "Lỗi khi in phiếu, kỹ thuật viên xem nhật ký")
_TOO_WIDE = Ending(SlipOutcome.NOT_PRINTED, "Phiếu không vừa khổ giấy, kỹ thuật viên xem nhật ký")


@dataclass(frozen=True)
class TrialJob:
    """A slip that is no citizen's; `ended` hears how it went, on the printer's thread. No `paper`: a test slip."""

    ended: Callable[[Ending], None]
    paper: Paper | None = None


class PrintDesk:
    """The only thread that touches the printer.

    `ended` is called on it when a slip came to its end, `changed` when `status` or `is_ready` is another than before.
    """

    def __init__(
        self,
        printer: Printer | None,
        counter: str,
        clock: Clock,
        ended: Callable[[PrintEnded], None],
        changed: Callable[[], None] = lambda: None,
        *,
        is_bilingual: Callable[[], bool] = lambda: False,
        time_source: Callable[[], receipt.TimeSource] = lambda: receipt.TimeSource.OFFICE,
        stop_s: float = STOP_S,
    ) -> None:
        """`printer` is None where none is fitted. `is_bilingual` is asked for each slip;
        `time_source` says whether the times on slips can be trusted.
        """
        self._printer = printer
        self._course = None if printer is None else Course(printer)
        self._counter = counter
        self._clock = clock
        self._ended = ended
        self._changed = changed
        self._is_bilingual = is_bilingual
        self._time_source = time_source
        self._stop_s = stop_s
        self._jobs: queue.SimpleQueue[SlipJob | TrialJob | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="printer", daemon=True)
        self.status = PrinterStatus.OFFLINE if printer is None else PrinterStatus.UNKNOWN
        self.is_ready = False
        """Whether a slip would be begun now; a printer that never answers is *unknown*, and ready all the same."""

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the slip at hand, then let go of the printer; `ended` has been called when this returns.

        Of a slip that takes too long nothing is said: the journal knows that it began, and a human is asked.
        """
        self._jobs.put(None)
        self._thread.join(timeout=self._stop_s)
        if self._thread.is_alive():
            log.warning("slip_unfinished")
        elif self._printer is not None:
            self._printer.close()

    def print(self, job: SlipJob) -> None:
        """Queue a slip; returns at once."""
        self._jobs.put(job)

    def print_trial(self, ended: Callable[[Ending], None]) -> None:
        """Queue a test slip; returns at once."""
        self._jobs.put(TrialJob(ended))

    def print_page(self, paper: Paper, ended: Callable[[Ending], None]) -> None:
        """Queue what is no slip of a payment; returns at once."""
        self._jobs.put(TrialJob(ended, paper))

    def _work(self) -> None:
        self._warm_up()
        self._look()
        while True:
            try:
                job = self._jobs.get(timeout=STATUS_EVERY_S)
            except queue.Empty:
                self._look()
                continue
            if job is None:
                return
            ending = self._serve(job) if isinstance(job, SlipJob) else self._serve_trial(job)
            if ending.obstacle is None:
                self._look()
            else:
                # The next look may find it gone, however short it was: then whoever waits has to hear of it.
                self._found(PrinterStatus(ending.obstacle.value), is_ready=False)

    def _serve_trial(self, job: TrialJob) -> Ending:
        ending = self._try(lambda: job.paper or self._trial())
        job.ended(ending)
        return ending

    def _serve(self, job: SlipJob) -> Ending:
        ending = self._try(lambda: self._slip(job))
        log.info("slip", payment=job.payment, outcome=ending.outcome.value, reason=ending.reason)
        self._ended(PrintEnded(self._clock.now(), job.payment, job.is_copy, ending.outcome, ending.reason))
        return ending

    def _slip(self, job: SlipJob) -> Paper:
        return receipt.compose(
            job.slip,
            self._counter,
            is_copy=job.is_copy,
            asked_by=job.asked_by,
            reason=job.reason,
            is_bilingual=self._is_bilingual(),
            time_source=self._time_source(),
        )

    def _trial(self) -> Paper:
        return receipt.trial(self._counter, "" if self._printer is None else self._printer.profile.name)

    def _warm_up(self) -> None:
        """Draw a slip once: the first citizen of the day shall not wait for letters and encoders."""
        if self._printer is None:
            return
        try:
            escpos.stream(self._trial(), self._printer.profile)
        except Exception:
            log.exception("warm_up")

    def _look(self) -> None:
        """Ask the printer how it is, and pass it on if that is new."""
        if self._course is None:
            return
        try:
            seen, is_ready = PrinterStatus(self._course.look().headline.value), self._course.is_ready
        except Exception:
            # A driver that breaks its promise must not take this thread with it, and every slip behind.
            log.exception("status_broke")
            seen, is_ready = PrinterStatus.UNKNOWN, False
        self._found(seen, is_ready=is_ready)

    def _found(self, status: PrinterStatus, *, is_ready: bool) -> None:
        if (status, is_ready) != (self.status, self.is_ready):
            self.status, self.is_ready = status, is_ready
            self._changed()

    def _try(self, compose: Callable[[], Paper]) -> Ending:
        if self._printer is None or self._course is None:
            return _NO_PRINTER
        try:
            return self._course.run(escpos.stream(compose(), self._printer.profile))
        except PaperError:
            log.exception("slip_too_wide")
            return _TOO_WIDE
        except Exception:
            # Anything at all: a slip that ends in silence would block every slip behind it.
            log.exception("slip_broke")
            return _BROKE
