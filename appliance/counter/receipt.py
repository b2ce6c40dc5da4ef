"""Pure: what the slip of a paid payment says, top to bottom. It decides nothing and knows no printer.

The slip confirms a payment and never calls itself a receipt: only the e-receipt is one (Decree 254/2026, article 23).
It says no more of a person than the dossier's number (Law 91/2025, article 3).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import StrEnum

from drivers.paper import PLAIN_MM, SMALL_MM, Align, Code, Item, Paper, Row, Rule, Space, Text
from drivers.typeface import Face
from mqtt_schema.messages import FeeKind, Line, Slip
from mqtt_schema.money import NARROW_NO_BREAK_SPACE, format_vnd, in_words
from mqtt_schema.types import Instant, Vnd

_VIETNAM = timezone(timedelta(hours=7))
"""Indochina Time; Vietnam has no summer time."""
_TIME = "%d/%m/%Y\u00a0%H:%M:%S"
_TITLE_MM = 2.8
_MARK_MM = 3.6
_TOTAL_MM = 2 * PLAIN_MM
_GAP_MM = 1.5
_BELOW_RULE_MM = 0.6
"""Less than above: a letter keeps room for its marks over it."""
_CODE_MM = 20.0
_BEFORE_CUT_MM = 5.0


class TimeSource(StrEnum):
    """Whose clock the time on a slip comes from. Without a clock to trust the slip says so, instead of a wrong time."""

    OFFICE = "office"
    BANK = "bank"
    NONE = "none"


@dataclass(frozen=True)
class Said:
    """Words in Vietnamese, and their English for slips in both languages."""

    vi: str
    en: str


TITLE = Said("PHIẾU XÁC NHẬN THANH TOÁN", "PAYMENT CONFIRMATION")
COPY = Said("BẢN SAO", "COPY")
ASKED_BY = Said("Người yêu cầu", "Asked for by")
REASON = Said("Lý do", "Reason")
ASKED_AT_GLASS = Said("In thêm theo yêu cầu tại màn hình của quầy.", "Printed again as asked at the counter's screen.")
COUNTER = Said("Quầy", "Counter")
KINDS = {FeeKind.PHI: Said("Phí", "Fee"), FeeKind.LE_PHI: Said("Lệ phí", "Charge")}
DOSSIER = Said("Hồ sơ", "Dossier")
QUANTITY = Said("Số lượng", "Quantity")
TOTAL = Said("Tổng số tiền đã nhận", "Total received")
IN_WORDS = "Bằng chữ:"
PAID_AT = Said("Thời gian nhận tiền", "Received at")
SOURCE = Said("Giờ theo", "Time from")
SOURCES = {
    TimeSource.OFFICE: Said("Hệ thống của cơ quan", "the office's system"),
    TimeSource.BANK: Said("Ngân hàng", "the bank"),
}
NO_TIME = Said(
    "Không ghi giờ: đồng hồ của thiết bị chưa được chỉnh đúng.", "No time is given: the device's clock is not set."
)
REFERENCE = Said("Mã tham chiếu", "Reference")
BANK_REFERENCE = Said("Mã giao dịch ngân hàng", "Bank reference")
LOOKUP = Said("Mã tra cứu biên lai điện tử", "Code to look up the e-receipt")
NO_RECEIPT = Said("Phiếu này không thay thế biên lai.", "This slip does not replace the receipt.")
TRIAL = Said("PHIẾU THỬ MÁY IN", "PRINTER TEST")
NO_PAYMENT = Said("Không phải xác nhận thanh toán.", "Not a payment confirmation.")

EVERYTHING = (
    *(TITLE, COPY, ASKED_BY, REASON, ASKED_AT_GLASS, COUNTER, *KINDS.values(), DOSSIER, QUANTITY, TOTAL),
    *(PAID_AT, SOURCE, *SOURCES.values(), NO_TIME, REFERENCE, BANK_REFERENCE, LOOKUP, NO_RECEIPT, TRIAL, NO_PAYMENT),
)
"""All that a slip says by itself."""


def compose(
    slip: Slip,
    counter: str,
    *,
    is_copy: bool = False,
    asked_by: str = "",
    reason: str = "",
    is_bilingual: bool = False,
    time_source: TimeSource = TimeSource.OFFICE,
) -> Paper:
    """The slip that `counter` prints. Times are Vietnam's.

    `is_copy` marks every one but the first; it says who asked for it (empty: the citizen, at the glass) and why.
    """
    tongue = _Tongue(is_bilingual)
    return Paper(
        (
            *_head(slip.office, counter, tongue),
            *_title(tongue, is_copy=is_copy),
            *(_asked(asked_by, reason, tongue) if is_copy else ()),
            *_ruled(3),
            *_lines(slip.lines, tongue),
            *_total(slip.amount, tongue),
            *_time(slip.paid_at, time_source, tongue),
            *_traces(slip, tongue),
            *_lookup(slip.lookup, tongue),
            *tongue.line(NO_RECEIPT, Face.SEMIBOLD),
            Space(_BEFORE_CUT_MM),
        )
    )


def trial(counter: str, printer: str) -> Paper:
    """A slip for whoever fits a printer: edge to edge, every mark, a code. It cannot be taken for a payment's."""
    tongue = _Tongue(is_bilingual=True)
    return Paper(
        (
            *tongue.title(TRIAL, _TITLE_MM),
            Text(f"{COUNTER.vi} {counter}", align=Align.CENTRE),
            Text(printer, capital_mm=SMALL_MM, align=Align.CENTRE),
            *_ruled(3),
            Text("ẮẰẲẴẶ ẾỀỂỄỆ ỐỒỔỖỘ ỨỪỬỮỰ"),
            Text("ắằẳẵặ ếềểễệ ốồổỗộ ứừửữự ỳỷỹỵ đĐ"),
            Row("0123456789", _vnd(Vnd(42_308_000))),
            *_ruled(2),
            Code("QUAY THU 0123456789", _CODE_MM),
            *tongue.line(NO_PAYMENT, Face.SEMIBOLD),
            Space(_BEFORE_CUT_MM),
        )
    )


@dataclass(frozen=True)
class _Tongue:
    """How words are set: in Vietnamese, or in Vietnamese with English below it, in smaller letters."""

    is_bilingual: bool

    def title(self, said: Said, capital_mm: float) -> Iterator[Item]:
        yield Text(said.vi, Face.EXTRABOLD, capital_mm, Align.CENTRE, is_fixed=True)
        if self.is_bilingual:
            yield Text(said.en, Face.SEMIBOLD, PLAIN_MM, Align.CENTRE, is_fixed=True)

    def line(self, said: Said, face: Face = Face.REGULAR, align: Align = Align.CENTRE) -> Iterator[Item]:
        yield Text(said.vi, face, align=align, is_fixed=True)
        if self.is_bilingual:
            yield Text(said.en, capital_mm=SMALL_MM, align=align, is_fixed=True)

    def row(self, said: Said, value: str, *, is_fixed: bool = False) -> Row:
        """A row of the small print; with English below it the Vietnamese has to be larger."""
        if self.is_bilingual:
            return Row(said.vi, value, gloss=said.en, is_fixed=is_fixed)
        return Row(said.vi, value, SMALL_MM, is_fixed=is_fixed)

    def amount(self, said: Said, amount: Vnd) -> Row:
        return Row(said.vi, _vnd(amount), gloss=said.en if self.is_bilingual else "")


def _head(office: str, counter: str, tongue: _Tongue) -> Iterator[Item]:
    where = f"{COUNTER.vi} / {COUNTER.en} {counter}" if tongue.is_bilingual else f"{COUNTER.vi} {counter}"
    yield Text(office, Face.SEMIBOLD, align=Align.CENTRE, is_fixed=True)
    yield Text(where, capital_mm=SMALL_MM, align=Align.CENTRE, is_fixed=True)
    yield Space(_GAP_MM)


def _title(tongue: _Tongue, *, is_copy: bool) -> Iterator[Item]:
    yield from tongue.title(TITLE, _TITLE_MM)
    if is_copy:
        yield from tongue.title(COPY, _MARK_MM)


def _asked(asked_by: str, reason: str, tongue: _Tongue) -> Iterator[Item]:
    """Why there is another slip: whoever holds two of them can be told."""
    if not asked_by:
        yield from tongue.line(ASKED_AT_GLASS)
        return
    yield Space(_GAP_MM)
    yield tongue.row(ASKED_BY, asked_by)
    if reason:
        yield tongue.row(REASON, reason)


def _lines(lines: tuple[Line, ...], tongue: _Tongue) -> Iterator[Item]:
    """The fees, numbered if there are several."""
    for number, line in enumerate(lines, 1):
        if number > 1:
            yield Space(_GAP_MM)
        yield Text(f"{number}.\u00a0{line.fee_name}" if len(lines) > 1 else line.fee_name)
        if tongue.is_bilingual and line.fee_name_en:
            yield Text(line.fee_name_en, capital_mm=SMALL_MM)
        yield tongue.row(DOSSIER, line.dossier)
        yield tongue.row(QUANTITY, str(line.quantity))
        yield tongue.amount(KINDS[line.kind], line.amount)


def _total(amount: Vnd, tongue: _Tongue) -> Iterator[Item]:
    yield from _ruled(2)
    yield from tongue.line(TOTAL, align=Align.LEFT)
    yield Text(_vnd(amount), Face.EXTRABOLD, _TOTAL_MM, Align.RIGHT, wraps=False)
    yield Text(f"{IN_WORDS} {in_words(amount)}.")
    yield from _ruled(2)


def _time(paid_at: Instant, source: TimeSource, tongue: _Tongue) -> Iterator[Item]:
    """When, and who says so. A time from a clock that nobody has set would be worse than none."""
    if source is TimeSource.NONE:
        yield from tongue.line(NO_TIME, align=Align.LEFT)
        return
    yield tongue.row(PAID_AT, paid_at.astimezone(_VIETNAM).strftime(_TIME))
    yield tongue.row(SOURCE, SOURCES[source].vi, is_fixed=True)


def _traces(slip: Slip, tongue: _Tongue) -> Iterator[Item]:
    """By what office and bank find this payment again."""
    yield tongue.row(REFERENCE, slip.reference)
    if slip.bank_reference:
        yield tongue.row(BANK_REFERENCE, slip.bank_reference)


def _lookup(lookup: str, tongue: _Tongue) -> Iterator[Item]:
    """Above the code its white margin is gap enough."""
    yield Code(lookup, _CODE_MM)
    yield Text(LOOKUP.vi, capital_mm=SMALL_MM, align=Align.CENTRE, is_fixed=True)
    if tongue.is_bilingual:
        yield Text(LOOKUP.en, capital_mm=SMALL_MM, align=Align.CENTRE, is_fixed=True)
    yield Text(lookup, Face.SEMIBOLD, align=Align.CENTRE)
    yield Space(_GAP_MM)


def _ruled(thickness_dots: int) -> tuple[Item, ...]:
    return Space(_GAP_MM), Rule(thickness_dots), Space(_BELOW_RULE_MM)


def _vnd(amount: Vnd) -> str:
    return format_vnd(amount, gap=NARROW_NO_BREAK_SPACE)
