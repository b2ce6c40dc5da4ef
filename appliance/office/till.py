"""The one place where a payment steps inside a transaction and where what follows is carried out.

Everybody who changes a payment does it through here. Decides nothing about money: that is `payment`.
"""

from collections.abc import Callable, Sequence

from appliance.courier import Sender
from appliance.logs import Log
from appliance.office import events, postings, preflight
from appliance.office import payment as core
from appliance.office.ledger import Books
from appliance.office.payment import Payment, Terms
from appliance.office.preflight import Missing
from appliance.office.records import unheard
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Body
from mqtt_schema.types import Instant

log = Log()

Say = Callable[[Body, str], None]
"""Says a body to a counter once, later and elsewhere: nobody keeps it, and the caller does not wait."""


def to_nobody(_body: Body, _counter: str) -> None:
    """Say nothing: an office without counters to speak to."""


class Till:
    """Steps payments. Each call is made inside a write transaction of its caller."""

    def __init__(self, settings: OfficeSettings, sender: Sender, say: Say = to_nobody) -> None:
        """`say` may be called from any thread, and before the transaction is committed."""
        self._settings = settings
        self._sender = sender
        self.say = say
        self.terms = Terms(
            office=settings.name,
            payment_valid_s=settings.payment_valid_s,
            settle_s=settings.settle_s,
            shows_payer=settings.shows_payer,
        )

    def begin(self, books: Books, payment: Payment, at: Instant) -> None:
        """Open a new payment and do what its beginning asks for."""
        begun = core.open_payment(payment)
        books.open(begun.payment)
        self._carry_out(books, begun, at)

    def step(self, books: Books, payment: Payment, event: events.Event) -> core.Step:
        """Let a payment take one event; what stands next in its counter's line may move up."""
        stepped = core.step(payment, event, self.terms)
        if stepped.payment != payment:
            because, now = type(event).__name__, stepped.payment
            books.save(payment, now, event.at, because)
            where = {"payment": now.id, "counter": now.counter}
            log.info("stepped", **where, because=because, state=now.state.value, place=now.place.value)
        self._carry_out(books, stepped, event.at)
        if stepped.payment.place is not payment.place and not core.holds_glass(stepped.payment, event.at):
            self.offer_next(books, payment.counter, event.at)
        return stepped

    def missing(self, books: Books, counter: str, at: Instant) -> tuple[Missing, ...]:
        """What is missing at a counter for a code to be offered there; nothing when it is fresh."""
        state = books.counter(counter) or unheard(counter)
        entry = self._settings.counter(counter)
        is_heard = state.is_heard(at, self._settings.offline_after_s)
        return preflight.missing(state, entry.name if entry else counter, is_heard=is_heard)

    def chosen(self, books: Books, counter: str, at: Instant, line: Sequence[Payment]) -> Payment | None:
        """Whom of its pending payments this counter may be offered now."""
        mine = [each for each in line if each.counter == counter]
        chosen = core.next_in_turn(mine, at)
        # Mostly nobody waits, or somebody insists; only for the others it matters what is missing.
        if chosen is None or chosen.is_insisted or not self.missing(books, counter, at):
            return chosen
        return core.next_in_turn(mine, at, is_fresh=False)

    def offer_next(self, books: Books, counter: str, at: Instant) -> None:
        """Give a free glass to whoever waits longest for it; while something is missing there, to the insisting."""
        chosen = self.chosen(books, counter, at, books.pending(counter))
        if chosen is not None:
            self.step(books, chosen, events.Offered(at))

    def post(self, books: Books, body: Body, counter: str, at: Instant, payment_id: str | None = None) -> None:
        """Seal a message into the outbox, where it lives until its counter acknowledges it."""
        sequence = books.next_sequence(counter)
        books.post(self._sender.seal(body, counter, sequence, at), payment_id)

    def _carry_out(self, books: Books, stepped: core.Step, at: Instant) -> None:
        for effect in stepped.effects:
            self._do(books, stepped.payment, effect, at)

    def _do(self, books: Books, payment: Payment, effect: events.Effect, at: Instant) -> None:
        match effect:
            case events.Tell(body=body, counter=counter):
                self.post(books, body, counter or payment.counter, at, payment.id)
            case events.Say(body=body):
                self.say(body, payment.counter)
            case events.Ring(help=kind):
                books.ring(payment.counter, kind, payment.id, "vi", at)
            case events.Book(credit=credit, verdict=verdict):
                books.book(credit, verdict, payment.id, postings.entry(credit, verdict, payment), at)
            case events.TellSource():
                self._tell_source(books, payment)
            case events.Note(milestone=milestone, words=words, counter=counter):
                books.note(payment.id, milestone, at, words, counter)
            case events.Report(text=text):
                log.info("report", payment=payment.id, text=text)

    def _tell_source(self, books: Books, payment: Payment) -> None:
        if payment.source != "portal" or self._settings.portal is None:
            return
        said = {
            "payment": payment.id,
            "reference": payment.reference,
            "state": payment.state.value,
            "amount": payment.amount,
            "dossiers": sorted({line.dossier for line in payment.lines}),
            "paid_at": payment.paid_at.isoformat() if payment.paid_at else None,
        }
        books.call_back(payment.id, said)
