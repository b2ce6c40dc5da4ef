"""Pure: does what was ordered agree with what the bank says came? Every payment and every credit gets one name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.office.events import Verdict
from appliance.office.matching import candidates
from appliance.office.payment import Payment, State
from appliance.office.records import BookedCredit
from appliance.office.reports.fees import FeeKey, FeeSum, fee_key, fee_sums, is_collected
from appliance.office.reports.period import Period
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Line
from mqtt_schema.types import Vnd

PAID = "Đã nhận tiền"
PAID_LATE = "Đã nhận tiền, nộp muộn"
PAID_ELSEWHEN = "Đã nhận tiền ngoài kỳ"
RESULT_WORDS: Mapping[State, str] = {
    State.PAID: PAID,
    State.PAID_LATE: PAID_LATE,
    State.WAIVED: "Miễn, giảm",
    State.PENDING: "Đang chờ",
    State.UNDERPAID: "Nhận thiếu",
    State.OVERPAID: "Nhận thừa",
    State.EXPIRED: "Hết hạn",
    State.CANCELLED: "Đã hủy",
}
RESULTS = (*RESULT_WORDS.values(), PAID_ELSEWHEN)
"""All names that a payment can have in the report."""

MATCHED = "Khớp khoản thu"
HELD_SHORT = "Tạm giữ: nhận thiếu"
HELD_OVER = "Tạm giữ: nhận thừa"
HELD = "Tạm giữ: chưa rõ thiếu hay thừa"
FINDING_WORDS: Mapping[Verdict, str] = {
    Verdict.MATCHED: MATCHED,
    Verdict.LATE: "Đến muộn, sau khi hết hạn hoặc hủy",
    Verdict.SURPLUS: "Chuyển thêm cho khoản thu đã có tiền",
    Verdict.UNMATCHED: "Chưa rõ khoản thu",
}
_ASIDE = {Verdict.LATE, Verdict.SURPLUS}
FINDINGS = (MATCHED, HELD_SHORT, HELD_OVER, HELD, *list(FINDING_WORDS.values())[1:])
"""All names that a credit can have in the report. Plain *held* only when its payment cannot be looked at."""


@dataclass(frozen=True)
class PaymentRow:
    """A payment and its name in the report.

    `taken` is what it brought in this period (đồng), None when nothing; `aside` are the credits of this period that
    name it but do not count for it: late and surplus ones.
    """

    payment: Payment
    result: str
    taken: Vnd | None
    aside: tuple[BookedCredit, ...] = ()


@dataclass(frozen=True)
class LineRow:
    """One line of a payment. `place` is its fee's place in `by_fee`, from 1; None, as `taken`, when not collected."""

    payment: Payment
    line: Line
    result: str
    place: int | None
    taken: Vnd | None


@dataclass(frozen=True)
class CreditRow:
    """A credit, its name in the report, and the reference of its payment as far as it is known."""

    booked: BookedCredit
    finding: str
    reference: str


@dataclass(frozen=True)
class CounterSum:
    """What one counter did. `name` is empty for a counter that the settings do not know any more."""

    id: str
    name: str
    payments: int
    paid: int
    taken: Vnd


@dataclass(frozen=True)
class Tally:
    """The whole reconciliation of a period; sums in đồng."""

    payments: tuple[PaymentRow, ...]
    lines: tuple[LineRow, ...]
    credits: tuple[CreditRow, ...]
    by_counter: tuple[CounterSum, ...]
    by_fee: tuple[FeeSum, ...]

    @property
    def received(self) -> Vnd:
        """All that came."""
        return Vnd(sum(row.booked.credit.amount for row in self.credits))

    @property
    def taken(self) -> Vnd:
        """All that the paid payments brought."""
        return Vnd(sum(row.taken or 0 for row in self.payments))

    def found(self, finding: str) -> tuple[int, Vnd]:
        """Count and add up the credits of one name."""
        amounts = [row.booked.credit.amount for row in self.credits if row.finding == finding]
        return len(amounts), Vnd(sum(amounts))

    def ended(self, result: str) -> tuple[int, Vnd]:
        """Count the payments of one name, and add up what they were for."""
        amounts = [row.payment.amount for row in self.payments if row.result == result]
        return len(amounts), Vnd(sum(amounts))


def tally(payments: Sequence[Payment], booked: Sequence[BookedCredit], period: Period, office: OfficeSettings) -> Tally:
    """Reconcile the payments created or paid in the period with the credits booked in it.

    Other payments may be among `payments`; they only lend their references to credits.
    """
    mine = [p for p in payments if period.contains(p.created_at) or period.contains(p.paid_at)]
    arrived = [one for one in booked if period.contains(one.booked_at)]
    aside = _aside(arrived)
    rows = tuple(_payment_row(payment, aside.get(payment.id, ()), period) for payment in mine)
    by_fee = fee_sums([row.payment for row in rows if row.taken is not None], office)
    places = {fee.key: place for place, fee in enumerate(by_fee, 1)}
    known = {payment.id: payment for payment in payments}
    return Tally(
        payments=rows,
        lines=tuple(_line_row(row, line, places, office) for row in rows for line in row.payment.lines),
        credits=tuple(_credit_row(one, known.get(one.payment or ""), office) for one in arrived),
        by_counter=_by_counter(rows, office),
        by_fee=by_fee,
    )


def _aside(arrived: Sequence[BookedCredit]) -> Mapping[str, tuple[BookedCredit, ...]]:
    """Gather by payment what names it and does not count for it."""
    found: dict[str, tuple[BookedCredit, ...]] = {}
    for one in arrived:
        if one.payment and one.verdict in _ASIDE:
            found[one.payment] = (*found.get(one.payment, ()), one)
    return found


def _payment_row(payment: Payment, aside: tuple[BookedCredit, ...], period: Period) -> PaymentRow:
    if is_collected(payment, period):
        return PaymentRow(payment, RESULT_WORDS[payment.state], payment.amount, aside)
    is_paid = payment.state in {State.PAID, State.PAID_LATE}
    return PaymentRow(payment, PAID_ELSEWHEN if is_paid else RESULT_WORDS[payment.state], None, aside)


def _line_row(row: PaymentRow, line: Line, places: Mapping[FeeKey, int], office: OfficeSettings) -> LineRow:
    if row.taken is None:
        return LineRow(row.payment, line, row.result, None, None)
    return LineRow(row.payment, line, row.result, places[fee_key(line, office)], line.amount)


def _credit_row(booked: BookedCredit, payment: Payment | None, office: OfficeSettings) -> CreditRow:
    read = candidates(booked.credit.memo, office.reference_prefix)
    reference = payment.reference if payment else ", ".join(read)
    return CreditRow(booked, _finding(booked, payment), reference)


def _finding(booked: BookedCredit, payment: Payment | None) -> str:
    if booked.verdict is not Verdict.HELD:
        return FINDING_WORDS[booked.verdict]
    if payment is None:
        return HELD
    return HELD_SHORT if booked.credit.amount < payment.amount else HELD_OVER


def _by_counter(rows: Sequence[PaymentRow], office: OfficeSettings) -> tuple[CounterSum, ...]:
    names = {counter.id: counter.name for counter in office.counters}
    forgotten = sorted({row.payment.counter for row in rows} - set(names))
    return tuple(_counter_sum(counter, names.get(counter, ""), rows) for counter in (*names, *forgotten))


def _counter_sum(counter: str, name: str, rows: Sequence[PaymentRow]) -> CounterSum:
    mine = [row for row in rows if row.payment.counter == counter]
    taken = [row.taken for row in mine if row.taken is not None]
    return CounterSum(counter, name, len(mine), len(taken), Vnd(sum(taken)))
