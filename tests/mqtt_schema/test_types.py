"""Units and names at the edge of the contract."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mqtt_schema import types as t


def accepts(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (t.Amount, 0, True),
        (t.Amount, -1, False),
        (t.Amount, 10**13, False),
        (t.PayableAmount, 0, False),
        (t.PayableAmount, t.TRANSFER_CAP - 1, True),
        (t.PayableAmount, t.TRANSFER_CAP, False),
        (t.CounterId, "counter-1", True),
        (t.CounterId, "a" * 48, True),
        (t.CounterId, "a" * 49, False),
        (t.CounterId, "counter.1", False),
        (t.CounterId, "Counter", False),
        (t.CounterId, "-counter", False),
        (t.CounterId, "counter-1\n", False),
        (t.CounterId, "+", False),
        (t.SiteId, "hoan/kiem", False),
        (t.PaymentId, "0" * 32, True),
        (t.PaymentId, "0" * 31, False),
        (t.MessageId, "G" * 32, False),
        (t.Bin, "970403", True),
        (t.Bin, "97040", False),
        (t.Bin, "٩٧٠٤٠٣", False),
        (t.AccountNumber, "VQRQ0001", True),
        (t.AccountNumber, "vqrq0001", False),
        (t.AccountNumber, "1" * 20, False),
        (t.Text, "Lệ phí", True),
        (t.Text, "\u200b", False),
        (t.Text, "x" * 201, False),
    ],
)
def test_a_value_keeps_to_its_unit(kind: Any, value: object, wanted: bool) -> None:
    assert accepts(kind, value) is wanted


def test_words_are_measured_after_they_were_cleaned() -> None:
    assert TypeAdapter(t.Text).validate_python("x" * 200 + "\u200b\u200b") == "x" * 200


def test_a_moment_is_kept_in_utc() -> None:
    hanoi = timezone(timedelta(hours=7))

    moment = TypeAdapter(t.Instant).validate_python(datetime(2026, 11, 22, 8, 30, tzinfo=hanoi))

    assert (moment, moment.tzinfo) == (datetime(2026, 11, 22, 1, 30, tzinfo=UTC), UTC)


def test_a_moment_without_a_zone_is_no_moment() -> None:
    assert not accepts(t.Instant, "2026-11-22T08:30:00")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_beyond_the_calendar_is_refused_not_a_crash(moment: str) -> None:
    assert not accepts(t.Instant, moment)
