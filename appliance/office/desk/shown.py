"""Reads from the ledger what the desk's pages show, each page in one consistent view. Changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from appliance.office import preflight
from appliance.office.calls import Calls
from appliance.office.cashier import Cashier
from appliance.office.desk import credits as money
from appliance.office.desk import form, strip, view
from appliance.office.desk.days import since_words
from appliance.office.desk.figures import vnd
from appliance.office.desk.paper_view import PaperView, paper_view
from appliance.office.desk.ringing import Ringing, ringing
from appliance.office.desk.sight import Glass, glass_of
from appliance.office.desk.signs import Chip, Notice, Status
from appliance.office.desk.timeline import timeline_words
from appliance.office.desk.unread import UnreadRow, proven, unread_rows
from appliance.office.errors import NotFoundError
from appliance.office.events import Verdict
from appliance.office.ledger import Books
from appliance.office.order import Order
from appliance.office.parts import Parts
from appliance.office.payment import Payment, Place, State
from appliance.office.records import BookedCredit, CounterState
from appliance.office.reports.period import Period
from mqtt_schema.messages import Line
from mqtt_schema.types import Instant, Vnd

_SHORT_LIST = 7
BOOKED_WITHIN = timedelta(minutes=1)
"""A proven notification that is not in the ledger by then is shown to somebody."""


@dataclass(frozen=True)
class PaymentPage:
    """One payment and all that is said of it."""

    payment: Payment
    counter_name: str
    bank_check: Instant | None
    status: Status
    chip: Chip
    notices: Sequence[Notice]
    actions: view.Actions
    timeline: Sequence[tuple[str, Instant]]
    seconds_left: int | None
    is_scannable: bool
    paper: PaperView


@dataclass(frozen=True)
class SlipRow:
    """One slip that is not on paper yet: its payment, where and since when it waits, what may be done."""

    payment: Payment
    counter_name: str
    since: str
    paper: PaperView


@dataclass(frozen=True)
class Row:
    """One payment in a list."""

    payment: Payment
    chip: Chip
    counter_name: str


@dataclass(frozen=True)
class CreditRow:
    """One credit that needs somebody."""

    booked: BookedCredit
    chip: Chip
    advice: str


@dataclass(frozen=True)
class DayPage:
    """A day's payments, newest first, of one counter or of all; and its credits that need somebody.

    `slips` are those that wait for paper or for a human now, whatever day they are of. `unread` counts the day's
    notifications that nobody could read, `refused` those that were not proven.
    """

    day: date
    is_today: bool
    counter: str
    counters: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    credits: Sequence[CreditRow]
    collected: Vnd
    collected_count: int
    slips: Sequence[SlipRow]
    unread: int
    refused: int


@dataclass(frozen=True)
class UnreadPage:
    """A day's notifications that came to nothing."""

    day: date
    is_today: bool
    rows: Sequence[UnreadRow]


@dataclass(frozen=True)
class Aside:
    """What stands beside every page: the portal's dossiers, slips and credits that need somebody, the last payments."""

    dossiers: Sequence[Mapping[str, Any]]
    rows: Sequence[Row]
    total: int
    credits: Sequence[CreditRow]
    slips: Sequence[SlipRow]


@dataclass(frozen=True)
class Review:
    """What a clerk reads once more before creating: amounts in đồng, and what looks odd in sentences.

    `missing` is what its counter lacks: without insisting nothing is created.
    """

    order: Order
    lines: Sequence[Line]
    amount: Vnd
    counter_name: str
    oddities: Sequence[str]
    missing: Sequence[preflight.Missing]


class Desk:
    """The ledger, seen from the desk."""

    def __init__(self, parts: Parts) -> None:
        self._settings = parts.settings
        self._ledger = parts.ledger
        self._clock = parts.clock
        self._calls: Calls = parts.calls
        self._cashier: Cashier = parts.cashier

    def payment(self, payment_id: str) -> PaymentPage:
        """Look a payment up for its page. Raises `NotFoundError`."""
        now = self._clock.now()
        with self._ledger.read() as books:
            payment = books.payment(payment_id)
            if payment is None:
                raise NotFoundError("Không có khoản thu này. Có thể địa chỉ bị gõ thiếu.")
            around = self._around(books, payment, now)
            glasses = self._glasses(books, now)
            timeline = books.timeline(payment.id)
        paper = paper_view(payment, glasses, now, timeline)
        return PaymentPage(
            payment=payment,
            counter_name=around.counter_name,
            bank_check=payment.checked_at if payment.state is State.PENDING else None,
            status=view.status(payment, around),
            chip=view.chip(payment, now),
            notices=view.notices(payment, around),
            actions=view.actions(payment, around, paper.main),
            timeline=timeline_words(timeline, self._name),
            seconds_left=_seconds_left(payment, now),
            is_scannable=view.is_scannable(payment, now),
            paper=paper,
        )

    def _around(self, books: Books, payment: Payment, now: Instant) -> view.Surroundings:
        return view.Surroundings(
            now=now,
            glass=self._glass(payment.counter, books.counters(), now),
            pending=books.pending(payment.counter),
            credits=books.credits_of(payment.id),
            settle_s=self._settings.settle_s,
        )

    def day(self, counter: str, day: date | None) -> DayPage:
        """List a day, today if none is named; of one counter, or of all if it is empty."""
        now = self._clock.now()
        today = Period.of(now)
        wanted = Period(day, day) if day else today
        with self._ledger.read() as books:
            payments = books.payments(wanted.opens_at, wanted.closes_at)
            needing = _needing(books, books.credits(wanted.opens_at, wanted.closes_at))
            open_slips = self._slips(books, now)
            unread = self._unread(books, wanted, now)
        mine = [payment for payment in payments if counter in {"", payment.counter}]
        paid = [payment for payment in mine if payment.state in {State.PAID, State.PAID_LATE}]
        return DayPage(
            day=wanted.start,
            is_today=wanted == today,
            counter=counter,
            counters=[(entry.id, entry.name) for entry in self._settings.counters],
            rows=self._rows(mine, now),
            credits=needing,
            collected=Vnd(sum(payment.amount for payment in paid)),
            collected_count=len(paid),
            slips=[row for row in open_slips if counter in {"", row.payment.slip_counter}],
            unread=proven(unread),
            refused=len(unread) - proven(unread),
        )

    def unread(self, day: date | None) -> UnreadPage:
        """A day's notifications that came to nothing, today's if no day is named."""
        now = self._clock.now()
        today = Period.of(now)
        wanted = Period(day, day) if day else today
        with self._ledger.read() as books:
            return UnreadPage(wanted.start, wanted == today, self._unread(books, wanted, now))

    def _unread(self, books: Books, day: Period, now: Instant) -> list[UnreadRow]:
        return unread_rows(books.unread(day.opens_at, day.closes_at, now - BOOKED_WITHIN))

    def aside(self) -> Aside:
        """What stands beside every page."""
        now = self._clock.now()
        today = Period.of(now)
        with self._ledger.read() as books:
            payments = books.payments(today.opens_at, today.closes_at)
            needing = _needing(books, books.credits(today.opens_at, today.closes_at))
            dossiers = books.open_dossiers()
            open_slips = self._slips(books, now)
        return Aside(dossiers, self._rows(payments, now)[:_SHORT_LIST], len(payments), needing, open_slips)

    def frame(self) -> dict[str, Any]:
        """What stands around every page."""
        return {"aside": self.aside(), "strip": self.strip(), "calls": self.calls()}

    def strip(self) -> list[strip.CounterCard]:
        """The office's counters."""
        now = self._clock.now()
        with self._ledger.read() as books:
            glasses, pending = self._glasses(books, now), books.pending()
        return [strip.counter_card(glass, pending, now) for glass in glasses]

    def calls(self) -> list[Ringing]:
        """Who calls for a human now."""
        calls = self._calls.ringing()
        with self._ledger.read() as books:
            payments = [books.payment(call.payment) if call.payment else None for call in calls]
        named = zip(calls, payments, strict=True)
        return [ringing(call, self._name(call.counter), payment) for call, payment in named]

    def dossier(self, number: str) -> Mapping[str, Any]:
        """A dossier of the portal. Raises `NotFoundError`."""
        with self._ledger.read() as books:
            sent = books.dossier(number)
        if sent is None:
            raise NotFoundError("Cổng dịch vụ công chưa gửi hồ sơ này.")
        return sent

    def is_from_portal(self, lines: Sequence[Line]) -> bool:
        """Whether one of these dossiers is waiting here for the portal."""
        with self._ledger.read() as books:
            waiting = {dossier["number"] for dossier in books.open_dossiers()}
        return any(line.dossier in waiting for line in lines)

    def review(self, draft: form.Draft, order: Order, lines: Sequence[Line]) -> Review:
        """What the clerk reads once more before creating."""
        return Review(
            order=order,
            lines=lines,
            amount=Vnd(sum(line.amount for line in lines)),
            counter_name=self._name(order.counter),
            oddities=[*self._repeated(lines), *self._unusual(draft, lines), *self._busy(order.counter)],
            missing=self._cashier.missing(order.counter) if any(line.amount for line in lines) else (),
        )

    def _repeated(self, lines: Sequence[Line]) -> list[str]:
        now = self._clock.now()
        today = Period.of(now)
        numbers = {line.dossier for line in lines}
        with self._ledger.read() as books:
            others = books.payments(today.opens_at, today.closes_at)
        return [
            f"Hồ sơ {line.dossier} hôm nay đã có khoản {vnd(other.amount)}: {view.chip(other, now).word.lower()}."
            for other in others
            for line in other.lines[:1]
            if other.state not in {State.CANCELLED, State.EXPIRED} and numbers & {own.dossier for own in other.lines}
        ]

    def _unusual(self, draft: form.Draft, lines: Sequence[Line]) -> list[str]:
        usual = [form.usual_amount(line, self._settings) for line in draft.lines]
        return [
            f"{line.fee_name}: danh mục tính {vnd(price)}, ở đây ghi {vnd(line.amount)}."
            for line, price in zip(lines, usual, strict=True)
            if price is not None and price != line.amount
        ]

    def _busy(self, counter: str) -> list[str]:
        now = self._clock.now()
        with self._ledger.read() as books:
            pending = books.pending(counter)
        waiting = [p for p in pending if p.place is not Place.PARKED and not view.is_out_of_time(p, now)]
        if not waiting:
            return []
        return [f"{self._name(counter)} đang bận: khoản này sẽ đứng thứ {len(waiting)} trong hàng chờ."]

    def _slips(self, books: Books, now: Instant) -> list[SlipRow]:
        """The slips that wait for paper or a human. Not those just being printed, nor where no printer is fitted."""
        glasses = self._glasses(books, now)
        bare = {glass.state.id for glass in glasses if not glass.state.has_printer}
        return [
            SlipRow(payment, self._name(payment.slip_counter), since_words(payment.slip_at or now, now), seen)
            for payment in books.open_slips()
            if payment.slip_counter not in bare
            if (seen := paper_view(payment, glasses, now)).can_act
        ]

    def _glasses(self, books: Books, now: Instant) -> list[Glass]:
        heard = books.counters()
        return [self._glass(entry.id, heard, now) for entry in self._settings.counters]

    def _rows(self, payments: Sequence[Payment], now: Instant) -> list[Row]:
        return [Row(payment, view.chip(payment, now), self._name(payment.counter)) for payment in reversed(payments)]

    def _glass(self, counter: str, heard: Mapping[str, CounterState], now: Instant) -> Glass:
        return glass_of(self._settings, counter, heard, now)

    def _name(self, counter: str) -> str:
        entry = self._settings.counter(counter)
        return entry.name if entry else counter


def _seconds_left(payment: Payment, now: Instant) -> int | None:
    if payment.state is not State.PENDING or payment.expires_at is None:
        return None
    return max(0, int((payment.expires_at - now).total_seconds()))


def _needing(books: Books, booked: Sequence[BookedCredit]) -> list[CreditRow]:
    return [_credit_row(books, credit) for credit in reversed(booked) if credit.verdict is not Verdict.MATCHED]


def _credit_row(books: Books, booked: BookedCredit) -> CreditRow:
    payment = books.payment(booked.payment) if booked.payment else None
    return CreditRow(booked, money.chip(booked, payment), money.advice(booked, payment))
