"""Pure: what of a screen is said aloud, and when it is another thing than before. It knows no clip and no sound."""

from dataclasses import dataclass, replace

from appliance.counter.shown import Shown, payment_of, screen_of
from appliance.counter.speech import State
from appliance.counter.state import Notice, Paying
from mqtt_schema.messages import Language, ScreenName
from mqtt_schema.types import Instant, PaymentId

LAST_MINUTE_S = 60

_STATES: dict[ScreenName, State] = {
    ScreenName.IDLE: "idle",
    ScreenName.ASLEEP: "asleep",
    ScreenName.OFFLINE: "offline",
    ScreenName.PREPARING: "preparing",
    ScreenName.CODE: "code",
    ScreenName.ON_BEHALF: "on_behalf",
    ScreenName.CHECKING: "checking",
    ScreenName.PAID: "paid",
    ScreenName.WAIVED: "waived",
    ScreenName.EXPIRED: "expired",
    ScreenName.CANCELLED: "cancelled",
    ScreenName.SEE_CLERK: "see_clerk",
    ScreenName.OUT_OF_SERVICE: "out_of_service",
    ScreenName.TECHNICIAN: "technician",
}


@dataclass(frozen=True)
class Aloud:
    """What there is to say. Two screens that say the same are equal, whatever second it is.

    `beneath`: what the screen itself says while *help called* is said over it.
    """

    state: State
    payment: PaymentId | None
    amount: int | None
    language: Language
    beneath: State | None = None


def of(shown: Shown, now: Instant) -> Aloud:
    """What this screen says at this moment."""
    payment, amount = payment_of(shown) or (None, None)
    call, state = _call(shown), _state(shown, now)
    return Aloud(call or state, payment, amount, shown.front.language, beneath=state if call else None)


def news_of(told: Aloud | None, now: Aloud) -> Aloud:
    """What of it is new: a call that was said already does not hide how the payment beneath it ended."""
    if told is None or told.beneath is None or now.beneath is None or now.beneath == told.beneath:
        return now
    return replace(now, state=now.beneath, beneath=None)


def minutes_left(shown: Shown, now: Instant) -> int | None:
    """Full minutes in which the code on the glass can still be paid; None without a code."""
    match shown.session.glass:
        case Paying(request=request):
            return max(0, int((request.expires_at - now).total_seconds())) // 60
    return None


def has_slip(shown: Shown) -> bool:
    """Whether a slip of what was paid comes out, or has."""
    match shown.session.glass:
        case Notice(phase="due" | "printing" | "printed"):
            return True
    return False


def _call(shown: Shown) -> State | None:
    if shown.session.help is None or screen_of(shown) is ScreenName.PAID:
        return None
    return "help_called" if shown.session.is_linked else "help_unheard"


def _state(shown: Shown, now: Instant) -> State:
    if screen_of(shown) is ScreenName.CODE:
        return _code(shown, now)
    match shown.session.glass:
        case Notice(notice="paid", phase="waiting"):
            return "slip_waiting"
        case Notice(notice="paid", phase="unsure" | "uncopied"):
            return "slip_unsure"
    return _STATES[screen_of(shown)]


def _code(shown: Shown, now: Instant) -> State:
    if not shown.session.is_linked:
        return "link_lost"
    return "code" if minutes_left(shown, now) else "last_minute"
