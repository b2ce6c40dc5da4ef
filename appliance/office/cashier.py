"""What the desk, the API, the bank and the counters ask of the office. Each request is one ledger transaction.

Loads a payment, lets the pure core step, writes down what came of it. Decides nothing about money itself.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

import structlog

from appliance.clock import Clock
from appliance.courier import Sender
from appliance.errors import ApplianceError
from appliance.office import events, matching, postings
from appliance.office import payment as core
from appliance.office.credit import Credit
from appliance.office.events import Verdict
from appliance.office.ledger import Books, Ledger
from appliance.office.order import Order, check
from appliance.office.payment import Payment, Place
from appliance.office.records import Milestone
from appliance.settings import OfficeSettings
from mqtt_schema import emv_qr, reference
from mqtt_schema.messages import (
    Body,
    CounterStatus,
    Displayed,
    Envelope,
    Line,
    PaymentRefused,
    ReceiptReport,
    Trouble,
)
from mqtt_schema.text import nfc
from mqtt_schema.types import Instant, Vnd

log = structlog.get_logger("cashier")


class CashierError(ApplianceError):
    """The office cannot do what was asked; the message says why, in words for a clerk."""


class NotFoundError(CashierError, LookupError):
    """There is no such payment."""


class ConflictError(CashierError, RuntimeError):
    """The payment is no longer where this could be done, or a key was used for something else."""


@dataclass(frozen=True)
class Created:
    """A payment, and whether this very request made it (a repeated key did not)."""

    payment: Payment
    is_new: bool


class Cashier:
    """The office's use cases. Safe to call from several threads: the ledger serialises the writes."""

    def __init__(
        self,
        ledger: Ledger,
        settings: OfficeSettings,
        sender: Sender,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called after every transaction that changed something: the desk redraws, the courier pumps."""
        self._ledger = ledger
        self._settings = settings
        self._sender = sender
        self._clock = clock
        self._changed = changed
        self._terms = core.Terms(settings.name, settings.payment_valid_s, settings.settle_s)

    # What clerks and the API ask

    def create(self, order: Order, key: str, source: str) -> Created:
        """Make a payment. The same `key` again gives the same payment.

        Raises `OrderError` with a sentence per field, `ConflictError` when the key was used for another order.
        """
        digest = hashlib.sha256(order.model_dump_json().encode()).hexdigest()
        lines = check(order, self._settings)
        at = self._clock.now()
        with self._ledger.write() as books:
            if known := books.ordered(key):
                if known[0] != digest:
                    raise ConflictError("Khóa này đã dùng cho một lệnh thu khác. Hãy tải lại trang và tạo lại.")
                return Created(known[1], is_new=False)
            payment = self._new_payment(order, lines, source, at)
            begun = core.open_payment(payment)
            books.open(begun.payment)
            books.remember_order(key, digest, payment.id)
            for number in {line.dossier for line in lines}:
                books.settle_dossier(number, payment.id)
            self._carry_out(books, begun, at)
            self._offer_next(books, payment.counter, at)
            created = books.payment(payment.id) or payment
        log.info("created", payment=payment.id, counter=payment.counter, amount=payment.amount, source=source)
        self._changed()
        return Created(created, is_new=True)

    def cancel(self, payment_id: str) -> Payment:
        """Take a pending payment back. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.CancelAsked(self._clock.now()))

    def park(self, payment_id: str) -> Payment:
        """Take the code off the glass, keep it valid. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.ParkAsked(self._clock.now()))

    def resume(self, payment_id: str) -> Payment:
        """Put a parked code back in its counter's line. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.ResumeAsked(self._clock.now()))

    def copy_slip(self, payment_id: str, clerk: str) -> Payment:
        """Print the slip once more, marked as a copy. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.CopyAsked(self._clock.now(), clerk))

    def payment(self, payment_id: str) -> Payment:
        """Look a payment up. Raises `NotFoundError`."""
        with self._ledger.read() as books:
            return _found(books, payment_id)

    def timeline(self, payment_id: str) -> list[Milestone]:
        """The milestones of a payment, in order."""
        with self._ledger.read() as books:
            return books.timeline(payment_id)

    def _ask(self, payment_id: str, event: events.Event) -> Payment:
        with self._ledger.write() as books:
            payment = _found(books, payment_id)
            stepped = self._step(books, payment, event)
            if stepped.objection:
                raise ConflictError(stepped.objection)
            moved = _found(books, payment_id)
        self._changed()
        return moved

    # What the bank says

    def book(self, credit: Credit, received_at: Instant) -> str:
        """Enter a credit once, under its verdict; answers with a word for the notification's row."""
        at = self._clock.now()
        with self._ledger.write() as books:
            if books.is_booked(credit):
                return "already booked"
            payment = self._payment_of(books, credit)
            if payment is None:
                books.book(credit, Verdict.UNMATCHED, None, postings.entry(credit, Verdict.UNMATCHED, None), at)
            else:
                books.note(payment.id, "notified", received_at)
                self._step(books, payment, events.CreditArrived(at, credit))
        log.info("credit", provider=credit.provider, id=credit.provider_id, payment=payment.id if payment else None)
        self._changed()
        return "booked"

    def _payment_of(self, books: Books, credit: Credit) -> Payment | None:
        """The one payment that the credit's memo names, if it came to that payment's account."""
        named = books.by_references(matching.candidates(credit.memo, self._settings.reference_prefix))
        accounts = {credit.account, credit.virtual_account}
        fitting = [payment for payment in named if payment.beneficiary.account in accounts]
        return fitting[0] if len(fitting) == 1 and len(named) == 1 else None

    # What counters say

    def take(self, envelope: Envelope) -> None:
        """Commit what a counter says, together with the message's id."""
        at = self._clock.now()
        with self._ledger.write() as books:
            match envelope.body:
                case CounterStatus() as status:
                    books.hear_status(envelope.counter, status, at)
                case Displayed() as displayed:
                    self._hear_displayed(books, envelope, displayed, at)
                case PaymentRefused(payment=payment_id, field=field):
                    self._hear(books, envelope, payment_id, events.RefusedByCounter(at, field))
                case ReceiptReport(payment=payment_id, outcome=outcome, is_copy=is_copy, reason=reason):
                    self._hear(books, envelope, payment_id, events.SlipReported(at, outcome, is_copy, reason))
                case Trouble() as trouble:
                    books.hear_trouble(envelope.counter, f"{trouble.kind}: {trouble.detail}")
                    books.receive(envelope.id, envelope.counter, at)
                case _:
                    log.info("heard", counter=envelope.counter, type=envelope.body.type)
        self._changed()

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

    def _hear_displayed(self, books: Books, envelope: Envelope, seen: Displayed, at: Instant) -> None:
        """The glass shows what was ordered, or the clerk hears that it does not."""
        payment = books.payment(seen.payment)
        if payment is not None and (seen.amount, seen.payload) != (payment.amount, payment.payload):
            books.hear_trouble(envelope.counter, f"the glass shows another code than payment {payment.reference}")
            books.receive(envelope.id, envelope.counter, at)
            return
        self._hear(books, envelope, seen.payment, events.Shown(at))

    def _hear(self, books: Books, envelope: Envelope, payment_id: str, event: events.Event) -> None:
        payment = books.payment(payment_id)
        if payment is None or payment.counter != envelope.counter:
            log.warning("unknown_payment", counter=envelope.counter, payment=payment_id, type=envelope.body.type)
        else:
            self._step(books, payment, event)
        books.receive(envelope.id, envelope.counter, event.at)

    # What the portal sends

    def receive_dossier(self, number: str, body: Mapping[str, object]) -> bool:
        """Keep a dossier for a clerk to check; False when it is here already."""
        with self._ledger.write() as books:
            is_new = books.receive_dossier(number, body, self._clock.now())
        self._changed()
        return is_new

    # What time brings

    def tick(self) -> None:
        """Let time pass: codes expire, the next in line is offered."""
        at = self._clock.now()
        with self._ledger.read() as books:
            pending = books.pending()
        if not any(self._is_due(payment, pending, at) for payment in pending):
            return
        with self._ledger.write() as books:
            for payment in books.pending():
                self._step(books, payment, events.Tick(at))
            for counter in {payment.counter for payment in pending}:
                self._offer_next(books, counter, at)
        self._changed()

    def _is_due(self, payment: Payment, pending: list[Payment], at: Instant) -> bool:
        closes_at = core.closes_at(payment, self._terms)
        line = [other for other in pending if other.counter == payment.counter]
        return (closes_at is not None and at >= closes_at) or core.next_in_turn(line, at) is not None

    # The mechanism

    def _step(self, books: Books, payment: Payment, event: events.Event) -> core.Step:
        stepped = core.step(payment, event, self._terms)
        if stepped.payment != payment:
            books.save(payment, stepped.payment)
        self._carry_out(books, stepped, event.at)
        if stepped.payment.place is not payment.place:
            self._offer_next(books, payment.counter, event.at)
        return stepped

    def _offer_next(self, books: Books, counter: str, at: Instant) -> None:
        chosen = core.next_in_turn(books.pending(counter), at)
        if chosen is not None:
            self._step(books, chosen, events.Offered(at))

    def _carry_out(self, books: Books, stepped: core.Step, at: Instant) -> None:
        payment = stepped.payment
        for effect in stepped.effects:
            match effect:
                case events.Tell(body=body):
                    self._post(books, payment, body, at)
                case events.Book(credit=credit, verdict=verdict):
                    books.book(credit, verdict, payment.id, postings.entry(credit, verdict, payment), at)
                case events.TellSource():
                    self._tell_source(books, payment)
                case events.Note(milestone=milestone):
                    books.note(payment.id, milestone, at)
                case events.Report(text=text):
                    log.info("report", payment=payment.id, text=text)

    def _post(self, books: Books, payment: Payment, body: Body, at: Instant) -> None:
        sequence = books.next_sequence(payment.counter)
        books.post(self._sender.seal(body, payment.counter, sequence, at), payment.id)

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

    def _new_payment(self, order: Order, lines: tuple[Line, ...], source: str, at: Instant) -> Payment:
        to = self._settings.beneficiary
        amount = Vnd(sum(line.amount for line in lines))
        prefix = self._settings.reference_prefix
        memo = reference.make(prefix, [secrets.randbelow(len(reference.ALPHABET)) for _ in range(8)])
        payload = emv_qr.encode(bin=to.bin, account=to.account, amount=amount, memo=memo) if amount else ""
        return Payment(
            id=uuid4().hex,
            reference=memo,
            counter=order.counter,
            clerk=nfc(order.clerk),
            channel=order.channel,
            source=source,
            lines=lines,
            amount=amount,
            beneficiary=to,
            payload=payload,
            created_at=at,
            payer=nfc(order.payer or "") or None,
            waiver_reason=nfc(order.waiver_reason or "") or None,
            place=Place.WAITING,
        )


def _found(books: Books, payment_id: str) -> Payment:
    payment = books.payment(payment_id)
    if payment is None:
        raise NotFoundError("Không có khoản thu này.")
    return payment
