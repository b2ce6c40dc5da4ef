"""Pure: what the office knows of one payment, as one frozen value. How it changes stands in `payment`."""

from dataclasses import dataclass
from enum import StrEnum

from mqtt_schema.messages import Beneficiary, Channel, Line, SlipOutcome
from mqtt_schema.types import Instant, Vnd

NOTHING = Vnd(0)
NOBODY = ""
"""In the place of a counter: the slip is to be printed nowhere."""


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
    `checked_at` is when the clerk last asked the bank. `is_insisted`: a clerk wants it shown whatever is missing there.

    Of the slip's original: `slip` and `slip_reason` are its counter's last word (None: it has not spoken yet), since
    `slip_at`; `slip_counter` is who was asked for it, `slip_asked` all who were asked for any paper of this payment.
    `slip_to` is where it goes once that counter has let go of it (None: nowhere, it stays), `slip_by` who wants so,
    `slip_wanted_at` when a clerk last asked. `is_slip_kept`: the counter would not let go. `is_slip_settled`: nothing
    more is to be decided.
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
    is_insisted: bool = False
    received: Vnd = NOTHING
    paid_at: Instant | None = None
    bank_reference: str | None = None
    slip: SlipOutcome | None = None
    slip_reason: str = ""
    slip_at: Instant | None = None
    slip_counter: str = ""
    slip_asked: tuple[str, ...] = ()
    slip_to: str | None = None
    slip_by: str = ""
    slip_wanted_at: Instant | None = None
    is_slip_kept: bool = False
    is_slip_settled: bool = False
    version: int = 0

    @property
    def is_slip_open(self) -> bool:
        """Whether the slip is not on paper yet, as far as anybody knows, and somebody may still want it."""
        return self.paid_at is not None and not self.is_slip_settled and self.slip is not SlipOutcome.PRINTED


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
