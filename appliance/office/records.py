"""Pure: what the ledger holds besides payments, as values."""

from dataclasses import dataclass
from datetime import timedelta

from appliance.office.credit import Credit
from appliance.office.events import Verdict
from mqtt_schema.messages import HelpKind, Language, PrinterStatus, Seen
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
    """One entry of a payment's timeline."""

    milestone: str
    at: Instant


@dataclass(frozen=True)
class CounterState:
    """What the office last heard of a counter. `trouble` in words, empty when there is none.

    `is_online` is its own last word (or its will), `seen_at` when anything of it was heard, `seen` its last frame, None
    when the glass is dark or nothing was heard of it yet.
    """

    id: str
    is_online: bool
    printer: PrinterStatus
    seen_at: Instant | None
    trouble: str
    seen: Seen | None = None

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
class KeptNotification:
    """A proven notification as it came, waiting to be booked."""

    id: int
    provider: str
    received_at: Instant
    raw: bytes
