"""The course of one slip through one printer: asked before, watched on the way, waited for at the end. Retries nothing.

A slip ends as *printed* only when the printer said so after the cut, and as *not printed* only when no dot of it can be
on paper. Everything between is *possibly printed*, with a reason in words, and a human looks at the paper.
"""

from dataclasses import dataclass

from appliance.logs import Log
from drivers import escpos
from drivers.escpos import Stream
from drivers.printer import Completion, Printer, SendError
from drivers.printer_status import Condition, PrinterStatus
from mqtt_schema.messages import SlipOutcome

log = Log()

REASONS = {
    Condition.PAPER_OUT: "Máy in hết giấy",
    Condition.COVER_OPEN: "Nắp máy in đang mở",
    Condition.CUTTER_FAULT: "Dao cắt của máy in bị kẹt",
    Condition.OVERHEATED: "Đầu in quá nóng, hãy chờ vài phút",
    Condition.OFFLINE: "Máy in không trả lời, hãy kiểm tra dây và nguồn",
    Condition.UNKNOWN: "Máy in trả lời không rõ, hãy kiểm tra dây và tốc độ đường truyền",
}
LOOK = "hãy xem giấy"
BROKE_OFF = f"Máy in dừng giữa chừng, {LOOK}"
NO_LAST_WORD = f"Máy in không báo đã in xong, {LOOK}"

_MARGIN_S = 10.0
"""How much longer than the paper's own time the last word may take."""
_MARKS = 10_000
"""Process ids have four characters."""


@dataclass(frozen=True)
class Ending:
    """How a slip ended, and why in words if it did not simply print.

    `obstacle`: what was in the way of one that certainly did not print.
    """

    outcome: SlipOutcome
    reason: str = ""
    obstacle: Condition | None = None


PRINTED = Ending(SlipOutcome.PRINTED)


def turned_away(obstacle: Condition) -> Ending:
    """The end of a slip of which no dot is on paper."""
    return Ending(SlipOutcome.NOT_PRINTED, REASONS[obstacle], obstacle)


class Course:
    """Sends slips through a printer, one after the other, and remembers in what state it left it."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._is_clean = False
        """Whether the printer waits for a command and nothing hangs out; after a start nobody knows."""
        self._number = 0
        self.is_ready = False
        """Whether a slip would have been begun when the printer was last looked at."""

    def look(self) -> PrinterStatus:
        """Ask the printer how it is; what broke off in it is cleared away as soon as it can print again."""
        status = self._asked()
        is_well = self._obstacle(status) is None
        if is_well and not self._is_clean:
            self._clear_away()
        self.is_ready = is_well and self._is_clean
        return status

    def run(self, stream: Stream) -> Ending:
        """Print one slip, and wait until it is out or cannot come out."""
        obstacle = self._obstacle(self._asked())
        if obstacle is None and not self._is_clean:
            obstacle = self._clear_away()
        if obstacle is not None:
            return turned_away(obstacle)
        self._is_clean = False
        ending = self._send(stream)
        self._is_clean = ending is PRINTED
        return ending

    # Before.

    def _asked(self) -> PrinterStatus:
        """A single answer may get lost: whoever is silent is asked once more."""
        status = self._printer.status()
        return status if status.is_known else self._printer.status()

    def _obstacle(self, status: PrinterStatus) -> Condition | None:
        """Why nothing should be sent now. Silence is one, unless the printer is known never to answer."""
        if not status.can_print:
            return status.headline
        return Condition.UNKNOWN if self._printer.carries_answers and not status.is_known else None

    def _clear_away(self) -> Condition | None:
        """Finish and cut off whatever broke off in the printer; says what was in the way."""
        if not self._printer.keeps_state:
            self._is_clean = True
            return None
        try:
            self._printer.send(escpos.abandon(self._printer.profile))
        except SendError as error:
            log.warning("clear_away", error=str(error))
            return Condition.OFFLINE
        status = self._asked()
        self._is_clean = self._obstacle(status) is None
        return self._obstacle(status)

    # On the way.

    def _send(self, stream: Stream) -> Ending:
        try:
            self._printer.send(stream.opening)
        except SendError as error:
            return self._broke_off(error, is_inked=False)
        for number, band in enumerate(stream.bands):
            status = self._printer.glance()
            if not status.can_print:
                return self._stopped(status, is_inked=number > 0)
            try:
                self._printer.send(band)
            except SendError as error:
                return self._broke_off(error, is_inked=number > 0 or error.sent_bytes > 0)
        return self._finish(stream)

    def _finish(self, stream: Stream) -> Ending:
        self._number = (self._number + 1) % _MARKS
        mark = f"{self._number:04}"
        asked = escpos.ask_whether_done(mark, self._printer.profile) if self._printer.carries_answers else b""
        try:
            self._printer.send(stream.ending + asked)
        except SendError as error:
            return self._broke_off(error, is_inked=True)
        if not self._printer.carries_answers:
            return PRINTED
        paper_s = stream.height_dots / self._printer.profile.dots_per_mm / self._printer.profile.speed_mm_s
        return self._ended(self._printer.wait_until_done(mark, 2 * paper_s + _MARGIN_S))

    def _ended(self, completion: Completion) -> Ending:
        """A process id proves the cut. An answer in its turn proves less: then the printer must be well, too."""
        if completion.is_done and (self._printer.profile.has_process_ids or completion.status.can_print):
            return PRINTED
        self._printer.clear()
        if completion.status.can_print:
            return Ending(SlipOutcome.POSSIBLY_PRINTED, NO_LAST_WORD)
        reason = REASONS[completion.status.headline]
        return Ending(SlipOutcome.POSSIBLY_PRINTED, f"{reason} khi vừa in xong, {LOOK}")

    def _stopped(self, status: PrinterStatus, *, is_inked: bool) -> Ending:
        """Nothing more is sent, and what the printer holds shall not come out when its trouble is over."""
        self._printer.clear()
        if is_inked:
            return Ending(SlipOutcome.POSSIBLY_PRINTED, f"{REASONS[status.headline]} khi đang in, {LOOK}")
        return turned_away(status.headline)

    def _broke_off(self, error: SendError, *, is_inked: bool) -> Ending:
        log.warning("send", error=str(error))
        status = self._printer.status()
        self._printer.clear()
        if not is_inked:
            return turned_away(self._obstacle(status) or Condition.OFFLINE)
        if status.can_print or status.headline is Condition.OFFLINE:
            return Ending(SlipOutcome.POSSIBLY_PRINTED, BROKE_OFF)
        return Ending(SlipOutcome.POSSIBLY_PRINTED, f"{REASONS[status.headline]} khi đang in, {LOOK}")
