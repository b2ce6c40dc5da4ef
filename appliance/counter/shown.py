"""Pure: everything that a screen may depend on, in one value, and which screen that makes. It draws nothing."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from appliance.counter.front import Front
from appliance.counter.state import Idle, Notice, NoticeKind, Paying, Preparing, Session
from mqtt_schema.messages import PrinterStatus, ScreenName
from mqtt_schema.types import Instant, PaymentId, Vnd


class Outage(StrEnum):
    """Why this counter serves nobody; each has a sentence for citizens and a code and a next step for technicians."""

    SEED_MISSING = "seed_missing"
    SEED_WRONG = "seed_wrong"
    JOURNAL = "journal"
    DEVICE = "device"
    TECHNICIAN = "technician"


class Boot(StrEnum):
    """How far a counter is that does not serve yet."""

    STARTING = "starting"
    NETWORK = "network"
    CLOCK = "clock"
    ENROLLING = "enrolling"
    ENROLLED = "enrolled"
    REFUSED = "refused"


CODES: dict[Outage | Boot, str] = {
    Boot.STARTING: "QT-01",
    Boot.NETWORK: "QT-02",
    Boot.CLOCK: "QT-03",
    Boot.ENROLLING: "QT-04",
    Boot.ENROLLED: "QT-05",
    Boot.REFUSED: "QT-06",
    Outage.SEED_MISSING: "QT-11",
    Outage.SEED_WRONG: "QT-12",
    Outage.JOURNAL: "QT-13",
    Outage.DEVICE: "QT-14",
    Outage.TECHNICIAN: "QT-15",
}
"""What a technician says on the telephone; listed with the next step in docs/operations.md."""


@dataclass(frozen=True)
class Health:
    """What the technician's page says of the counter. `trouble` is the newest one, in the words of the log."""

    counter: str = ""
    software: str = ""
    broker: str = ""
    printer: PrinterStatus = PrinterStatus.UNKNOWN
    outbox: int = 0
    trouble: str = ""
    started_at: Instant | None = None
    set_aside: int = 0


@dataclass(frozen=True)
class Shown:
    """What stands on the glass. `boot` and `outage` come before everything else.

    `words` is the enrolment code while enrolling, else the technician's detail of a boot step or an outage.
    """

    session: Session
    front: Front = field(default_factory=Front)
    health: Health = field(default_factory=Health)
    boot: Boot | None = None
    outage: Outage | None = None
    words: str = ""

    @property
    def is_timeless(self) -> bool:
        """Whether codes cannot be shown because nobody here knows the time, though somebody should have told it."""
        return (
            self.session.is_linked and self.session.time == "unknown" and isinstance(self.session.glass, Idle | Paying)
        )


_OF_NOTICE: dict[NoticeKind, ScreenName] = {
    "paid": ScreenName.PAID,
    "waived": ScreenName.WAIVED,
    "expired": ScreenName.EXPIRED,
    "cancelled": ScreenName.CANCELLED,
}


def screen_of(shown: Shown) -> ScreenName:
    """Which screen this is."""
    if shown.boot or shown.outage:
        return ScreenName.OUT_OF_SERVICE
    if shown.front.page in {"pin", "locked", "technician"}:
        return ScreenName.TECHNICIAN
    if shown.is_timeless:
        return ScreenName.OUT_OF_SERVICE
    match shown.session.glass:
        case Paying() if shown.session.time != "known":
            # A code stands behind it, but nobody knows whether it is still good.
            return ScreenName.PREPARING if shown.session.is_linked else ScreenName.OFFLINE
        case Idle():
            return _idle(shown)
        case Preparing():
            return ScreenName.PREPARING
        case Paying(checking_until=checking_until) if checking_until is not None:
            return ScreenName.CHECKING
        case Paying(request=request):
            return ScreenName.ON_BEHALF if request.is_on_behalf else ScreenName.CODE
        case Notice(notice=notice):
            return _OF_NOTICE.get(notice, ScreenName.SEE_CLERK)
        case _:
            assert_never(shown.session.glass)


def _idle(shown: Shown) -> ScreenName:
    if shown.front.is_out_of_service:
        return ScreenName.OUT_OF_SERVICE
    if shown.front.is_asleep:
        return ScreenName.ASLEEP
    is_ready = shown.session.is_linked and shown.session.time == "known"
    return ScreenName.IDLE if is_ready else ScreenName.OFFLINE


_NOBODYS = {ScreenName.TECHNICIAN, ScreenName.OUT_OF_SERVICE}
"""They lie over a result and show nothing of it."""


def payment_of(shown: Shown) -> tuple[PaymentId, Vnd | None] | None:
    """Whose payment this screen shows, and the amount that stands on it; None when it shows nobody's.

    A menu hides the words of the payment, but not its code.
    """
    screen = screen_of(shown)
    is_hidden = shown.front.page == "menu" and screen is not ScreenName.CODE
    match shown.session.glass:
        case Paying(request=request) if screen in {ScreenName.CODE, ScreenName.ON_BEHALF, ScreenName.CHECKING}:
            return request.payment, None if is_hidden else request.amount
        case Notice(payment=payment, amount=amount) if screen not in _NOBODYS:
            return payment, None if amount is None or is_hidden else Vnd(amount)
    return None
