"""Pure: what the ledger holds besides payments, as values."""

from dataclasses import dataclass

from appliance.office.credit import Credit
from appliance.office.events import Verdict
from mqtt_schema.messages import PrinterStatus
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
    """What the office last heard of a counter. `trouble` in words, empty when there is none."""

    id: str
    is_online: bool
    printer: PrinterStatus
    seen_at: Instant | None
    trouble: str


@dataclass(frozen=True)
class KeptNotification:
    """A proven notification as it came, waiting to be booked."""

    id: int
    provider: str
    received_at: Instant
    raw: bytes
