"""Pure: what the ledger holds besides payments, as values."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from appliance.office.credit import Credit
from appliance.office.events import Verdict
from mqtt_schema.messages import ClockReading, HelpKind, Language, Page, PrinterStatus, Seen, SlipOutcome
from mqtt_schema.types import Instant


@dataclass(frozen=True)
class BookedCredit:
    """A credit as it stands in the ledger."""

    id: int
    credit: Credit
    verdict: Verdict
    payment: str | None
    booked_at: Instant


@dataclass(frozen=True)
class Milestone:
    """One entry of a payment's timeline. `words`: who and why; `counter`: where; empty where nobody said."""

    milestone: str
    at: Instant
    words: str = ""
    counter: str = ""


@dataclass(frozen=True)
class Trial:
    """The last page that the desk asked a counter for, a test slip or the slip of its day.

    Since when, and what became of it once that is known.
    """

    at: Instant
    outcome: SlipOutcome | None = None
    reason: str = ""
    page: Page = "trial"


TRIAL_ANSWERED_WITHIN = timedelta(seconds=60)
TRIAL_SHOWN = timedelta(minutes=10)

TrialAge = Literal["fresh", "unanswered", "old"]


def trial_age(trial: Trial, now: Instant) -> TrialAge:
    """How a test slip stands: still to be told of, without an answer for too long, or nobody's matter any more."""
    if now - trial.at >= TRIAL_SHOWN:
        return "old"
    return "unanswered" if trial.outcome is None and now - trial.at >= TRIAL_ANSWERED_WITHIN else "fresh"


@dataclass(frozen=True)
class CounterState:
    """What the office last heard of a counter. `trouble` in words, empty when there is none.

    `is_online` is its own last word (or its will), `seen_at` when it was last heard to be alive, `seen` its last frame,
    None when the glass is dark or nothing was heard of it yet. `clock` is None where it says nothing about its clock.
    `waiting_slips` lie on its shelf; `has_printer` is False only if it said that none is fitted.
    """

    id: str
    is_online: bool
    printer: PrinterStatus
    seen_at: Instant | None
    trouble: str
    seen: Seen | None = None
    clock: ClockReading | None = None
    waiting_slips: int = 0
    has_printer: bool = True
    trial: Trial | None = None

    def is_heard(self, now: Instant, offline_after_s: float) -> bool:
        """Whether this counter speaks: it is online by its own word, and that word is not old."""
        if not self.is_online or self.seen_at is None:
            return False
        return now - self.seen_at < timedelta(seconds=offline_after_s)


def unheard(counter: str) -> CounterState:
    """A counter of which nothing was heard yet."""
    return CounterState(counter, is_online=False, printer=PrinterStatus.UNKNOWN, seen_at=None, trouble="")


@dataclass(frozen=True)
class Call:
    """Somebody at a glass who needs a human. `payment` is the one that stood there."""

    id: int
    counter: str
    kind: HelpKind
    payment: str | None
    language: Language
    called_at: Instant


@dataclass(frozen=True)
class Unread:
    """A notification that came to nothing: `reason` in the office's own words, nothing of its content."""

    provider: str
    received_at: Instant
    reason: str
    is_proven: bool


@dataclass(frozen=True)
class KeptNotification:
    """A proven notification as it came, waiting to be booked."""

    id: int
    provider: str
    received_at: Instant
    raw: bytes
