"""What counters say, committed together with each message's id. Understands nothing of money: the till steps."""

from collections.abc import Callable
from datetime import timedelta

from appliance.clock import Clock
from appliance.logs import Log
from appliance.office import events
from appliance.office.ledger import Books, Ledger
from appliance.office.payment import Payment
from appliance.office.records import CounterState
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema.messages import (
    CounterStatus,
    Displayed,
    Envelope,
    HelpAsked,
    HelpKind,
    PaymentRefused,
    ReceiptReport,
    ScreenName,
    Seen,
    Trouble,
)
from mqtt_schema.types import Instant

log = Log()

RINGS_FOR = timedelta(minutes=10)
"""Who called longer ago is not standing there any more, or has touched the glass again."""


class Hearing:
    """Takes what counters say. One thread."""

    def __init__(
        self,
        ledger: Ledger,
        settings: OfficeSettings,
        till: Till,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
        met: Callable[[str], None] = lambda _counter: None,
    ) -> None:
        """`changed` is called when the desk has something new to show, `met` when a counter came (back)."""
        self._ledger = ledger
        self._settings = settings
        self._till = till
        self._clock = clock
        self._changed = changed
        self._met = met
        self._shown: object = None

    def take(self, envelope: Envelope) -> None:
        """Commit what a counter says, together with the message's id."""
        if isinstance(envelope.body, CounterStatus):
            self._take_status(envelope.counter, envelope.body)
            return
        at = self._clock.now()
        with self._ledger.write() as books:
            if books.has_received(envelope.id):
                return
            self._take(books, envelope, at)
        self._changed()

    def _take_status(self, counter: str, status: CounterStatus) -> None:
        """A glass that counts down speaks every second; the desk hears of it only when it says something else."""
        with self._ledger.write() as books:
            is_new = books.hear_status(counter, status, self._clock.now())
        if is_new:
            self._met(counter)
        self.tick()

    def _take(self, books: Books, envelope: Envelope, at: Instant) -> None:
        match envelope.body:
            case Displayed() as displayed:
                self._hear_displayed(books, envelope, displayed, at)
            case PaymentRefused(payment=payment_id, field=field):
                self._hear(books, envelope, payment_id, events.RefusedByCounter(at, field))
            case ReceiptReport(payment=payment_id, outcome=outcome, is_copy=is_copy, reason=reason):
                self._hear(books, envelope, payment_id, events.SlipReported(at, outcome, is_copy, reason))
            case HelpAsked() as asked:
                self._hear_help(books, envelope, asked, at)
            case Trouble() as trouble:
                books.hear_trouble(envelope.counter, f"{trouble.kind}: {trouble.detail}")
                books.receive(envelope.id, envelope.counter, at)
            case _:
                log.info("heard", counter=envelope.counter, type=envelope.body.type)

    def refuse(self, counter: str, trouble: Trouble) -> None:
        """Write down what arrived on a counter's topics and could not be used."""
        log.warning("refused", counter=counter, kind=trouble.kind, detail=trouble.detail)
        if self._settings.counter(counter) is None:
            return
        with self._ledger.write() as books:
            books.hear_trouble(counter, f"{trouble.kind}: {trouble.detail}")
        self._changed()

    def published(self, message: str) -> None:
        """The broker has taken a message: the first time a code was published is a milestone."""
        with self._ledger.write() as books:
            payment_id = books.posted_for(message)
            if payment_id and not any(done.milestone == "published" for done in books.timeline(payment_id)):
                books.note(payment_id, "published", self._clock.now())

    def tick(self) -> None:
        """Let time pass: a counter falls silent, a call grows old. The desk is told when that changes a word."""
        now = self._clock.now()
        with self._ledger.read() as books:
            counters = books.counters().values()
            calls = [call.id for call in books.unanswered(now - RINGS_FOR)]
        shown = ({_told(counter, now, self._settings.offline_after_s) for counter in counters}, calls)
        if shown != self._shown:
            self._shown = shown
            self._changed()

    def _hear_displayed(self, books: Books, envelope: Envelope, shown: Displayed, at: Instant) -> None:
        """The glass shows what was ordered, or the clerk hears that it does not."""
        payment = books.payment(shown.payment)
        screen = ScreenName.CODE if shown.payload else ScreenName.ON_BEHALF
        seen = Seen(
            screen=screen,
            payment=shown.payment,
            amount=shown.amount,
            pixels=shown.pixels,
            painted_at=shown.painted_at,
        )
        books.hear_seen(envelope.counter, seen)
        if payment is not None and not _is_ordered(shown, payment):
            books.hear_trouble(envelope.counter, f"the glass shows another code than payment {payment.reference}")
            books.receive(envelope.id, envelope.counter, at)
            return
        self._hear(books, envelope, shown.payment, events.Shown(at))

    def _hear_help(self, books: Books, envelope: Envelope, asked: HelpAsked, at: Instant) -> None:
        """Ring, or give more time. What was asked long ago (a counter was away) is only remembered as heard."""
        is_old = at - envelope.issued_at > RINGS_FOR
        payment = books.payment(asked.payment) if asked.payment else None
        mine = payment if payment is not None and payment.counter == envelope.counter else None
        if is_old:
            log.info("old_call", counter=envelope.counter, kind=asked.kind.value)
        elif asked.kind is not HelpKind.MORE_TIME:
            books.ring(envelope.counter, asked.kind, mine.id if mine else None, asked.language, at)
        elif mine is not None:
            self._till.step(books, mine, events.MoreTimeAsked(at))
        books.receive(envelope.id, envelope.counter, at)

    def _hear(self, books: Books, envelope: Envelope, payment_id: str, event: events.Event) -> None:
        payment = books.payment(payment_id)
        if payment is None or payment.counter != envelope.counter:
            log.warning("unknown_payment", counter=envelope.counter, payment=payment_id, type=envelope.body.type)
        else:
            self._till.step(books, payment, event)
        books.receive(envelope.id, envelope.counter, event.at)


def _is_ordered(shown: Displayed, payment: Payment) -> bool:
    """Whether the glass shows this payment's own amount and code; none where the clerk pays."""
    codes = {payment.payload, ""} if payment.is_on_behalf else {payment.payload}
    return shown.amount == payment.amount and shown.payload in codes


def _told(counter: CounterState, now: Instant, offline_after_s: float) -> object:
    """All of a counter that stands in words on the desk; not when it spoke, nor which pixels it painted."""
    seen = counter.seen
    on_glass = None if seen is None else (seen.screen, seen.payment, seen.amount)
    return counter.id, counter.is_heard(now, offline_after_s), counter.printer, on_glass, counter.trouble
