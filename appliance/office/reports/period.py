"""Pure: which days a report covers. Days are Vietnam's (UTC+7, no summer time), moments inside are UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Self

from appliance.errors import ApplianceError
from mqtt_schema.types import Instant

VIETNAM = timezone(timedelta(hours=7))
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
"""Nothing was collected before, and no calendar arithmetic overflows within."""


class ReportError(ApplianceError):
    """A report cannot be made; the message says why, in words for a clerk."""


class PeriodError(ReportError, ValueError):
    """These days are no period."""


@dataclass(frozen=True)
class Period:
    """The days from `start` to `end`, both included. Raises `PeriodError` when `end` comes first."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise PeriodError("Ngày cuối kỳ đứng trước ngày đầu kỳ. Hãy chọn lại.")
        if self.start < FIRST_DAY or self.end > LAST_DAY:
            raise PeriodError(f"Kỳ báo cáo phải nằm từ {day_words(FIRST_DAY)} đến {day_words(LAST_DAY)}.")

    @classmethod
    def of(cls, at: Instant) -> Self:
        """Take the one day that Vietnam's calendar shows at this moment."""
        day = local(at).date()
        return cls(day, day)

    @property
    def opens_at(self) -> Instant:
        """The first moment of the period."""
        return _midnight(self.start)

    @property
    def closes_at(self) -> Instant:
        """The first moment after the period."""
        return _midnight(self.end + timedelta(days=1))

    def contains(self, at: Instant | None) -> bool:
        """Say whether this moment lies in the period; None never does."""
        return at is not None and self.opens_at <= at < self.closes_at

    @property
    def words(self) -> str:
        """Name the period for people: "Ngày 22/11/2026", or "Từ ngày 01/11/2026 đến ngày 30/11/2026"."""
        if self.start == self.end:
            return f"Ngày {day_words(self.start)}"
        return f"Từ ngày {day_words(self.start)} đến ngày {day_words(self.end)}"

    @property
    def stem(self) -> str:
        """Name the period for a file: "2026-11-22", or "2026-11-01_2026-11-30"."""
        return "_".join(day.isoformat() for day in dict.fromkeys((self.start, self.end)))


def local(at: Instant) -> datetime:
    """Read the moment off a clock in Vietnam; with its zone."""
    return at.astimezone(VIETNAM)


def day_words(day: date) -> str:
    """Write a day as dd/mm/yyyy."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _midnight(day: date) -> Instant:
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)
