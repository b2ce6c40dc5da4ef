"""Pure: what one counter knows, as one frozen value. How it changes stands in `session`; it decides nothing itself."""

from dataclasses import dataclass, field
from typing import Literal

from appliance.counter.events import SlipJob
from mqtt_schema.messages import Beneficiary, Card, HelpKind, PaymentRequest, Slip
from mqtt_schema.types import Instant, PaymentId


@dataclass(frozen=True)
class Rules:
    """What the counter was told at enrolment, and how long it shows what.

    `clock_tolerance_s`: a message from further in the future means that this clock is wrong. `slip_s`: a result stays
    at least so long after its slip came out. `stay_s`: what one touch of *more time* adds to a result. `helped_s`: so
    long the glass says that somebody was called, and calls nobody else.
    """

    beneficiaries: tuple[Beneficiary, ...]
    clock_tolerance_s: float = 120
    preparing_s: float = 90
    checking_s: float = 45
    paid_s: float = 15
    slip_s: float = 8
    waived_s: float = 15
    expired_s: float = 12
    cancelled_s: float = 8
    see_clerk_s: float = 30
    stay_s: float = 30
    helped_s: float = 20


# What the glass shows.


@dataclass(frozen=True)
class Idle:
    """Nobody is paying."""

    kind: Literal["idle"] = "idle"


@dataclass(frozen=True)
class Preparing:
    """The clerk is checking a dossier; forgotten at `until` if no code follows."""

    until: Instant
    kind: Literal["preparing"] = "preparing"


@dataclass(frozen=True)
class Paying:
    """A payment stands on the glass. `is_reported`: the office has been told that it was painted.

    Until `checking_until` the clerk asks the bank: no code is shown, or somebody would pay twice.
    """

    request: PaymentRequest
    is_reported: bool = False
    checking_until: Instant | None = None
    kind: Literal["paying"] = "paying"


NoticeKind = Literal["paid", "waived", "expired", "cancelled", "underpaid", "overpaid", "late", "refused"]

SlipPhase = Literal["none", "due", "printing", "printed", "waiting", "unsure"]
"""What the citizen may expect of the slip. *Waiting*: for paper. *Unsure*: the clerk has to look."""


@dataclass(frozen=True)
class Notice:
    """How it ended, shown until `until`. `amount` in đồng, None when no amount could be verified.

    `slip` is there for one more copy, as long as the result stands and none was asked for.
    """

    payment: PaymentId
    notice: NoticeKind
    amount: int | None
    until: Instant
    phase: SlipPhase = "none"
    slip: Slip | None = None
    stays: int = 0
    kind: Literal["notice"] = "notice"


Glass = Idle | Preparing | Paying | Notice


@dataclass(frozen=True)
class Help:
    """A human was called; said on the glass until `until`."""

    help: HelpKind
    until: Instant


@dataclass(frozen=True)
class Heard:
    """The last word heard of a payment, and whether a slip was ever due for it."""

    payment: PaymentId
    sequence: int
    had_slip: bool = False


@dataclass(frozen=True)
class Session:
    """Everything that the counter knows. Equal states look equal on the glass at the same second."""

    glass: Glass = field(default_factory=Idle)
    waiting: tuple[PaymentRequest, ...] = ()
    slips: tuple[SlipJob, ...] = ()
    heard: tuple[Heard, ...] = ()
    help: Help | None = None
    cards: tuple[Card, ...] = ()
    cards_sequence: int = 0
    is_linked: bool = False

    @property
    def is_at_rest(self) -> bool:
        """Nothing of any citizen remains: a checkpoint from which recovery may begin."""
        return isinstance(self.glass, Idle) and not self.waiting and not self.slips and self.help is None
