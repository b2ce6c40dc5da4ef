from dataclasses import replace
from datetime import UTC, datetime

import pytest

from appliance.office.desk.ringing import ringing
from appliance.office.payment import Payment, Place, State
from appliance.office.records import Call
from mqtt_schema.messages import Beneficiary, Channel, HelpKind
from mqtt_schema.types import Vnd

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
CALL = Call(1, "quay-3", HelpKind.NO_PHONE, "1" * 32, "vi", NOW)
PAYMENT = Payment(
    id="1" * 32,
    reference="HK7Q4M2X9AF",
    counter="quay-3",
    clerk="Bình",
    channel=Channel.COUNTER,
    source="desk",
    lines=(),
    amount=Vnd(35000),
    beneficiary=Beneficiary(bin="970403", account="0011", account_name="UBND", bank_name="Sacombank"),
    payload="0002",
    created_at=NOW,
    place=Place.SHOWN,
)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (HelpKind.HELP, "Quầy 3: có người cần giúp"),
        (HelpKind.NO_PHONE, "Quầy 3: có người không có điện thoại"),
        (HelpKind.MORE_TIME, "Quầy 3: có người cần thêm thời gian"),
    ],
)
def test_a_call_says_who_needs_what(kind: HelpKind, sentence: str) -> None:
    assert ringing(replace(CALL, kind=kind), "Quầy 3", None).sentence == sentence
    assert ringing(replace(CALL, kind=kind, language="en"), "Quầy 3", None).detail == "nói tiếng Anh"


def test_who_has_no_phone_can_be_paid_for_at_once() -> None:
    on_glass = ringing(CALL, "Quầy 3", PAYMENT)
    assert (on_glass.payment, on_glass.on_behalf) == (PAYMENT.id, f"/desk/payments/{PAYMENT.id}?on_behalf=1")
    for over in (None, replace(PAYMENT, state=State.EXPIRED), replace(PAYMENT, place=Place.REFUSED)):
        assert ringing(CALL, "Quầy 3", over).on_behalf == "/desk?counter=quay-3&on_behalf=1"
    assert ringing(replace(CALL, kind=HelpKind.HELP), "Quầy 3", PAYMENT).on_behalf == ""
