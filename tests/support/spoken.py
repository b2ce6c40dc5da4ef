"""What an office says to its counter, ready made, and as the events that it becomes there.

Fixtures will not do: state machines of hypothesis know none.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from appliance.counter.events import (
    CancelledByClerk,
    CheckedByClerk,
    CopyAsked,
    ParkedByClerk,
    PrintEnded,
    PrintStarted,
    ReleasedByClerk,
    Requested,
    Resulted,
    Waived,
    WantedByClerk,
)
from appliance.counter.state import Rules
from mqtt_schema import emv_qr, reference
from mqtt_schema import messages as m
from mqtt_schema.types import Instant, Vnd

MORNING = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
"""Half past eight in Vietnam."""

SITE = "hoan-kiem"
COUNTER = "quay-1"

OURS = m.Beneficiary(bin="970403", account="0011012345678", account_name="UBND PHUONG HOAN KIEM", bank_name="Sacombank")
THEIRS = m.Beneficiary(bin="970436", account="9999999999", account_name="NGUYEN VAN CUOP", bank_name="Vietcombank")
RULES = Rules(beneficiaries=(OURS,))


def at(seconds: float) -> Instant:
    """So many seconds after the counter opened."""
    return MORNING + timedelta(seconds=seconds)


def payment(number: int) -> str:
    return f"{number:032x}"


def memo(number: int) -> str:
    """The reference of payment `number`."""
    return reference.make("HK", [number // 31**place % 31 for place in range(8)])


def lines(amount: int = 35_000) -> tuple[m.Line, ...]:
    return (
        m.Line(
            dossier="H26.1-261122-0007",
            fee_code="CT-BS",
            fee_name="Chứng thực bản sao từ bản chính",
            amount=Vnd(amount),
            kind=m.FeeKind.PHI,
        ),
    )


def request(
    number: int = 1,
    *,
    amount: int = 35_000,
    expires_s: float = 300,
    beneficiary: m.Beneficiary = OURS,
    is_on_behalf: bool = False,
) -> m.PaymentRequest:
    payload = emv_qr.encode(bin=beneficiary.bin, account=beneficiary.account, amount=amount, memo=memo(number))
    return m.PaymentRequest(
        payment=payment(number),
        reference=memo(number),
        lines=lines(amount),
        channel=m.Channel.COUNTER,
        amount=Vnd(amount),
        beneficiary=beneficiary,
        payload=payload,
        expires_at=at(expires_s),
        is_on_behalf=is_on_behalf,
    )


Forgeable = Literal["crc", "beneficiary", "amount", "reference"]


def forged(field: Forgeable, number: int = 1, *, amount: int = 35_000, expires_s: float = 300) -> m.PaymentRequest:
    """A request whose code disagrees with its job in one field, as no honest office could make it."""
    honest = request(number, amount=amount, expires_s=expires_s)
    match field:
        case "crc":
            return honest.model_copy(update={"payload": honest.payload[:-1] + "X"})
        case "beneficiary":
            return honest.model_copy(update={"payload": request(number, amount=amount, beneficiary=THEIRS).payload})
        case "amount":
            return honest.model_copy(update={"payload": request(number, amount=10 * amount).payload})
        case "reference":
            return honest.model_copy(update={"payload": request(number + 1, amount=amount).payload})


def slip(number: int = 1, amount: int = 35_000) -> m.Slip:
    return m.Slip(
        office="UBND phường Hoàn Kiếm",
        lines=lines(amount),
        amount=Vnd(amount),
        reference=memo(number),
        bank_reference="FT26326092704",
        paid_at=MORNING,
        lookup="HK26-0007",
    )


def result(number: int = 1, outcome: m.Outcome = m.Outcome.PAID, amount: int = 35_000) -> m.PaymentResult:
    is_paid = outcome is m.Outcome.PAID
    return m.PaymentResult(
        payment=payment(number),
        outcome=outcome,
        amount=Vnd(amount),
        received=Vnd(amount if is_paid else amount - 1000),
        slip=slip(number, amount) if is_paid else None,
    )


def reprint(number: int = 1, amount: int = 35_000) -> m.Reprint:
    return m.Reprint(payment=payment(number), slip=slip(number, amount), asked_by="Nguyễn Thị Bình")


def cards(*names: str) -> m.Cards:
    """Cards of the office; a name is digits and small letters."""
    return m.Cards(
        cards=tuple(
            m.Card(
                card=name,
                kind=m.CardKind.FIRE,
                vi=m.CardText(heading="Phòng cháy mùa khô", body=("Tắt bếp trước khi ra khỏi nhà.",)),
                first_day=date(2026, 11, 1),
            )
            for name in names
        )
    )


def envelope(body: m.Body, sequence: int = 1, issued_s: float = 0, counter: str = COUNTER) -> m.Envelope:
    """A message as a reader holds it: it may carry a forged request."""
    told = {
        "id": uuid4().hex,
        "site": SITE,
        "counter": counter,
        "sequence": sequence,
        "issued_at": at(issued_s),
        "body": body,
    }
    return m.Envelope.model_validate(told, context=m.READING)


# The same words as events. `seconds` is when they arrive.


def requested(number: int = 1, sequence: int = 1, seconds: float = 0, **otherwise: Any) -> Requested:
    """A request; `otherwise` is whatever `request` takes."""
    return Requested(at(seconds), sequence, at(seconds), request(number, **otherwise))


def cancelled(number: int = 1, sequence: int = 9, seconds: float = 1) -> CancelledByClerk:
    return CancelledByClerk(at(seconds), sequence, payment(number))


def parked(number: int = 1, sequence: int = 9, seconds: float = 1) -> ParkedByClerk:
    return ParkedByClerk(at(seconds), sequence, payment(number))


def checked(number: int = 1, seconds: float = 1) -> CheckedByClerk:
    return CheckedByClerk(at(seconds), payment(number))


def waived(number: int = 1, sequence: int = 9, seconds: float = 1) -> Waived:
    return Waived(at(seconds), sequence, payment(number))


def resulted(
    number: int = 1, sequence: int = 9, seconds: float = 1, outcome: m.Outcome = m.Outcome.PAID, amount: int = 35_000
) -> Resulted:
    return Resulted(at(seconds), sequence, result(number, outcome, amount))


def copy_asked(number: int = 1, sequence: int = 20, amount: int = 35_000) -> CopyAsked:
    return CopyAsked(at(1), sequence, reprint(number, amount))


def wanted(number: int = 1, sequence: int = 30, seconds: float = 5, amount: int = 35_000) -> WantedByClerk:
    asked = m.SlipWanted(payment=payment(number), slip=slip(number, amount), asked_by="Nguyễn Thị Bình")
    return WantedByClerk(at(seconds), sequence, asked)


def released(number: int = 1, sequence: int = 31, seconds: float = 5) -> ReleasedByClerk:
    return ReleasedByClerk(at(seconds), sequence, payment(number))


def begun(number: int = 1, *, is_copy: bool = False, seconds: float = 2) -> PrintStarted:
    return PrintStarted(at(seconds), payment(number), is_copy)


def ended(
    number: int = 1,
    outcome: m.SlipOutcome = m.SlipOutcome.PRINTED,
    *,
    is_copy: bool = False,
    reason: str = "",
    seconds: float = 3,
) -> PrintEnded:
    return PrintEnded(at(seconds), payment(number), is_copy, outcome, reason)
