"""What the desk, the API and the bank ask of the office, and what time brings. Each request is one transaction.

Loads a payment, lets the pure core step, writes down what came of it. Decides nothing about money itself.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from appliance.clock import Clock
from appliance.logs import Log
from appliance.office import events, matching, postings, preflight, tables
from appliance.office import payment as core
from appliance.office.credit import Credit
from appliance.office.errors import CashierError, ConflictError, NotFoundError
from appliance.office.events import Verdict
from appliance.office.ledger import Books, Ledger
from appliance.office.order import NotFreshError, Order, check
from appliance.office.payment import Payment, Place
from appliance.office.preflight import Missing
from appliance.office.records import Milestone
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema import emv_qr, reference
from mqtt_schema.messages import Line, PaymentPreparing
from mqtt_schema.text import nfc
from mqtt_schema.types import Instant, Vnd

__all__ = ["Cashier", "CashierError", "ConflictError", "Created", "NotFoundError", "NotFreshError"]

log = Log()


LOOKS_AGAIN_S = 5.0
"""Somebody else may have written to the ledger, a clock may have been set."""


@dataclass(frozen=True)
class Rest:
    """Nothing was to be done at a moment, and nothing will be until the next one, while nobody writes."""

    stand: tuple[int, ...]
    since: Instant
    until: Instant | None
    looks_again_s: float

    def lasts(self, stand: tuple[int, ...], at: Instant, at_s: float) -> bool:
        """Whether it is certain that there is still nothing to do."""
        is_between = self.since <= at and (self.until is None or at < self.until)
        return stand == self.stand and is_between and at_s < self.looks_again_s


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
        till: Till,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called after every transaction that changed something: the desk redraws, the courier pumps."""
        self._ledger = ledger
        self._settings = settings
        self._till = till
        self._clock = clock
        self._changed = changed
        self._rest: Rest | None = None

    # What clerks and the API ask

    def prepare(self, counter: str) -> None:
        """A clerk is checking a dossier for this counter: its citizen may know that a code will follow."""
        if self._settings.counter(counter) is not None:
            self._till.say(PaymentPreparing(), counter)

    def create(self, order: Order, key: str, source: str) -> Created:
        """Make a payment. The same `key` again gives the same payment.

        Raises `OrderError` with a sentence per field, `ConflictError` when the key was used for another order,
        `NotFreshError` when something is missing at the counter and the order does not insist.
        """
        # Whoever was told what is missing insists under the same key: that is no other order.
        digest = hashlib.sha256(order.model_dump_json(exclude={"insists"}).encode()).hexdigest()
        lines = check(order, self._settings)
        at = self._clock.now()
        with self._ledger.write() as books:
            if known := books.ordered(key):
                if known[0] != digest:
                    raise ConflictError("Khóa này đã dùng cho một lệnh thu khác. Hãy tải lại trang và tạo lại.")
                return Created(known[1], is_new=False)
            payment = self._new_payment(order, lines, source, at)
            self._demand_fresh(books, order, payment, at)
            self._till.begin(books, payment, at)
            books.remember_order(key, digest, payment.id)
            for number in {line.dossier for line in lines}:
                books.settle_dossier(number, payment.id)
            self._till.offer_next(books, payment.counter, at)
            created = books.payment(payment.id) or payment
        log.info("created", payment=payment.id, counter=payment.counter, amount=payment.amount, source=source)
        self._changed()
        return Created(created, is_new=True)

    def _demand_fresh(self, books: Books, order: Order, payment: Payment, at: Instant) -> None:
        """Nothing is offered where something is missing, unless somebody insists. For a waiver nothing is offered."""
        missing = () if order.insists or not payment.amount else self._till.missing(books, payment.counter, at)
        if missing:
            raise NotFreshError(preflight.complaints(missing))

    def cancel(self, payment_id: str) -> Payment:
        """Take a pending payment back. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.CancelAsked(self._clock.now()))

    def park(self, payment_id: str) -> Payment:
        """Take the code off the glass, keep it valid. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.ParkAsked(self._clock.now()))

    def resume(self, payment_id: str) -> Payment:
        """Put a parked code back in its counter's line. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.ResumeAsked(self._clock.now()))

    def check_with_bank(self, payment_id: str) -> Payment:
        """Have the glass say that the clerk is asking the bank. Raises `NotFoundError`, `ConflictError`.

        Nobody asks the bank but the clerk: there is no such interface yet.
        """
        return self._ask(payment_id, events.CheckAsked(self._clock.now()))

    def pay_on_behalf(self, payment_id: str, payer: str) -> Payment:
        """The clerk pays this payment for `payer`. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.OnBehalfAsked(self._clock.now(), nfc(payer)))

    def insist(self, payment_id: str, clerk: str) -> Payment:
        """Have a waiting code shown whatever is missing at its counter. Raises `NotFoundError`, `ConflictError`."""
        at = self._clock.now()
        with self._ledger.write() as books:
            asked = self._step(books, payment_id, events.InsistAsked(at, nfc(clerk)[:200]))
            self._till.offer_next(books, asked.counter, at)
            moved = _found(books, payment_id)
        self._changed()
        return moved

    def missing(self, counter: str) -> tuple[Missing, ...]:
        """What is missing at a counter for a code to be offered there now; nothing when it is fresh."""
        with self._ledger.read() as books:
            return self._till.missing(books, counter, self._clock.now())

    def payment(self, payment_id: str) -> Payment:
        """Look a payment up. Raises `NotFoundError`."""
        with self._ledger.glance() as books:
            return _found(books, payment_id)

    def timeline(self, payment_id: str) -> list[Milestone]:
        """The milestones of a payment, in order."""
        with self._ledger.glance() as books:
            return books.timeline(payment_id)

    def _ask(self, payment_id: str, event: events.Event) -> Payment:
        with self._ledger.write() as books:
            moved = self._step(books, payment_id, event)
        self._changed()
        return moved

    def _step(self, books: Books, payment_id: str, event: events.Event) -> Payment:
        stepped = self._till.step(books, _found(books, payment_id), event)
        if stepped.objection:
            raise ConflictError(stepped.objection)
        return _found(books, payment_id)

    # What the bank says

    def book(
        self, credit: Credit, received_at: Instant, close: Callable[[Books, str], None] = lambda _books, _word: None
    ) -> str:
        """Enter a credit once, under its verdict; answers with a word for the notification's row.

        `close` writes that row in the same transaction.
        """
        at = self._clock.now()
        with self._ledger.write() as books:
            if books.is_booked(credit):
                close(books, "already booked")
                return "already booked"
            payment = self._payment_of(books, credit)
            if payment is None:
                books.book(credit, Verdict.UNMATCHED, None, postings.entry(credit, Verdict.UNMATCHED, None), at)
            else:
                books.note(payment.id, "notified", received_at)
                self._till.step(books, payment, events.CreditArrived(at, credit))
            close(books, "booked")
        log.info("credit", provider=credit.provider, id=credit.provider_id, payment=payment.id if payment else None)
        self._changed()
        return "booked"

    def _payment_of(self, books: Books, credit: Credit) -> Payment | None:
        """The one payment that the credit's memo names, if it came to that payment's account."""
        named = books.by_references(matching.candidates(credit.memo, self._settings.reference_prefix))
        accounts = {credit.account, credit.virtual_account}
        fitting = [payment for payment in named if payment.beneficiary.account in accounts]
        return fitting[0] if len(fitting) == 1 and len(named) == 1 else None

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
        stand = self._ledger.stand(tables.payment, tables.counter)
        if self._rest is not None and self._rest.lasts(stand, at, self._clock.monotonic_s()):
            return
        with self._ledger.glance() as books:
            pending = books.pending()
            if not any(self._is_over(payment, at) for payment in pending) and not self._moves_up(books, pending, at):
                self._rest = Rest(stand, at, self._next_moment(pending, at), self._clock.monotonic_s() + LOOKS_AGAIN_S)
                return
        self._rest = None
        with self._ledger.write() as books:
            for payment in books.pending():
                self._till.step(books, payment, events.Tick(at))
            for counter in sorted({payment.counter for payment in pending}):
                self._till.offer_next(books, counter, at)
        self._changed()

    def _next_moment(self, pending: list[Payment], at: Instant) -> Instant | None:
        """When time alone changes something: a code leaves its glass, or expires for good."""
        moments = [moment for one in pending for moment in (one.expires_at, core.closes_at(one, self._till.terms))]
        return min((moment for moment in moments if moment is not None and moment > at), default=None)

    def _is_over(self, payment: Payment, at: Instant) -> bool:
        closes_at = core.closes_at(payment, self._till.terms)
        return closes_at is not None and at >= closes_at

    def _moves_up(self, books: Books, pending: list[Payment], at: Instant) -> bool:
        counters = {payment.counter for payment in pending if payment.place is Place.WAITING}
        return any(self._till.chosen(books, counter, at, pending) is not None for counter in counters)

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
            is_on_behalf=order.is_on_behalf,
            waiver_reason=nfc(order.waiver_reason or "") or None,
            is_insisted=order.insists,
            place=Place.WAITING,
        )


def _found(books: Books, payment_id: str) -> Payment:
    payment = books.payment(payment_id)
    if payment is None:
        raise NotFoundError("Không có khoản thu này.")
    return payment
