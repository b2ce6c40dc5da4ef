from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from appliance.office.events import Verdict
from appliance.office.payment import Payment, State
from appliance.office.records import BookedCredit
from appliance.office.reports import tally as names
from appliance.office.reports.period import Period
from appliance.office.reports.tally import tally
from appliance.settings import OfficeSettings
from mqtt_schema.types import Vnd

DAY = Period(date(2026, 11, 22), date(2026, 11, 22))
Busy = tuple[list[Payment], list[BookedCredit]]


def test_every_payment_and_every_credit_has_a_name_in_the_report(
    busy_day: Busy, office_settings: OfficeSettings
) -> None:
    payments, credits_ = busy_day
    tallied = tally(payments, credits_, DAY, office_settings)
    assert len(tallied.payments) == len(payments)
    assert len(tallied.credits) == len(credits_)
    assert len(tallied.lines) == sum(len(payment.lines) for payment in payments)
    assert {row.result for row in tallied.payments} == set(names.RESULT_WORDS.values())
    assert {row.finding for row in tallied.credits} == set(names.FINDINGS) - {names.HELD}


def test_what_came_is_the_sum_of_all_names_and_paid_is_what_matched(
    busy_day: Busy, office_settings: OfficeSettings
) -> None:
    tallied = tally(*busy_day, DAY, office_settings)
    assert tallied.received == sum(tallied.found(finding)[1] for finding in names.FINDINGS)
    assert tallied.taken == tallied.found(names.MATCHED)[1] == 14000 + 13000 + 3000
    assert sum(tallied.ended(result)[0] for result in names.RESULTS) == len(tallied.payments)


def test_sums_by_counter_and_by_fee_are_what_was_taken(busy_day: Busy, office_settings: OfficeSettings) -> None:
    tallied = tally(*busy_day, DAY, office_settings)
    assert sum(counter.taken for counter in tallied.by_counter) == tallied.taken
    assert sum(fee.amount for fee in tallied.by_fee) == tallied.taken
    assert [(c.id, c.payments, c.paid, c.taken) for c in tallied.by_counter] == [
        ("quay-1", 6, 2, 17000),
        ("quay-2", 3, 1, 13000),
    ]


def test_each_collected_line_points_at_its_fee_and_no_other_line_does(
    busy_day: Busy, office_settings: OfficeSettings
) -> None:
    tallied = tally(*busy_day, DAY, office_settings)
    for place, fee in enumerate(tallied.by_fee, 1):
        assert sum(row.taken or 0 for row in tallied.lines if row.place == place) == fee.amount
    assert all((row.place is None) == (row.payment.paid_at is None) for row in tallied.lines)


@pytest.mark.parametrize(("amount", "finding"), [(5999, names.HELD_SHORT), (6001, names.HELD_OVER)])
def test_held_money_says_whether_it_is_too_little_or_too_much(
    amount: int,
    finding: str,
    make_payment: Callable[..., Payment],
    make_credit: Callable[..., BookedCredit],
    office_settings: OfficeSettings,
) -> None:
    payment = make_payment(State.UNDERPAID)
    tallied = tally([payment], [make_credit(amount, Verdict.HELD, payment)], DAY, office_settings)
    assert tallied.found(finding) == (1, amount)


def test_a_credit_of_a_payment_out_of_sight_is_still_listed_with_the_reference_it_bears(
    make_payment: Callable[..., Payment], make_credit: Callable[..., BookedCredit], office_settings: OfficeSettings
) -> None:
    payment = make_payment(State.UNDERPAID)
    (row,) = tally([], [make_credit(10, Verdict.HELD, payment)], DAY, office_settings).credits
    assert (row.finding, row.reference) == (names.HELD, payment.reference)


def test_a_payment_of_another_day_lends_its_reference_but_is_not_listed(
    make_payment: Callable[..., Payment], make_credit: Callable[..., BookedCredit], office_settings: OfficeSettings
) -> None:
    old = make_payment(State.EXPIRED, created_at=DAY.opens_at - timedelta(days=3))
    late = make_credit(6000, Verdict.LATE, old, memo="mot khoan cu")
    tallied = tally([old], [late], DAY, office_settings)
    assert tallied.payments == ()
    assert tallied.credits[0].reference == old.reference


def test_a_payment_made_today_and_paid_tomorrow_brings_nothing_today(
    make_payment: Callable[..., Payment], office_settings: OfficeSettings
) -> None:
    payment = make_payment(State.PAID, paid_at=datetime(2026, 11, 22, 17, tzinfo=UTC))
    tallied = tally([payment], [], DAY, office_settings)
    assert (tallied.payments[0].result, tallied.taken) == (names.PAID_ELSEWHEN, 0)
    assert tallied.ended(names.PAID_ELSEWHEN) == (1, 6000)


def test_a_credit_of_another_day_is_not_listed(
    make_credit: Callable[..., BookedCredit], office_settings: OfficeSettings
) -> None:
    tomorrow = make_credit(1, Verdict.UNMATCHED, booked_at=DAY.closes_at)
    assert tally([], [tomorrow], DAY, office_settings).credits == ()


def test_a_counter_that_the_settings_forgot_still_has_its_sum(
    make_payment: Callable[..., Payment], office_settings: OfficeSettings
) -> None:
    tallied = tally([make_payment(State.PAID, counter="quay-9")], [], DAY, office_settings)
    forgotten = tallied.by_counter[-1]
    assert (forgotten.id, forgotten.name, forgotten.taken) == ("quay-9", "", Vnd(6000))


def test_an_empty_day_has_all_its_counters_and_nothing_else(office_settings: OfficeSettings) -> None:
    tallied = tally([], [], DAY, office_settings)
    assert (tallied.received, tallied.taken, tallied.by_fee) == (0, 0, ())
    assert [counter.id for counter in tallied.by_counter] == ["quay-1", "quay-2"]


def test_money_that_names_a_payment_and_does_not_count_for_it_is_told_beside_it(
    make_payment: Callable[..., Payment], make_credit: Callable[..., BookedCredit], office_settings: OfficeSettings
) -> None:
    paid, gone, plain = make_payment(State.PAID), make_payment(State.EXPIRED), make_payment(State.PAID)
    matched = [make_credit(6000, Verdict.MATCHED, payment) for payment in (paid, plain)]
    twice = [make_credit(6000, Verdict.SURPLUS, paid) for _ in range(2)]
    late = make_credit(6000, Verdict.LATE, gone)
    tomorrow = make_credit(6000, Verdict.LATE, gone, booked_at=DAY.closes_at)
    tallied = tally([paid, gone, plain], [*matched, *twice, late, tomorrow], DAY, office_settings)
    assert [row.aside for row in tallied.payments] == [tuple(twice), (late,), ()]
    assert tallied.taken == 12000
