from datetime import UTC, date, datetime, timedelta

import pytest

from appliance.office.reports.period import Period, PeriodError, ReportError, day_words, local

DAY = date(2026, 11, 22)


def test_a_day_begins_and_ends_at_midnight_in_vietnam() -> None:
    day = Period(DAY, DAY)
    assert day.opens_at == datetime(2026, 11, 21, 17, tzinfo=UTC)
    assert day.closes_at == datetime(2026, 11, 22, 17, tzinfo=UTC)


def test_the_first_moment_belongs_to_the_period_and_the_last_to_the_next() -> None:
    day = Period(DAY, DAY)
    assert day.contains(day.opens_at)
    assert day.contains(day.closes_at - timedelta(microseconds=1))
    assert not day.contains(day.closes_at)
    assert not day.contains(day.opens_at - timedelta(microseconds=1))
    assert not day.contains(None)


def test_a_moment_before_seven_in_the_morning_utc_belongs_to_the_day_that_vietnam_shows() -> None:
    late = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
    assert Period.of(late) == Period(DAY, DAY)
    assert local(late).hour == 0


@pytest.mark.parametrize(
    ("start", "end", "words", "stem"),
    [
        (DAY, DAY, "Ngày 22/11/2026", "2026-11-22"),
        (
            date(2026, 11, 1),
            date(2026, 11, 30),
            "Từ ngày 01/11/2026 đến ngày 30/11/2026",
            "2026-11-01_2026-11-30",
        ),
    ],
)
def test_a_period_names_itself_for_people_and_for_files(start: date, end: date, words: str, stem: str) -> None:
    assert Period(start, end).words == words
    assert Period(start, end).stem == stem


def test_a_day_is_written_with_day_before_month() -> None:
    assert day_words(date(2026, 2, 3)) == "03/02/2026"


def test_a_period_that_ends_before_it_begins_is_refused_in_words() -> None:
    with pytest.raises(PeriodError, match="Ngày cuối kỳ") as refused:
        Period(DAY, DAY - timedelta(days=1))
    assert isinstance(refused.value, ReportError)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize("day", [date.min, date(1999, 12, 31), date(3000, 1, 1), date.max])
def test_a_day_outside_of_all_offices_is_refused_in_words(day: date) -> None:
    with pytest.raises(PeriodError, match="01/01/2000"):
        Period(day, day)


@pytest.mark.parametrize("day", [date(2000, 1, 1), date(2999, 12, 31)])
def test_the_first_and_the_last_possible_day_are_periods(day: date) -> None:
    assert Period(day, day).opens_at < Period(day, day).closes_at
