"""Pure: the session of one counter, as a state machine over events that carry their time.

Rules of the house:

1. The counter never judges money. It shows what the office says and refuses what it cannot verify.
2. One payment stands on the glass at a time; a second one waits, none is ever replaced by another.
3. The office's last word on a payment wins, by sequence, in whatever order the words arrive.
4. A slip is printed once unless a human asks again. Who does not know whether paper came out says so.
5. An event that does not fit leaves the state as it is and returns a `Report`.

Recovery folds `step` over the journal, throws the effects away, and then steps once more with `Restarted`.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, assert_never

from appliance.counter.events import (
    CancelledByClerk,
    CopyAsked,
    Effect,
    Event,
    LinkChanged,
    Painted,
    ParkedByClerk,
    PrintEnded,
    PrintStarted,
    Report,
    Requested,
    Restarted,
    Resulted,
    SlipJob,
    Tell,
    Tick,
    Unusable,
)
from mqtt_schema.messages import (
    Beneficiary,
    Displayed,
    Outcome,
    PaymentRefused,
    PaymentRequest,
    ReceiptReport,
    SlipOutcome,
    disagreement,
)
from mqtt_schema.types import Instant, PaymentId

_RESTARTED_IN_PRINT = "Quầy khởi động lại khi đang in phiếu"

REMEMBERED = 200
"""So many payments are remembered, so that a late or repeated word about one of them changes nothing."""


@dataclass(frozen=True)
class Rules:
    """What the counter was told at enrolment, and how long it shows what.

    `clock_tolerance_s`: a message from further in the future means that this clock is wrong.
    """

    beneficiaries: tuple[Beneficiary, ...]
    clock_tolerance_s: float = 120
    paid_s: float = 15
    expired_s: float = 12
    cancelled_s: float = 8
    see_clerk_s: float = 30


# What the glass shows.


@dataclass(frozen=True)
class Idle:
    """Nobody is paying."""

    kind: Literal["idle"] = "idle"


@dataclass(frozen=True)
class Paying:
    """A code stands on the glass. `is_reported`: the office has been told that it was painted."""

    request: PaymentRequest
    is_reported: bool = False
    kind: Literal["paying"] = "paying"


NoticeKind = Literal["paid", "expired", "cancelled", "see_clerk"]


@dataclass(frozen=True)
class Notice:
    """How it ended, shown until `until`. `amount` in đồng, None when no amount could be verified."""

    payment: PaymentId
    notice: NoticeKind
    amount: int | None
    until: Instant
    kind: Literal["notice"] = "notice"


Glass = Idle | Paying | Notice


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
    is_linked: bool = False

    @property
    def is_at_rest(self) -> bool:
        """Nothing of any citizen remains: a checkpoint from which recovery may begin."""
        return isinstance(self.glass, Idle) and not self.waiting and not self.slips


@dataclass(frozen=True)
class Step:
    """The next state, and what is to be done."""

    session: Session
    effects: tuple[Effect, ...] = ()


def step(session: Session, event: Event, rules: Rules) -> Step:
    """Take one event. Never raises for what the world may do wrong."""
    match event:
        case Requested():
            return _requested(session, event, rules)
        case CancelledByClerk(at=at, sequence=sequence, payment=payment):
            return _taken_back(session, payment, sequence, at, rules)
        case ParkedByClerk(at=at, sequence=sequence, payment=payment):
            return _parked(session, payment, sequence, at)
        case Resulted():
            return _resulted(session, event, rules)
        case CopyAsked(reprint=reprint):
            job = SlipJob(reprint.payment, reprint.slip, is_copy=True)
            return Step(replace(session, slips=(*session.slips, job)))
        case Painted(at=at, payment=payment):
            return _painted(session, payment, at)
        case PrintStarted(payment=payment, is_copy=is_copy):
            return _print_started(session, payment, is_copy)
        case PrintEnded():
            return _print_ended(session, event)
        case LinkChanged(is_up=is_up):
            return Step(replace(session, is_linked=is_up))
        case Unusable(trouble=trouble):
            return Step(session, (Tell(trouble), Report(f"{trouble.kind}: {trouble.detail}")))
        case Restarted(at=at):
            return _restarted(session, at, rules)
        case Tick(at=at):
            return Step(_pass_time(session, at, rules))
        case _:
            assert_never(event)


def refusal(request: PaymentRequest, issued_at: Instant, at: Instant, rules: Rules) -> PaymentRefused | None:
    """Say why this code must not be painted, or None. The signature was checked before."""
    if wrong := disagreement(request):
        return PaymentRefused(payment=request.payment, field=wrong)
    if request.beneficiary not in rules.beneficiaries:
        return PaymentRefused(payment=request.payment, field="beneficiary")
    if issued_at - at > timedelta(seconds=rules.clock_tolerance_s):
        return PaymentRefused(payment=request.payment, field="clock")
    if at >= request.expires_at:
        return PaymentRefused(payment=request.payment, field="expiry")
    return None


def due_at(session: Session) -> Instant | None:
    """When time will change this state next: the moment for which the runner should wake."""
    match session.glass:
        case Paying(request=request):
            return request.expires_at
        case Notice(until=until):
            return until
        case Idle():
            return None
        case _:
            assert_never(session.glass)


def next_slip(session: Session) -> SlipJob | None:
    """The slip to begin now, or None: one at a time, in the order in which they became due."""
    if any(job.is_started for job in session.slips):
        return None
    return session.slips[0] if session.slips else None


def _requested(session: Session, event: Requested, rules: Rules) -> Step:
    request = event.request
    if _is_stale(session, request.payment, event.sequence):
        return Step(session, (Report(f"stale request for {request.payment}"),))
    heard = _hear(session, request.payment, event.sequence)
    if refused := refusal(request, event.issued_at, event.at, rules):
        told = (Tell(refused), Report(f"refused {request.payment}: {refused.field}"))
        if refused.field == "expiry":
            # An old job after a long silence: nobody in front of the glass is waiting for it.
            return Step(heard, told)
        return Step(_show_if_free(heard, _notice(request.payment, "see_clerk", None, event.at, rules)), told)
    if _is_here(heard, request.payment):
        return Step(heard, (Report(f"{request.payment} is already here"),))
    return Step(_advance(replace(heard, waiting=(*heard.waiting, request)), event.at))


def _taken_back(session: Session, payment: PaymentId, sequence: int, at: Instant, rules: Rules) -> Step:
    if _is_stale(session, payment, sequence):
        return Step(session, (Report(f"stale cancellation of {payment}"),))
    heard = _without_waiting(_hear(session, payment, sequence), payment)
    if _stands_on_glass(heard, payment):
        return Step(replace(heard, glass=_notice(payment, "cancelled", None, at, rules)))
    return Step(heard)


def _parked(session: Session, payment: PaymentId, sequence: int, at: Instant) -> Step:
    if _is_stale(session, payment, sequence):
        return Step(session, (Report(f"stale parking of {payment}"),))
    heard = _without_waiting(_hear(session, payment, sequence), payment)
    if _stands_on_glass(heard, payment):
        return Step(_advance(replace(heard, glass=Idle()), at))
    return Step(heard)


def _resulted(session: Session, event: Resulted, rules: Rules) -> Step:
    result = event.result
    if _is_stale(session, result.payment, event.sequence):
        return Step(session, (Report(f"stale result of {result.payment}"),))
    had_slip = any(word.payment == result.payment and word.had_slip for word in session.heard)
    heard = _without_waiting(
        _hear(session, result.payment, event.sequence, had_slip or result.slip is not None), result.payment
    )
    notice: NoticeKind = "paid" if result.outcome is Outcome.PAID else "see_clerk"
    amount = result.amount if notice == "paid" else None
    shown = _show_if_free(heard, _notice(result.payment, notice, amount, event.at, rules))
    if result.slip is None or had_slip:
        return Step(shown)
    job = SlipJob(result.payment, result.slip)
    return Step(replace(shown, slips=(*shown.slips, job)))


def _painted(session: Session, payment: PaymentId, at: Instant) -> Step:
    match session.glass:
        case Paying(request=request, is_reported=False) if request.payment == payment:
            told = Displayed(payment=payment, amount=request.amount, payload=request.payload, painted_at=at)
            return Step(replace(session, glass=Paying(request, is_reported=True)), (Tell(told),))
    return Step(session)


def _print_started(session: Session, payment: PaymentId, is_copy: bool) -> Step:
    job = _slip_job(session, payment, is_copy)
    if job is None or any(other.is_started for other in session.slips):
        return Step(session, (Report(f"no slip is due for {payment}"),))
    return Step(_with_job(session, job, replace(job, is_started=True)))


def _print_ended(session: Session, event: PrintEnded) -> Step:
    job = _slip_job(session, event.payment, event.is_copy)
    if job is None or not job.is_started:
        return Step(session, (Report(f"no slip was begun for {event.payment}"),))
    return Step(_with_job(session, job, None), (_receipt_report(event),))


def _receipt_report(event: PrintEnded) -> Tell:
    return Tell(
        ReceiptReport(payment=event.payment, outcome=event.outcome, is_copy=event.is_copy, reason=event.reason[:300])
    )


def _restarted(session: Session, at: Instant, rules: Rules) -> Step:
    """Slips that had not begun are still due; of those that had, nobody knows, so a human is asked."""
    begun = [job for job in session.slips if job.is_started]
    asked = tuple(
        _receipt_report(PrintEnded(at, job.payment, job.is_copy, SlipOutcome.POSSIBLY_PRINTED, _RESTARTED_IN_PRINT))
        for job in begun
    )
    kept = tuple(job for job in session.slips if not job.is_started)
    return Step(_pass_time(replace(session, slips=kept, is_linked=False), at, rules), asked)


def _pass_time(session: Session, at: Instant, rules: Rules) -> Session:
    match session.glass:
        case Paying(request=request) if at >= request.expires_at:
            return replace(session, glass=_notice(request.payment, "expired", None, at, rules))
        case Notice(until=until) if at >= until:
            return _advance(replace(session, glass=Idle()), at)
    return session


def _advance(session: Session, at: Instant) -> Session:
    """Give a free glass to the next payment in turn whose code is still valid."""
    if not isinstance(session.glass, Idle):
        return session
    valid = tuple(request for request in session.waiting if at < request.expires_at)
    if not valid:
        return replace(session, waiting=())
    return replace(session, glass=Paying(valid[0]), waiting=valid[1:])


def _notice(payment: PaymentId, kind: NoticeKind, amount: int | None, at: Instant, rules: Rules) -> Notice:
    seconds = {
        "paid": rules.paid_s,
        "expired": rules.expired_s,
        "cancelled": rules.cancelled_s,
        "see_clerk": rules.see_clerk_s,
    }[kind]
    return Notice(payment, kind, amount, at + timedelta(seconds=seconds))


def _show_if_free(session: Session, notice: Notice) -> Session:
    """Show a notice unless another citizen's payment has the glass."""
    match session.glass:
        case Paying(request=request) if request.payment != notice.payment:
            return session
        case Notice(payment=payment) if payment != notice.payment:
            return session
    return replace(session, glass=notice)


def _is_here(session: Session, payment: PaymentId) -> bool:
    return _stands_on_glass(session, payment) or any(request.payment == payment for request in session.waiting)


def _stands_on_glass(session: Session, payment: PaymentId) -> bool:
    return isinstance(session.glass, Paying) and session.glass.request.payment == payment


def _without_waiting(session: Session, payment: PaymentId) -> Session:
    return replace(session, waiting=tuple(request for request in session.waiting if request.payment != payment))


def _is_stale(session: Session, payment: PaymentId, sequence: int) -> bool:
    return any(word.payment == payment and word.sequence >= sequence for word in session.heard)


def _hear(session: Session, payment: PaymentId, sequence: int, had_slip: bool = False) -> Session:
    before = next((word for word in session.heard if word.payment == payment), None)
    word = Heard(payment, sequence, had_slip or (before is not None and before.had_slip))
    others = tuple(other for other in session.heard if other.payment != payment)
    return replace(session, heard=(*others, word)[-REMEMBERED:])


def _slip_job(session: Session, payment: PaymentId, is_copy: bool) -> SlipJob | None:
    return next((job for job in session.slips if (job.payment, job.is_copy) == (payment, is_copy)), None)


def _with_job(session: Session, job: SlipJob, instead: SlipJob | None) -> Session:
    """Replace the first equal job, or take it away."""
    place = session.slips.index(job)
    middle = () if instead is None else (instead,)
    return replace(session, slips=(*session.slips[:place], *middle, *session.slips[place + 1 :]))
