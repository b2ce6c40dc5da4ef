from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from appliance.office.payment import Payment, State
from appliance.office.reports.fees import FeeSum
from appliance.office.reports.period import Period
from appliance.office.reports.remittance import Remittance, remit
from appliance.settings import OfficeSettings
from mqtt_schema.messages import FeeKind, Line
from mqtt_schema.types import Vnd

DAY = Period(date(2026, 11, 22), date(2026, 11, 22))

COPY = Line(dossier="H26.1-261122-0001", fee_code="CT-BS", fee_name="Chứng thực", amount=Vnd(6000), kind=FeeKind.PHI)
STATUS = Line(dossier="H26.1-261122-0002", fee_code="HT-XN", fee_name="Hôn nhân", amount=Vnd(3000), kind=FeeKind.LE_PHI)
Make = Callable[..., Payment]


def free(name: str, amount: int, code: str = "KHAC") -> Line:
    return Line(dossier="H26.1-261122-0003", fee_code=code, fee_name=name, amount=Vnd(amount), kind=FeeKind.LE_PHI)


def fee(remittance: Remittance, code: str) -> FeeSum:
    return next(fee for fee in remittance.fees if fee.code == code)


def test_lines_of_one_fee_add_up_over_payments_and_dossiers(
    make_payment: Make, office_settings: OfficeSettings
) -> None:
    payments = [make_payment(State.PAID, COPY, STATUS), make_payment(State.PAID, COPY)]
    remittance = remit(payments, DAY, office_settings)
    copies = fee(remittance, "CT-BS")
    assert (copies.amount, copies.times, copies.dossiers) == (12000, 2, 1)
    assert remittance.total == remittance.paid == 15000
    assert (remittance.payments, remittance.dossiers) == (2, 2)


def test_chapter_and_sub_item_come_from_the_catalogue(make_payment: Make, office_settings: OfficeSettings) -> None:
    fees = [fee.model_copy(update={"chapter": "123", "sub_item": "4567"}) for fee in office_settings.fees]
    office = office_settings.model_copy(update={"fees": fees})
    copies = fee(remit([make_payment(State.PAID, COPY)], DAY, office), "CT-BS")
    assert (copies.chapter, copies.sub_item, copies.is_listed) == ("123", "4567", True)
    assert copies.name == "Chứng thực bản sao từ bản chính"


def test_free_fees_stand_apart_by_their_names(make_payment: Make, office_settings: OfficeSettings) -> None:
    payments = [
        make_payment(State.PAID, free("In ấn", 1000), free("Sao chụp", 2000)),
        make_payment(State.PAID, free("In ấn", 500)),
    ]
    remittance = remit(payments, DAY, office_settings)
    assert {fee.name: fee.amount for fee in remittance.fees} == {"In ấn": 1500, "Sao chụp": 2000}


def test_a_fee_that_the_catalogue_forgot_is_listed_without_codes(
    make_payment: Make, office_settings: OfficeSettings
) -> None:
    remittance = remit([make_payment(State.PAID, free("Phí đã bãi bỏ", 4000, code="CU-01"))], DAY, office_settings)
    (forgotten,) = remittance.fees
    assert (forgotten.name, forgotten.chapter, forgotten.sub_item) == ("Phí đã bãi bỏ", "", "")
    assert not forgotten.is_listed
    assert remittance.total == 4000


def test_phi_stand_before_le_phi_then_the_catalogues_order_then_free_then_forgotten(
    make_payment: Make, office_settings: OfficeSettings
) -> None:
    signature = COPY.model_copy(update={"fee_code": "CT-CK"})
    lines = (free("Cũ", 1, code="CU-01"), free("Khác", 1), STATUS, signature, COPY)
    remittance = remit([make_payment(State.PAID, *lines)], DAY, office_settings)
    assert [fee.code for fee in remittance.fees] == ["CT-BS", "CT-CK", "HT-XN", "KHAC", "CU-01"]
    assert [fee.code for fee in remittance.of_kind(FeeKind.PHI)] == ["CT-BS", "CT-CK"]


def test_a_fee_that_was_charged_as_phi_and_as_le_phi_stands_under_both(
    make_payment: Make, office_settings: OfficeSettings
) -> None:
    payments = [make_payment(State.PAID, COPY, COPY.model_copy(update={"kind": FeeKind.LE_PHI}))]
    remittance = remit(payments, DAY, office_settings)
    assert [(fee.code, fee.kind) for fee in remittance.fees] == [("CT-BS", FeeKind.PHI), ("CT-BS", FeeKind.LE_PHI)]
    assert remittance.total == remittance.paid


def test_whoever_paid_late_has_paid(make_payment: Make, office_settings: OfficeSettings) -> None:
    assert remit([make_payment(State.PAID_LATE, COPY)], DAY, office_settings).total == 6000


@pytest.mark.parametrize("state", sorted(set(State) - {State.PAID, State.PAID_LATE}))
def test_nothing_but_a_paid_payment_is_remitted(
    state: State, make_payment: Make, office_settings: OfficeSettings
) -> None:
    remittance = remit([make_payment(state, COPY, received=Vnd(6000))], DAY, office_settings)
    assert (remittance.fees, remittance.total, remittance.paid) == ((), 0, 0)


def test_a_payment_counts_on_the_day_it_was_paid_not_on_the_day_it_was_made(
    make_payment: Make, office_settings: OfficeSettings
) -> None:
    next_day = Period(date(2026, 11, 23), date(2026, 11, 23))
    after_midnight = make_payment(State.PAID, COPY, paid_at=datetime(2026, 11, 22, 17, 0, 1, tzinfo=UTC))
    assert remit([after_midnight], DAY, office_settings).total == 0
    assert remit([after_midnight], next_day, office_settings).total == 6000


def test_waived_payments_of_the_period_are_counted(make_payment: Make, office_settings: OfficeSettings) -> None:
    nothing = COPY.model_copy(update={"amount": Vnd(0)})
    today = make_payment(State.WAIVED, nothing)
    yesterday = make_payment(State.WAIVED, nothing, created_at=DAY.opens_at - timedelta(hours=1))
    assert remit([today, yesterday], DAY, office_settings).waived == 1


def test_each_account_that_received_money_is_named_with_its_sum(
    make_payment: Make, office_settings: OfficeSettings
) -> None:
    elsewhere = office_settings.beneficiary.model_copy(update={"account": "999"})
    payments = [
        make_payment(State.PAID, COPY),
        make_payment(State.PAID, STATUS, beneficiary=elsewhere),
        make_payment(State.PAID, COPY),
    ]
    sources = remit(payments, DAY, office_settings).sources
    assert [(source.beneficiary.account, source.amount) for source in sources] == [
        (office_settings.beneficiary.account, 12000),
        ("999", 3000),
    ]


def test_an_empty_day_owes_nothing_from_the_offices_account(office_settings: OfficeSettings) -> None:
    remittance = remit([], DAY, office_settings)
    assert (remittance.total, remittance.payments, remittance.dossiers) == (0, 0, 0)
    assert [(source.beneficiary, source.amount) for source in remittance.sources] == [(office_settings.beneficiary, 0)]
