"""Pure: what the office knows of one payment, as one frozen value. How it changes stands in `payment`."""

from dataclasses import dataclass
from enum import StrEnum

from mqtt_schema.messages import Beneficiary, Channel, Line, SlipOutcome
from mqtt_schema.types import Instant, Vnd

NOTHING = Vnd(0)


class State(StrEnum):
    """What has become of a payment."""

    PENDING = "pending"
    WAIVED = "waived"
    PAID = "paid"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PAID_LATE = "paid_late"


class Place(StrEnum):
    """Where a pending payment is."""

    WAITING = "waiting"
    OFFERED = "offered"
    SHOWN = "shown"
    REFUSED = "refused"
    PARKED = "parked"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Payment:
    """One payment: its lines, its money, its place. `version` counts its steps; amounts in đồng.

    `payload` is empty for a waived payment; `starts_at` and `expires_at` are None until the code was offered.
    `is_on_behalf`: the clerk pays for `payer`. `extensions` counts how often the citizen was given more time;
    `checked_at` is when the clerk last asked the bank.
    """

    id: str
    reference: str
    counter: str
    clerk: str
    channel: Channel
    source: str
    lines: tuple[Line, ...]
    amount: Vnd
    beneficiary: Beneficiary
    payload: str
    created_at: Instant
    payer: str | None = None
    is_on_behalf: bool = False
    waiver_reason: str | None = None
    state: State = State.PENDING
    place: Place = Place.WAITING
    refused_field: str | None = None
    starts_at: Instant | None = None
    expires_at: Instant | None = None
    extensions: int = 0
    checked_at: Instant | None = None
    received: Vnd = NOTHING
    paid_at: Instant | None = None
    bank_reference: str | None = None
    slip: SlipOutcome | None = None
    slip_reason: str = ""
    version: int = 0


@dataclass(frozen=True)
class Terms:
    """What the office was told: its name on slips, and how long codes live (seconds).

    `extensions`: how often a citizen gets more time by touching the glass; after that a clerk is called.
    `shows_payer`: whether the payer's name, masked, may stand on a glass.
    """

    office: str
    payment_valid_s: int
    settle_s: int
    extensions: int = 2
    shows_payer: bool = False
