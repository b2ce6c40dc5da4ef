"""Pure: what one counter knows, as one frozen value. How it changes stands in `session` and `slips`, not here."""

from dataclasses import dataclass, field
from typing import Literal

from appliance.counter.events import Effect, SlipJob
from appliance.timekeeping import TimeKnown
from mqtt_schema.fleet import AllowedBeneficiary
from mqtt_schema.messages import Beneficiary, Card, HelpKind, PaymentRequest, Slip
from mqtt_schema.types import Instant, PaymentId


@dataclass(frozen=True)
class Rules:
    """What the counter was told at enrolment, and how long it shows what.

    `beneficiaries` count until the fleet has said whose accounts are allowed (`Session.allowed`).
    `clock_tolerance_s`: a message from further in the future means that this clock is wrong. `slip_s`: a result stays
    at least so long after its slip came out. `stay_s`: what one touch of *more time* adds to a result. `helped_s`: so
    long the glass says that somebody was called, and calls nobody else. `lingers_s`: so long after a slip became due
    its citizen may still stand there and wait for it. `comes_late_s`: a result that the office said longer ago is not
    shown unless its code still stands there, and its slip waits until somebody wants it.
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
    lingers_s: float = 120
    comes_late_s: float = 600


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

SlipPhase = Literal["none", "due", "printing", "printed", "waiting", "unsure", "uncopied"]
"""What the citizen may expect of the slip.

*Waiting*: for paper. *Unsure*: the clerk has to look. *Uncopied*: the slip came out, the other one they touched for
did not.
"""


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


SlipEnd = Literal["printed", "unsure", "released"]
"""What became of a slip that is not here any more. *Unsure*: it may have come out. *Released*: the office has it."""


@dataclass(frozen=True)
class Heard:
    """The last word heard of a payment, and of its slip; whether a slip was ever due for it, and what became of that.

    `slip_end` is None as long as the slip is here, due or on the shelf, and for a payment that had none.
    """

    payment: PaymentId
    sequence: int
    had_slip: bool = False
    slip_sequence: int = 0
    slip_end: SlipEnd | None = None


@dataclass(frozen=True)
class Shelved:
    """A slip that could not print and waits, since when and why.

    Its words are kept (`job`) only while it may still print by itself; when the desk wants it, the desk sends them.
    """

    payment: PaymentId
    since: Instant
    reason: str
    job: SlipJob | None = None


@dataclass(frozen=True)
class Session:
    """Everything that the counter knows. Equal states look equal on the glass at the same second.

    Without a known `time` no code is shown. `allowed` are the accounts of the fleet's document; None: the seed's count.
    `since`: so far this memory reaches back, by the office's clock; what is older a counter with another card has done.
    `known_at`: a moment of known time that is over for certain; it is moved on at a rest and at a start.
    """

    glass: Glass = field(default_factory=Idle)
    waiting: tuple[PaymentRequest, ...] = ()
    slips: tuple[SlipJob, ...] = ()
    shelf: tuple[Shelved, ...] = ()
    heard: tuple[Heard, ...] = ()
    help: Help | None = None
    cards: tuple[Card, ...] = ()
    cards_sequence: int = 0
    is_linked: bool = False
    time: TimeKnown = "known"
    fleet_serial: int = 0
    allowed: tuple[AllowedBeneficiary, ...] | None = None
    since: Instant | None = None
    known_at: Instant | None = None

    @property
    def is_at_rest(self) -> bool:
        """Nothing of any citizen remains: a checkpoint from which recovery may begin.

        Slips may wait on the shelf for days, and do not stand in the way: by then it holds no more than their numbers.
        """
        is_nobody_here = isinstance(self.glass, Idle) and not self.waiting and self.help is None
        return is_nobody_here and not self.slips and all(shelved.job is None for shelved in self.shelf)


@dataclass(frozen=True)
class Step:
    """The next state, and what is to be done."""

    session: Session
    effects: tuple[Effect, ...] = ()
