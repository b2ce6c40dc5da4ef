"""Pure: the slip of a paid payment: where it waits, who may print it, and when a human has to decide.

Rules of the house:

1. The original is asked of one counter at a time. Another gets it only after the first has let go of it.
2. What a counter says of it only ever grows: not printed, possibly printed, printed. A word that comes late takes
   nothing back.
3. *Possibly printed* waits for somebody who looks: it came out, or a marked copy is printed.
4. A copy says who asked and why. Whoever takes one while the original still waits, wants the original no more.
5. Only a counter that was asked may report on this payment's paper.
"""

from collections.abc import Mapping
from typing import assert_never

from appliance.office.events import (
    CopyAsked,
    Effect,
    Note,
    SlipConfirmed,
    SlipDropAsked,
    SlipHereAsked,
    SlipLetGo,
    SlipMoveAsked,
    SlipReported,
    Tell,
)
from appliance.office.outcome import Step, moved, objected
from appliance.office.spoken import slip
from appliance.office.state import NOBODY, Payment, Terms
from mqtt_schema.messages import Reprint, SlipOutcome, SlipRelease, SlipWanted
from mqtt_schema.types import Instant

SlipEvent = SlipReported | SlipHereAsked | SlipMoveAsked | SlipDropAsked | SlipLetGo | SlipConfirmed | CopyAsked

_RANK: Mapping[SlipOutcome | None, int] = {
    None: 0,
    SlipOutcome.NOT_PRINTED: 1,
    SlipOutcome.POSSIBLY_PRINTED: 2,
    SlipOutcome.PRINTED: 3,
}


def step(payment: Payment, event: SlipEvent, terms: Terms) -> Step:
    """Take one event about the slip. Never raises for what the world may do wrong."""
    match event:
        case SlipReported():
            return _reported(payment, event)
        case SlipHereAsked(at=at, clerk=clerk):
            return _here(payment, at, clerk, terms)
        case SlipMoveAsked(at=at, clerk=clerk, counter=counter):
            return _move(payment, at, clerk, counter)
        case SlipDropAsked(at=at, clerk=clerk):
            return _drop(payment, at, clerk)
        case SlipLetGo():
            return _let_go(payment, event, terms)
        case SlipConfirmed(at=at, clerk=clerk):
            return _confirmed(payment, clerk)
        case CopyAsked():
            return _copy(payment, event, terms)
        case never:
            assert_never(never)


def printers_asked(payment: Payment) -> frozenset[str]:
    """The counters that may report on this payment's paper: they were asked for it."""
    return frozenset({payment.counter, *payment.slip_asked}) if payment.paid_at else frozenset()


def is_waiting(payment: Payment) -> bool:
    """Whether the slip lies on a counter's shelf and nothing else is under way with it."""
    return payment.slip is SlipOutcome.NOT_PRINTED and not payment.is_slip_settled and payment.slip_to is None


def is_doubtful(payment: Payment) -> bool:
    """Whether somebody has to look if the slip came out."""
    return payment.slip is SlipOutcome.POSSIBLY_PRINTED and not payment.is_slip_settled


def _reported(payment: Payment, event: SlipReported) -> Step:
    said = f"copy_{event.outcome.value}" if event.is_copy else event.outcome.value
    note = Note(said, event.reason, event.counter or payment.slip_counter)
    is_elsewhere = event.counter not in {"", payment.slip_counter}
    if event.is_copy or is_elsewhere or payment.is_slip_settled or _RANK[event.outcome] < _RANK[payment.slip]:
        return Step(payment, (note,))
    goes_on = event.outcome is SlipOutcome.NOT_PRINTED and payment.slip_to is not None
    return moved(
        payment,
        note,
        slip=event.outcome,
        slip_reason=event.reason,
        slip_at=payment.slip_at if event.outcome is payment.slip else event.at,
        slip_wanted_at=payment.slip_wanted_at if goes_on else None,
        slip_to=payment.slip_to if goes_on else None,
        is_slip_kept=False,
    )


def _here(payment: Payment, at: Instant, clerk: str, terms: Terms) -> Step:
    """Whoever is asked prints the original, and only if it never did."""
    if not is_waiting(payment):
        return objected(payment, _NOT_WAITING)
    wanted = SlipWanted(payment=payment.id, slip=slip(payment, terms), asked_by=clerk)
    note = Note("slip_wanted", clerk, payment.slip_counter)
    return moved(payment, _tell(payment, wanted), note, slip_wanted_at=at, is_slip_kept=False)


def _move(payment: Payment, at: Instant, clerk: str, counter: str) -> Step:
    if not is_waiting(payment):
        return objected(payment, _NOT_WAITING)
    if counter == payment.slip_counter:
        return objected(payment, "Phiếu đang chờ ở chính quầy này. Hãy bấm In tại quầy này.")
    release = _tell(payment, SlipRelease(payment=payment.id))
    note = Note("slip_move_asked", clerk, counter)
    return moved(payment, release, note, slip_to=counter, slip_by=clerk, slip_wanted_at=at, is_slip_kept=False)


def _drop(payment: Payment, at: Instant, clerk: str) -> Step:
    if not is_waiting(payment):
        return objected(payment, _NOT_WAITING)
    release = _tell(payment, SlipRelease(payment=payment.id))
    note = Note("slip_drop_asked", clerk, payment.slip_counter)
    return moved(payment, release, note, slip_to=NOBODY, slip_by=clerk, slip_wanted_at=at, is_slip_kept=False)


def _let_go(payment: Payment, event: SlipLetGo, terms: Terms) -> Step:
    """The counter with the shelf has answered: only now may another print, so that one slip is printed once."""
    if payment.slip_to is None or event.counter != payment.slip_counter:
        return objected(payment, "Quầy trả lời về một phiếu không ai hỏi")
    if not event.is_released:
        kept = Note("slip_kept", "", event.counter)
        return moved(payment, kept, slip_to=None, slip_wanted_at=None, is_slip_kept=True)
    if payment.slip_to == NOBODY:
        dropped = Note("slip_dropped", payment.slip_by, event.counter)
        return moved(payment, dropped, slip_to=None, slip_wanted_at=None, is_slip_settled=True)
    wanted = SlipWanted(payment=payment.id, slip=slip(payment, terms), asked_by=payment.slip_by)
    return moved(
        payment,
        Tell(wanted, payment.slip_to),
        Note("slip_moved", "", payment.slip_to),
        slip=None,
        slip_reason="",
        slip_at=event.at,
        slip_wanted_at=event.at,
        slip_to=None,
        slip_counter=payment.slip_to,
        slip_asked=_with(payment, payment.slip_to),
    )


def _confirmed(payment: Payment, clerk: str) -> Step:
    if not is_doubtful(payment):
        return objected(payment, "Không còn ai hỏi phiếu này đã ra giấy chưa")
    seen = Note("slip_confirmed", clerk, payment.slip_counter)
    return moved(payment, seen, slip=SlipOutcome.PRINTED, slip_by=clerk, is_slip_settled=True)


def _copy(payment: Payment, event: CopyAsked, terms: Terms) -> Step:
    if payment.paid_at is None:
        return objected(payment, "Chỉ in lại được phiếu của khoản đã nhận tiền")
    where = event.counter or payment.slip_counter
    again = Reprint(payment=payment.id, slip=slip(payment, terms), asked_by=event.clerk, reason=event.reason or None)
    why = ": ".join(word for word in (event.clerk, event.reason) if word)
    effects = (Tell(again, where), Note("copy_asked", why, where))
    return _without_original(payment, event, effects, _with(payment, where))


def _without_original(payment: Payment, event: CopyAsked, effects: tuple[Effect, ...], asked: tuple[str, ...]) -> Step:
    """A copy settles a doubt, and takes the place of an original that still waits: its counter is to let go of it."""
    if is_doubtful(payment):
        return moved(payment, *effects, slip_asked=asked, slip_by=event.clerk, is_slip_settled=True)
    if payment.slip_to is not None:
        return moved(payment, *effects, slip_asked=asked, slip_by=event.clerk, slip_to=NOBODY)
    if is_waiting(payment):
        release = _tell(payment, SlipRelease(payment=payment.id))
        changes = {"slip_to": NOBODY, "slip_by": event.clerk, "slip_wanted_at": event.at}
        return moved(payment, release, *effects, slip_asked=asked, **changes)
    return moved(payment, *effects, slip_asked=asked)


_NOT_WAITING = "Phiếu này không còn chờ in. Hãy xem lại trang của khoản thu."


def _tell(payment: Payment, body: SlipWanted | SlipRelease) -> Tell:
    return Tell(body, payment.slip_counter)


def _with(payment: Payment, counter: str) -> tuple[str, ...]:
    return (*payment.slip_asked, counter) if counter not in payment.slip_asked else payment.slip_asked
