"""Gives the session of a counter its memory and its hands: step, commit, then act. One thread; no clock of its own.

The order is the point: an event is on the disk together with what will be said because of it, before the broker hears
that we have it, before a byte goes to the printer, and before the next event is looked at. Only the glass is sooner: a
code is painted while its request is on its way to the disk, in the same turn
(docs/adr/0009-a-code-is-painted-before-it-is-committed.md).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from appliance.counter import session as core
from appliance.counter import slips
from appliance.counter.events import (
    CancelledByClerk,
    CardsSent,
    CheckedByClerk,
    CopyAsked,
    Effect,
    Event,
    LinkChanged,
    Painted,
    ParkedByClerk,
    PreparedByClerk,
    PrintStarted,
    PrintTrial,
    ReleasedByClerk,
    Report,
    Requested,
    Restarted,
    Resulted,
    SlipJob,
    Tell,
    TrialAsked,
    Unusable,
    Waived,
    WantedByClerk,
)
from appliance.counter.state import Paying, Rules, Session, Step
from appliance.journal import Journal
from appliance.logs import Log
from appliance.timekeeping import TimeKnown
from mqtt_schema.messages import (
    Cards,
    DayEndWanted,
    Envelope,
    Page,
    PaymentCancellation,
    PaymentChecking,
    PaymentParking,
    PaymentPreparing,
    PaymentRequest,
    PaymentResult,
    PaymentWaived,
    Reprint,
    SlipRelease,
    SlipWanted,
    TrialWanted,
    Trouble,
)
from mqtt_schema.types import Instant

log = Log()


class Runner:
    """The session of one counter, with memory."""

    def __init__(
        self,
        journal: Journal,
        rules: Rules,
        print_slip: Callable[[SlipJob], None],
        show: Callable[[Session], Painted | None] = lambda _session: None,
        print_trial: Callable[[Page], None] = lambda _page: None,
    ) -> None:
        """`print_slip` begins to print and returns at once; its end comes back as a `PrintEnded` event.

        So does `print_trial`, with `TrialEnded`: it prints what belongs to no payment.

        `show` paints a session that has another code to show, and says so; None when the glass did not take it. It must
        not raise, and it must not step.
        """
        self._journal = journal
        self._rules = rules
        self._print_slip = print_slip
        self._print_trial = print_trial
        self._paint = show
        self._begins_slips = True
        self.session = Session()

    def recover(self, at: Instant, time: TimeKnown = "known") -> Instant:
        """Fold the journal since the last rest, then begin again, knowing this much of the time.

        Returns the moment at which it went on: `at`, unless the journal ends later; the clock was put back meanwhile.
        """
        session, since = self._journal.recover()
        for event in since:
            session = core.step(session, event, self._rules).session
        self.session = session
        log.info("recovered", events=len(since), glass=session.glass.kind, slips=len(session.slips))
        last = since[-1].at if since else None
        begun = max(at, last or at)
        self.step(Restarted(begun, time, last if session.time == "known" else None))
        return begun

    def take(self, envelope: Envelope, at: Instant) -> None:
        """Take a verified message of the office. What nobody acknowledges need not be remembered either."""
        is_passing = isinstance(envelope.body, PaymentPreparing | PaymentChecking | TrialWanted | DayEndWanted)
        self.step(event_of(envelope, at), message=None if is_passing else envelope.id)

    def step(self, event: Event, message: str | None = None) -> None:
        """Take one event: step, commit, act. `message` is the id of the message that brought it."""
        before = self.session
        stepped = core.step(before, event, self._rules)
        painted = self._painted(before, stepped.session)
        shown = core.step(stepped.session, painted, self._rules) if painted else Step(stepped.session)
        effects, after = (*stepped.effects, *shown.effects), shown.session
        said = [effect.body for effect in effects if isinstance(effect, Tell)]
        if said or message or _is_worth_keeping(event, before, after):
            is_new_rest = after.is_at_rest and not before.is_at_rest
            if is_new_rest and after.time == "known":
                after = replace(after, known_at=event.at)
            self._journal.commit(event, said, message, after if is_new_rest else None, *([painted] if painted else []))
        self.session = after
        for effect in effects:
            self._act(effect)
        self._begin_next_slip(event.at)

    def begin_no_more(self) -> None:
        """The program is about to end: slips that have not begun are still due when it begins again."""
        self._begins_slips = False

    def _act(self, effect: Effect) -> None:
        match effect:
            case Report(text=text):
                log.warning("report", text=text)
            case PrintTrial(page=page):
                self._print_trial(page)
            case Tell():
                pass  # it is in the outbox already
            case never:
                assert_never(never)

    def _painted(self, before: Session, after: Session) -> Painted | None:
        """Paint at once what asks a citizen for money, and nothing else: they are the ones who wait."""
        if not isinstance(after.glass, Paying) or after.glass == before.glass or after.glass.is_reported:
            return None
        return self._paint(after)

    def _begin_next_slip(self, at: Instant) -> None:
        job = slips.next_slip(self.session)
        if job is not None and self._begins_slips:
            self.step(PrintStarted(at, job.payment, job.is_copy))
            self._print_slip(job)


def event_of(envelope: Envelope, at: Instant) -> Event:
    """What a message of the office means to the session."""
    match envelope.body:
        case PaymentRequest() as request:
            return Requested(at, envelope.sequence, envelope.issued_at, request)
        case PaymentCancellation(payment=payment):
            return CancelledByClerk(at, envelope.sequence, payment)
        case PaymentParking(payment=payment):
            return ParkedByClerk(at, envelope.sequence, payment)
        case PaymentPreparing():
            return PreparedByClerk(at)
        case PaymentChecking(payment=payment):
            return CheckedByClerk(at, payment)
        case PaymentWaived(payment=payment):
            return Waived(at, envelope.sequence, payment)
        case Cards() as cards:
            return CardsSent(at, envelope.sequence, cards)
        case PaymentResult() as result:
            return Resulted(at, envelope.sequence, result, envelope.issued_at)
        case Reprint() as reprint:
            return CopyAsked(at, envelope.sequence, reprint)
        case SlipWanted() as wanted:
            return WantedByClerk(at, envelope.sequence, wanted)
        case SlipRelease(payment=payment):
            return ReleasedByClerk(at, envelope.sequence, payment)
        case TrialWanted(asked_by=asked_by):
            return TrialAsked(at, asked_by)
        case DayEndWanted(asked_by=asked_by):
            return TrialAsked(at, asked_by, "day_end")
        case body:
            return Unusable(at, Trouble(kind="unexpected", detail=f"{body.type} is nothing for a counter"))


def _is_worth_keeping(event: Event, before: Session, after: Session) -> bool:
    """Only what changed something; whether the broker is there is known afresh at every start."""
    return after != before and not isinstance(event, LinkChanged)
