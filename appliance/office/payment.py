"""Pure: one payment of the office, as a state machine over events that carry their time.

Rules of the house:

1. Only a credit of the whole amount makes a payment *paid*. Less is *underpaid*, more *overpaid*; no tolerance.
2. *Expired* and *cancelled* are final: money that arrives later is *late* and waits for a clerk.
3. A pending payment stands in one `Place`: waiting for its counter, offered, shown, refused by the counter, or parked.
4. A code may be paid until `expires_at`; the bank's word may arrive `settle_s` later and still count.
5. An event that does not fit leaves the payment as it is and returns a `Report`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from appliance.office.credit import Credit
from appliance.office.events import (
    Book,
    CancelAsked,
    CopyAsked,
    CreditArrived,
    Effect,
    Event,
    Note,
    Offered,
    ParkAsked,
    RefusedByCounter,
    Report,
    ResumeAsked,
    Shown,
    SlipReported,
    Tell,
    TellSource,
    Tick,
    Verdict,
)
from mqtt_schema.messages import (
    Beneficiary,
    Channel,
    Line,
    Outcome,
    PaymentCancellation,
    PaymentParking,
    PaymentRequest,
    PaymentResult,
    Reprint,
    Slip,
    SlipOutcome,
)
from mqtt_schema.text import nfc
from mqtt_schema.types import Instant, Vnd

NOTHING = Vnd(0)


class State(StrEnum):
    """What has become of a payment."""

    PENDING = "pending"
    WAIVED = "waived"
    PAID = "paid"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PAID_LATE = "paid_late"


class Place(StrEnum):
    """Where a pending payment is."""

    WAITING = "waiting"
    OFFERED = "offered"
    SHOWN = "shown"
    REFUSED = "refused"
    PARKED = "parked"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Payment:
    """One payment: its lines, its money, its place. `version` counts its steps; amounts in đồng.

    `payload` is empty and `expires_at` None for a waived payment; `expires_at` is None until the code was offered.
    """

    id: str
    reference: str
    counter: str
    clerk: str
    channel: Channel
    source: str
    lines: tuple[Line, ...]
    amount: Vnd
    beneficiary: Beneficiary
    payload: str
    created_at: Instant
    payer: str | None = None
    waiver_reason: str | None = None
    state: State = State.PENDING
    place: Place = Place.WAITING
    refused_field: str | None = None
    expires_at: Instant | None = None
    received: Vnd = NOTHING
    paid_at: Instant | None = None
    bank_reference: str | None = None
    slip: SlipOutcome | None = None
    slip_reason: str = ""
    version: int = 0


@dataclass(frozen=True)
class Terms:
    """What the office was told: its name on slips, and how long codes live (seconds)."""

    office: str
    payment_valid_s: int
    settle_s: int


@dataclass(frozen=True)
class Step:
    """The next state, and what is to be done."""

    payment: Payment
    effects: tuple[Effect, ...] = ()

    @property
    def objection(self) -> str | None:
        """Why nothing happened, in words, or None."""
        return next((effect.text for effect in self.effects if isinstance(effect, Report)), None)


def open_payment(payment: Payment) -> Step:
    """Begin: a payment of zero is waived at once (its reason was checked before), any other waits for its counter."""
    if payment.amount == 0:
        waived = replace(payment, state=State.WAIVED, place=Place.NOWHERE, payload="")
        return Step(waived, (Note("created"), Note("waived"), TellSource()))
    return Step(payment, (Note("created"),))


def step(payment: Payment, event: Event, terms: Terms) -> Step:
    """Take one event. Never raises for what the world may do wrong."""
    match event:
        case Offered(at=at):
            return _offered(payment, at, terms)
        case Shown():
            return _shown(payment)
        case RefusedByCounter(field=field):
            return _refused(payment, field)
        case ParkAsked():
            return _park(payment)
        case ResumeAsked(at=at):
            return _resume(payment, at)
        case CancelAsked():
            return _cancel(payment)
        case CreditArrived(at=at, credit=credit):
            return _credit(payment, at, credit, terms)
        case SlipReported():
            return _slip(payment, event)
        case CopyAsked(clerk=clerk):
            return _copy(payment, clerk, terms)
        case Tick(at=at):
            return _tick(payment, at, terms)
        case never:
            assert_never(never)


def closes_at(payment: Payment, terms: Terms) -> Instant | None:
    """When a pending payment expires for good, or None while no code was offered."""
    if payment.state is not State.PENDING or payment.expires_at is None:
        return None
    return payment.expires_at + timedelta(seconds=terms.settle_s)


def holds_glass(payment: Payment, at: Instant) -> bool:
    """Say whether this payment has its counter's glass: offered, shown or refused, and its code still valid."""
    on_it = payment.place in {Place.OFFERED, Place.SHOWN, Place.REFUSED}
    return payment.state is State.PENDING and on_it and payment.expires_at is not None and at < payment.expires_at


def next_in_turn(line: Sequence[Payment], at: Instant) -> Payment | None:
    """Whom a counter may be offered now, of all its pending payments: the longest waiting one, if the glass is free."""
    if any(holds_glass(payment, at) for payment in line):
        return None
    waiting = [payment for payment in line if _waits(payment, at)]
    return min(waiting, key=lambda payment: (payment.created_at, payment.id), default=None)


def _waits(payment: Payment, at: Instant) -> bool:
    is_valid = payment.expires_at is None or at < payment.expires_at
    return payment.state is State.PENDING and payment.place is Place.WAITING and is_valid


def request(payment: Payment) -> PaymentRequest:
    """The job for the counter. Raises `ValueError` when no code was offered yet."""
    if payment.expires_at is None:
        raise ValueError("a code that was not offered has no expiry")
    return PaymentRequest(
        payment=payment.id,
        reference=payment.reference,
        lines=payment.lines,
        channel=payment.channel,
        amount=payment.amount,
        beneficiary=payment.beneficiary,
        payload=payment.payload,
        expires_at=payment.expires_at,
    )


def slip(payment: Payment, terms: Terms) -> Slip:
    """What stands on the slip of a paid payment. The lookup code is the reference: ours, and there from the start.

    Raises `ValueError` when the payment is not paid.
    """
    if payment.paid_at is None:
        raise ValueError("only a paid payment has a slip")
    return Slip(
        office=terms.office,
        lines=payment.lines,
        amount=payment.amount,
        reference=payment.reference,
        # A bank may call its transfer anything, even nothing that can be printed; money is paid all the same.
        bank_reference=nfc(payment.bank_reference or "")[:200] or None,
        paid_at=payment.paid_at,
        lookup=payment.reference,
    )


def _no(payment: Payment, text: str) -> Step:
    return Step(payment, (Report(text),))


def _moved(payment: Payment, *effects: Effect, **changes: object) -> Step:
    return Step(replace(payment, **changes), effects)  # type: ignore[arg-type]  # the callers name real fields


def _offered(payment: Payment, at: Instant, terms: Terms) -> Step:
    if payment.state is not State.PENDING or payment.place is not Place.WAITING:
        return _no(payment, "Khoản thu này không còn chờ quầy")
    expires_at = payment.expires_at or at + timedelta(seconds=terms.payment_valid_s)
    if at >= expires_at:
        return _no(payment, "Mã đã hết hạn, hãy tạo mã mới")
    offered = replace(payment, place=Place.OFFERED, expires_at=expires_at)
    return Step(offered, (Tell(request(offered)),))


def _shown(payment: Payment) -> Step:
    if payment.state is not State.PENDING or payment.place is not Place.OFFERED:
        return _no(payment, "Quầy báo đã hiện một mã không còn chờ hiện")
    return _moved(payment, Note("displayed"), place=Place.SHOWN)


def _refused(payment: Payment, field: str) -> Step:
    if payment.state is not State.PENDING or payment.place is not Place.OFFERED:
        return _no(payment, "Quầy từ chối một mã không còn chờ hiện")
    return _moved(payment, Note("refused"), place=Place.REFUSED, refused_field=field)


def _park(payment: Payment) -> Step:
    if payment.state is not State.PENDING or payment.place not in {Place.OFFERED, Place.SHOWN}:
        return _no(payment, "Chỉ tạm gác được mã đang hiện ở quầy")
    return _moved(payment, Tell(PaymentParking(payment=payment.id)), Note("parked"), place=Place.PARKED)


def _resume(payment: Payment, at: Instant) -> Step:
    if payment.state is not State.PENDING or payment.place is not Place.PARKED:
        return _no(payment, "Chỉ hiện lại được mã đang tạm gác")
    if payment.expires_at is not None and at >= payment.expires_at:
        return _no(payment, "Mã đã hết hạn, hãy tạo mã mới")
    return _moved(payment, Note("resumed"), place=Place.WAITING)


def _cancel(payment: Payment) -> Step:
    if payment.state is not State.PENDING:
        return _no(payment, "Khoản thu đã kết thúc, không hủy được nữa")
    told = () if payment.place is Place.WAITING else (Tell(PaymentCancellation(payment=payment.id)),)
    return _moved(payment, *told, Note("cancelled"), state=State.CANCELLED, place=Place.NOWHERE)


def _credit(payment: Payment, at: Instant, credit: Credit, terms: Terms) -> Step:
    match payment.state:
        case State.PENDING:
            return _credit_in_time(payment, at, credit, terms)
        case State.EXPIRED | State.CANCELLED:
            return Step(payment, (Book(credit, Verdict.LATE), Note("late"), _result(payment, Outcome.LATE, credit)))
        case _:
            return Step(payment, (Book(credit, Verdict.SURPLUS), Note("surplus")))


def _credit_in_time(payment: Payment, at: Instant, credit: Credit, terms: Terms) -> Step:
    received = replace(payment, received=credit.amount, place=Place.NOWHERE, bank_reference=credit.bank_reference)
    if credit.amount < payment.amount:
        short = replace(received, state=State.UNDERPAID)
        return Step(short, (Book(credit, Verdict.HELD), Note("underpaid"), _result(short, Outcome.UNDERPAID, credit)))
    if credit.amount > payment.amount:
        over = replace(received, state=State.OVERPAID)
        return Step(over, (Book(credit, Verdict.HELD), Note("overpaid"), _result(over, Outcome.OVERPAID, credit)))
    paid = replace(received, state=State.PAID, paid_at=at)
    told = PaymentResult(
        payment=paid.id, outcome=Outcome.PAID, amount=paid.amount, received=credit.amount, slip=slip(paid, terms)
    )
    return Step(paid, (Book(credit, Verdict.MATCHED), Note("paid"), Tell(told), TellSource()))


def _result(payment: Payment, outcome: Outcome, credit: Credit) -> Tell:
    return Tell(PaymentResult(payment=payment.id, outcome=outcome, amount=payment.amount, received=credit.amount))


def _slip(payment: Payment, event: SlipReported) -> Step:
    milestone = "copy_" + event.outcome.value if event.is_copy else event.outcome.value
    if event.is_copy:
        return Step(payment, (Note(milestone),))
    return _moved(payment, Note(milestone), slip=event.outcome, slip_reason=event.reason)


def _copy(payment: Payment, clerk: str, terms: Terms) -> Step:
    if payment.paid_at is None:
        return _no(payment, "Chỉ in lại được phiếu của khoản đã nhận tiền")
    again = Reprint(payment=payment.id, slip=slip(payment, terms), asked_by=clerk)
    return Step(payment, (Tell(again), Note("copy_asked")))


def _tick(payment: Payment, at: Instant, terms: Terms) -> Step:
    deadline = closes_at(payment, terms)
    if deadline is None or at < deadline:
        return Step(payment)
    return _moved(payment, Note("expired"), state=State.EXPIRED, place=Place.NOWHERE)
