"""Clerks and citizens: order, cancel, park, scan, pay, touch. They do what their plan says, when they see a code."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.counter.events import CopyTouched, Dismissed, Event, HelpTouched, StayTouched
from appliance.office.errors import CashierError
from appliance.office.order import NotFreshError, OrderLine
from appliance.office.order import Order as Ordering
from appliance.office.paper import Ask
from appliance.office.payment import Payment
from mqtt_schema.messages import HelpKind, PaymentRequest
from mqtt_schema.types import Instant
from tests.simulation.cast import COUNTERS, SETTLE_S, VALID_S, OfficeParts
from tests.simulation.counter import CounterMachine
from tests.simulation.office import UnansweredError
from tests.simulation.plan import ClerkHabit, Order, TouchHabit

if TYPE_CHECKING:
    from tests.simulation.world import World

DOSSIER = "H26.1-261122-"
PAYER = "Nguyễn Văn "
_CLERK = "Trần Thị Hoa"

_TOUCHES: dict[TouchHabit, Callable[[Instant], Event]] = {
    "help": lambda at: HelpTouched(at, HelpKind.HELP),
    "no phone": lambda at: HelpTouched(at, HelpKind.NO_PHONE),
    "more time": lambda at: HelpTouched(at, HelpKind.MORE_TIME),
    "copy": CopyTouched,
    "stay": StayTouched,
    "dismiss": Dismissed,
}


@dataclass
class People:
    """Everybody in the room."""

    world: "World"
    orders: dict[int, Order] = field(default_factory=dict)
    payments: dict[int, str] = field(default_factory=dict)
    """Order number to payment id, as the office answered."""
    copies_asked: dict[str, int] = field(default_factory=dict)
    _has_seen: set[int] = field(default_factory=set)
    _has_clerk: set[int] = field(default_factory=set)
    _insists: set[int] = field(default_factory=set)

    def order(self, order: Order) -> None:
        """A clerk fills the form and presses *create*, again until there is an answer."""
        self.orders[order.number] = order
        self._create(order, 2 if order.is_ordered_twice else 1)

    def _create(self, order: Order, times: int) -> None:
        rng = self.world.stream(f"clerk/{order.number}")
        form = _form(order, insists=order.number in self._insists)
        try:
            created = self.world.office.ask(lambda parts: parts.cashier.create(form, f"key-{order.number}", "desk"))
        except NotFreshError as error:
            self.world.note("clerk", "is told what is missing for order {}: {}", order.number, str(error))
            if rng.random() < 0.7:
                self._insists.add(order.number)
            self.world.wanted(rng.uniform(2, 20), lambda: self._create(order, times))
            return
        except Exception as error:
            self.world.note("clerk", "gets no payment for order {}: {}", order.number, type(error).__name__)
            self.world.wanted(rng.uniform(2, 8), lambda: self._create(order, times))
            return
        self._created(order, created.payment)
        if times > 1:
            self.world.wanted(rng.uniform(0, 3), lambda: self._create(order, times - 1))

    def _created(self, order: Order, payment: Payment) -> None:
        known = self.payments.setdefault(order.number, payment.id)
        if known != payment.id:
            self.world.broken("ordered twice", f"order {order.number} became two payments under one key")
        self.world.note("clerk", "has payment {} for order {}", payment.id, order.number)
        if order.number not in self._has_clerk:
            self._has_clerk.add(order.number)
            for habit, after_s in order.clerk:
                self.world.wanted(after_s, self._asking(habit, order, payment.id))

    def _asking(self, habit: ClerkHabit, order: Order, payment: str) -> Callable[[], None]:
        return lambda: self._ask(habit, order, payment)

    def _ask(self, habit: ClerkHabit, order: Order, payment: str) -> None:
        """What a clerk asks about one payment; refusals in words are fine."""
        self.world.note("clerk", "asks to {} payment {}", habit, payment)
        try:
            self.world.office.ask(lambda parts: self._put(parts, habit, order, payment))
        except (CashierError, UnansweredError) as error:
            self.world.note("clerk", "hears: {}", str(error))
        except Exception as error:
            self.world.note("clerk", "hears of an error: {}", repr(error))

    def _put(self, parts: OfficeParts, habit: ClerkHabit, order: Order, payment: str) -> None:
        rng = self.world.stream(f"clerk/{order.number}")
        match habit:
            case "cancel":
                parts.cashier.cancel(payment)
            case "park" | "resume at once":
                self.world.wanted(
                    0.05 if habit == "resume at once" else rng.uniform(1, VALID_S + 20),
                    lambda: self._resume(order, payment),
                )
                parts.cashier.park(payment)
            case "on behalf":
                parts.cashier.pay_on_behalf(payment, f"{PAYER}{order.number}")
            case "copy":
                self._copy(parts, payment, "")
            case "check":
                parts.cashier.check_with_bank(payment)
            case "print here":
                parts.paper.print_here(payment, Ask(_CLERK))
            case "print elsewhere":
                parts.paper.print_at(payment, rng.choice(COUNTERS), Ask(_CLERK))
            case "drop the slip":
                parts.paper.drop(payment, Ask(_CLERK))
            case "insist":
                parts.cashier.insist(payment, _CLERK)

    def _copy(self, parts: OfficeParts, payment: str, counter: str) -> None:
        self.copies_asked[payment] = self.copies_asked.get(payment, 0) + 1
        parts.paper.copy(payment, Ask(_CLERK, "mất phiếu"), counter)

    def _resume(self, order: Order, payment: str) -> None:
        try:
            self.world.office.ask(lambda parts: parts.cashier.resume(payment))
        except Exception as error:
            self.world.note("clerk", "cannot resume {}: {}", payment, type(error).__name__)

    def tidy(self) -> None:
        """At the end of the day somebody looks after the slips that are not out, or of which nobody knows."""
        world = self.world
        rng = world.stream("tidy")
        for row in world.watch.rows("SELECT id, slip FROM payment WHERE state = 'paid' ORDER BY created_at"):
            habits: tuple[ClerkHabit, ...] = ()
            if row["slip"] == "not_printed":
                habits = ("print here", "print elsewhere", "drop the slip", "copy")
            elif row["slip"] == "possibly_printed":
                habits = ("copy",)
            if habits and rng.random() < 0.8:
                order = next(self.orders[number] for number, known in self.payments.items() if known == row["id"])
                self.world.wanted(rng.uniform(0, 60), self._asking(rng.choice(habits), order, row["id"]))

    # Citizens

    def see(self, request: PaymentRequest) -> None:
        """A code (or the sign that the clerk pays) stands on a glass: whoever it belongs to begins to act."""
        number = int(request.lines[0].dossier.removeprefix(DOSSIER))
        if number in self._has_seen:
            return
        self._has_seen.add(number)
        order = self.orders[number]
        self._pay(order, request)
        for habit, after_s in order.touches:
            self.world.wanted(after_s, self._touching(order, habit))

    def _pay(self, order: Order, request: PaymentRequest) -> None:
        bank, later = self.world.bank, self.world.wanted
        after_s, payload, number = order.pays_after_s, request.payload, order.number
        match order.pays:
            case "exact":
                later(after_s, lambda: bank.pay_code(payload, number))
            case "short":
                later(after_s, lambda: bank.pay_code(payload, number, max(1, order.amount - 500)))
            case "over":
                later(after_s, lambda: bank.pay_code(payload, number, order.amount + 1000))
            case "double":
                later(after_s, lambda: bank.pay_code(payload, number))
                later(after_s + 7, lambda: bank.pay_code(payload, number))
            case "parts":
                later(after_s, lambda: bank.pay_code(payload, number, order.amount // 2))
                later(after_s + 3, lambda: bank.pay_code(payload, number, order.amount - order.amount // 2))
            case "late":
                later(3 * (VALID_S + SETTLE_S) + after_s, lambda: bank.pay_code(payload, number))
            case "unknown memo":
                later(after_s, lambda: bank.pay("tien com trua", order.amount, number))
            case "never":
                return

    def _touching(self, order: Order, habit: TouchHabit) -> Callable[[], None]:
        def touch() -> None:
            counter = self.world.counters[COUNTERS[order.counter]]
            self.world.note("citizen", "touches {} at {}", habit, counter.name)
            if counter.is_on:
                counter.touch(self._finger(habit, counter))

        return touch

    def _finger(self, habit: TouchHabit, counter: CounterMachine) -> Callable[[Instant], Event]:
        def event(at: Instant) -> Event:
            if habit == "copy" and counter.frame.payment is not None:
                self.copies_asked[counter.frame.payment] = self.copies_asked.get(counter.frame.payment, 0) + 1
            return _TOUCHES[habit](at)

        return event


def _form(order: Order, *, insists: bool) -> Ordering:
    line = OrderLine(dossier=f"{DOSSIER}{order.number:06}", fee_code="KHAC", amount=order.amount)
    return Ordering(
        counter=COUNTERS[order.counter],
        lines=[line],
        clerk=_CLERK,
        payer=f"{PAYER}{order.number}",
        is_on_behalf=order.is_on_behalf,
        waiver_reason="Hộ nghèo" if order.is_waived else None,
        insists=insists,
    )
