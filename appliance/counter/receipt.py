"""Pure: what the slip of a paid payment says, top to bottom. It decides nothing and knows no printer.

The slip confirms a payment and never calls itself a receipt: only the e-receipt is one (Decree 254/2026, article 23).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone

from drivers.paper import PLAIN_MM, SMALL_MM, Align, Code, Item, Paper, Row, Rule, Space, Text
from drivers.typeface import Face
from mqtt_schema.messages import FeeKind, Line, Slip
from mqtt_schema.money import NARROW_NO_BREAK_SPACE, format_vnd, in_words
from mqtt_schema.types import Instant, Vnd

_VIETNAM = timezone(timedelta(hours=7))
"""Indochina Time; Vietnam has no summer time."""
_TITLE_MM = 2.8
_MARK_MM = 3.6
_TOTAL_MM = 2 * PLAIN_MM
_GAP_MM = 1.5
_BELOW_RULE_MM = 0.6
"""Less than above: a letter keeps room for its marks over it."""
_CODE_MM = 20.0
_BEFORE_CUT_MM = 5.0


@dataclass(frozen=True)
class Texts:
    """The words of a slip in one language. Names in braces are filled in."""

    title: str
    copy: str
    counter: str
    kinds: dict[FeeKind, str]
    dossier: str
    quantity: str
    total: str
    in_words: str
    reference: str
    bank_reference: str
    paid_at: str
    time: str
    """For `strftime`."""
    lookup: str
    no_receipt: str


VIETNAMESE = Texts(
    title="PHIẾU XÁC NHẬN THANH TOÁN",
    copy="BẢN SAO",
    counter="Quầy {counter}",
    kinds={FeeKind.PHI: "Phí", FeeKind.LE_PHI: "Lệ phí"},
    dossier="Hồ sơ",
    quantity="Số lượng",
    total="Tổng số tiền đã nhận",
    in_words="Bằng chữ: {words}.",
    reference="Mã tham chiếu",
    bank_reference="Mã giao dịch ngân hàng",
    paid_at="Thời gian nhận tiền",
    time="%d/%m/%Y\u00a0%H:%M:%S",
    lookup="Mã tra cứu biên lai điện tử",
    no_receipt="Phiếu này không thay thế biên lai.",
)


def compose(slip: Slip, counter: str, *, is_copy: bool = False, texts: Texts = VIETNAMESE) -> Paper:
    """The slip that `counter` prints; `is_copy` marks every one but the first. Times are Vietnam's."""
    return Paper(
        (
            *_head(slip.office, counter, texts),
            *_title(texts, is_copy=is_copy),
            *_lines(slip.lines, texts),
            *_total(slip.amount, texts),
            *_traces(slip, texts),
            *_lookup(slip.lookup, texts),
            Space(_BEFORE_CUT_MM),
        )
    )


def _head(office: str, counter: str, texts: Texts) -> Iterator[Item]:
    yield Text(office, Face.SEMIBOLD, align=Align.CENTRE)
    yield Text(texts.counter.format(counter=counter), capital_mm=SMALL_MM, align=Align.CENTRE)
    yield Space(_GAP_MM)


def _title(texts: Texts, *, is_copy: bool) -> Iterator[Item]:
    yield Text(texts.title, Face.EXTRABOLD, _TITLE_MM, Align.CENTRE)
    if is_copy:
        yield Text(texts.copy, Face.EXTRABOLD, _MARK_MM, Align.CENTRE)
    yield from _ruled(3)


def _lines(lines: tuple[Line, ...], texts: Texts) -> Iterator[Item]:
    """The fees, numbered if there are several."""
    for number, line in enumerate(lines, 1):
        if number > 1:
            yield Space(_GAP_MM)
        yield Text(f"{number}.\u00a0{line.fee_name}" if len(lines) > 1 else line.fee_name)
        yield Row(texts.dossier, line.dossier, SMALL_MM)
        yield Row(texts.quantity, str(line.quantity), SMALL_MM)
        yield Row(texts.kinds[line.kind], _vnd(line.amount))


def _total(amount: Vnd, texts: Texts) -> Iterator[Item]:
    yield from _ruled(2)
    yield Text(texts.total)
    yield Text(_vnd(amount), Face.EXTRABOLD, _TOTAL_MM, Align.RIGHT, wraps=False)
    yield Text(texts.in_words.format(words=in_words(amount)))
    yield from _ruled(2)


def _traces(slip: Slip, texts: Texts) -> Iterator[Item]:
    """By what office and bank find this payment again."""
    yield Row(texts.paid_at, _time(slip.paid_at, texts), SMALL_MM)
    yield Row(texts.reference, slip.reference, SMALL_MM)
    if slip.bank_reference:
        yield Row(texts.bank_reference, slip.bank_reference, SMALL_MM)


def _lookup(lookup: str, texts: Texts) -> Iterator[Item]:
    """Above the code its white margin is gap enough."""
    yield Code(lookup, _CODE_MM)
    yield Text(texts.lookup, capital_mm=SMALL_MM, align=Align.CENTRE)
    yield Text(lookup, Face.SEMIBOLD, align=Align.CENTRE)
    yield Space(_GAP_MM)
    yield Text(texts.no_receipt, Face.SEMIBOLD, align=Align.CENTRE)


def _ruled(thickness_dots: int) -> tuple[Item, ...]:
    return Space(_GAP_MM), Rule(thickness_dots), Space(_BELOW_RULE_MM)


def _vnd(amount: Vnd) -> str:
    return format_vnd(amount, gap=NARROW_NO_BREAK_SPACE)


def _time(moment: Instant, texts: Texts) -> str:
    return moment.astimezone(_VIETNAM).strftime(texts.time)
