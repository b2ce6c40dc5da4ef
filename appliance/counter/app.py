"""The counter as a program: puts the parts together and turns the loop. Composition only; no rule stands here.

One thread (the main one) owns the session, the journal and the glass. The network, the printer and the workbench have
threads of their own and speak to it through one queue.
"""

import gc
import queue
import signal
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import appliance
from appliance import catalogue
from appliance.announcer import Announcer
from appliance.clock import Clock, OfficeTime, SystemClock
from appliance.counter import day_end
from appliance.counter import session as core
from appliance.counter.events import (
    Dismissed,
    LinkChanged,
    Painted,
    PrintEnded,
    PrinterReady,
    Tick,
    TrialEnded,
    Unusable,
)
from appliance.counter.front import Manners, Pin, Wish
from appliance.counter.look import Look
from appliance.counter.receipt import TimeSource
from appliance.counter.shown import Health
from appliance.counter.state import Idle, Notice, Paying, Rules, Session
from appliance.courier import REPLAY_AFTER, Courier, Sender
from appliance.course import Ending
from appliance.delivery import Delivery
from appliance.gate import Gate
from appliance.glass import Glass
from appliance.journal import Journal
from appliance.line import Line, lay_line
from appliance.link import Listener
from appliance.logs import Log
from appliance.printing import PrintDesk
from appliance.runner import Runner
from appliance.sd_notify import Notifier
from appliance.settings import CounterSettings
from appliance.timekeeping import Patience
from appliance.trust import Trust
from appliance.voice import Said, Voice
from drivers.display import Display
from drivers.panel import Key, Light, Panel
from drivers.printer import Printer
from drivers.sound import Sound
from mqtt_schema.messages import CounterInfo, CounterStatus, Page, PrinterStatus, Seen, Trouble
from mqtt_schema.types import PaymentId

log = Log()

TOUCH_EVERY_S = 0.033
"""How often the glass is asked for fingers; everything else arrives through the queue and waits for nothing."""

REST_TURNS = 7
"""So many turns a counter that serves nobody asks for fingers alone; 4 times a second it looks what time changed."""

GARBAGE = 2_000
"""From so many new objects on it is worth looking which of them nobody needs, in a moment in which nobody waits."""

_YOUNG = 1
"""Of Python's generations; the old is looked through once an hour."""

PICTURE_S = 5.0
PUMP_S = 0.25
HEARTBEAT_S = 5.0
FORGET_EVERY_S = 3600.0
FORGET_AFTER = REPLAY_AFTER + timedelta(days=1)
"""Message ids are kept this long: an office from an old backup says what is younger once more, under the same ids."""


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
    sound: Sound


class Counter:
    """One counter, running."""

    def __init__(
        self, settings: CounterSettings, hands: Hands, clock: Clock | None = None, line: Line | None = None
    ) -> None:
        """Open the journal and take up where it ended. Raises `JournalError`, `SignatureError`.

        `line` may have been opened before, to connect while the rest was imported.
        """
        self._settings = settings
        self._hands = hands
        machine = clock or SystemClock()
        self._clock = OfficeTime(machine, Patience(tolerance_s=settings.clock_tolerance_s))
        self._trust = Trust(settings)
        self._inputs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._endings: deque[PrintEnded | TrialEnded] = deque()
        self._is_stopping = False
        self._glass = Glass(
            hands.display,
            _look(settings, hands),
            _manners(settings),
            self._health,
            lambda: hands.panel.has_earphone,
        )
        self._voice = Voice(hands.sound, settings.sound, self._clock)
        has_printer = hands.printer is not None
        self._announcer = Announcer(self._voice, settings.sound.languages, has_printer=has_printer)
        self._trouble = ""
        self._light = Light.OFF
        self._started_at = self._clock.now()
        self._said: tuple[PrinterStatus, int, Seen | None] | None = None
        self._said_at_s = float("-inf")
        self._pumped_at_s = float("-inf")
        self._forgot_at_s = float("-inf")
        self._rests_for = 0
        self._notifier = Notifier()
        self._line = line or lay_line(settings, machine.now)
        self._link = self._line.link
        self._sender = Sender("counter", settings.site, self._line.key)
        self._journal = Journal(
            settings.state_dir / "journal.sqlite",
            lambda body, sequence: self._sender.seal(body, settings.counter, sequence, self._clock.now()),
        )
        self._desk = PrintDesk(
            hands.printer,
            settings.called,
            self._clock,
            self._slip_ended,
            self._printer_changed,
            is_bilingual=lambda: settings.printer.is_bilingual or self._glass.front.language == "en",
            time_source=lambda: TimeSource.OFFICE if self._clock.is_trusted else TimeSource.NONE,
        )
        rules = Rules(beneficiaries=tuple(settings.beneficiaries))
        self._runner = Runner(self._journal, rules, self._desk.print, self._show_code, self._print_trial)
        self._gate = Gate(
            settings.counter,
            self._clock,
            self._trust,
            self._runner,
            lambda asked: self._courier.say(asked, settings.counter),
            self._introduce,
        )
        self._courier = Courier(
            self._sender,
            self._gate.keys_of,
            self._link,
            self._journal,
            self._gate.take,
            self._refuse,
            self._clock.now,
            tally=self._journal,
        )
        self._gate.open(self._courier.receive)

    def run(self) -> None:
        """Turn the loop until `stop`."""
        self._gate.recover()
        self._show()
        log.info("first_frame", counter=self._settings.counter)
        self._hands.panel.on_key(self._key_pressed)
        self._notifier.ready()
        self._desk.start()
        self._link.start()
        self._link.listen(Listener(self._delivered, self._link_changed))
        try:
            while not self._is_stopping and not self._glass.wants_close:
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

    @property
    def said(self) -> Said | None:
        """What the loudspeaker said last; from any thread."""
        return self._voice.said

    def _close(self) -> None:
        self._notifier.stopping()
        if self._link.is_up:
            self._courier.say(self._status(is_online=False), self._settings.counter)
        self._link.stop()
        self._runner.begin_no_more()
        self._desk.stop()
        self._hands.display.close()
        self._hands.panel.close()
        self._voice.close()
        self._note_endings()
        self._journal.close()

    # One turn of the loop

    def _turn(self) -> None:
        has_come = self._wait_for_input()
        if self._endings:
            _guarded(self._note_endings)  # what a full disk did not take before
        is_touched = self._feel()
        if self._rests_for and not has_come and not is_touched:
            self._rests_for -= 1
            return
        self._live()
        if not has_come:
            self._glass.prepare(self._clock.now())
            _tidy()
        self._rests_for = REST_TURNS if self._is_resting and not has_come else 0

    @property
    def _is_resting(self) -> bool:
        """Whether nobody counts seconds: no payment, no page, no finger on the technician's corner."""
        front = self._glass.front
        return isinstance(self._runner.session.glass, Idle) and front.page == "none" and front.held_since is None

    def _live(self) -> None:
        """All that an input or time alone may have changed."""
        self._gate.turn()
        now = self._clock.now()
        due = core.due_at(self._runner.session)
        if due is not None and now >= due:
            self._runner.step(Tick(now))
        self._show()
        self._speak()
        self._forget()
        if not (self._link.is_lost or self._glass.is_blind):
            # A glass that stays dark or a link that nobody turns is worth a restart: silence makes the watchdog do it.
            self._notifier.watchdog()

    def _feel(self) -> bool:
        """Read the fingers: what they asked of the session, and of this program. Whether there were any."""
        was = self._glass.front
        answers = self._glass.touches(self._clock.now())
        for answer in answers:
            for event in answer.events:
                self._runner.step(event)
                self._pumped_at_s = float("-inf")
            for wish in answer.wishes:
                self._grant(wish)
        return bool(answers) or self._glass.front is not was

    def _grant(self, wish: Wish) -> None:
        """What a technician asked for."""
        log.info("technician", wish=wish)
        match wish:
            case "test_sound":
                self._announcer.test()
            case "test_slip":
                self._desk.print_trial(self._trial_ended)
            case "day_end":
                self._end_day(self._trial_ended)
            case "restart":
                self.stop()

    def _end_day(self, ended: Callable[[Ending], None]) -> None:
        """Print what this counter saw paid today, and the head of its chain."""
        now, waiting = self._clock.now(), len(self._runner.session.shelf)
        rows = self._journal.between(*day_end.bounds(day_end.day_of(now)), *day_end.KINDS)
        counted = day_end.count(rows, now, waiting, self._journal.head(), appliance.__version__)
        source = TimeSource.OFFICE if self._clock.is_trusted else TimeSource.NONE
        paper = day_end.compose(
            counted,
            self._settings.called,
            self._settings.counter,
            office=self._settings.office or "",
            time_source=source,
        )
        log.info("day_end", counter=self._settings.counter, row=counted.seq, head=counted.head)
        self._desk.print_page(paper, ended)

    def _trial_ended(self, ending: Ending) -> None:
        """On the printer's thread: the technician's page says how the test slip went."""
        self._trouble = ending.reason or self._trouble
        log.info("trial", outcome=ending.outcome.value, reason=ending.reason)

    def _wait_for_input(self) -> bool:
        """Block on the queue, a frame at the longest. Whether something came."""
        try:
            task = self._inputs.get(timeout=TOUCH_EVERY_S)
        except queue.Empty:
            return False
        _guarded(task)
        return True

    def _show(self) -> None:
        """Paint what the session says now, say it aloud where somebody listens, and report what was painted."""
        session = self._runner.session
        now = self._clock.now()
        self._glass.show(session, now)
        glass = session.glass
        if isinstance(glass, Paying) and not glass.is_reported and glass.checking_until is None:
            self._report(glass.request.payment)
        if self._glass.shown is not None:
            self._announcer.follow(self._glass.shown, now)
        self._shine()

    def _show_code(self, session: Session) -> Painted | None:
        """Paint a code in the middle of the step that asks for it: the citizen does not wait for the disk."""
        now = self._clock.now()
        self._glass.show(session, now)
        seen = self._glass.seen
        if not isinstance(session.glass, Paying) or seen is None or seen.payment != session.glass.request.payment:
            return None
        self._pumped_at_s = float("-inf")
        return Painted(now, seen.payment, seen.pixels)

    def _report(self, payment: PaymentId) -> None:
        seen = self._glass.seen
        if seen is not None and seen.payment == payment:
            self._runner.step(Painted(self._clock.now(), payment, seen.pixels))
            self._pumped_at_s = float("-inf")

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
        state = (self._desk.status, len(self._runner.session.shelf), self._glass.seen)
        is_asking = self._runner.session.time == "asked"  # its first word shall not be that it knows no time
        if self._link.is_up and not is_asking and (state != self._said or at_s - self._said_at_s >= HEARTBEAT_S):
            self._courier.say(self._status(is_online=True), self._settings.counter)
            self._said, self._said_at_s = state, at_s

    def _forget(self) -> None:
        """Forget whom we served; a counter runs for months without a restart."""
        at_s = self._clock.monotonic_s()
        if at_s - self._forgot_at_s >= FORGET_EVERY_S:
            self._forgot_at_s = at_s
            gc.collect()
            # A clock that is years ahead would forget every id, and prune all that is left as evidence.
            now = self._clock.now() if self._clock.is_trusted else None
            self._journal.forget_before(now - FORGET_AFTER if now else None)
            if now:
                self._journal.prune(now)

    def _status(self, *, is_online: bool) -> CounterStatus:
        seen = self._glass.seen if is_online else None
        return CounterStatus(
            is_online=is_online,
            born_at=self._line.birth.at,
            printer=self._desk.status,
            seen=seen,
            clock=self._clock.reading,
            waiting_slips=len(self._runner.session.shelf),
        )

    def _health(self) -> Health:
        broker = self._settings.broker
        set_aside, why = self._journal.poisoned()
        return Health(
            counter=f"{self._settings.called} ({self._settings.counter})",
            software=appliance.__version__,
            broker=f"{broker.host}:{broker.port}",
            printer=self._desk.status,
            outbox=len(self._journal.posted()),
            set_aside=set_aside,
            trouble=self._link.trouble or self._trouble or self._gate.trouble or why,
            started_at=self._started_at,
        )

    # What other threads say

    def _delivered(self, delivery: Delivery) -> None:
        self._inputs.put(lambda: self._receive(delivery))

    def _receive(self, delivery: Delivery) -> None:
        self._gate.receive(delivery)
        self._pumped_at_s = float("-inf")

    def _slip_ended(self, ended: PrintEnded | TrialEnded) -> None:
        self._endings.append(ended)
        self._inputs.put(self._note_endings)

    def _note_endings(self) -> None:
        """Also when this program ends: a slip that came out must not be asked about."""
        while self._endings:
            self._runner.step(self._endings[0])
            self._endings.popleft()  # only now: a disk that was full a moment ago is asked again in the next turn
            self._pumped_at_s = float("-inf")

    def _printer_changed(self) -> None:
        if self._desk.is_ready:
            self._inputs.put(lambda: self._runner.step(PrinterReady(self._clock.now())))

    def _print_trial(self, page: Page) -> None:
        """A clerk wants a test slip or the slip of the day, and hears how it went."""

        def ended(ending: Ending) -> None:
            self._slip_ended(TrialEnded(self._clock.now(), ending.outcome, ending.reason, page))

        if page == "day_end":
            self._end_day(ended)
        else:
            self._desk.print_trial(ended)

    def _link_changed(self, is_up: bool) -> None:
        self._inputs.put(lambda: self._link_is(is_up))

    def _link_is(self, is_up: bool) -> None:
        self._runner.step(LinkChanged(self._clock.now(), is_up))
        self._said = None
        self._gate.connected(is_up=is_up)
        if is_up:
            self._courier.forget_flights()
            self._courier.report(self._settings.counter)
            self._introduce()

    def _refuse(self, _counter: str, trouble: Trouble) -> None:
        self._trouble = f"{trouble.kind}: {trouble.detail}"
        self._runner.step(Unusable(self._clock.now(), trouble))

    def _key_pressed(self, key: Key) -> None:
        self._inputs.put(lambda: self._key(key))

    def _key(self, key: Key) -> None:
        """The clerk has seen the result; or somebody wants to hear the glass instead of seeing it."""
        if key is Key.CLERK:
            self._runner.step(Dismissed(self._clock.now()))
            return
        now = self._clock.now()
        self._glass.listen(now)
        self._show()
        if self._glass.shown is not None:
            self._announcer.answer(self._glass.shown, now)

    def _introduce(self) -> None:
        """Say what this counter is; lost without a link, and said again with the next one."""
        self._courier.say(self._info(), self._settings.counter)

    def _info(self) -> CounterInfo:
        size = self._hands.display.size
        printer = self._hands.printer.profile.name if self._hands.printer else "none"
        return CounterInfo(
            software=appliance.__version__,
            display=f"{size.width}x{size.height}",
            printer=printer,
            fleet_serial=self._trust.serial,
        )


def _guarded(task: Callable[[], None]) -> None:
    try:
        task()
    except Exception:
        # Anything at all: what one input did wrong must not end the counter for the next one.
        log.exception("input")


def _tidy() -> None:
    """Look for what nobody needs, if there may be much. Else it would happen somewhere in a payment, for 0.3 ms."""
    if gc.get_count()[0] >= GARBAGE:
        gc.collect(_YOUNG)


def _look(settings: CounterSettings, hands: Hands) -> Look:
    return Look.of(
        hands.display.size,
        # As it is written on the desk, in either language.
        f"Quầy {settings.called}",
        catalogue.read(),
        has_printer=hands.printer is not None,
        diagonal_inch=settings.display.diagonal_inch,
        viewing_mm=settings.display.viewing_mm,
    )


def _manners(settings: CounterSettings) -> Manners:
    gate = settings.technician
    pin = Pin(gate.pin_salt, gate.pin_digest) if gate else None
    return Manners(pin=pin, sleep_after_s=settings.display.sleep_after_s)


def _light(session: Session) -> Light:
    """What the clerk sees from across the desk: somebody who is waiting for help comes first."""
    if session.help is not None:
        return Light.TROUBLE
    match session.glass:
        case Paying():
            return Light.WAITING
        case Notice(notice="paid", phase="waiting" | "unsure" | "uncopied"):
            return Light.TROUBLE  # the glass says that the clerk will see to the slip
        case Notice(notice="paid"):
            return Light.PAID
        case Notice(notice="underpaid" | "overpaid" | "late" | "refused"):
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
