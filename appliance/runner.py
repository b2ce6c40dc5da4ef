"""Gives the session of a counter its memory and its hands: step, commit, then act. One thread; no clock of its own.

The order is the point: an event is on the disk together with what will be said because of it, before the broker hears
that we have it, before a byte goes to the printer, and before the next event is looked at.
"""

from collections.abc import Callable

import structlog

from appliance.counter import session as core
from appliance.counter.events import (
    CancelledByClerk,
    CopyAsked,
    Event,
    LinkChanged,
    ParkedByClerk,
    PrintStarted,
    Report,
    Requested,
    Restarted,
    Resulted,
    SlipJob,
    Tell,
    Unusable,
)
from appliance.counter.session import Rules, Session
from appliance.journal import Journal
from mqtt_schema.messages import (
    Envelope,
    PaymentCancellation,
    PaymentParking,
    PaymentRequest,
    PaymentResult,
    Reprint,
    Trouble,
)
from mqtt_schema.types import Instant

log = structlog.get_logger("runner")


class Runner:
    """The session of one counter, with memory."""

    def __init__(self, journal: Journal, rules: Rules, print_slip: Callable[[SlipJob], None]) -> None:
        """`print_slip` begins to print and returns at once; its end comes back as a `PrintEnded` event."""
        self._journal = journal
        self._rules = rules
        self._print_slip = print_slip
        self.session = Session()

    def recover(self, at: Instant) -> None:
        """Fold the journal since the last rest, then begin again."""
        session, since = self._journal.recover()
        for event in since:
            session = core.step(session, event, self._rules).session
        self.session = session
        log.info("recovered", events=len(since), glass=session.glass.kind, slips=len(session.slips))
        self.step(Restarted(at))

    def take(self, envelope: Envelope, at: Instant) -> None:
        """Take a verified message of the office."""
        self.step(event_of(envelope, at), message=envelope.id)

    def step(self, event: Event, message: str | None = None) -> None:
        """Take one event: step, commit, act. `message` is the id of the message that brought it."""
        before = self.session
        stepped = core.step(before, event, self._rules)
        said = [effect.body for effect in stepped.effects if isinstance(effect, Tell)]
        if said or message or _is_worth_keeping(event, before, stepped.session):
            is_new_rest = stepped.session.is_at_rest and not before.is_at_rest
            self._journal.commit(event, said, message, stepped.session if is_new_rest else None)
        self.session = stepped.session
        for effect in stepped.effects:
            if isinstance(effect, Report):
                log.warning("report", text=effect.text)
        self._begin_next_slip(event.at)

    def _begin_next_slip(self, at: Instant) -> None:
        job = core.next_slip(self.session)
        if job is not None:
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
        case PaymentResult() as result:
            return Resulted(at, envelope.sequence, result)
        case Reprint() as reprint:
            return CopyAsked(at, envelope.sequence, reprint)
        case body:
            return Unusable(at, Trouble(kind="unexpected", detail=f"{body.type} is nothing for a counter"))


def _is_worth_keeping(event: Event, before: Session, after: Session) -> bool:
    """Only what changed something; whether the broker is there is known afresh at every start."""
    return after != before and not isinstance(event, LinkChanged)
