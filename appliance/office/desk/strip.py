"""Pure: how the office's counters stand, each in one line: connection, printer, what its citizen sees, trouble."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.office import payment as core
from appliance.office.desk.days import clock_words
from appliance.office.desk.view import Chip, is_out_of_time, vnd
from appliance.office.payment import Payment, Place
from appliance.office.records import CounterState
from mqtt_schema.messages import PrinterStatus
from mqtt_schema.types import Instant

_PRINTERS: Mapping[PrinterStatus, Chip] = {
    PrinterStatus.READY: Chip("Máy in sẵn sàng", "printer", "ink"),
    PrinterStatus.PAPER_LOW: Chip("Máy in sắp hết giấy", "printer", "amber"),
    PrinterStatus.PAPER_OUT: Chip("Máy in hết giấy", "cross", "red"),
    PrinterStatus.COVER_OPEN: Chip("Máy in đang mở nắp", "cross", "red"),
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
    """A counter in the strip: connection, printer, what its citizen sees, and trouble in words."""

    id: str
    name: str
    connection: Chip
    printer: Chip | None
    glass: str
    waiting: int
    trouble: str
    trouble_detail: str


def counter_card(name: str, state: CounterState, pending: Sequence[Payment], now: Instant) -> CounterCard:
    """Say how a counter stands."""
    line = [payment for payment in pending if payment.counter == state.id]
    kind, _, detail = state.trouble.partition(": ")
    return CounterCard(
        id=state.id,
        name=name,
        connection=Chip("Đang hoạt động", "tick", "green") if state.is_online else _disconnected(state),
        printer=_PRINTERS[state.printer] if state.is_online else None,
        glass=_glass(line, now, is_online=state.is_online),
        waiting=sum(payment.place is Place.WAITING and not is_out_of_time(payment, now) for payment in line),
        trouble=f"{name} {_TROUBLES.get(kind, 'báo có trục trặc')}." if state.trouble else "",
        trouble_detail=detail,
    )


def _disconnected(state: CounterState) -> Chip:
    since = f" từ {clock_words(state.seen_at)}" if state.seen_at else ""
    return Chip(f"Mất kết nối{since}", "cross", "red")


def _glass(line: Sequence[Payment], now: Instant, *, is_online: bool) -> str:
    holder = next((payment for payment in line if core.holds_glass(payment, now)), None)
    if not is_online:
        return "Không biết công dân đang thấy gì"
    if holder is None:
        return "Công dân đang thấy: màn hình chờ"
    if holder.place is Place.REFUSED:
        return "Công dân đang thấy: mời gặp cán bộ"
    if holder.place is Place.OFFERED:
        return f"Đang gửi mã {vnd(holder.amount)}"
    return f"Công dân đang thấy: mã QR {vnd(holder.amount)}"
