"""Pure: what a counter says on paper at the end of its day: what it saw paid, its slips, the head of its chain.

The head on paper is what makes the chain worth something: whoever rewrites the journal up to its end cannot rewrite a
drawer full of paper. The slip names no citizen and no payment. Its sums are what this counter *saw*; the books of
account are the office's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from appliance.chain import Row, groups
from appliance.counter.receipt import TimeSource
from drivers.paper import PLAIN_MM, SMALL_MM, Align, Code, Item, Paper, Rule, Space, Text
from drivers.paper import Row as PaperRow
from drivers.typeface import Face
from mqtt_schema.messages import Outcome, SlipOutcome
from mqtt_schema.money import NARROW_NO_BREAK_SPACE, format_vnd, in_words
from mqtt_schema.types import Instant, Vnd

VIETNAM = timezone(timedelta(hours=7))
RESULTED, ENDED = "resulted", "print_ended"
KINDS = (RESULTED, ENDED)
"""The rows of the chain from which a day is counted."""

_TITLE_MM = 2.8
_TOTAL_MM = 2 * PLAIN_MM
_CODE_MM = 26.0
_GAP_MM = 1.5
_BELOW_RULE_MM = 0.6
_BEFORE_CUT_MM = 5.0
_GROUPS_A_LINE = 4

TITLE = "PHIẾU CUỐI NGÀY"
PAID = "Số khoản đã nhận tiền"
SUM = "Tổng số tiền"
PRINTED = "Phiếu đã in"
COPIES = "Bản sao đã in"
UNSURE = "Phiếu chưa rõ đã in chưa"
WAITING = "Phiếu đang chờ giấy"
CHAIN = "Mã niêm phong sổ của quầy"
ROW = "Đến dòng số"
VERSION = "Phần mềm"
MADE = "In lúc"
NO_TIME = "chưa rõ giờ"
KEEP = "Lưu phiếu này cùng chứng từ trong ngày."
NOT_FINAL = "Số liệu theo quầy này, chưa đối chiếu với ngân hàng."


@dataclass(frozen=True)
class DayEnd:
    """One day of one counter. Amounts in đồng; `seq` and `head` are the last row of its chain when it was printed."""

    day: date
    made_at: Instant
    payments: int
    amount: Vnd
    printed: int
    copies: int
    unsure: int
    waiting: int
    seq: int
    head: str
    software: str


def bounds(day: date) -> tuple[Instant, Instant]:
    """The first moment of a day in Vietnam, and the first after it."""
    begin = datetime.combine(day, time(), VIETNAM).astimezone(UTC)
    return begin, begin + timedelta(days=1)


def day_of(at: Instant) -> date:
    """The day that Vietnam's calendar shows."""
    return at.astimezone(VIETNAM).date()


def count(rows: Iterable[Row], made_at: Instant, waiting: int, end: tuple[int, str], software: str) -> DayEnd:
    """Add up a day's rows of `KINDS`. A result that came twice is one payment; a slip's last word counts."""
    paid: dict[str, int] = {}
    slips: dict[str, str] = {}
    copies = 0
    for row in rows:
        facts = row.facts
        payment, outcome = str(facts.get("payment")), facts.get("outcome")
        if row.kind == RESULTED and outcome == Outcome.PAID.value:
            paid[payment] = int(facts.get("amount", 0))
        elif row.kind == ENDED and facts.get("is_copy"):
            copies += outcome == SlipOutcome.PRINTED.value
        elif row.kind == ENDED:
            slips[payment] = str(outcome)
    ends = list(slips.values())
    return DayEnd(
        day_of(made_at),
        made_at,
        len(paid),
        Vnd(sum(paid.values())),
        ends.count(SlipOutcome.PRINTED.value),
        copies,
        ends.count(SlipOutcome.POSSIBLY_PRINTED.value),
        waiting,
        *end,
        software,
    )


def sealed(counter: str, day_end: DayEnd) -> str:
    """The text of the code: short, and of capitals and digits only, so that the code stays coarse."""
    return f"QT1:{counter.upper()}:{day_end.day:%Y%m%d}:{day_end.seq}:{day_end.head.upper()}"


def compose(
    day_end: DayEnd, called: str, counter: str, *, office: str = "", time_source: TimeSource = TimeSource.OFFICE
) -> Paper:
    """The slip of the day. `called` is the counter's label, `counter` its id, `office` the name if it was told."""
    is_known = time_source is not TimeSource.NONE
    made = f"{day_end.made_at.astimezone(VIETNAM):%d/%m/%Y\u00a0%H:%M:%S}"
    return Paper(
        (
            *_head(office),
            Text(TITLE, Face.EXTRABOLD, _TITLE_MM, Align.CENTRE, is_fixed=True),
            *((Text(f"{day_end.day:%d/%m/%Y}", Face.SEMIBOLD, align=Align.CENTRE),) if is_known else ()),
            Text(f"Quầy {called} ({counter})", capital_mm=SMALL_MM, align=Align.CENTRE),
            *_ruled(3),
            PaperRow(PAID, str(day_end.payments)),
            Text(SUM, is_fixed=True),
            Text(_vnd(day_end.amount), Face.EXTRABOLD, _TOTAL_MM, Align.RIGHT, wraps=False),
            Text(f"Bằng chữ: {in_words(day_end.amount)}."),
            *_ruled(2),
            *_slips(day_end),
            *_ruled(2),
            *_seal(day_end, counter),
            *_ruled(2),
            PaperRow(MADE, made if is_known else NO_TIME, SMALL_MM),
            PaperRow(VERSION, day_end.software, SMALL_MM),
            Space(_GAP_MM),
            Text(NOT_FINAL, capital_mm=SMALL_MM, align=Align.CENTRE, is_fixed=True),
            Text(KEEP, Face.SEMIBOLD, align=Align.CENTRE, is_fixed=True),
            Space(_BEFORE_CUT_MM),
        )
    )


def _head(office: str) -> tuple[Item, ...]:
    """As on the slips of payments."""
    return (Text(office, Face.SEMIBOLD, align=Align.CENTRE, is_fixed=True), Space(_GAP_MM)) if office else ()


def _slips(day_end: DayEnd) -> Iterator[Item]:
    """Those that need somebody only where there are any."""
    yield PaperRow(PRINTED, str(day_end.printed))
    for said, number in ((COPIES, day_end.copies), (UNSURE, day_end.unsure), (WAITING, day_end.waiting)):
        if number:
            yield PaperRow(said, str(number))


def _seal(day_end: DayEnd, counter: str) -> Iterator[Item]:
    """The head, for a telephone and for an eye: four groups of four digits a line."""
    yield Text(CHAIN, align=Align.CENTRE, is_fixed=True)
    yield Code(sealed(counter, day_end), _CODE_MM)
    shown = groups(day_end.head).split(" ")
    for first in range(0, len(shown), _GROUPS_A_LINE):
        line = "\u00a0\u00a0".join(shown[first : first + _GROUPS_A_LINE])
        yield Text(line, Face.SEMIBOLD, align=Align.CENTRE, wraps=False)
    yield Space(_GAP_MM)
    yield PaperRow(ROW, str(day_end.seq), SMALL_MM)


def _ruled(thickness_dots: int) -> tuple[Item, ...]:
    return Space(_GAP_MM), Rule(thickness_dots), Space(_BELOW_RULE_MM)


def _vnd(amount: Vnd) -> str:
    return format_vnd(amount, gap=NARROW_NO_BREAK_SPACE)
