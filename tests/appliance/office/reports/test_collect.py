from collections import Counter
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from appliance.chain import groups
from appliance.clock import VirtualClock
from appliance.office.cashier import Cashier
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment
from appliance.office.reports import collect, tally
from appliance.office.reports.form import DISAGREES
from appliance.office.reports.period import Period
from appliance.settings import OfficeSettings
from mqtt_schema.money import in_words
from mqtt_schema.types import Vnd

DAY = Period(date(2026, 11, 22), date(2026, 11, 22))
Pay = Callable[..., None]


def said(raw: bytes) -> str:
    book: Any = load_workbook(BytesIO(raw), data_only=True)
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)


def credits_listed(raw: bytes) -> list[tuple[Any, ...]]:
    """Finding and reference of each credit."""
    sheet: Any = load_workbook(BytesIO(raw), data_only=True)["Báo có"]
    return [row[7:9] for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]


def test_what_was_paid_at_the_counter_stands_in_both_reports(
    create: Callable[..., Payment], pay: Pay, ledger: Ledger, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    payment = create(35000)
    pay(payment)
    raw = collect.reconciliation_of(ledger, office_settings, DAY, clock.now())
    reconciliation = said(raw)
    treasury = said(collect.treasury_of(ledger, office_settings, DAY, clock.now()))
    assert credits_listed(raw) == [(tally.MATCHED, payment.reference)]
    assert DISAGREES not in reconciliation + treasury
    assert "Ba mươi lăm nghìn đồng" in treasury


def test_money_that_comes_the_next_day_bears_the_reference_of_its_payment(
    create: Callable[..., Payment], pay: Pay, ledger: Ledger, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    payment = create(35000)
    clock.go_on(24 * 3600)
    pay(payment, 30000)
    raw = collect.reconciliation_of(ledger, office_settings, Period.of(clock.now()), clock.now())
    assert credits_listed(raw) == [(tally.HELD_SHORT, payment.reference)]
    assert "Trong kỳ không có khoản thu nào." in said(raw)


def test_money_for_nobody_is_listed(
    create: Callable[..., Payment], pay: Pay, ledger: Ledger, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    pay(create(35000), content="tien com trua", amount=1)
    assert "tien com trua" in said(collect.reconciliation_of(ledger, office_settings, DAY, clock.now()))


def books_of(raw: bytes) -> Any:
    return load_workbook(BytesIO(raw), data_only=True)


def listed(sheet: Any, column: int) -> list[Any]:
    """One column of a list's numbered rows."""
    return [row[column] for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]


@pytest.fixture
def three_days(
    create: Callable[..., Payment], cashier: Cashier, pay: Pay, clock: VirtualClock
) -> tuple[list[Payment], list[str]]:
    """Payments and credits around two midnights of Vietnam: all payments, and the bank's number of each credit."""
    payments: list[Payment] = []
    banks: list[str] = []

    def pays(payment: Payment, amount: int | None = None, **otherwise: object) -> None:
        banks.append(f"FT-{len(banks)}")
        pay(payment, amount, referenceCode=banks[-1], **otherwise)

    for _ in range(3):
        # Half past eight in the morning, and then the last minutes of the day.
        waived, cancelled = create(0, waiver_reason="Hộ nghèo"), create(11000)
        cashier.cancel(cancelled.id)
        short, over, exact, twice = (create(amount) for amount in (12000, 13000, 14000, 15000))
        pays(short, 11999)
        pays(over, 13001)
        pays(exact)
        pays(twice)
        pays(twice)
        pays(cancelled)
        pays(cancelled, 1, content="khong ro")
        payments += [waived, cancelled, short, over, exact, twice]
        clock.go_on(15.5 * 3600 - 60)
        at_night = create(16000)
        clock.go_on(61)
        pays(at_night)
        payments.append(at_night)
        clock.go_on(8.5 * 3600 - 1)
    return payments, banks


@pytest.mark.parametrize("days", [(22, 22), (23, 23), (24, 24), (25, 25), (22, 23), (22, 25)], ids=str)
def test_the_control_sums_hold_whatever_the_period(
    days: tuple[int, int],
    three_days: tuple[list[Payment], list[str]],
    ledger: Ledger,
    office_settings: OfficeSettings,
    clock: VirtualClock,
) -> None:
    period = Period(date(2026, 11, days[0]), date(2026, 11, days[1]))
    reconciliation = books_of(collect.reconciliation_of(ledger, office_settings, period, clock.now()))
    treasury = books_of(collect.treasury_of(ledger, office_settings, period, clock.now())).worksheets[0]
    amounts, found = (listed(reconciliation["Báo có"], column) for column in (6, 7))
    by_name = Counter[str]()
    for amount, name in zip(amounts, found, strict=True):
        by_name[name] += amount
    assert sum(by_name.values()) == sum(amounts)
    assert set(by_name) <= set(tally.FINDINGS)
    taken = [amount for amount in listed(reconciliation["Khoản thu"], 9) if amount is not None]
    assert sum(taken) == by_name[tally.MATCHED]
    lines = [amount for amount in listed(treasury, 4) if amount is not None]
    assert sum(lines) == sum(taken)
    assert DISAGREES not in "".join(map(str, reconciliation["Tổng hợp"].values))
    assert f"Tổng số tiền bằng chữ: {in_words(Vnd(sum(taken)))}." in [row[0] for row in treasury.values]


def test_over_all_days_every_credit_stands_in_exactly_one_report(
    three_days: tuple[list[Payment], list[str]], ledger: Ledger, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    _, banks = three_days
    seen: list[str] = []
    for day in range(20, 28):
        period = Period(date(2026, 11, day), date(2026, 11, day))
        raw = collect.reconciliation_of(ledger, office_settings, period, clock.now())
        seen += listed(books_of(raw)["Báo có"], 4)
    assert seen == banks


def test_every_payment_stands_in_its_period_exactly_once(
    three_days: tuple[list[Payment], list[str]], ledger: Ledger, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    payments, _ = three_days
    period = Period(date(2026, 11, 22), date(2026, 11, 25))
    sheet = books_of(collect.reconciliation_of(ledger, office_settings, period, clock.now()))["Khoản thu"]
    assert sorted(listed(sheet, 1)) == sorted(payment.reference for payment in payments)


def test_a_payment_made_before_midnight_in_vietnam_and_paid_after_it_is_remitted_with_the_second_day(
    create: Callable[..., Payment], pay: Pay, ledger: Ledger, office_settings: OfficeSettings, clock: VirtualClock
) -> None:
    clock.go_on(15.5 * 3600 - 1)
    payment = create(35000)
    clock.go_on(1)
    pay(payment)
    second = Period(date(2026, 11, 23), date(2026, 11, 23))
    assert "Không đồng." in said(collect.treasury_of(ledger, office_settings, DAY, clock.now()))
    assert "Ba mươi lăm nghìn đồng." in said(collect.treasury_of(ledger, office_settings, second, clock.now()))
    for period, result in ((DAY, tally.PAID_ELSEWHEN), (second, tally.PAID)):
        raw = collect.reconciliation_of(ledger, office_settings, period, clock.now())
        assert listed(books_of(raw)["Khoản thu"], 10) == [result]


@pytest.mark.parametrize("amount", [34999, 35001, 1])
def test_too_little_and_too_much_are_never_remitted(
    amount: int,
    create: Callable[..., Payment],
    pay: Pay,
    ledger: Ledger,
    office_settings: OfficeSettings,
    clock: VirtualClock,
) -> None:
    pay(create(35000), amount)
    assert "Không đồng." in said(collect.treasury_of(ledger, office_settings, DAY, clock.now()))


def test_the_head_of_the_audit_stands_on_the_page_that_is_signed(
    ledger: Ledger, office_settings: OfficeSettings, create: Callable[..., Payment], clock: VirtualClock
) -> None:
    day = Period.of(clock.now())
    empty = said(collect.reconciliation_of(ledger, office_settings, day, clock.now()))
    assert "niêm phong" not in empty
    create()
    clock.go_on(86_400)
    create()
    with ledger.read() as books:
        rows = list(books.audit_rows())
    last = [row for row in rows if row.at < day.closes_at.isoformat()][-1]
    assert last != rows[-1]
    page = said(collect.reconciliation_of(ledger, office_settings, day, clock.now()))
    assert f"Đến dòng {last.seq}: {groups(last.head)}" in page
    assert ledger.inspect([groups(last.head)]).is_whole
