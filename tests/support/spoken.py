"""What an office says to its counter, ready made. Fixtures will not do: state machines of hypothesis know none."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

from appliance.counter.session import Rules
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
    number: int = 1, *, amount: int = 35_000, expires_s: float = 300, beneficiary: m.Beneficiary = OURS
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
    )


def forged(field: Literal["crc", "beneficiary", "amount", "reference"], number: int = 1) -> m.PaymentRequest:
    """A request whose code disagrees with its job in one field, as no honest office could make it."""
    honest = request(number)
    match field:
        case "crc":
            return honest.model_copy(update={"payload": honest.payload[:-1] + "X"})
        case "beneficiary":
            return honest.model_copy(update={"payload": request(number, beneficiary=THEIRS).payload})
        case "amount":
            return honest.model_copy(update={"payload": request(number, amount=350_000).payload})
        case "reference":
            return honest.model_copy(update={"payload": request(number + 1).payload})


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


def reprint(number: int = 1) -> m.Reprint:
    return m.Reprint(payment=payment(number), slip=slip(number), asked_by="Nguyễn Thị Bình")


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
