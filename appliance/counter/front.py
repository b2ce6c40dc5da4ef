"""Pure: what the person in front of the glass has chosen and touched. It knows no money and forgets each person.

Language, type size, the help menu, sleep, and the technician's gate live here and not in the session: they are nobody's
history. A touch that concerns the session or the office comes back as an event of theirs.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import timedelta
from string import digits
from typing import Literal, assert_never

from appliance.counter.events import CopyTouched, Dismissed, Event, HelpTouched, StayTouched
from appliance.counter.state import Glass, Idle, Notice, Paying, Session
from mqtt_schema.messages import HelpKind, Language
from mqtt_schema.types import Instant, PaymentId

Touchable = Literal[
    "language",
    "larger",
    "menu",
    "back",
    "help",
    "no_phone",
    "more_time",
    "copy",
    "stay",
    "done",
    "technician",
    "erase",
    "test_slip",
    "test_sound",
    "day_end",
    "out_of_service",
    "restart",
    "leave",
]
"""Every target's name that a screen may have, besides the ten digits "0" to "9"."""

Page = Literal["none", "menu", "pin", "locked", "technician"]
"""What lies over the session's own screen. *Menu*: the ways to ask for a human."""

Wish = Literal["test_slip", "test_sound", "day_end", "restart"]
"""What a technician wants of the program itself."""

PIN_DIGITS = 6


@dataclass(frozen=True)
class Pin:
    """A technician's PIN, scrambled: scrypt (RFC 7914) with N=2**14, r=8, p=1. Both are hexadecimal digits."""

    salt: str
    digest: str

    @classmethod
    def of(cls, digits: str, salt: bytes) -> "Pin":
        """Scramble a PIN of six digits. Raises `ValueError` for anything else."""
        if len(digits) != PIN_DIGITS or not (digits.isascii() and digits.isdigit()):
            raise ValueError(f"a PIN has {PIN_DIGITS} digits")
        return cls(salt.hex(), _scrambled(digits, salt))

    def matches(self, digits: str) -> bool:
        """Whether these are the digits; takes some tens of milliseconds on purpose."""
        return hmac.compare_digest(_scrambled(digits, bytes.fromhex(self.salt)), self.digest)


def _scrambled(digits: str, salt: bytes) -> str:
    return hashlib.scrypt(digits.encode(), salt=salt, n=2**14, r=8, p=1).hex()


@dataclass(frozen=True)
class Manners:
    """How patient this glass is. Without a `pin` there is no technician's page."""

    pin: Pin | None = None
    forget_choice_s: float = 120
    menu_s: float = 20
    sleep_after_s: float = 900
    long_press_s: float = 3
    pin_page_s: float = 30
    pin_tries: int = 5
    pin_wait_s: float = 300
    technician_s: float = 300


@dataclass(frozen=True)
class Aside:
    """What the citizen of a payment had chosen that left the glass without a result: it may come back at once."""

    payment: PaymentId
    language: Language
    is_large: bool
    is_listening: bool


@dataclass(frozen=True)
class Front:
    """What stands between a person and the session.

    `is_listening`: somebody pressed the raised key or put an earphone in, so every screen is spoken.
    `held_since`: since when a finger rests on the technician's corner. `wrong` counts PINs; it and `locked_until`
    outlive every person. `aside`: for the payment that just left, should it be the next one as well.
    """

    language: Language = "vi"
    is_large: bool = False
    is_listening: bool = False
    page: Page = "none"
    is_asleep: bool = False
    is_out_of_service: bool = False
    touched_at: Instant | None = None
    held_since: Instant | None = None
    typed: str = ""
    wrong: int = 0
    locked_until: Instant | None = None
    aside: Aside | None = None


@dataclass(frozen=True)
class Answer:
    """What a touch did: to the front, to the session, to the program."""

    front: Front
    events: tuple[Event, ...] = ()
    wishes: tuple[Wish, ...] = ()


def touch(front: Front, target: str | None, at: Instant, manners: Manners) -> Answer:
    """A finger came down on a target, or beside all of them. The touch that wakes a glass does nothing else."""
    if front.is_asleep:
        return Answer(replace(front, is_asleep=False, touched_at=at))
    touched = replace(front, touched_at=at, held_since=None)
    match front.page:
        case "pin":
            return Answer(_type(touched, target, at, manners))
        case "locked":
            return Answer(replace(touched, page="none") if target == "leave" else touched)
        case "technician":
            return _serve(touched, target)
        case "menu":
            return _choose(touched, target, at)
        case "none":
            return _press(touched, target, at)
        case _:
            assert_never(front.page)


def lift(front: Front) -> Front:
    """The finger went away again."""
    return replace(front, held_since=None) if front.held_since is not None else front


def listen(front: Front, at: Instant) -> Front:
    """The raised key was pressed, or an earphone was put in."""
    return replace(front, is_listening=True, is_asleep=False, touched_at=at)


def pass_time(front: Front, session: Session, at: Instant, manners: Manners) -> Front:
    """What time alone changes: a long press, a page that nobody uses, a choice that nobody remembers, sleep."""
    # A hand that rests beside a payment is no technician's: the code must not give way to a page of digits.
    front = _agreed(front, at, manners)
    front = lift(front) if _is_taken(session) else _opened(front, at, manners)
    front = _unlocked(front, at)
    rests_s = (at - front.touched_at).total_seconds() if front.touched_at else float("inf")
    if front.page != "none" and rests_s >= _page_s(front.page, manners):
        front = replace(front, page="none", typed="")
    if not isinstance(session.glass, Idle):
        return replace(front, is_asleep=False) if front.is_asleep else front
    if rests_s >= manners.forget_choice_s:
        front = forget(front)
    if front.touched_at is None:
        return replace(front, touched_at=at)
    if rests_s >= manners.sleep_after_s and not front.is_asleep and not front.is_out_of_service:
        front = replace(front, is_asleep=True, page="none", typed="")
    return front


def meet(front: Front, before: Session, after: Session, at: Instant) -> Front:
    """The session changed: a payment pushes every page aside, and the next person finds the glass as it was made."""
    left, now = payment_on(before.glass), payment_on(after.glass)
    if before.time != after.time and front.touched_at is not None:
        # The clock may have been put on by hours: nobody has rested for so long.
        front = replace(front, touched_at=at, held_since=None)
    if left == now:
        # Also a menu: it must not hide that the money came, or that nobody should pay now.
        return (
            replace(front, page="none", typed="") if now is not None and _turn_of(before) != _turn_of(after) else front
        )
    if left is not None:
        front = replace(forget(front), aside=_aside(front, left) if isinstance(before.glass, Paying) else None)
    if now is not None:
        front = _taken_up(front, now)
    woken = replace(front, touched_at=at, is_asleep=False, held_since=None)
    return woken if now is None and front.page != "menu" else replace(woken, page="none", typed="")


def forget(front: Front) -> Front:
    """Nothing of the last person's choices remains."""
    if (front.language, front.is_large, front.is_listening, front.aside) == ("vi", False, False, None):
        return front
    return replace(front, language="vi", is_large=False, is_listening=False, aside=None)


def _aside(front: Front, left: PaymentId) -> Aside:
    """A payment that the clerk makes on behalf is parked and comes back: its citizen stands there all the time."""
    return Aside(left, front.language, front.is_large, front.is_listening)


def _taken_up(front: Front, now: PaymentId) -> Front:
    match front.aside:
        case Aside(payment, language, is_large, is_listening) if payment == now:
            return replace(front, language=language, is_large=is_large, is_listening=is_listening, aside=None)
    return replace(front, aside=None)


def payment_on(glass: Glass) -> PaymentId | None:
    """Whose payment the glass is about, or None."""
    match glass:
        case Paying(request=request):
            return request.payment
        case Notice(payment=payment):
            return payment
    return None


def _is_taken(session: Session) -> bool:
    """Whether the glass is about somebody's payment. A code stands hidden while nobody knows the time."""
    is_hidden = isinstance(session.glass, Paying) and session.time != "known"
    return payment_on(session.glass) is not None and not is_hidden


def _turn_of(session: Session) -> str:
    """What the glass says of a payment; not how long, nor what becomes of its slip."""
    match session.glass:
        case Paying() if session.time != "known":
            return "hidden"
        case Paying(checking_until=checking_until):
            return "paying" if checking_until is None else "checking"
        case Notice(notice=notice):
            return notice
    return session.glass.kind


def _press(front: Front, target: str | None, at: Instant) -> Answer:
    match target:
        case "language":
            return Answer(replace(front, language="en" if front.language == "vi" else "vi"))
        case "larger":
            return Answer(replace(front, is_large=not front.is_large))
        case "menu":
            return Answer(replace(front, page="menu"))
        case "technician":
            return Answer(replace(front, held_since=at))
        case "more_time" | "help" | "no_phone":
            return Answer(front, (HelpTouched(at, HelpKind(target), front.language),))
        case "copy":
            return Answer(front, (CopyTouched(at),))
        case "stay":
            return Answer(front, (StayTouched(at),))
        case "done":
            return Answer(front, (Dismissed(at),))
    return Answer(front)


def _choose(front: Front, target: str | None, at: Instant) -> Answer:
    """Of the menu: a choice or the way back closes it; a touch beside the choices does not."""
    answer = _press(front, target, at)
    is_choice = target in {"help", "no_phone", "more_time", "back"}
    return replace(answer, front=replace(answer.front, page="none")) if is_choice else answer


def _agreed(front: Front, at: Instant, manners: Manners) -> Front:
    """After a clock was put back nothing lasts longer than it would have from now."""
    if front.touched_at is not None and at < front.touched_at:
        front = replace(front, touched_at=at, held_since=None)
    if front.locked_until is not None and front.locked_until > (latest := at + timedelta(seconds=manners.pin_wait_s)):
        front = replace(front, locked_until=latest)
    return front


def _opened(front: Front, at: Instant, manners: Manners) -> Front:
    """A finger that rested long enough on the corner opens the gate, or finds it locked."""
    if front.held_since is None or (at - front.held_since).total_seconds() < manners.long_press_s:
        return front
    page: Page = "none" if manners.pin is None else "locked" if front.locked_until else "pin"
    return replace(front, held_since=None, page=page, typed="", touched_at=at)


def _unlocked(front: Front, at: Instant) -> Front:
    if front.locked_until is None or at < front.locked_until:
        return front
    page: Page = "none" if front.page == "locked" else front.page
    return replace(front, locked_until=None, wrong=0, page=page)


def _page_s(page: Page, manners: Manners) -> float:
    return {"menu": manners.menu_s, "technician": manners.technician_s}.get(page, manners.pin_page_s)


def _type(front: Front, target: str | None, at: Instant, manners: Manners) -> Front:
    match target:
        case "leave":
            return replace(front, page="none", typed="")
        case "erase":
            return replace(front, typed=front.typed[:-1])
        case str() if len(target) == 1 and target in digits:
            return _judged(replace(front, typed=front.typed + target), at, manners)
    return front


def _judged(front: Front, at: Instant, manners: Manners) -> Front:
    """Six digits are a PIN; five wrong ones lock the gate for a while."""
    if len(front.typed) < PIN_DIGITS:
        return front
    if manners.pin is not None and manners.pin.matches(front.typed):
        return replace(front, page="technician", typed="", wrong=0)
    wrong = front.wrong + 1
    if wrong < manners.pin_tries:
        return replace(front, typed="", wrong=wrong)
    until = at + timedelta(seconds=manners.pin_wait_s)
    return replace(front, typed="", wrong=wrong, page="locked", locked_until=until)


def _serve(front: Front, target: str | None) -> Answer:
    match target:
        case "test_slip" | "test_sound" | "day_end" | "restart":
            return Answer(front, wishes=(target,))
        case "out_of_service":
            return Answer(replace(front, is_out_of_service=not front.is_out_of_service))
        case "leave":
            return Answer(replace(front, page="none"))
    return Answer(front)
