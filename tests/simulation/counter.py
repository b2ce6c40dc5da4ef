"""One counter, put together as `appliance.counter.app` does, without its threads: one input, then one turn."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from appliance.counter import session as core
from appliance.counter.events import (
    Event,
    LinkChanged,
    Painted,
    PrintEnded,
    PrinterReady,
    SlipJob,
    Tick,
    TrialEnded,
    Unusable,
)
from appliance.counter.shown import Shown, payment_of, screen_of
from appliance.counter.state import Idle, Paying, Session
from appliance.delivery import Delivery
from mqtt_schema.messages import (
    CounterInfo,
    CounterStatus,
    Page,
    PaymentRequest,
    PrinterStatus,
    ScreenName,
    Seen,
    SlipOutcome,
    Trouble,
)
from mqtt_schema.types import Instant, PaymentId, Vnd
from tests.simulation.cast import Cast, CounterCalls, CounterParts, FusedLink, make_counter
from tests.simulation.machine import Machine
from tests.simulation.paper import Printer

if TYPE_CHECKING:
    from tests.simulation.world import World

HEARTBEAT_S = 200.0
"""Much slower than the appliance's, as nothing rests on it but what the desk says of a silent counter."""
STATUS_S = 50.0
"""Words of the same kind are no nearer to each other, which the appliance's may be."""
FORGET_EVERY_S = 3600.0
FORGET_AFTER = timedelta(days=2)
PIXELS = "0" * 64


@dataclass(frozen=True)
class Frame:
    """What stands on the glass: the screen, whose payment, the amount, and the code with the moment it ends."""

    screen: ScreenName
    payment: PaymentId | None = None
    amount: Vnd | None = None
    request: PaymentRequest | None = None

    @property
    def code(self) -> str | None:
        """What a telephone reads, or None."""
        return self.request.payload if self.request is not None and self.screen is ScreenName.CODE else None


DARK = Frame(ScreenName.OUT_OF_SERVICE)


class CounterMachine(Machine):
    """A counter with its glass and its printer."""

    def __init__(self, world: "World", name: str, cast: Cast) -> None:
        super().__init__(world, name, cast)
        self.printer = Printer(world, name)
        self.frame = DARK
        self.parts: CounterParts | None = None
        self._session: Session | None = None
        self._seen: Seen | None = None
        self._said: tuple[PrinterStatus, int, Seen | None] | None = None
        self._endings: deque[PrintEnded | TrialEnded] = deque()
        self._said_at_s = float("-inf")
        self._forgot_at_s = float("-inf")

    # Power

    def _open(self) -> FusedLink:
        calls = CounterCalls(
            delivered=self._delivered,
            changed=self._link_changed,
            introduce=self._introduce,
            print_slip=self._print,
            print_trial=self._print_trial,
            show=self._show_code,
            refuse=self._refuse,
            acknowledged=lambda message: self.world.watch.acknowledged(self, message),
        )
        self.parts = make_counter(self.cast, self.name, self.disk.path, self.clock, self.fuse, calls)
        self.link = self.parts.link
        self._said, self._said_at_s, self._session = None, float("-inf"), None
        self._endings.clear()
        self.parts.gate.recover()
        self._show()
        self.printer_changed()
        self.wake_in(0.1)
        return self.parts.link

    def _close(self) -> None:
        self.printer.abandon()
        self.frame = DARK
        if self.parts is not None:
            self.parts.journal.close()
        self.parts = None

    def _pragma(self, words: str) -> int:
        return self.parts.journal.pragma(words) if self.parts is not None else 2

    def connected(self) -> None:
        """The will comes first, as it does in MQTT."""
        self.act(lambda: self.world.network.will(self.name, self._running.birth.will()))
        super().connected()

    @property
    def _running(self) -> CounterParts:
        if self.parts is None:
            raise RuntimeError(f"{self.name} is off")
        return self.parts

    @property
    def session(self) -> Session | None:
        """What the session knows, while it runs."""
        return None if self.parts is None else self.parts.runner.session

    @property
    def outbox(self) -> int:
        """How much the office has not acknowledged."""
        return len(self._running.journal.posted())

    # What people do

    def touch(self, event: Callable[[Instant], Event]) -> None:
        """A finger on the glass."""
        self.post(lambda: self._running.runner.step(event(self._running.clock.now())))

    # One turn

    def _turn(self) -> None:
        runner = self._running.runner
        self._note_endings()
        self._running.gate.turn()
        now = self._running.clock.now()
        due = core.due_at(runner.session)
        if due is not None and now >= due:
            runner.step(Tick(now))
        self._show()
        self._speak()
        self._forget()

    def _due_in_s(self) -> float | None:
        parts = self._running
        due = core.due_at(parts.runner.session)
        if (parts.runner.session.time != "known" or parts.clock.is_doubted) and parts.link.is_up:
            return 1.0
        is_said = self._state() == self._said
        waits = [self._said_at_s + (HEARTBEAT_S if is_said else STATUS_S) - self.clock.monotonic_s()]
        if not parts.link.is_up:
            waits = [HEARTBEAT_S]
        if due is not None:
            waits.append((due - parts.clock.now()).total_seconds())
        repeat_s = parts.courier.next_due_s()
        if repeat_s is not None and parts.link.is_up:
            waits.append(repeat_s - self.clock.monotonic_s())
        return min(waits)

    def _show(self) -> None:
        session = self._running.runner.session
        self._paint(session)
        glass = session.glass
        if isinstance(glass, Paying) and not glass.is_reported and glass.checking_until is None:
            seen = self._seen
            if seen is not None and seen.payment == glass.request.payment:
                self._running.runner.step(Painted(self._running.clock.now(), glass.request.payment, seen.pixels))

    def _show_code(self, session: Session) -> Painted | None:
        self._paint(session)
        glass, seen = session.glass, self._seen
        if not isinstance(glass, Paying) or seen is None or seen.payment != glass.request.payment:
            return None
        return Painted(self._running.clock.now(), glass.request.payment, seen.pixels)

    def _paint(self, session: Session) -> None:
        if session is self._session:
            return
        self._session = session
        shown = Shown(session)
        payment, amount = payment_of(shown) or (None, None)
        request = session.glass.request if isinstance(session.glass, Paying) else None
        frame = Frame(screen_of(shown), payment, amount, request)
        if frame == self.frame:
            return
        self.frame = frame
        now = self._running.clock.now()
        self._seen = Seen(screen=frame.screen, payment=payment, amount=amount, pixels=PIXELS, painted_at=now)
        self.world.note(self.name, "shows {} of {}", frame.screen.value, payment)
        self.world.watch.painted(self)

    def _state(self) -> tuple[PrinterStatus, int, Seen | None]:
        return self.printer.status, len(self._running.runner.session.shelf), self._seen

    def _speak(self) -> None:
        parts, at_s, state = self._running, self.clock.monotonic_s(), self._state()
        parts.courier.pump(at_s)
        wait_s = HEARTBEAT_S if state == self._said else STATUS_S
        if parts.link.is_up and parts.runner.session.time != "asked" and at_s - self._said_at_s >= wait_s:
            printer, waiting, seen = state
            status = CounterStatus(
                is_online=True,
                born_at=parts.birth.at,
                printer=printer,
                seen=seen,
                clock=parts.clock.reading,
                waiting_slips=waiting,
            )
            parts.courier.say(status, self.name)
            self._said, self._said_at_s = state, at_s

    def _forget(self) -> None:
        at_s = self.clock.monotonic_s()
        if at_s - self._forgot_at_s >= FORGET_EVERY_S:
            self._forgot_at_s = at_s
            self._running.journal.forget_before(self._running.clock.now() - FORGET_AFTER)

    # What the parts say

    def _delivered(self, delivery: Delivery) -> None:
        def settle() -> None:
            self.fuse.touch("before the broker is told")
            delivery.settle()
            self.fuse.touch("after the broker was told")

        fused = Delivery(delivery.topic, delivery.raw, settle)
        self.post(lambda: self._running.gate.receive(fused))

    def _link_changed(self, is_up: bool) -> None:
        def note() -> None:
            parts = self._running
            parts.runner.step(LinkChanged(parts.clock.now(), is_up))
            self._said, self._said_at_s = None, float("-inf")
            parts.gate.connected(is_up=is_up)
            if is_up:
                parts.courier.forget_flights()
                parts.courier.report(self.name)
                self._introduce()

        self.post(note)

    def _introduce(self) -> None:
        info = CounterInfo(software="0", display="1024x600", printer="generic-80")
        self._running.courier.say(info, self.name)

    def _print(self, job: SlipJob) -> None:
        self.fuse.touch("before the first byte of a slip")
        self.printer.print(job, self._slip_ended)
        self.fuse.touch("after the first byte of a slip")

    def _slip_ended(self, job: SlipJob, outcome: SlipOutcome, reason: str) -> None:
        if self.is_on:
            self.clock.reach(self.world.now_s)
            self.fuse.pause()
            ended = PrintEnded(self._running.clock.now(), job.payment, job.is_copy, outcome, reason)
            self.fuse.go_on()
            self.world.note(self.name, "ends a slip as {}", outcome.value)
            self._endings.append(ended)
            self.post(self._note_endings)

    def _note_endings(self) -> None:
        """An ending is forgotten only once it is in the journal: a full disk must not make a slip last for ever."""
        while self._endings:
            self._running.runner.step(self._endings[0])
            self._endings.popleft()

    def printer_changed(self) -> None:
        """The printer says something else of itself than before."""
        if self.is_on and self.printer.status is PrinterStatus.READY:
            self.post(lambda: self._running.runner.step(PrinterReady(self._running.clock.now())))
        self.wake_in(0.1)

    def _print_trial(self, page: Page) -> None:
        at = self._running.clock.now()
        self._endings.append(TrialEnded(at, SlipOutcome.PRINTED, page=page))
        self.post(self._note_endings)

    def _refuse(self, _counter: str, trouble: Trouble) -> None:
        self.world.note(self.name, "refuses a message: {}", trouble.detail)
        self.world.count("messages refused")
        self._running.runner.step(Unusable(self._running.clock.now(), trouble))

    @property
    def is_idle(self) -> bool:
        """Whether nobody's payment is on the glass and nothing is left to do."""
        session = self.session
        return session is not None and isinstance(session.glass, Idle) and not session.waiting
