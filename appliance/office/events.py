"""Pure: what may happen to a payment of the office, and what the office may then want done.

Every event carries its time, so that the payment needs no clock.
"""

from dataclasses import dataclass
from enum import StrEnum

from appliance.office.credit import Credit
from mqtt_schema.messages import Body, HelpKind, SlipOutcome
from mqtt_schema.types import Instant


@dataclass(frozen=True)
class Offered:
    """The counter is free: the code may be shown, and its time begins."""

    at: Instant


@dataclass(frozen=True)
class Shown:
    """The counter painted the code."""

    at: Instant


@dataclass(frozen=True)
class RefusedByCounter:
    """The counter would not show the code because of this field."""

    at: Instant
    field: str


@dataclass(frozen=True)
class ParkAsked:
    """A clerk takes the code off the glass for now."""

    at: Instant


@dataclass(frozen=True)
class ResumeAsked:
    """A clerk wants a parked code back in the counter's line."""

    at: Instant


@dataclass(frozen=True)
class CancelAsked:
    """A clerk takes the payment back."""

    at: Instant


@dataclass(frozen=True)
class CheckAsked:
    """The citizen says that they have paid: a clerk looks into the bank's own application."""

    at: Instant


@dataclass(frozen=True)
class MoreTimeAsked:
    """The citizen needs longer than the code lives."""

    at: Instant


@dataclass(frozen=True)
class OnBehalfAsked:
    """A clerk pays for `payer`, who has no telephone."""

    at: Instant
    payer: str


@dataclass(frozen=True)
class CreditArrived:
    """The bank says that money with this payment's reference has come."""

    at: Instant
    credit: Credit


@dataclass(frozen=True)
class InsistAsked:
    """A clerk wants the code shown although something is missing at its counter, and was told what."""

    at: Instant
    clerk: str


@dataclass(frozen=True)
class SlipReported:
    """A counter says what became of the slip; empty is the one that was asked for it."""

    at: Instant
    outcome: SlipOutcome
    is_copy: bool
    reason: str
    counter: str = ""


@dataclass(frozen=True)
class SlipHereAsked:
    """A clerk wants the waiting slip printed now, where it waits."""

    at: Instant
    clerk: str


@dataclass(frozen=True)
class SlipMoveAsked:
    """A clerk wants the waiting slip printed at another counter."""

    at: Instant
    clerk: str
    counter: str


@dataclass(frozen=True)
class SlipDropAsked:
    """Nobody wants the waiting slip any more."""

    at: Instant
    clerk: str


@dataclass(frozen=True)
class SlipLetGo:
    """The counter on whose shelf the slip lay answers whether it has let go of it."""

    at: Instant
    counter: str
    is_released: bool


@dataclass(frozen=True)
class SlipConfirmed:
    """A clerk looked: the slip that was only possibly printed did come out."""

    at: Instant
    clerk: str


@dataclass(frozen=True)
class CopyAsked:
    """A clerk wants the slip once more, as a copy. `reason` in words; `counter` is empty where the slip is."""

    at: Instant
    clerk: str
    reason: str = ""
    counter: str = ""


@dataclass(frozen=True)
class Tick:
    """Time has passed."""

    at: Instant


Event = (
    Offered
    | Shown
    | RefusedByCounter
    | ParkAsked
    | ResumeAsked
    | CancelAsked
    | CheckAsked
    | MoreTimeAsked
    | OnBehalfAsked
    | CreditArrived
    | InsistAsked
    | SlipReported
    | SlipHereAsked
    | SlipMoveAsked
    | SlipDropAsked
    | SlipLetGo
    | SlipConfirmed
    | CopyAsked
    | Tick
)


# What is to be done about it.


class Verdict(StrEnum):
    """What becomes of a credit once its payment is known; `unmatched` when none is."""

    MATCHED = "matched"
    HELD = "held"
    LATE = "late"
    SURPLUS = "surplus"
    UNMATCHED = "unmatched"


@dataclass(frozen=True)
class Tell:
    """Say this, at least once, to the payment's counter or to the one that is named."""

    body: Body
    counter: str = ""


@dataclass(frozen=True)
class Say:
    """Say this to the counter once; nobody keeps it."""

    body: Body


@dataclass(frozen=True)
class Ring:
    """Call a clerk to the counter."""

    help: HelpKind


@dataclass(frozen=True)
class Book:
    """Enter this credit into the ledger under this verdict."""

    credit: Credit
    verdict: Verdict


@dataclass(frozen=True)
class TellSource:
    """Let the system from which the dossier came (the portal) hear that it is paid."""


@dataclass(frozen=True)
class Note:
    """A milestone for the payment's timeline. `words`: who and why; `counter`: where, if it is about paper."""

    milestone: str
    words: str = ""
    counter: str = ""


@dataclass(frozen=True)
class Report:
    """Something did not fit; for the log, and in words for whoever asked."""

    text: str


Effect = Tell | Say | Ring | Book | TellSource | Note | Report
