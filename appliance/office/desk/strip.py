"""Pure: how the office's counters stand, each in one line: connection, printer, what its citizen sees, trouble."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.office.desk.days import clock_words
from appliance.office.desk.sight import Glass, sight
from appliance.office.desk.signs import Chip
from appliance.office.desk.view import is_out_of_time
from appliance.office.payment import Payment, Place
from appliance.office.records import CounterState, trial_age
from mqtt_schema.messages import Page, PrinterStatus, SlipOutcome
from mqtt_schema.types import Instant

_PRINTERS: Mapping[PrinterStatus, Chip] = {
    PrinterStatus.READY: Chip("Máy in sẵn sàng", "printer", "ink"),
    PrinterStatus.PAPER_LOW: Chip("Máy in sắp hết giấy, thay cuộn khi rảnh", "printer", "amber"),
    PrinterStatus.PAPER_OUT: Chip("Máy in hết giấy", "cross", "red"),
    PrinterStatus.COVER_OPEN: Chip("Máy in đang mở nắp", "cross", "red"),
    PrinterStatus.CUTTER_FAULT: Chip("Máy in kẹt dao cắt", "cross", "red"),
    PrinterStatus.OVERHEATED: Chip("Máy in quá nóng, chờ nguội", "hand", "amber"),
    PrinterStatus.OFFLINE: Chip("Máy in không trả lời", "cross", "red"),
    PrinterStatus.UNKNOWN: Chip("Chưa rõ máy in", "printer", "ink"),
}

_NO_PRINTER = Chip("Không lắp máy in", "printer", "ink")

_TRIALS: Mapping[SlipOutcome, tuple[str, str, str]] = {
    SlipOutcome.PRINTED: ("đã in", "tick", "green"),
    SlipOutcome.NOT_PRINTED: ("không in được", "cross", "red"),
    SlipOutcome.POSSIBLY_PRINTED: ("không chắc đã in, hãy nhìn máy in", "hand", "amber"),
}

_PAGES: Mapping[Page, str] = {"trial": "Phiếu thử", "day_end": "Phiếu cuối ngày"}

_TROUBLES = {
    "malformed": "có một tin không đọc được",
    "signature": "có một tin không mang chữ ký hợp lệ, đã bỏ qua",
    "oversized": "có một tin quá dài, đã bỏ qua",
    "unexpected": "có một tin không đúng lúc",
}


@dataclass(frozen=True)
class CounterCard:
    """A counter in the strip: connection, printer, what its citizen sees, and trouble in words.

    `warning` says what is wrong with the glass; empty when it shows what the office believes. `clock` is None unless
    the counter does not know the time, `trial` unless a test slip or the like was asked for a short while ago.
    """

    id: str
    name: str
    connection: Chip
    printer: Chip | None
    glass: str
    warning: str
    waiting: int
    trouble: str
    trouble_detail: str
    clock: Chip | None = None
    slips: int = 0
    trial: Chip | None = None
    can_try: bool = False


def counter_card(glass: Glass, pending: Sequence[Payment], now: Instant) -> CounterCard:
    """Say how a counter stands."""
    name, state = glass.counter_name, glass.state
    line = [payment for payment in pending if payment.counter == state.id]
    kind, _, detail = state.trouble.partition(": ")
    seen = sight(glass, line, now)
    return CounterCard(
        id=state.id,
        name=name,
        connection=Chip("Đang hoạt động", "tick", "green") if glass.is_heard else _disconnected(state),
        printer=_printer(state) if glass.is_heard else None,
        glass=seen.sentence,
        # Of a silent counter the connection says enough.
        warning=seen.warning if glass.is_heard else "",
        waiting=sum(payment.place is Place.WAITING and not is_out_of_time(payment, now) for payment in line),
        trouble=f"{name} {_TROUBLES.get(kind, 'báo có trục trặc')}." if state.trouble else "",
        trouble_detail=detail,
        clock=_clock(state) if glass.is_heard else None,
        slips=state.waiting_slips,
        trial=_trial(state, now),
        can_try=glass.is_heard and state.has_printer,
    )


def _printer(state: CounterState) -> Chip:
    return _PRINTERS[state.printer] if state.has_printer else _NO_PRINTER


def _clock(state: CounterState) -> Chip | None:
    is_sure = state.clock is None or state.clock.is_trusted
    return None if is_sure else Chip("Chưa biết giờ đúng, không hiện mã", "clock", "red")


def _trial(state: CounterState, now: Instant) -> Chip | None:
    """What became of the test slip, or of the slip of the day, for as long as somebody may still care."""
    if state.trial is None or (age := trial_age(state.trial, now)) == "old":
        return None
    at = f"{_PAGES[state.trial.page]} lúc {clock_words(state.trial.at)}"
    if state.trial.outcome is None:
        is_late = age == "unanswered"
        return Chip(
            f"{at}: {'quầy chưa báo lại' if is_late else 'đang in…'}", "hourglass", "amber" if is_late else "ink"
        )
    word, shape, tone = _TRIALS[state.trial.outcome]
    reason = f" ({state.trial.reason})" if state.trial.reason else ""
    return Chip(f"{at}: {word}{reason}", shape, tone)


def _disconnected(state: CounterState) -> Chip:
    since = f" từ {clock_words(state.seen_at)}" if state.seen_at else ""
    return Chip(f"Mất kết nối{since}", "cross", "red")
