"""Pure: the slip of a paid payment as a clerk meets it: where it is, in words, and what may be done about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from appliance.office import slips
from appliance.office.desk.days import clock_words
from appliance.office.desk.sight import Glass
from appliance.office.desk.signs import Notice
from appliance.office.payment import Payment
from appliance.office.preflight import CANNOT_PRINT, can_print
from appliance.office.records import CounterState, Milestone, unheard
from appliance.office.state import NOBODY
from mqtt_schema.messages import SlipOutcome
from mqtt_schema.types import Instant

ANSWERED_WITHIN = timedelta(seconds=60)
"""A counter that speaks but says nothing of a slip for so long has lost it."""

NOT_OUT = "not_out"
OTHER = "other"

REASONS: Mapping[str, str] = {
    "faded": "Phiếu mờ hoặc rách",
    "another": "Người dân cần thêm bản",
    "printer": "Máy in lỗi",
    OTHER: "Lý do khác",
}
"""Why a copy is wanted, as the form offers it."""

WHY_NOT_OUT = "Phiếu chưa ra giấy"
"""The reason of a copy in the place of a slip that nobody found."""


@dataclass(frozen=True)
class Choice:
    """A counter where paper can come out now."""

    counter: str
    name: str


@dataclass(frozen=True)
class PaperView:
    """A payment's slip. `notices` say how it stands; `elsewhere` and `copy_at` are where it, or a copy, can be printed.

    `asks`: somebody has to look whether it came out. `main` names the one button that stands out, empty for none.
    """

    notices: Sequence[Notice] = ()
    can_print_here: bool = False
    elsewhere: Sequence[Choice] = ()
    can_drop: bool = False
    asks: bool = False
    copy_at: Sequence[Choice] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    main: str = ""

    @property
    def can_act(self) -> bool:
        """Whether there is something for a clerk to decide or to ask."""
        return self.can_drop or self.asks or self.can_copy

    @property
    def can_copy(self) -> bool:
        """Whether a copy may be asked for, even if no printer can make one just now."""
        return bool(self.reasons)


def paper_view(
    payment: Payment, glasses: Sequence[Glass], now: Instant, timeline: Sequence[Milestone] = ()
) -> PaperView:
    """Say how the slip of a payment stands. `glasses` are all counters of the office; nothing before it is paid."""
    if payment.paid_at is None:
        return PaperView()
    mine = _slip_glass(payment, glasses)
    waits, asks = _waits(payment, now), slips.is_doubtful(payment)
    elsewhere = _able([glass for glass in glasses if glass is not mine]) if waits and mine.is_heard else ()
    can_print_here = waits and _is_able(mine)
    reasons = {NOT_OUT: WHY_NOT_OUT, **REASONS} if asks else REASONS
    may_copy = _may_copy(payment, now, is_heard=mine.is_heard)
    return PaperView(
        notices=(_original(payment, mine, glasses), *_copies(timeline, glasses)),
        can_print_here=can_print_here,
        elsewhere=elsewhere,
        can_drop=waits,
        asks=asks,
        copy_at=_able(glasses, first=mine) if may_copy else (),
        reasons=reasons if may_copy else {},
        main=_main(asks=asks, can_print_here=can_print_here, can_move=bool(elsewhere)),
    )


def _slip_glass(payment: Payment, glasses: Sequence[Glass]) -> Glass:
    """The counter that was asked for the slip; one that is no longer the office's is one that nobody hears."""
    asked = payment.slip_counter or payment.counter
    gone = Glass(asked, unheard(asked), is_heard=False)
    return next((glass for glass in glasses if glass.state.id == asked), gone)


def _may_copy(payment: Payment, now: Instant, *, is_heard: bool) -> bool:
    """While the original may still come out by itself nobody needs a copy, unless its counter is silent."""
    is_done = not payment.is_slip_open or slips.is_doubtful(payment)
    return is_done or not is_heard or _is_stuck(payment, now)


def _waits(payment: Payment, now: Instant) -> bool:
    """Whether there is something to ask for: not while a counter still has a moment to answer the last time."""
    return slips.is_waiting(payment) and (payment.slip_wanted_at is None or _is_stuck(payment, now))


def _is_stuck(payment: Payment, now: Instant) -> bool:
    """Whether a counter that speaks has left a question about this slip without an answer, or with a no."""
    is_asked = payment.slip is None or payment.slip_wanted_at is not None
    since = payment.slip_wanted_at or payment.slip_at
    return payment.is_slip_kept or (is_asked and since is not None and now - since >= ANSWERED_WITHIN)


def _main(*, asks: bool, can_print_here: bool, can_move: bool) -> str:
    if asks:
        return "confirm"
    if can_print_here:
        return "here"
    return "move" if can_move else ""


def _is_able(glass: Glass) -> bool:
    return glass.is_heard and can_print(glass.state)


def _able(glasses: Sequence[Glass], first: Glass | None = None) -> tuple[Choice, ...]:
    """Where paper can come out, the slip's own counter first."""
    able = sorted((glass for glass in glasses if _is_able(glass)), key=lambda glass: glass is not first)
    return tuple(Choice(glass.state.id, glass.counter_name) for glass in able)


def printer_words(state: CounterState) -> str:
    """What is in the way of paper at this counter; empty when nothing is known to be."""
    return CANNOT_PRINT.get(state.printer, "") if state.has_printer else "chưa được lắp"


# The original, in words


def _original(payment: Payment, mine: Glass, glasses: Sequence[Glass]) -> Notice:
    name = mine.counter_name
    if payment.slip is SlipOutcome.PRINTED:
        return _printed(payment, name)
    if payment.is_slip_settled:
        return Notice(f"Phiếu gốc không in nữa{_by(payment)}.", "paper", "ink")
    if slips.is_doubtful(payment):
        reason = f" ({payment.slip_reason})" if payment.slip_reason else ""
        return Notice(f"Không chắc phiếu đã in ở {name}{reason}. Hãy nhìn máy in rồi trả lời.", "hand", "amber")
    if not mine.is_heard:
        return _silent(payment, name)
    if payment.slip_to is not None:
        return _moving(payment, name, glasses)
    return _waiting(payment, mine) if payment.slip is SlipOutcome.NOT_PRINTED else _coming(payment, name)


def _printed(payment: Payment, name: str) -> Notice:
    if payment.is_slip_settled:
        return Notice(f"Phiếu đã in{_by(payment)}.", "paper", "ink")
    where = f" ở {name}" if payment.slip_counter not in {"", payment.counter} else ""
    return Notice(f"Phiếu đã in{where}. Mời người dân nhận phiếu.", "paper", "ink")


def _by(payment: Payment) -> str:
    return f", theo {payment.slip_by}" if payment.slip_by else ""


def _silent(payment: Payment, name: str) -> Notice:
    """A counter that died with the slip: nobody knows, so nobody promises an original elsewhere."""
    doubt = "phiếu có thể đang in ở đó" if payment.slip_to is not None or payment.slip is None else "phiếu chờ ở đó"
    way = "Hãy chờ quầy kết nối lại; nếu người dân cần ngay, in bản sao ở quầy khác."
    return Notice(f"{name} đang mất kết nối, {doubt}. {way}", "hand", "amber")


def _moving(payment: Payment, name: str, glasses: Sequence[Glass]) -> Notice:
    if payment.slip_to == NOBODY:
        return Notice(f"Đang báo {name} bỏ phiếu này…", "hourglass", "ink")
    to = _name(payment.slip_to or "", glasses)
    return Notice(f"Đang hỏi {name} để chuyển phiếu sang {to}…", "hourglass", "ink")


def _waiting(payment: Payment, mine: Glass) -> Notice:
    name = mine.counter_name
    if payment.is_slip_kept:
        kept = f"{name} không chuyển phiếu đi: phiếu đang in, hoặc có thể đã ra giấy ở đó. Hãy nhìn máy in."
        return Notice(kept, "hand", "amber")
    if payment.slip_wanted_at is not None:
        asked = f"Đã yêu cầu {name} in phiếu lúc {clock_words(payment.slip_wanted_at)}, đang chờ quầy báo lại."
        return Notice(asked, "hourglass", "ink")
    since = f" từ {clock_words(payment.slip_at)}" if payment.slip_at else ""
    # What the printer says now counts for more than why it did not print then.
    reason = f" ({payment.slip_reason})" if payment.slip_reason and _is_able(mine) else ""
    return Notice(f"Phiếu chờ in ở {name}{since}{reason}. {_way_on(mine)}", "hourglass", "amber")


def _way_on(mine: Glass) -> str:
    trouble = printer_words(mine.state)
    if not trouble:
        return "Máy in ở đó dùng được: bấm In tại quầy này."
    if not mine.state.has_printer:
        return "Quầy này không lắp máy in: in ở quầy khác, hoặc bỏ phiếu."
    return f"Máy in {trouble}: xử lý máy in, hoặc in ở quầy khác."


def _coming(payment: Payment, name: str) -> Notice:
    if payment.slip_counter in {"", payment.counter}:
        return Notice(f"Đang chờ {name} in phiếu.", "hourglass", "ink")
    return Notice(f"Phiếu đã chuyển sang {name}, đang chờ in.", "hourglass", "ink")


def _name(counter: str, glasses: Sequence[Glass]) -> str:
    return next((glass.counter_name for glass in glasses if glass.state.id == counter), counter)


# Copies, by the last milestone of one

_COPIES: Mapping[str, tuple[str, str, str]] = {
    "copy_asked": ("Đã yêu cầu bản sao", "hourglass", "ink"),
    "copy_printed": ("Bản sao đã in", "paper", "ink"),
    "copy_not_printed": ("Bản sao chưa in được", "cross", "red"),
    "copy_possibly_printed": ("Không chắc bản sao đã in, hãy nhìn máy in", "hand", "amber"),
}


def _copies(timeline: Sequence[Milestone], glasses: Sequence[Glass]) -> Iterator[Notice]:
    last = next((done for done in reversed(timeline) if done.milestone in _COPIES), None)
    if last is not None:
        said, shape, tone = _COPIES[last.milestone]
        where = f" ở {_name(last.counter, glasses)}" if last.counter else ""
        words = f" ({last.words})" if last.words else ""
        yield Notice(f"{said}{where}{words}.", shape, tone)
