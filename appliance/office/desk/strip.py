"""Pure: how the office's counters stand, each in one line: connection, printer, what its citizen sees, trouble."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.office.desk.days import clock_words
from appliance.office.desk.sight import Glass, sight
from appliance.office.desk.signs import Chip
from appliance.office.desk.view import is_out_of_time
from appliance.office.payment import Payment, Place
from appliance.office.records import CounterState
from mqtt_schema.messages import PrinterStatus
from mqtt_schema.types import Instant

_PRINTERS: Mapping[PrinterStatus, Chip] = {
    PrinterStatus.READY: Chip("Máy in sẵn sàng", "printer", "ink"),
    PrinterStatus.PAPER_LOW: Chip("Máy in sắp hết giấy", "printer", "amber"),
    PrinterStatus.PAPER_OUT: Chip("Máy in hết giấy", "cross", "red"),
    PrinterStatus.COVER_OPEN: Chip("Máy in đang mở nắp", "cross", "red"),
    PrinterStatus.CUTTER_FAULT: Chip("Máy in kẹt dao cắt", "cross", "red"),
    PrinterStatus.OVERHEATED: Chip("Máy in quá nóng, chờ nguội", "hand", "amber"),
    PrinterStatus.OFFLINE: Chip("Máy in không trả lời", "cross", "red"),
    PrinterStatus.UNKNOWN: Chip("Chưa rõ máy in", "printer", "ink"),
}

_TROUBLES = {
    "malformed": "có một tin không đọc được",
    "signature": "có một tin không mang chữ ký hợp lệ, đã bỏ qua",
    "oversized": "có một tin quá dài, đã bỏ qua",
    "unexpected": "có một tin không đúng lúc",
}


@dataclass(frozen=True)
class CounterCard:
    """A counter in the strip: connection, printer, what its citizen sees, and trouble in words.

    `warning` says what is wrong with the glass; empty when it shows what the office believes.
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
        printer=_PRINTERS[state.printer] if glass.is_heard else None,
        glass=seen.sentence,
        # Of a silent counter the connection says enough.
        warning=seen.warning if glass.is_heard else "",
        waiting=sum(payment.place is Place.WAITING and not is_out_of_time(payment, now) for payment in line),
        trouble=f"{name} {_TROUBLES.get(kind, 'báo có trục trặc')}." if state.trouble else "",
        trouble_detail=detail,
    )


def _disconnected(state: CounterState) -> Chip:
    since = f" từ {clock_words(state.seen_at)}" if state.seen_at else ""
    return Chip(f"Mất kết nối{since}", "cross", "red")
