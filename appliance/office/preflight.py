"""Pure: what is missing at a counter before a code is offered there. It warns; whether that stops anybody, others say.

A counter is fresh when it is heard, its glass shows something, its clock is not known to be wrong, and its printer (if
one is fitted) does not say that it cannot print. A printer or a clock that says nothing of itself is not held against
the counter: many printers never speak, and whoever has to insist every time reads no warning any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from appliance.office.order import Complaint
from appliance.office.records import CounterState
from mqtt_schema.messages import PrinterStatus, ScreenName

Part = Literal["link", "screen", "clock", "printer"]

CANNOT_PRINT: Mapping[PrinterStatus, str] = {
    PrinterStatus.PAPER_OUT: "hết giấy",
    PrinterStatus.COVER_OPEN: "đang mở nắp",
    PrinterStatus.CUTTER_FAULT: "kẹt dao cắt",
    PrinterStatus.OVERHEATED: "quá nóng",
    PrinterStatus.OFFLINE: "không trả lời",
}
"""What a printer says of itself when nothing can come out of it, in words."""


@dataclass(frozen=True)
class Missing:
    """One part of a counter that will not do its work, and in words what that means for this payment."""

    part: Part
    sentence: str


def can_print(state: CounterState) -> bool:
    """Whether a slip may come out there, as far as its printer says. Not whether the counter is heard."""
    return state.has_printer and state.printer not in CANNOT_PRINT


def missing(state: CounterState, name: str, *, is_heard: bool) -> tuple[Missing, ...]:
    """All that is missing at this counter, most important first; empty when it is fresh.

    Of a counter that is not heard nothing else is known, so nothing else is said.
    """
    if not is_heard:
        silent = f"{name} đang mất kết nối: mã sẽ hiện khi quầy kết nối lại, phiếu cũng phải chờ."
        return (Missing("link", f"{silent} Người dân có thể quét mã tại bàn này."),)
    return (*_screen(state, name), *_clock(state, name), *_printer(state, name))


def complaints(found: tuple[Missing, ...]) -> tuple[Complaint, ...]:
    """The same as complaints about an order: "counter.printer" and the like."""
    return tuple(Complaint(f"counter.{one.part}", one.sentence) for one in found)


def _screen(state: CounterState, name: str) -> tuple[Missing, ...]:
    if state.seen is None:
        dark = f"Màn hình {name} đang tối: người dân không thấy mã ở đó. Mời người dân quét mã tại bàn này."
        return (Missing("screen", dark),)
    if state.seen.screen is ScreenName.OUT_OF_SERVICE:
        closed = f"{name} đang tạm ngừng phục vụ: mã có thể không hiện ở đó. Mời người dân quét mã tại bàn này."
        return (Missing("screen", closed),)
    return ()


def _clock(state: CounterState, name: str) -> tuple[Missing, ...]:
    if state.clock is None or state.clock.is_trusted:
        return ()
    wrong = f"{name} chưa biết giờ đúng: quầy sẽ không hiện mã. Mời người dân quét mã tại bàn này."
    return (Missing("clock", wrong),)


def _printer(state: CounterState, name: str) -> tuple[Missing, ...]:
    if can_print(state) or not state.has_printer:
        return ()
    return (Missing("printer", f"Máy in ở {name} {CANNOT_PRINT[state.printer]}: phiếu sẽ chờ, in sau từ bàn này."),)
