"""The counter as a program: puts the parts together and turns the loop. Composition only; no rule stands here.

One thread (the main one) owns the session, the journal and the glass. The network, the printer and the workbench have
threads of their own and speak to it through one queue.
"""

import queue
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from appliance import __version__
from appliance.clock import Clock, SystemClock
from appliance.counter import screens
from appliance.counter import session as core
from appliance.counter.events import LinkChanged, Painted, PrintEnded, Tick, Unusable
from appliance.counter.session import Notice, Paying, Rules, Session
from appliance.courier import Courier, Delivery, Sender
from appliance.journal import Journal
from appliance.link import Link, Listener
from appliance.printing import PrintDesk
from appliance.runner import Runner
from appliance.sd_notify import Notifier
from appliance.settings import CounterSettings
from drivers.display import Display
from drivers.errors import DisplayError
from drivers.panel import Light, Panel
from drivers.printer import Printer
from drivers.scene import Scene
from mqtt_schema import signing, topics
from mqtt_schema.messages import CounterInfo, CounterStatus, Trouble
from mqtt_schema.types import Instant

log = structlog.get_logger("counter")

TOUCH_EVERY_S = 0.016
"""How often the glass is asked for fingers; everything else arrives through the queue and waits for nothing."""

PICTURE_S = 5.0
PUMP_S = 0.25
HEARTBEAT_S = 5.0
FORGET_EVERY_S = 3600.0
FORGET_AFTER = timedelta(days=2)
"""Message ids are kept this long; the office repeats nothing that old."""


class Opened(Protocol):
    """Something that runs beside the counter and is stopped with it (the workbench)."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""


@dataclass(frozen=True)
class Hands:
    """The devices of this counter. `printer` is None where none is fitted."""

    display: Display
    printer: Printer | None
    panel: Panel


class Counter:
    """One counter, running."""

    def __init__(self, settings: CounterSettings, hands: Hands, clock: Clock | None = None) -> None:
        """Open the journal and take up where it ended. Raises `JournalError`, `SignatureError`."""
        self._settings = settings
        self._hands = hands
        self._clock = clock or SystemClock()
        self._inputs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._is_stopping = False
        self._look = screens.Look(hands.display.size, settings.called, has_printer=hands.printer is not None)
        self._scene: Scene | None = None
        self._composed_for: tuple[Session, int] | None = None
        self._is_blind = False
        self._light = Light.OFF
        self._born_at = self._clock.now()
        self._said: CounterStatus | None = None
        self._said_at_s = float("-inf")
        self._pumped_at_s = float("-inf")
        self._forgot_at_s = float("-inf")
        self._notifier = Notifier()
        key = signing.read_private(settings.key_file.read_text("utf-8"))
        self._sender = Sender("counter", settings.site, key)
        self._journal = Journal(
            settings.state_dir / "journal.sqlite",
            lambda body, sequence: self._sender.seal(body, settings.counter, sequence, self._clock.now()),
        )
        self._desk = PrintDesk(hands.printer, settings.called, self._clock, self._slip_ended)
        self._runner = Runner(self._journal, Rules(beneficiaries=tuple(settings.beneficiaries)), self._desk.print)
        self._link = Link(
            settings.broker,
            settings.counter,
            topics.subscriptions("counter", settings.site, settings.counter),
            Listener(self._delivered, self._link_changed),
            self._will,
        )
        office_keys, nobody = signing.read_public(settings.office_keys), signing.read_public([])
        self._courier = Courier(
            self._sender,
            # A broker may hand out what was meant for a neighbour: here nobody is believed on such a topic.
            lambda counter: office_keys if counter == settings.counter else nobody,
            self._link,
            self._journal,
            lambda envelope: self._runner.take(envelope, self._clock.now()),
            self._refuse,
            self._clock.now,
        )

    def run(self) -> None:
        """Turn the loop until `stop`."""
        self._runner.recover(self._clock.now())
        self._show()
        log.info("first_frame", counter=self._settings.counter)
        self._notifier.ready()
        self._desk.start()
        self._link.start()
        try:
            while not self._is_stopping and not self._hands.display.wants_close:
                self._turn()
        finally:
            self._close()

    def stop(self) -> None:
        """End after the present turn; may be called from a signal handler or another thread."""
        self._is_stopping = True
        self._inputs.put(lambda: None)

    def picture(self) -> bytes:
        """The pixels on the glass as a PNG file; for other threads than the counter's own, while it runs."""
        taken: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._inputs.put(lambda: taken.put(self._hands.display.png()))
        return taken.get(timeout=PICTURE_S)

    def _close(self) -> None:
        self._notifier.stopping()
        if self._link.is_up:
            self._courier.say(self._status(is_online=False), self._settings.counter)
        self._link.stop()
        self._desk.stop()
        self._hands.display.close()
        self._hands.panel.close()
        self._journal.close()

    # One turn of the loop

    def _turn(self) -> None:
        self._wait_for_input()
        self._feel()
        now = self._clock.now()
        due = core.due_at(self._runner.session)
        if due is not None and now >= due:
            self._runner.step(Tick(now))
        self._show()
        self._speak()
        self._forget()
        if not self._is_blind:
            # A counter whose glass stays dark is worth restarting: silence makes the watchdog do it.
            self._notifier.watchdog()

    def _feel(self) -> None:
        """Read the fingers; nothing on these screens can be touched yet."""
        try:
            self._hands.display.touches()
        except DisplayError as error:
            self._go_blind(error)

    def _go_blind(self, error: DisplayError) -> None:
        """The glass does not answer: say so once, and paint it anew with the next second."""
        if not self._is_blind:
            log.error("display", error=str(error))
        self._is_blind, self._scene = True, None

    def _wait_for_input(self) -> None:
        """Block on the queue, a frame at the longest."""
        try:
            self._inputs.get(timeout=TOUCH_EVERY_S)()
        except queue.Empty:
            return
        except Exception:
            # Anything at all: what one input did wrong must not end the counter for the next one.
            log.exception("input")

    def _show(self) -> None:
        """Paint what the session says now, if it is not what stands there already.

        A screen changes with its session and with the second, so nothing is composed in between.
        """
        session, now = self._runner.session, self._clock.now()
        if self._composed_for == (session, int(now.timestamp())):
            return
        self._composed_for = (session, int(now.timestamp()))
        self._paint(screens.compose(session, self._look, now))
        if isinstance(session.glass, Paying) and not session.glass.is_reported and not self._is_blind:
            self._runner.step(Painted(self._clock.now(), session.glass.request.payment))
            self._pumped_at_s = float("-inf")
        self._shine()

    def _paint(self, scene: Scene) -> None:
        if scene == self._scene:
            return
        try:
            self._hands.display.show(scene)
        except DisplayError as error:
            self._go_blind(error)
            return
        self._scene, self._is_blind = scene, False

    def _shine(self) -> None:
        light = _light(self._runner.session)
        if light is not self._light:
            self._hands.panel.shine(light)
            self._light = light

    def _speak(self) -> None:
        """Publish what is due, and say how we are when it changed or the last word is old."""
        at_s = self._clock.monotonic_s()
        if at_s - self._pumped_at_s >= PUMP_S:
            self._pumped_at_s = at_s
            self._courier.pump(at_s)
        status = self._status(is_online=True)
        if self._link.is_up and (status != self._said or at_s - self._said_at_s >= HEARTBEAT_S):
            self._courier.say(status, self._settings.counter)
            self._said, self._said_at_s = status, at_s

    def _forget(self) -> None:
        """Forget whom we served; a counter runs for months without a restart."""
        at_s = self._clock.monotonic_s()
        if at_s - self._forgot_at_s >= FORGET_EVERY_S:
            self._forgot_at_s = at_s
            self._journal.forget_before(self._clock.now() - FORGET_AFTER)

    def _status(self, *, is_online: bool) -> CounterStatus:
        glass = self._runner.session.glass
        showing = glass.request.payment if isinstance(glass, Paying) else None
        return CounterStatus(is_online=is_online, born_at=self._born_at, printer=self._desk.status, showing=showing)

    # What other threads say

    def _delivered(self, delivery: Delivery) -> None:
        self._inputs.put(lambda: self._receive(delivery))

    def _receive(self, delivery: Delivery) -> None:
        self._courier.receive(delivery)
        self._pumped_at_s = float("-inf")

    def _slip_ended(self, ended: PrintEnded) -> None:
        def note() -> None:
            self._runner.step(ended)
            self._pumped_at_s = float("-inf")

        self._inputs.put(note)

    def _link_changed(self, is_up: bool) -> None:
        self._inputs.put(lambda: self._link_is(is_up))

    def _link_is(self, is_up: bool) -> None:
        self._runner.step(LinkChanged(self._clock.now(), is_up))
        self._said = None
        if is_up:
            self._courier.forget_flights()
            self._courier.say(self._info(), self._settings.counter)

    def _refuse(self, _counter: str, trouble: Trouble) -> None:
        self._runner.step(Unusable(self._clock.now(), trouble))

    def _will(self) -> tuple[str, bytes]:
        """The broker's word if we die: a new birth for every connection."""
        self._born_at = self._next_birth()
        status = CounterStatus(is_online=False, born_at=self._born_at)
        parcel = self._sender.seal(status, self._settings.counter, 0, self._born_at)
        return parcel.topic, parcel.raw

    def _next_birth(self) -> Instant:
        return max(self._clock.now(), self._born_at + timedelta(microseconds=1))

    def _info(self) -> CounterInfo:
        size = self._hands.display.size
        printer = self._hands.printer.profile.name if self._hands.printer else "none"
        return CounterInfo(software=__version__, display=f"{size.width}x{size.height}", printer=printer)


def _light(session: Session) -> Light:
    """What the clerk sees from across the desk."""
    match session.glass:
        case Paying():
            return Light.WAITING
        case Notice(notice="paid"):
            return Light.PAID
        case Notice(notice="see_clerk"):
            return Light.TROUBLE
    return Light.OFF


def run(counter: Counter, *beside: Opened) -> None:
    """Run a counter and what stands beside it until SIGTERM, SIGINT or the window's end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: counter.stop())
    for other in beside:
        other.start()
    try:
        counter.run()
    finally:
        for other in beside:
            other.stop()
    log.info("stopped")
