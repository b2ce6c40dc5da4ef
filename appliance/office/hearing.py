"""What counters say, committed together with each message's id. Understands nothing of money: the till steps."""

from collections.abc import Callable
from datetime import timedelta

from appliance.clock import Clock
from appliance.logs import Log
from appliance.office import events, presence, tables
from appliance.office.carrier import Carrier
from appliance.office.ledger import Books, Ledger, Reading
from appliance.office.payment import Payment
from appliance.office.presence import Told
from appliance.office.records import CounterState, Trial, trial_age
from appliance.office.slips import printers_asked
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema.messages import (
    CounterInfo,
    CounterStatus,
    Displayed,
    Envelope,
    HelpAsked,
    HelpKind,
    PaymentRefused,
    ReceiptReport,
    ScreenName,
    Seen,
    SlipReleased,
    TimeAsked,
    TimeTold,
    TrialReport,
    Trouble,
)
from mqtt_schema.types import Instant

log = Log()

RINGS_FOR = timedelta(minutes=10)
"""Who called longer ago is not standing there any more, or has touched the glass again."""

MOST_PUBLISHED = 1000
"""So many messages are remembered to have been published; of an older one the ledger is asked once more."""

NO_PRINTER = "none"
"""What a counter calls its printer when none is fitted."""


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
        carrier: Carrier | None = None,
    ) -> None:
        """`changed` is called when the desk has something new to show, `met` when a counter came (back).

        `carrier` hears which document of the fleet a counter follows.
        """
        self._ledger = ledger
        self._settings = settings
        self._till = till
        self._clock = clock
        self._changed = changed
        self._met = met
        self._carrier = carrier
        self._shown: object = None
        self._told_published: dict[str, None] = {}
        self._counters = Reading(ledger, Books.written_counters, tables.counter)
        self._open_calls = Reading(ledger, lambda books: books.unanswered(None), tables.call)

    def take(self, envelope: Envelope) -> None:
        """Commit what a counter says, together with the message's id."""
        if isinstance(envelope.body, CounterStatus):
            self._take_status(envelope, envelope.body)
            return
        if isinstance(envelope.body, TimeAsked):
            # At once: what the answer is late, the counter does not know.
            self._till.say(TimeTold(nonce=envelope.body.nonce, at=self._clock.now()), envelope.counter)
            return
        at = self._clock.now()
        with self._ledger.write() as books:
            if books.has_received(envelope.id):
                return
            self._take(books, envelope, at)
        self._changed()

    def _take_status(self, envelope: Envelope, status: CounterStatus) -> None:
        """A glass that counts down speaks every second; the desk hears of it only when it says something else."""
        counter = envelope.counter
        word = presence.told(status, envelope.issued_at, self._clock.now())
        with self._ledger.glance() as books:
            is_no_news = books.is_no_news(counter, status, self._alive_at(books, counter, status, word), word)
        if not is_no_news:
            self._write_status(counter, status, word)
        self.tick()

    def _write_status(self, counter: str, status: CounterStatus, word: Told) -> None:
        with self._ledger.write_lightly() as books:
            at = self._alive_at(books, counter, status, word)
            is_new = books.hear_status(counter, status, at or min(word.told_at, word.came_at), word)
        if is_new:
            self._met(counter)

    def _alive_at(self, books: Books, counter: str, status: CounterStatus, word: Told) -> Instant | None:
        before, seen_at = books.last_told(counter)
        if not status.is_online:
            # A will was written when the connection began; who died was alive when it was last heard.
            return seen_at
        return presence.alive_at(word, before, seen_at, self._settings.offline_after_s)

    def _take(self, books: Books, envelope: Envelope, at: Instant) -> None:
        match envelope.body:
            case Displayed() as displayed:
                self._hear_displayed(books, envelope, displayed, at)
            case PaymentRefused(payment=payment_id, field=field):
                self._hear(books, envelope, payment_id, events.RefusedByCounter(at, field))
            case ReceiptReport() as report:
                by = envelope.counter
                event = events.SlipReported(at, report.outcome, report.is_copy, report.reason, by)
                self._hear_of_paper(books, envelope, report.payment, event)
            case SlipReleased(payment=payment_id, is_released=is_released):
                self._hear_of_paper(books, envelope, payment_id, events.SlipLetGo(at, envelope.counter, is_released))
            case TrialReport(outcome=outcome, reason=reason, page=page):
                books.keep_trial(envelope.counter, Trial(at, outcome, reason, page))
                books.receive(envelope.id, envelope.counter, at)
            case CounterInfo(printer=printer, fleet_serial=serial):
                books.hear_printer(envelope.counter, has_printer=printer != NO_PRINTER)
                if self._carrier is not None:
                    self._carrier.brief(books, self._till, envelope.counter, serial, at)
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
        if message in self._told_published:
            # Said again and again until its counter has it; what it means was written down the first time.
            return
        self._note_published(message)
        self._told_published[message] = None
        if len(self._told_published) > MOST_PUBLISHED:
            del self._told_published[next(iter(self._told_published))]

    def _note_published(self, message: str) -> None:
        with self._ledger.glance() as books:
            if books.first_published(message) is None:
                return
        with self._ledger.write() as books:
            payment_id = books.first_published(message)
            if payment_id is not None:
                books.note(payment_id, "published", self._clock.now())

    def tick(self) -> None:
        """Let time pass: a counter falls silent, a call grows old. The desk is told when that changes a word."""
        now = self._clock.now()
        over = self._ledger.pulses.over
        counters = [over(state, born_at) for state, born_at in self._counters.now()]
        calls = [call.id for call in self._open_calls.now() if call.called_at >= now - RINGS_FOR]
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
        self._step_or_drop(books, envelope, _own(payment, envelope), events.Shown(at))

    def _hear_help(self, books: Books, envelope: Envelope, asked: HelpAsked, at: Instant) -> None:
        """Ring, or give more time. What was asked long ago (a counter was away) is only remembered as heard."""
        is_old = at - envelope.issued_at > RINGS_FOR
        mine = _own(books.payment(asked.payment), envelope) if asked.payment else None
        if is_old:
            log.info("old_call", counter=envelope.counter, kind=asked.kind.value)
        elif asked.kind is not HelpKind.MORE_TIME:
            books.ring(envelope.counter, asked.kind, mine.id if mine else None, asked.language, at)
        elif mine is not None:
            self._till.step(books, mine, events.MoreTimeAsked(at))
        books.receive(envelope.id, envelope.counter, at)

    def _hear_of_paper(self, books: Books, envelope: Envelope, payment_id: str, event: events.Event) -> None:
        """Paper may come out elsewhere than the code stood: every counter that was asked for it is heard, no other."""
        payment = books.payment(payment_id)
        asked = frozenset() if payment is None else printers_asked(payment)
        self._step_or_drop(books, envelope, payment if envelope.counter in asked else None, event)

    def _hear(self, books: Books, envelope: Envelope, payment_id: str, event: events.Event) -> None:
        self._step_or_drop(books, envelope, _own(books.payment(payment_id), envelope), event)

    def _step_or_drop(self, books: Books, envelope: Envelope, payment: Payment | None, event: events.Event) -> None:
        if payment is None:
            payment_id = getattr(envelope.body, "payment", None)
            log.warning("unknown_payment", counter=envelope.counter, payment=payment_id, type=envelope.body.type)
        else:
            self._till.step(books, payment, event)
        books.receive(envelope.id, envelope.counter, event.at)


def _own(payment: Payment | None, envelope: Envelope) -> Payment | None:
    """A payment, if it belongs to the counter that speaks of it."""
    return payment if payment is not None and payment.counter == envelope.counter else None


def _is_ordered(shown: Displayed, payment: Payment) -> bool:
    """Whether the glass shows this payment's own amount and code; none where the clerk pays."""
    codes = {payment.payload, ""} if payment.is_on_behalf else {payment.payload}
    return shown.amount == payment.amount and shown.payload in codes


def _told(counter: CounterState, now: Instant, offline_after_s: float) -> object:
    """All of a counter that stands in words on the desk; not when it spoke, nor which pixels it painted."""
    seen = counter.seen
    on_glass = None if seen is None else (seen.screen, seen.payment, seen.amount)
    paper = (counter.printer, counter.waiting_slips, counter.has_printer)
    trial = None if counter.trial is None else (counter.trial, trial_age(counter.trial, now))
    is_sure = counter.clock is None or counter.clock.is_trusted
    return counter.id, counter.is_heard(now, offline_after_s), paper, on_glass, counter.trouble, trial, is_sure
