"""What clerks ask about slips: print it now, elsewhere, not at all, once more, or another page. One transaction each.

A clerk is never promised paper where none can come out: whoever asks for it hears at once what is in the way.
"""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.office import events, slips
from appliance.office.errors import ConflictError, NotFoundError
from appliance.office.ledger import Books, Ledger
from appliance.office.payment import Payment
from appliance.office.preflight import CANNOT_PRINT, can_print
from appliance.office.records import CounterState, Trial, unheard
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema.messages import DayEndWanted, Page, TrialWanted
from mqtt_schema.text import nfc
from mqtt_schema.types import Instant

_LONGEST = 200


@dataclass(frozen=True)
class Ask:
    """Who wants something of a slip, and why, in the clerk's words."""

    clerk: str
    reason: str = ""


class Paper:
    """The use cases of slips. Safe to call from several threads: the ledger serialises the writes."""

    def __init__(
        self,
        ledger: Ledger,
        settings: OfficeSettings,
        till: Till,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called after every transaction that changed something."""
        self._ledger = ledger
        self._settings = settings
        self._till = till
        self._clock = clock
        self._changed = changed

    def print_here(self, payment_id: str, ask: Ask) -> Payment:
        """Print the waiting slip now, where it waits. Raises `NotFoundError`, `ConflictError`."""
        at = self._clock.now()
        event = events.SlipHereAsked(at, _said(ask.clerk))
        return self._ask(payment_id, event, lambda books, payment: self._demand(books, payment.slip_counter, at))

    def print_at(self, payment_id: str, counter: str, ask: Ask) -> Payment:
        """Print the waiting slip at another counter, once its own has let go. Raises as `print_here`."""
        at = self._clock.now()

        def check(books: Books, payment: Payment) -> None:
            self._demand(books, counter, at)
            if slips.is_waiting(payment) and not self._is_heard(books, payment.slip_counter, at):
                raise ConflictError(
                    f"{self._name(payment.slip_counter)} đang mất kết nối, phiếu có thể đang in ở đó. "
                    "Hãy chờ quầy kết nối lại, hoặc in bản sao ở quầy khác."
                )

        return self._ask(payment_id, events.SlipMoveAsked(at, _said(ask.clerk), counter), check)

    def drop(self, payment_id: str, ask: Ask) -> Payment:
        """Nobody wants the waiting slip any more. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.SlipDropAsked(self._clock.now(), _said(ask.clerk)))

    def confirm(self, payment_id: str, ask: Ask) -> Payment:
        """A clerk looked: the slip did come out. Raises `NotFoundError`, `ConflictError`."""
        return self._ask(payment_id, events.SlipConfirmed(self._clock.now(), _said(ask.clerk)))

    def copy(self, payment_id: str, ask: Ask, counter: str = "") -> Payment:
        """Print the slip once more, marked as a copy; where it last was, unless another counter is named."""
        at = self._clock.now()

        def check(books: Books, payment: Payment) -> None:
            if payment.paid_at is not None:
                self._demand(books, counter or payment.slip_counter, at)

        return self._ask(payment_id, events.CopyAsked(at, _said(ask.clerk), _said(ask.reason), counter), check)

    def try_printer(self, counter: str, clerk: str) -> None:
        """Print a test slip. Raises `NotFoundError`, and `ConflictError` where nobody would hear of it."""
        self._ask_page(counter, TrialWanted(asked_by=self._by(clerk)), "trial")

    def end_day(self, counter: str, clerk: str) -> None:
        """Print the slip of that counter's day. Raises as `try_printer`."""
        self._ask_page(counter, DayEndWanted(asked_by=self._by(clerk)), "day_end")

    def _by(self, clerk: str) -> str:
        return _said(clerk) or self._settings.name

    def _ask_page(self, counter: str, wanted: TrialWanted | DayEndWanted, page: Page) -> None:
        at = self._clock.now()
        with self._ledger.write() as books:
            if self._settings.counter(counter) is None:
                raise NotFoundError("Không có quầy này.")
            if not self._state(books, counter).has_printer:
                raise ConflictError(f"{self._name(counter)} không lắp máy in.")
            # A printer without paper may be tried: that is how one learns whether it has noticed the new roll.
            if not self._is_heard(books, counter, at):
                raise ConflictError(f"{self._name(counter)} đang mất kết nối, chưa in được.")
            books.keep_trial(counter, Trial(at, page=page))
        self._till.say(wanted, counter)
        self._changed()

    def _ask(
        self,
        payment_id: str,
        event: events.Event,
        check: Callable[[Books, Payment], None] = lambda _books, _payment: None,
    ) -> Payment:
        with self._ledger.write() as books:
            payment = books.payment(payment_id)
            if payment is None:
                raise NotFoundError("Không có khoản thu này.")
            check(books, payment)
            stepped = self._till.step(books, payment, event)
            if stepped.objection:
                raise ConflictError(stepped.objection)
        self._changed()
        return stepped.payment

    def _demand(self, books: Books, counter: str, at: Instant) -> None:
        """Paper can come out there now. Raises `NotFoundError`, `ConflictError` in words."""
        if self._settings.counter(counter) is None:
            raise NotFoundError("Không có quầy này.")
        state, name = self._state(books, counter), self._name(counter)
        if not self._is_heard(books, counter, at):
            raise ConflictError(f"{name} đang mất kết nối, chưa in được ở đó. Hãy chờ hoặc chọn quầy khác.")
        if not can_print(state):
            why = CANNOT_PRINT.get(state.printer, "") if state.has_printer else "chưa được lắp"
            raise ConflictError(f"Máy in ở {name} {why}, chưa in được. Hãy xem lại máy in hoặc chọn quầy khác.")

    def _is_heard(self, books: Books, counter: str, at: Instant) -> bool:
        return self._state(books, counter).is_heard(at, self._settings.offline_after_s)

    def _state(self, books: Books, counter: str) -> CounterState:
        return books.counters().get(counter) or unheard(counter)

    def _name(self, counter: str) -> str:
        entry = self._settings.counter(counter)
        return entry.name if entry else counter


def _said(words: str) -> str:
    return nfc(words)[:_LONGEST]
