"""Pure: the session of one counter, as a state machine over events that carry their time.

Rules of the house:

1. The counter never judges money. It shows what the office says and refuses what it cannot verify.
2. One payment stands on the glass at a time; a second one waits, none is ever replaced by another.
3. The office's last word on a payment wins, by sequence, in whatever order the words arrive.
4. An event that does not fit leaves the state as it is and returns a `Report`.

What becomes of slips stands in `slips`, what is remembered of payments in `memory`.

Recovery folds `step` over the journal, throws the effects away, and then steps once more with `Restarted`.
"""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from appliance.counter import belief, memory, slips
from appliance.counter.events import (
    CancelledByClerk,
    CardsSent,
    CheckedByClerk,
    CopyAsked,
    CopyTouched,
    Dismissed,
    Event,
    FleetFollowed,
    HelpTouched,
    LinkChanged,
    Painted,
    ParkedByClerk,
    PreparedByClerk,
    PrintEnded,
    PrinterReady,
    PrintStarted,
    PrintTrial,
    ReleasedByClerk,
    Report,
    Requested,
    Restarted,
    Resulted,
    StayTouched,
    Tell,
    Tick,
    TimeLearned,
    TrialAsked,
    TrialEnded,
    Unusable,
    Waived,
    WantedByClerk,
)
from appliance.counter.state import (
    Glass,
    Help,
    Idle,
    Notice,
    NoticeKind,
    Paying,
    Preparing,
    Rules,
    Session,
    Step,
)
from mqtt_schema.messages import (
    Displayed,
    HelpAsked,
    HelpKind,
    Outcome,
    PaymentRefused,
    PaymentRequest,
    TrialReport,
    disagreement,
)
from mqtt_schema.types import Instant, PaymentId

STAYS = 3
"""So often the citizen may ask for more time to read a result."""


def step(session: Session, event: Event, rules: Rules) -> Step:
    """Take one event. Never raises for what the world may do wrong."""
    match event:
        case Requested():
            return _requested(session, event, rules)
        case CancelledByClerk(at=at, sequence=sequence, payment=payment):
            return _taken_back(session, payment, sequence, at, rules)
        case ParkedByClerk(at=at, sequence=sequence, payment=payment):
            return _parked(session, payment, sequence, at)
        case PreparedByClerk(at=at):
            return Step(_prepared(session, at, rules))
        case CheckedByClerk(at=at, payment=payment):
            return _checked(session, payment, at, rules)
        case Waived(at=at, sequence=sequence, payment=payment):
            return _waived(session, payment, sequence, at, rules)
        case CardsSent(sequence=sequence, cards=cards):
            if sequence <= session.cards_sequence:
                return Step(session, (Report("stale cards"),))
            return Step(replace(session, cards=cards.cards, cards_sequence=sequence))
        case Resulted():
            return _resulted(session, event, rules)
        case CopyAsked():
            return Step(slips.copy_asked(session, event, rules))
        case WantedByClerk():
            return slips.wanted(session, event, rules)
        case ReleasedByClerk():
            return slips.release(session, event)
        case TrialAsked(page=page):
            return Step(session, (PrintTrial(page),))
        case TrialEnded(outcome=outcome, reason=reason, page=page):
            return Step(session, (Tell(TrialReport(outcome=outcome, reason=reason[:300], page=page)),))
        case PrinterReady(at=at):
            return Step(slips.ready(session, at))
        case Painted():
            return _painted(session, event)
        case PrintStarted():
            return slips.started(session, event)
        case PrintEnded():
            return slips.ended(session, event, rules)
        case HelpTouched():
            return _help_touched(session, event, rules)
        case CopyTouched(at=at):
            return Step(slips.copy_touched(session, at, rules))
        case StayTouched(at=at):
            return Step(_stay(session, at, rules))
        case Dismissed(at=at):
            return Step(_left(session, at) if isinstance(session.glass, Notice) else session)
        case LinkChanged(is_up=is_up):
            return Step(replace(session, is_linked=is_up))
        case TimeLearned():
            return Step(_time_learned(session, event, rules))
        case FleetFollowed():
            return _fleet_followed(session, event, rules)
        case Unusable(trouble=trouble):
            return Step(session, (Tell(trouble), Report(f"{trouble.kind}: {trouble.detail}")))
        case Restarted(at=at, time=time, known_at=known_at):
            return _restarted(replace(session, time=time, known_at=known_at or session.known_at), at, rules)
        case Tick(at=at):
            return Step(_pass_time(session, at, rules))
        case _:
            assert_never(event)


def refusal(
    request: PaymentRequest, issued_at: Instant, at: Instant, rules: Rules, session: Session | None = None
) -> PaymentRefused | None:
    """Say why this code must not be painted, or None. The signature was checked before."""
    session = session or Session()
    if wrong := disagreement(request):
        return PaymentRefused(payment=request.payment, field=wrong)
    if not belief.is_allowed(session, request.beneficiary, at if session.time == "known" else None, rules):
        return PaymentRefused(payment=request.payment, field="beneficiary")
    if session.time == "asked":
        return None  # the answer is on its way, and until then nothing is painted
    if session.time == "unknown":
        return PaymentRefused(payment=request.payment, field="clock")
    if issued_at - at > timedelta(seconds=rules.clock_tolerance_s):
        return PaymentRefused(payment=request.payment, field="clock")
    if at >= request.expires_at:
        return PaymentRefused(payment=request.payment, field="expiry")
    return None


def due_at(session: Session) -> Instant | None:
    """When time will change this state next: the moment for which the runner should wake."""
    moments = [_glass_due_at(session), session.help.until if session.help else None, slips.due_at(session)]
    return min((moment for moment in moments if moment is not None), default=None)


def _glass_due_at(session: Session) -> Instant | None:
    match session.glass:
        case Paying() if session.time != "known":
            return None  # nobody knows when; it is not shown either
        case Paying(request=request, checking_until=checking_until):
            return min(request.expires_at, checking_until or request.expires_at)
        case Preparing(until=until) | Notice(until=until):
            return until
        case Idle():
            return None
        case _:
            assert_never(session.glass)


def _requested(session: Session, event: Requested, rules: Rules) -> Step:
    request = event.request
    if memory.is_stale(session, request.payment, event.sequence):
        return Step(session, (Report(f"stale request for {request.payment}"),))
    heard = memory.hear(session, request.payment, event.sequence)
    if refused := refusal(request, event.issued_at, event.at, rules, session):
        told = (Tell(refused), Report(f"refused {request.payment}: {refused.field}"))
        if refused.field == "expiry":
            # An old job after a long silence: nobody in front of the glass is waiting for it.
            return Step(heard, told)
        alone = _without_waiting(heard, request.payment)  # what it said before is not its last word any more
        return Step(_show_if_free(alone, _notice(request.payment, "refused", None, event.at, rules)), told)
    if _is_here(heard, request.payment):
        return _renewed(heard, request)
    match heard.glass:
        case Notice(payment=payment, notice="expired") if payment == request.payment:
            # More time was granted at the last second, and came a moment after it.
            return Step(replace(heard, glass=Paying(request)))
    return Step(_advance(replace(heard, waiting=(*heard.waiting, request)), event.at))


def _renewed(session: Session, request: PaymentRequest) -> Step:
    """The same payment again: only its time may be another, everything else was promised before."""
    match session.glass:
        case Paying(request=known) if known.payment == request.payment:
            if request != known.model_copy(update={"expires_at": request.expires_at}):
                return Step(session, (Report(f"{request.payment} came back changed"),))
            return Step(replace(session, glass=replace(session.glass, request=request, is_reported=False)))
    return Step(session, (Report(f"{request.payment} is already here"),))


def _prepared(session: Session, at: Instant, rules: Rules) -> Session:
    match session.glass:
        case Idle() | Preparing():
            return replace(session, glass=Preparing(at + timedelta(seconds=rules.preparing_s)))
    return session


def _checked(session: Session, payment: PaymentId, at: Instant, rules: Rules) -> Step:
    match session.glass:
        case Paying(request=request) as paying if request.payment == payment:
            until = at + timedelta(seconds=rules.checking_s)
            return Step(replace(session, glass=replace(paying, checking_until=until)))
    return Step(session, (Report(f"{payment} is not on the glass"),))


def _waived(session: Session, payment: PaymentId, sequence: int, at: Instant, rules: Rules) -> Step:
    if memory.is_stale(session, payment, sequence):
        return Step(session, (Report(f"stale waiver of {payment}"),))
    heard = _without_waiting(memory.hear(session, payment, sequence), payment)
    return Step(_show_if_free(heard, _notice(payment, "waived", None, at, rules)))


def _taken_back(session: Session, payment: PaymentId, sequence: int, at: Instant, rules: Rules) -> Step:
    if memory.is_stale(session, payment, sequence):
        return Step(session, (Report(f"stale cancellation of {payment}"),))
    heard = _without_waiting(memory.hear(session, payment, sequence), payment)
    if _stands_on_glass(heard, payment):
        return Step(replace(heard, glass=_notice(payment, "cancelled", None, at, rules)))
    return Step(heard)


def _parked(session: Session, payment: PaymentId, sequence: int, at: Instant) -> Step:
    if memory.is_stale(session, payment, sequence):
        return Step(session, (Report(f"stale parking of {payment}"),))
    heard = _without_waiting(memory.hear(session, payment, sequence), payment)
    if _stands_on_glass(heard, payment):
        return Step(_left(heard, at))
    return Step(heard)


def _resulted(session: Session, event: Resulted, rules: Rules) -> Step:
    result = event.result
    if memory.is_stale(session, result.payment, event.sequence):
        return Step(session, (Report(f"stale result of {result.payment}"),))
    had_slip = memory.word_on(session, result.payment).had_slip
    heard = _without_waiting(memory.hear(session, result.payment, event.sequence), result.payment)
    kind = _NOTICE_OF[result.outcome]
    notice = _notice(result.payment, kind, result.amount if kind == "paid" else None, event.at, rules)
    is_late = _comes_late(heard, event, rules)
    if result.slip is None or had_slip:
        return Step(heard if is_late else _show_if_free(heard, _keeping_phase(heard.glass, notice)))
    if event.issued_at is not None and slips.is_before_memory(session, event.issued_at):
        return slips.perhaps_printed_before(heard if is_late else _show_if_free(heard, notice), result.payment)
    if is_late:
        return slips.nobody_there(heard, result.payment, result.slip, event.at)
    shown = _show_if_free(heard, replace(notice, slip=result.slip))
    return Step(slips.owe(shown, result.payment, result.slip, event.at, rules))


def _comes_late(session: Session, event: Resulted, rules: Rules) -> bool:
    """A counter that was away hears how a payment ended whose citizen has left: whoever stands there now is another."""
    if event.issued_at is None or session.time != "known" or _payment_on(session.glass) == event.result.payment:
        return False
    return (event.at - event.issued_at).total_seconds() > rules.comes_late_s


_NOTICE_OF: dict[Outcome, NoticeKind] = {
    Outcome.PAID: "paid",
    Outcome.UNDERPAID: "underpaid",
    Outcome.OVERPAID: "overpaid",
    Outcome.LATE: "late",
}


def _keeping_phase(glass: Glass, notice: Notice) -> Notice:
    """A corrected word does not stop the slip that is on its way."""
    match glass:
        case Notice(payment=payment, phase=phase, slip=slip) if payment == notice.payment:
            return replace(notice, phase=phase, slip=slip)
    return notice


def _painted(session: Session, event: Painted) -> Step:
    match session.glass:
        # While the clerk asks the bank no code stands there, whatever was painted.
        case Paying(request=request, is_reported=False, checking_until=None) as paying if (
            request.payment == event.payment
        ):
            told = Displayed(
                payment=event.payment,
                amount=request.amount,
                payload="" if request.is_on_behalf else request.payload,
                painted_at=event.at,
                pixels=event.pixels,
            )
            return Step(replace(session, glass=replace(paying, is_reported=True)), (Tell(told),))
    return Step(session)


def _help_touched(session: Session, event: HelpTouched, rules: Rules) -> Step:
    """Call a human; a second touch while the first call is still said on the glass calls nobody."""
    if session.help is not None and event.at < session.help.until:
        return Step(session)
    payment = _payment_on(session.glass)
    if event.help is HelpKind.MORE_TIME and not isinstance(session.glass, Paying):
        return Step(session, (Report("more time was asked for without a code"),))
    called = Help(event.help, event.at + timedelta(seconds=rules.helped_s))
    told = HelpAsked(kind=event.help, payment=payment, language=event.language)
    return Step(replace(session, help=called), (Tell(told),))


def _payment_on(glass: Glass) -> PaymentId | None:
    match glass:
        case Paying(request=request):
            return request.payment
        case Notice(payment=payment):
            return payment
    return None


def _stay(session: Session, at: Instant, rules: Rules) -> Session:
    match session.glass:
        case Notice(stays=stays, until=until) as notice if stays < STAYS and at < until:
            # Added, not counted from now: three touches in a row are three times as long.
            longer = until + timedelta(seconds=rules.stay_s)
            return replace(session, glass=replace(notice, until=longer, stays=stays + 1))
    return session


def _restarted(session: Session, at: Instant, rules: Rules) -> Step:
    kept = slips.restarted(replace(session, is_linked=False), at)
    return Step(_pass_time(kept.session, at, rules), kept.effects)


def _time_learned(session: Session, event: TimeLearned, rules: Rules) -> Session:
    """Somebody said what time it is, or nobody does any more. Who waits for paper waits as long as before."""
    stepped = replace(belief.at_time(session, event.time, event.step_s), since=_since(session, event))
    if session.time == "known":
        return _advance(_pass_time(slips.step_clock(stepped, event.step_s), event.at, rules), event.at)
    # Until now nobody knew how late it is, so no slip came off the shelf by itself.
    return slips.ready(_advance(_pass_time(stepped, event.at, rules), event.at), event.at)


def _since(session: Session, event: TimeLearned) -> Instant | None:
    """How far this memory reaches back; further, if the office's clock was wrong when it began. None: long enough."""
    if event.time != "known" or (session.since is None and session.heard):
        return session.since
    return event.at if session.since is None else min(session.since, event.at)


def _fleet_followed(session: Session, event: FleetFollowed, rules: Rules) -> Step:
    """What is not allowed any more leaves the glass at once, and with a thief's key everything that nobody has paid."""
    told = replace(session, fleet_serial=event.serial, allowed=event.allowed)
    at = event.at if session.time == "known" else None
    standing = [session.glass.request] if isinstance(session.glass, Paying) else []
    refused = [
        PaymentRefused(payment=request.payment, field="signature" if event.is_key_revoked else "beneficiary")
        for request in (*standing, *session.waiting)
        if event.is_key_revoked or not belief.is_allowed(told, request.beneficiary, at, rules)
    ]
    for refusal_ in refused:
        told = _without_waiting(told, refusal_.payment)
        if _stands_on_glass(told, refusal_.payment):
            told = replace(told, glass=_notice(refusal_.payment, "refused", None, event.at, rules))
    return Step(told, tuple(Tell(one) for one in refused))


def _pass_time(session: Session, at: Instant, rules: Rules) -> Session:
    return slips.pass_time(_pass_time_on_glass(session, at, rules), at)


def _pass_time_on_glass(session: Session, at: Instant, rules: Rules) -> Session:
    if session.help is not None and at >= session.help.until:
        session = replace(session, help=None)
    match session.glass:
        case Paying() if session.time != "known":
            return session
        case Paying(request=request) if at >= request.expires_at:
            return replace(session, glass=_notice(request.payment, "expired", None, at, rules))
        case Paying(checking_until=checked) as paying if checked is not None and at >= checked:
            return replace(session, glass=replace(paying, checking_until=None))
        case Preparing(until=until) if at >= until:
            return _advance(replace(session, glass=Idle()), at)
        case Notice(until=until) if at >= until:
            return _left(session, at)
    return session


def _left(session: Session, at: Instant) -> Session:
    """The citizen has gone: neither payment nor call is said to the next one."""
    return _advance(replace(session, glass=Idle(), help=None), at)


def _advance(session: Session, at: Instant) -> Session:
    """Give a free glass to the next payment in turn whose code is still valid."""
    if not isinstance(session.glass, Idle | Preparing) or session.time != "known":
        return session
    valid = tuple(request for request in session.waiting if at < request.expires_at)
    if not valid:
        return replace(session, waiting=())  # what was being prepared is still being prepared
    return replace(session, glass=Paying(valid[0]), waiting=valid[1:])


def _notice(payment: PaymentId, kind: NoticeKind, amount: int | None, at: Instant, rules: Rules) -> Notice:
    seconds = {
        "paid": rules.paid_s,
        "waived": rules.waived_s,
        "expired": rules.expired_s,
        "cancelled": rules.cancelled_s,
    }.get(kind, rules.see_clerk_s)
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
