"""Planted bugs: broken parts that somebody could write on a bad day, to prove that the watch sees them.

Each is a cast in which one class of the product is played by a subclass that does one thing wrong.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.event import listen

from appliance.clock import OfficeTime
from appliance.counter import session as core
from appliance.counter import slips
from appliance.counter.events import PrintStarted
from appliance.courier import Courier, Parcel
from appliance.delivery import Delivery
from appliance.office import events
from appliance.office import payment as payments
from appliance.office.cashier import Cashier
from appliance.office.credit import Credit
from appliance.office.intake import Answer, Intake
from appliance.office.ledger import Books
from appliance.office.payment import Payment
from appliance.office.till import Till
from appliance.runner import Runner
from appliance.timekeeping import TimeKnown
from mqtt_schema import messages, topics
from mqtt_schema.errors import MessageError
from mqtt_schema.messages import Ack, Body, Envelope
from mqtt_schema.types import Instant, Vnd
from tests.simulation.cast import Cast, FusedJournal, FusedLedger
from tests.simulation.plan import ANYWHERE, COUNTERS_ONLY, FaultKind, Places, Plan, draw


class AckFirst(Courier):
    """Acknowledges before it has committed."""

    def _receive(self, envelope: Envelope) -> None:
        if not isinstance(envelope.body, Ack) and topics.route(envelope.body, self._peer).awaits_ack:
            self.say(Ack(message=envelope.id), envelope.counter)
        super()._receive(envelope)


class ForgetsAtPublish(Courier):
    """Takes the broker's word for the peer's: what was published is forgotten."""

    def _send_if_due(self, parcel: Parcel, at_s: float) -> None:
        super()._send_if_due(parcel, at_s)
        if parcel.message in self._flights:
            self._mailbox.acknowledge(parcel.message, parcel.counter)


class BelievesAnybody(Courier):
    """Reads what stands in a message and does not look who signed it."""

    def receive(self, delivery: Delivery) -> None:
        with suppress(MessageError, ValueError, KeyError, TypeError, RecursionError):
            self._receive(messages.load(json.loads(delivery.raw)["payload"].encode()))
        delivery.settle()


class NoInbox(FusedJournal):
    """Does not remember which messages it has dealt with."""

    def commit(self, event: Any, said: Sequence[Body], _message: str | None, *others: Any) -> None:
        super().commit(event, said, None, *others)


class UnsyncedJournal(FusedJournal):
    """Leaves syncing to the operating system."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.pragma("synchronous=OFF")


class UnsyncedLedger(FusedLedger):
    """Syncs at checkpoints only."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.engine.dispose()
        listen(self.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=NORMAL"))


class PrintsFirst(Runner):
    """Begins to print, then writes down that it did."""

    def _begin_next_slip(self, at: Instant) -> None:
        job = slips.next_slip(self.session)
        if job is not None and not job.is_started:
            self._print_slip(job)
            self.step(PrintStarted(at, job.payment, job.is_copy))


class ForgetsThatItPrinted(Runner):
    """After a crash in a print it prints again, without asking anybody."""

    def recover(self, at: Instant, time: TimeKnown = "known") -> Instant:
        session, since = self._journal.recover()
        for event in since:
            session = core.step(session, event, self._rules).session
        self.session = replace(session, slips=tuple(replace(job, is_started=False) for job in session.slips), time=time)
        self._begin_next_slip(at)
        return at


class SaysNothingOfCrashes(Runner):
    """After a crash in a print it takes it that the slip came out, and tells nobody."""

    def recover(self, at: Instant, time: TimeKnown = "known") -> Instant:
        session, since = self._journal.recover()
        for event in since:
            session = core.step(session, event, self._rules).session
        self.session = replace(session, slips=(), time=time)
        return at


class BooksAgain(Cashier):
    """Tells notifications apart by when they came, not by what they say."""

    def book(self, credit: Credit, received_at: Instant, *others: Any) -> str:
        anew = f"-{received_at.timestamp():.0f}"
        again = replace(credit, provider_id=credit.provider_id + anew, bank_reference=credit.bank_reference + anew)
        return super().book(again, received_at, *others)


class GuessesPayments(Cashier):
    """Gives money with an unknown memo to the oldest pending payment of that amount, or of any."""

    def _payment_of(self, books: Books, credit: Credit) -> Payment | None:
        found = super()._payment_of(books, credit)
        return found or next(iter(books.pending()), None)


class AnswersFirst(Intake):
    """Says 200, and keeps the notification when there is time."""

    _unkept: list[tuple[Mapping[str, str], bytes]]

    def receive(self, headers: Mapping[str, str], raw: bytes) -> Answer:
        self._unkept = [*getattr(self, "_unkept", []), (headers, raw)]
        self._kept()
        return Answer(200, "kept")

    def book_kept(self) -> None:
        for headers, raw in getattr(self, "_unkept", []):
            super().receive(headers, raw)
        self._unkept = []
        super().book_kept()


class Generous(Till):
    """Calls a payment paid when a thousand đồng are missing."""

    def step(self, books: Books, payment: Payment, event: events.Event) -> payments.Step:
        if isinstance(event, events.CreditArrived) and 0 < payment.amount - event.credit.amount <= 1000:
            event = replace(event, credit=replace(event.credit, amount=Vnd(payment.amount)))
        return super().step(books, payment, event)


class WallClock(OfficeTime):
    """Believes its own clock, and decides on it."""

    def now(self) -> Instant:
        return self._machine.now()


@dataclass(frozen=True)
class Planted:
    """A bug, and the faults under which it shows; none: in any weather."""

    cast: Cast
    faults: tuple[FaultKind, ...] = ("power",)
    at: Places = ANYWHERE

    def plan(self, seed: int, payments: int) -> Plan:
        """A world in which it may show."""
        return draw(seed, payments, only=self.faults, at=self.at)


_OFFICE: Places = ("office",)
_FORGED: tuple[FaultKind, ...] = ("forged result", "forged request", "swapped account")
_UNHEARD: tuple[FaultKind, ...] = ("partition", "broker restart", "power")

PLANTED: dict[str, Planted] = {
    "acknowledges before the commit, counter": Planted(Cast(counter_courier=AckFirst), at=COUNTERS_ONLY),
    "acknowledges before the commit, office": Planted(Cast(office_courier=AckFirst), at=_OFFICE),
    "has no inbox": Planted(Cast(journal=NoInbox), ("replay",)),
    "forgets at the broker's word, office": Planted(Cast(office_courier=ForgetsAtPublish), _UNHEARD),
    "forgets at the broker's word, counter": Planted(Cast(counter_courier=ForgetsAtPublish), _UNHEARD),
    "believes without a signature": Planted(Cast(counter_courier=BelievesAnybody), _FORGED),
    "does not sync the journal": Planted(Cast(journal=UnsyncedJournal), at=COUNTERS_ONLY),
    "does not sync the ledger": Planted(Cast(ledger=UnsyncedLedger), at=_OFFICE),
    "prints before it journals": Planted(Cast(runner=PrintsFirst), at=COUNTERS_ONLY),
    "prints again after a crash": Planted(Cast(runner=ForgetsThatItPrinted), at=COUNTERS_ONLY),
    "says nothing of a crash in a print": Planted(Cast(runner=SaysNothingOfCrashes), at=COUNTERS_ONLY),
    "books a repeated notification again": Planted(Cast(cashier=BooksAgain), ("replayed notice",)),
    "guesses whose money it is": Planted(Cast(cashier=GuessesPayments), ("replayed notice",)),
    "answers before it keeps": Planted(Cast(intake=AnswersFirst), at=_OFFICE),
    "takes less for the whole": Planted(Cast(till=Generous), ("replayed notice",)),
    "expires by its own clock": Planted(Cast(office_time=WallClock), ("clock",), COUNTERS_ONLY),
}
"""What is planted, and who plays it."""
