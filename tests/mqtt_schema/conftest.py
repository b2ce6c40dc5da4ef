"""One message of every type, and keys to sign them with."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from mqtt_schema import emv_qr, signing
from mqtt_schema import messages as m
from mqtt_schema.types import Vnd

MORNING = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
PAYMENT = "0123456789abcdef0123456789abcdef"
REFERENCE = "HK7Q4M2X9AF"


def _request() -> m.PaymentRequest:
    beneficiary = m.Beneficiary(
        bin="970403", account="0011012345678", account_name="UBND phường Hoàn Kiếm", bank_name="Sacombank"
    )
    lines = (
        m.Line(
            dossier="H26.1-261122-0007",
            fee_code="CT-BS",
            fee_name="Chứng thực bản sao",
            quantity=5,
            amount=Vnd(7000),
            kind=m.FeeKind.PHI,
        ),
        m.Line(
            dossier="H26.1-261122-0008",
            fee_code="HT-TL",
            fee_name="Trích lục hộ tịch",
            amount=Vnd(8000),
            kind=m.FeeKind.LE_PHI,
        ),
    )
    payload = emv_qr.encode(bin="970403", account="0011012345678", amount=15000, memo=f"{REFERENCE} LE PHI")
    return m.PaymentRequest(
        payment=PAYMENT,
        reference=REFERENCE,
        lines=lines,
        channel=m.Channel.COUNTER,
        amount=Vnd(15000),
        beneficiary=beneficiary,
        payload=payload,
        expires_at=MORNING + timedelta(minutes=15),
    )


def _seen() -> m.Seen:
    return m.Seen(screen=m.ScreenName.CODE, payment=PAYMENT, amount=Vnd(15000), pixels="ab" * 32, painted_at=MORNING)


def _card() -> m.Card:
    return m.Card(
        card="chay-no",
        kind=m.CardKind.FIRE,
        vi=m.CardText(heading="Phòng cháy mùa khô", body=("Tắt bếp trước khi ra khỏi nhà.",)),
        en=m.CardText(heading="Fire safety", body=("Turn off the stove before you leave.",)),
        first_day=date(2026, 11, 1),
        last_day=date(2026, 12, 31),
    )


def _slip() -> m.Slip:
    return m.Slip(
        office="UBND phường Hoàn Kiếm",
        lines=_request().lines,
        amount=Vnd(15000),
        reference=REFERENCE,
        bank_reference="FT26253904002496",
        paid_at=MORNING,
        lookup="HK26-0007",
    )


_BODIES: tuple[m.Frozen, ...] = (
    _request(),
    m.PaymentCancellation(payment=PAYMENT),
    m.PaymentParking(payment=PAYMENT),
    m.PaymentResult(payment=PAYMENT, outcome=m.Outcome.PAID, amount=Vnd(15000), received=Vnd(15000), slip=_slip()),
    m.Reprint(payment=PAYMENT, slip=_slip(), asked_by="Nguyễn Thị Bình"),
    m.Ack(message=PAYMENT),
    m.Displayed(payment=PAYMENT, amount=Vnd(15000), payload=_request().payload, painted_at=MORNING),
    m.PaymentRefused(payment=PAYMENT, field="beneficiary"),
    m.Trouble(kind="malformed", detail="body.type: not one of ours"),
    m.ReceiptReport(payment=PAYMENT, outcome=m.SlipOutcome.POSSIBLY_PRINTED, reason="mất điện giữa chừng"),
    m.CounterStatus(is_online=True, born_at=MORNING, printer=m.PrinterStatus.PAPER_LOW, seen=_seen()),
    m.HelpAsked(kind=m.HelpKind.NO_PHONE, payment=PAYMENT, language="en"),
    m.PaymentPreparing(),
    m.PaymentChecking(payment=PAYMENT),
    m.PaymentWaived(payment=PAYMENT),
    m.Cards(cards=(_card(),)),
    m.SlipWanted(payment=PAYMENT, slip=_slip(), asked_by="Nguyễn Thị Bình"),
    m.SlipRelease(payment=PAYMENT),
    m.SlipReleased(payment=PAYMENT, is_released=True),
    m.TrialWanted(asked_by="Nguyễn Thị Bình"),
    m.DayEndWanted(asked_by="Nguyễn Thị Bình"),
    m.TrialReport(outcome=m.SlipOutcome.NOT_PRINTED, reason="Máy in hết giấy"),
    m.TrialReport(outcome=m.SlipOutcome.PRINTED, page="day_end"),
    m.TimeAsked(nonce=PAYMENT),
    m.TimeTold(nonce=PAYMENT, at=MORNING),
    m.TrafficReport(heard=17, missing=(19, 21), said=4),
    m.FleetOrders(document="{}"),
    m.CounterInfo(software="0.1.0", display="7 inch 800x480", printer="576 dots"),
)


@pytest.fixture(scope="session")
def request_of_two_lines() -> m.PaymentRequest:
    return _request()


@pytest.fixture(scope="session")
def bodies() -> Mapping[type[m.Frozen], m.Frozen]:
    """One body of every type."""
    return {type(body): body for body in _BODIES}


@pytest.fixture(scope="session")
def envelopes() -> Mapping[type[m.Frozen], m.Envelope]:
    """One whole message of every type, for counter-1 of hoan-kiem."""
    return {
        type(body): m.Envelope.model_validate(
            {
                "id": f"{number:032x}",
                "site": "hoan-kiem",
                "counter": "counter-1",
                "sequence": number,
                "issued_at": MORNING,
                "body": body,
            }
        )
        for number, body in enumerate(_BODIES, 1)
    }


@pytest.fixture(scope="session")
def office_key() -> signing.SigningKey:
    return signing.new_key("office-2026")


@pytest.fixture(scope="session")
def believed(office_key: signing.SigningKey) -> signing.VerifyingKeys:
    return signing.read_public([signing.public_jwk(office_key)])
