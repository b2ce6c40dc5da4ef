"""The office, put together as `appliance.office.app` does, without its threads: one input, then one turn."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from appliance.delivery import Delivery
from mqtt_schema.messages import Body
from mqtt_schema.types import Instant
from tests.simulation.cast import COUNTERS, Cast, FusedLink, OfficeCalls, OfficeParts, make_office
from tests.simulation.machine import Machine
from tests.simulation.network import OFFICE

if TYPE_CHECKING:
    from tests.simulation.world import World

TURN_S = 20.0
TICK_S = 6.0
LOOK_S = 30.0
"""All much slower than in the office, which does everything after every input: nothing rests on how soon it is."""

T = TypeVar("T")


class UnansweredError(Exception):
    """The office did not answer: it is off, died meanwhile, or broke."""


class OfficeMachine(Machine):
    """The office."""

    def __init__(self, world: "World", cast: Cast) -> None:
        super().__init__(world, OFFICE, cast)
        self.parts: OfficeParts | None = None
        self._has_sealed = False
        self._ticked_at_s = self._looked_at_s = float("-inf")

    # Power

    def _open(self) -> FusedLink:
        calls = OfficeCalls(
            delivered=self._delivered,
            changed=self._link_changed,
            published=self._published,
            stirred=lambda: self.post(_nothing),
            say=self._say_soon,
            met=self._meet,
            kept=self._book_soon,
            sealed=self._sealed,
        )
        self.parts = make_office(self.cast, self.disk.path, self.clock, self.fuse, calls)
        self._has_sealed = True
        self._book_soon()
        return self.parts.link

    def _close(self) -> None:
        if self.parts is not None:
            self.parts.ledger.close()
        self.parts = None

    def _pragma(self, words: str) -> int:
        return self.parts.ledger.pragma(words) if self.parts is not None else 2

    @property
    def running(self) -> OfficeParts:
        """The parts, while it runs. Raises `UnansweredError`."""
        if self.parts is None or not self.is_on:
            raise UnansweredError("the office is off")
        return self.parts

    # What people and the bank ask, each in a request of its own

    def ask(self, question: Callable[[OfficeParts], T]) -> T:
        """Put one request. Raises `UnansweredError` when there is no answer, and whatever the office raises."""
        answers: list[T] = []
        errors: list[Exception] = []

        def work() -> None:
            try:
                answers.append(question(self.running))
            except Exception as error:
                errors.append(error)

        self.act(work)
        if errors:
            raise errors[0]
        if not answers:
            raise UnansweredError("the office died over this request")
        return answers[0]

    # One turn

    def _turn(self) -> None:
        now_s = self.world.now_s
        if now_s - self._ticked_at_s >= TICK_S:
            self._ticked_at_s = now_s
            self._guarded(self.running.cashier.tick)
        if now_s - self._looked_at_s >= LOOK_S:
            self._looked_at_s = now_s
            self._guarded(self.running.hearing.tick)
        repeat_s = self.running.courier.next_due_s()
        if self._has_sealed or (repeat_s is not None and self.clock.monotonic_s() >= repeat_s):
            self._has_sealed = False
            self._guarded(lambda: self.running.courier.pump(self.clock.monotonic_s()))

    def _guarded(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:
            self.world.note(self.name, "breaks over a turn: {}", f"{type(error).__name__}: {error}")
            self.world.count("turns that broke")

    def _sealed(self, body: Body, counter: str, at: Instant) -> None:
        """Something is to be said: to a counter, and to the watch."""
        self._has_sealed = True
        self.world.watch.promised(body, counter, at)

    def _due_in_s(self) -> float | None:
        parts = self.running
        repeat_s = parts.courier.next_due_s()
        if repeat_s is None or not parts.link.is_up:
            return TURN_S
        return min(repeat_s - self.clock.monotonic_s(), TURN_S)

    # What the parts say

    def _book_soon(self) -> None:
        self.post(self._book)

    def _book(self) -> None:
        self.running.intake.book_kept()

    def _say_soon(self, body: Body, counter: str) -> None:
        self.post(lambda: self.running.courier.say(body, counter))

    def _meet(self, counter: str) -> None:
        self.running.cards.send_again(counter)
        self._forget_flights()
        self.running.courier.report(counter)

    def _forget_flights(self) -> None:
        self.running.courier.forget_flights()
        self._has_sealed = True

    def _delivered(self, delivery: Delivery) -> None:
        def settle() -> None:
            self.fuse.touch("before the broker is told")
            delivery.settle()
            self.fuse.touch("after the broker was told")

        fused = Delivery(delivery.topic, delivery.raw, settle)
        self.post(lambda: self.running.courier.receive(fused))

    def _published(self, message: str) -> None:
        self.post(lambda: self.running.hearing.published(message))

    def _link_changed(self, is_up: bool) -> None:
        self.post(self._greet_all if is_up else _nothing)

    def _greet_all(self) -> None:
        self._forget_flights()
        for counter in COUNTERS:
            self.running.courier.report(counter)


def _nothing() -> None:
    """Wake up, do nothing."""
