"""Pure: one payment of the office, as a state machine over events that carry their time.

Rules of the house:

1. Only a credit of the whole amount makes a payment *paid*. Less is *underpaid*, more *overpaid*; no tolerance.
2. *Expired* and *cancelled* are final: money that arrives later is *late* and waits for a clerk.
3. A pending payment stands in one `Place`: waiting for its counter, offered, shown, refused by the counter, or parked.
4. A code may be paid until `expires_at`; the bank's word may arrive `settle_s` later and still count.
5. A citizen who asks for more time gets it so often as the terms say; after that a clerk is called.
6. A payment becomes one that the clerk makes on behalf in its own place in the line; its code stays the same.
7. A code waits while something is missing at its counter, unless a clerk insists.
8. What becomes of the slip stands in `slips`.
9. An event that does not fit leaves the payment as it is and returns a `Report`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from appliance.office import slips
from appliance.office.credit import Credit
from appliance.office.events import (
    Book,
    CancelAsked,
    CheckAsked,
    CopyAsked,
    CreditArrived,
    Event,
    InsistAsked,
    MoreTimeAsked,
    Note,
    Offered,
    OnBehalfAsked,
    ParkAsked,
    RefusedByCounter,
    ResumeAsked,
    Ring,
    Say,
    Shown,
    SlipConfirmed,
    SlipDropAsked,
    SlipHereAsked,
    SlipLetGo,
    SlipMoveAsked,
    SlipReported,
    Tell,
    TellSource,
    Tick,
    Verdict,
)
from appliance.office.outcome import Step, moved, objected
from appliance.office.spoken import request, result, slip
from appliance.office.state import NOTHING, Payment, Place, State, Terms
from mqtt_schema.messages import (
    HelpKind,
    Outcome,
    PaymentCancellation,
    PaymentChecking,
    PaymentParking,
    PaymentWaived,
)
from mqtt_schema.types import Instant

__all__ = ["NOTHING", "Payment", "Place", "State", "Step", "Terms", "open_payment", "request", "slip", "step"]


def open_payment(payment: Payment) -> Step:
    """Begin: a payment of zero is waived at once (its reason was checked before), any other waits for its counter."""
    if payment.amount == 0:
        waived = replace(payment, state=State.WAIVED, place=Place.NOWHERE, payload="")
        told = Tell(PaymentWaived(payment=waived.id))
        return Step(waived, (Note("created"), Note("waived"), told, TellSource()))
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
        case CheckAsked(at=at):
            return _check(payment, at)
        case MoreTimeAsked(at=at):
            return _more_time(payment, at, terms)
        case OnBehalfAsked(at=at, payer=payer):
            return _on_behalf(payment, at, payer, terms)
        case CreditArrived(at=at, credit=credit):
            return _credit(payment, at, credit, terms)
        case InsistAsked(clerk=clerk):
            return _insist(payment, clerk)
        case (
            SlipReported()
            | SlipHereAsked()
            | SlipMoveAsked()
            | SlipDropAsked()
            | SlipLetGo()
            | SlipConfirmed()
            | CopyAsked()
        ):
            return slips.step(payment, event, terms)
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


def next_in_turn(line: Sequence[Payment], at: Instant, *, is_fresh: bool = True) -> Payment | None:
    """Whom a counter may be offered now, of all its pending payments: the longest waiting one, if the glass is free.

    Where something is missing (not `is_fresh`), only those that a clerk insists on.
    """
    if any(holds_glass(payment, at) for payment in line):
        return None
    waiting = [payment for payment in line if _waits(payment, at) and (is_fresh or payment.is_insisted)]
    return min(waiting, key=lambda payment: (payment.created_at, payment.id), default=None)


def _waits(payment: Payment, at: Instant) -> bool:
    is_valid = payment.expires_at is None or at < payment.expires_at
    return payment.state is State.PENDING and payment.place is Place.WAITING and is_valid


def _offered(payment: Payment, at: Instant, terms: Terms) -> Step:
    if payment.state is not State.PENDING or payment.place is not Place.WAITING:
        return objected(payment, "Khoản thu này không còn chờ quầy")
    expires_at = payment.expires_at or at + timedelta(seconds=terms.payment_valid_s)
    if at >= expires_at:
        return objected(payment, "Mã đã hết hạn, hãy tạo mã mới")
    starts_at = payment.starts_at or at
    offered = replace(payment, place=Place.OFFERED, starts_at=starts_at, expires_at=expires_at)
    return Step(offered, (Tell(request(offered, terms)),))


def _shown(payment: Payment) -> Step:
    if payment.state is State.PENDING and payment.place is Place.SHOWN:
        return Step(payment)  # painted again: with more time
    if payment.state is not State.PENDING or payment.place is not Place.OFFERED:
        return objected(payment, "Quầy báo đã hiện một mã không còn chờ hiện")
    return moved(payment, Note("displayed"), place=Place.SHOWN)


def _refused(payment: Payment, field: str) -> Step:
    if payment.state is not State.PENDING or payment.place is not Place.OFFERED:
        return objected(payment, "Quầy từ chối một mã không còn chờ hiện")
    return moved(payment, Note("refused"), place=Place.REFUSED, refused_field=field)


def _park(payment: Payment) -> Step:
    if payment.state is not State.PENDING or payment.place not in {Place.OFFERED, Place.SHOWN}:
        return objected(payment, "Chỉ tạm gác được mã đang hiện ở quầy")
    return moved(payment, Tell(PaymentParking(payment=payment.id)), Note("parked"), place=Place.PARKED)


def _resume(payment: Payment, at: Instant) -> Step:
    if payment.state is not State.PENDING or payment.place is not Place.PARKED:
        return objected(payment, "Chỉ hiện lại được mã đang tạm gác")
    if payment.expires_at is not None and at >= payment.expires_at:
        return objected(payment, "Mã đã hết hạn, hãy tạo mã mới")
    return moved(payment, Note("resumed"), place=Place.WAITING)


def _insist(payment: Payment, clerk: str) -> Step:
    if payment.state is not State.PENDING or payment.place is not Place.WAITING:
        return objected(payment, "Khoản thu này không còn chờ quầy")
    return moved(payment, Note("insisted", clerk), is_insisted=True)


def _cancel(payment: Payment) -> Step:
    if payment.state is not State.PENDING:
        return objected(payment, "Khoản thu đã kết thúc, không hủy được nữa")
    told = () if payment.place is Place.WAITING else (Tell(PaymentCancellation(payment=payment.id)),)
    return moved(payment, *told, Note("cancelled"), state=State.CANCELLED, place=Place.NOWHERE)


def _check(payment: Payment, at: Instant) -> Step:
    if payment.place is not Place.SHOWN or not holds_glass(payment, at):
        return objected(payment, "Chỉ kiểm tra với ngân hàng được khi mã đang hiện ở quầy")
    return moved(payment, Say(PaymentChecking(payment=payment.id)), Note("checking"), checked_at=at)


def _more_time(payment: Payment, at: Instant, terms: Terms) -> Step:
    """The citizen needs longer. The code that stands there lives on, with the same content."""
    if payment.state is not State.PENDING or payment.place not in {Place.OFFERED, Place.SHOWN}:
        return objected(payment, "Xin thêm thời gian cho một mã không còn ở quầy")
    if not holds_glass(payment, at) or payment.expires_at is None or payment.extensions >= terms.extensions:
        return Step(payment, (Ring(HelpKind.MORE_TIME),))
    expires_at = max(payment.expires_at, at + timedelta(seconds=terms.payment_valid_s))
    longer = replace(payment, expires_at=expires_at, extensions=payment.extensions + 1)
    return Step(longer, (Tell(request(longer, terms)), Note("extended")))


def _on_behalf(payment: Payment, at: Instant, payer: str, terms: Terms) -> Step:
    """The clerk pays for the citizen: the code leaves the glass, where it would only confuse."""
    if payment.state is not State.PENDING or payment.place is Place.REFUSED or payment.is_on_behalf:
        return objected(payment, "Khoản thu này không chuyển sang nộp thay được")
    asked = replace(payment, is_on_behalf=True, payer=payer)
    if not holds_glass(payment, at):
        return Step(asked, (Note("on_behalf"),))
    offered = replace(asked, place=Place.OFFERED)
    # A counter takes the same payment with other content only after it was taken off its glass.
    away, back = Tell(PaymentParking(payment=payment.id)), Tell(request(offered, terms))
    return Step(offered, (away, back, Note("on_behalf")))


def _credit(payment: Payment, at: Instant, credit: Credit, terms: Terms) -> Step:
    match payment.state:
        case State.PENDING:
            return _credit_in_time(payment, at, credit, terms)
        case State.EXPIRED | State.CANCELLED:
            return Step(
                payment, (Book(credit, Verdict.LATE), Note("late"), _told(payment, Outcome.LATE, credit, terms))
            )
        case _:
            return Step(payment, (Book(credit, Verdict.SURPLUS), Note("surplus")))


def _credit_in_time(payment: Payment, at: Instant, credit: Credit, terms: Terms) -> Step:
    received = replace(payment, received=credit.amount, place=Place.NOWHERE, bank_reference=credit.bank_reference)
    if credit.amount < payment.amount:
        short = replace(received, state=State.UNDERPAID)
        return Step(
            short, (Book(credit, Verdict.HELD), Note("underpaid"), _told(short, Outcome.UNDERPAID, credit, terms))
        )
    if credit.amount > payment.amount:
        over = replace(received, state=State.OVERPAID)
        return Step(over, (Book(credit, Verdict.HELD), Note("overpaid"), _told(over, Outcome.OVERPAID, credit, terms)))
    mine = payment.counter
    paid = replace(received, state=State.PAID, paid_at=at, slip_at=at, slip_counter=mine, slip_asked=(mine,))
    told = _told(paid, Outcome.PAID, credit, terms)
    return Step(paid, (Book(credit, Verdict.MATCHED), Note("paid"), told, TellSource()))


def _told(payment: Payment, outcome: Outcome, credit: Credit, terms: Terms) -> Tell:
    return Tell(result(payment, outcome, credit, terms))


def _tick(payment: Payment, at: Instant, terms: Terms) -> Step:
    deadline = closes_at(payment, terms)
    if deadline is None or at < deadline:
        return Step(payment)
    return moved(payment, Note("expired"), state=State.EXPIRED, place=Place.NOWHERE)
