"""Pure: what may happen to a counter, and what the counter may then want done.

Every event carries its time, so that the session needs no clock and a journal of events can be folded again.
"""

from dataclasses import dataclass
from typing import Literal

from appliance.timekeeping import TimeKnown
from mqtt_schema.fleet import AllowedBeneficiary
from mqtt_schema.messages import (
    Body,
    Cards,
    Digest,
    HelpKind,
    Language,
    Page,
    PaymentRequest,
    PaymentResult,
    Reprint,
    Slip,
    SlipOutcome,
    SlipWanted,
    Trouble,
)
from mqtt_schema.types import Instant, PaymentId


@dataclass(frozen=True)
class Requested:
    """The office wants a code shown. `issued_at` is the office's clock."""

    at: Instant
    sequence: int
    issued_at: Instant
    request: PaymentRequest
    kind: Literal["requested"] = "requested"


@dataclass(frozen=True)
class CancelledByClerk:
    """The office takes a payment back."""

    at: Instant
    sequence: int
    payment: PaymentId
    kind: Literal["cancelled"] = "cancelled"


@dataclass(frozen=True)
class ParkedByClerk:
    """The office takes a payment off the glass; its code stays valid."""

    at: Instant
    sequence: int
    payment: PaymentId
    kind: Literal["parked"] = "parked"


@dataclass(frozen=True)
class PreparedByClerk:
    """The clerk is checking a dossier: a code will follow."""

    at: Instant
    kind: Literal["prepared"] = "prepared"


@dataclass(frozen=True)
class CheckedByClerk:
    """The clerk asks the bank about the payment on the glass."""

    at: Instant
    payment: PaymentId
    kind: Literal["checked"] = "checked"


@dataclass(frozen=True)
class Waived:
    """The office says that nothing is to be paid."""

    at: Instant
    sequence: int
    payment: PaymentId
    kind: Literal["waived"] = "waived"


@dataclass(frozen=True)
class CardsSent:
    """The office wants these cards on the idle glass."""

    at: Instant
    sequence: int
    cards: Cards
    kind: Literal["cards"] = "cards"


@dataclass(frozen=True)
class Resulted:
    """The office says what the bank said. `issued_at` is the office's clock, None where nobody knows."""

    at: Instant
    sequence: int
    result: PaymentResult
    issued_at: Instant | None = None
    kind: Literal["resulted"] = "resulted"


@dataclass(frozen=True)
class CopyAsked:
    """A clerk wants a slip once more."""

    at: Instant
    sequence: int
    reprint: Reprint
    kind: Literal["copy_asked"] = "copy_asked"


@dataclass(frozen=True)
class WantedByClerk:
    """A clerk wants the slip of a payment that still waits for its paper, here or at another counter."""

    at: Instant
    sequence: int
    wanted: SlipWanted
    kind: Literal["slip_wanted"] = "slip_wanted"


@dataclass(frozen=True)
class ReleasedByClerk:
    """The office asks this counter to let go of a waiting slip: another prints it, or nobody does."""

    at: Instant
    sequence: int
    payment: PaymentId
    kind: Literal["slip_released"] = "slip_released"


@dataclass(frozen=True)
class TrialAsked:
    """A clerk wants a test slip, or the slip of the day."""

    at: Instant
    asked_by: str
    page: Page = "trial"
    kind: Literal["trial_asked"] = "trial_asked"


@dataclass(frozen=True)
class TrialEnded:
    """The page that a clerk wanted has come to its end; `reason` in words when it did not simply print."""

    at: Instant
    outcome: SlipOutcome
    reason: str = ""
    page: Page = "trial"
    kind: Literal["trial_ended"] = "trial_ended"


@dataclass(frozen=True)
class PrinterReady:
    """The printer can print, and could not, or nobody knew, a moment before."""

    at: Instant
    kind: Literal["printer_ready"] = "printer_ready"


@dataclass(frozen=True)
class Painted:
    """The payment is on the glass; `pixels` is the digest of what was painted."""

    at: Instant
    payment: PaymentId
    pixels: Digest | None = None
    kind: Literal["painted"] = "painted"


@dataclass(frozen=True)
class PrintStarted:
    """The first byte of a slip is about to leave. Journalled before it does."""

    at: Instant
    payment: PaymentId
    is_copy: bool
    kind: Literal["print_started"] = "print_started"


@dataclass(frozen=True)
class PrintEnded:
    """The printer has done what it could; `reason` in words when the slip did not simply print."""

    at: Instant
    payment: PaymentId
    is_copy: bool
    outcome: SlipOutcome
    reason: str = ""
    kind: Literal["print_ended"] = "print_ended"


@dataclass(frozen=True)
class HelpTouched:
    """Somebody at the glass wants a human, or more time."""

    at: Instant
    help: HelpKind
    language: Language = "vi"
    kind: Literal["help_touched"] = "help_touched"


@dataclass(frozen=True)
class CopyTouched:
    """The citizen wants the slip once more; once is granted."""

    at: Instant
    kind: Literal["copy_touched"] = "copy_touched"


@dataclass(frozen=True)
class StayTouched:
    """The citizen wants to read the result for longer."""

    at: Instant
    kind: Literal["stay_touched"] = "stay_touched"


@dataclass(frozen=True)
class Dismissed:
    """The citizen, or the clerk with the key, has seen the result."""

    at: Instant
    kind: Literal["dismissed"] = "dismissed"


@dataclass(frozen=True)
class LinkChanged:
    """The broker is there, or it is gone."""

    at: Instant
    is_up: bool
    kind: Literal["link_changed"] = "link_changed"


@dataclass(frozen=True)
class TimeLearned:
    """What is known of the time is another than before, and `at` is `step_s` later than the clock went until now."""

    at: Instant
    time: TimeKnown
    step_s: float = 0.0
    kind: Literal["time_learned"] = "time_learned"


@dataclass(frozen=True)
class FleetFollowed:
    """A document of the fleet counts from now on. `is_key_revoked`: among those who could speak was a thief."""

    at: Instant
    serial: int
    allowed: tuple[AllowedBeneficiary, ...]
    is_key_revoked: bool = False
    kind: Literal["fleet_followed"] = "fleet_followed"


@dataclass(frozen=True)
class Unusable:
    """Something arrived that is no message for this counter."""

    at: Instant
    trouble: Trouble
    kind: Literal["unusable"] = "unusable"


@dataclass(frozen=True)
class Restarted:
    """The program begins again on this state. `time`: what is known of the time at its start.

    `known_at`: when something last happened while the time was known, if that is newer than what the state says.
    """

    at: Instant
    time: TimeKnown = "known"
    known_at: Instant | None = None
    kind: Literal["restarted"] = "restarted"


@dataclass(frozen=True)
class Tick:
    """Time has passed."""

    at: Instant
    kind: Literal["tick"] = "tick"


Event = (
    Requested
    | CancelledByClerk
    | ParkedByClerk
    | PreparedByClerk
    | CheckedByClerk
    | Waived
    | CardsSent
    | Resulted
    | CopyAsked
    | WantedByClerk
    | ReleasedByClerk
    | TrialAsked
    | TrialEnded
    | PrinterReady
    | Painted
    | PrintStarted
    | PrintEnded
    | HelpTouched
    | CopyTouched
    | StayTouched
    | Dismissed
    | LinkChanged
    | TimeLearned
    | FleetFollowed
    | Unusable
    | Restarted
    | Tick
)


# What is to be done about it.


@dataclass(frozen=True)
class SlipJob:
    """A slip that has still to come to an end. `is_started`: bytes may already be on their way to the printer.

    `until`: so long somebody may stand there and wait for it; None for ever. `tries`: so often it has begun by itself,
    because the printer was ready again. A copy says who asked for it (empty: the citizen, at the glass) and why.
    """

    payment: PaymentId
    slip: Slip
    is_copy: bool = False
    is_started: bool = False
    until: Instant | None = None
    tries: int = 0
    asked_by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Tell:
    """Say this to the office, at least once."""

    body: Body


@dataclass(frozen=True)
class PrintTrial:
    """Print a page that is no slip of a payment; its end comes back as `TrialEnded`."""

    page: Page = "trial"


@dataclass(frozen=True)
class Report:
    """Something did not fit; for the technician's log."""

    text: str


Effect = Tell | PrintTrial | Report
