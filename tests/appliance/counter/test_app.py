"""A whole counter in this process: real loop, real journal, real broker; virtual glass, paper and panel."""

import gc
import io
import queue
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, get_args

import pytest
import zxingcpp
from PIL import Image

from appliance import audit
from appliance.clock import Clock, SystemClock, VirtualClock
from appliance.counter.app import GARBAGE, Counter, Hands
from appliance.counter.front import Wish
from appliance.courier import Courier, Delivery, Parcel, Sender
from appliance.glass import FINGER_S
from appliance.line import lay_line
from appliance.link import Link, Listener
from appliance.settings import Broker, CounterSettings, PrinterSettings
from drivers.panel import Key, Light
from drivers.profiles import PROFILES
from drivers.scene import Scene, Size
from drivers.virtual.display import VirtualDisplay
from drivers.virtual.panel import VirtualPanel
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.sound import VirtualSound
from mqtt_schema import signing, topics
from mqtt_schema.messages import (
    Body,
    CounterBody,
    CounterInfo,
    CounterStatus,
    DayEndWanted,
    Displayed,
    Envelope,
    Frozen,
    HelpAsked,
    HelpKind,
    PaymentCancellation,
    PaymentChecking,
    PaymentPreparing,
    PaymentRefused,
    PaymentRequest,
    PaymentWaived,
    PrinterStatus,
    ReceiptReport,
    ScreenName,
    SlipOutcome,
    SlipRelease,
    SlipReleased,
    SlipWanted,
    TimeAsked,
    TimeTold,
    TrialReport,
    TrialWanted,
    Trouble,
)
from mqtt_schema.types import Instant
from tests.support.broker import PATIENCE_S, EmbeddedBroker, PlayedBroker, free_port
from tests.support.spoken import COUNTER, MORNING, OURS, SITE, THEIRS, payment, reprint, request, result, slip
from tests.support.systemd import Manager, environment

pytestmark = pytest.mark.journey

B = TypeVar("B", bound=Frozen)

COUNTER_KEY = signing.new_key(COUNTER)
OFFICE_KEY = signing.new_key("office-2026")
STRANGERS_KEY = signing.new_key("office-2026")


def soon(number: int = 1, *, beneficiary: object = OURS) -> PaymentRequest:
    """A request that is valid now, and not only on the morning of the other tests."""
    asked = request(number, beneficiary=beneficiary)  # type: ignore[arg-type]  # ours or theirs
    return asked.model_copy(update={"expires_at": _in(300)})


def _in(seconds: float) -> Instant:
    return SystemClock().now() + timedelta(seconds=seconds)


@dataclass
class Memory:
    """The office's memory, for as long as a test lasts."""

    outbox: list[Parcel] = field(default_factory=list)
    inbox: set[str] = field(default_factory=set)

    def posted(self) -> list[Parcel]:
        return list(self.outbox)

    def has_received(self, message: str) -> bool:
        return message in self.inbox

    def acknowledge(self, message: str, counter: str) -> None:
        self.outbox = [one for one in self.outbox if one.message != message]


class Office:
    """The other side, thin: says what the test wants said until it is acknowledged, and keeps what it hears."""

    def __init__(self, port: int, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._sequence = count(1)
        self._memory = Memory()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._heard: dict[type, queue.SimpleQueue[Any]] = {kind: queue.SimpleQueue() for kind in get_args(CounterBody)}
        self.troubles: list[Trouble] = []
        self.tells_time = True
        self._listens = threading.Event()
        self._sender = Sender("office", SITE, OFFICE_KEY)
        self._link = Link(
            Broker(port=port),
            "office",
            topics.subscriptions("office", SITE),
            Listener(self._delivered, self._changed),
        )
        keys = signing.read_public([signing.public_jwk(COUNTER_KEY)])
        self._courier = Courier(
            self._sender,
            lambda _counter: keys,
            self._link,
            self._memory,
            self._take,
            lambda _counter, trouble: self.troubles.append(trouble),
            self._clock.now,
        )
        self._thread = threading.Thread(target=self._turn, daemon=True)
        self._thread.start()
        self._link.start()

    def post(self, body: Body, key: signing.SigningKey = OFFICE_KEY) -> None:
        sender = Sender("office", SITE, key)
        parcel = sender.seal(body, COUNTER, next(self._sequence), self._clock.now())
        self._work.put(lambda: self._memory.outbox.append(parcel))

    def say(self, body: Body) -> None:
        """Say once, to a counter that listens, what nobody keeps and nobody acknowledges."""
        self._work.put(lambda: self._courier.say(body, COUNTER))

    def next(self, kind: type[B]) -> B:
        """Wait for the next message of a kind; each kind stands in a queue of its own."""
        body = self._heard[kind].get(timeout=PATIENCE_S)
        assert isinstance(body, kind)
        return body

    def status(self, holds: Callable[[CounterStatus], bool]) -> CounterStatus:
        """Wait for a status of which something holds."""
        while not holds(status := self.next(CounterStatus)):
            """It will come."""
        return status

    def stop(self) -> None:
        self._link.stop()
        self._work.put(None)
        self._thread.join()

    def wait_until_it_listens(self) -> None:
        """What a counter asks before that is heard by nobody."""
        assert self._listens.wait(PATIENCE_S)

    def _changed(self, is_up: bool) -> None:
        self._work.put(self._courier.forget_flights)
        if is_up:
            self._listens.set()

    def _delivered(self, delivery: Delivery) -> None:
        self._work.put(lambda: self._courier.receive(delivery))

    def _take(self, envelope: Envelope) -> None:
        self._memory.inbox.add(envelope.id)
        if isinstance(envelope.body, TimeAsked) and self.tells_time:
            self._courier.say(TimeTold(nonce=envelope.body.nonce, at=self._clock.now()), COUNTER)
        self._heard[type(envelope.body)].put(envelope.body)

    def _turn(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=0.05)
            except queue.Empty:
                self._courier.pump(self._clock.monotonic_s())
                continue
            if work is None:
                return
            work()
            self._courier.pump(self._clock.monotonic_s())


def settings(directory: Path, port: int) -> CounterSettings:
    key_file = directory / "counter.jwk"
    key_file.write_text(signing.private_jwk(COUNTER_KEY))
    return CounterSettings(
        site=SITE,
        counter=COUNTER,
        state_dir=directory / "state",
        key_file=key_file,
        broker=Broker(port=port),
        office_keys=[signing.public_jwk(OFFICE_KEY)],
        beneficiaries=[OURS],
    )


class Booth:
    """One counter with its devices. `start` and `stop` are its power switch; the journal stays."""

    def __init__(self, directory: Path, port: int, clock: Clock | None = None) -> None:
        self._clock = clock
        self._settings = settings(directory, port)
        self.printer = VirtualPrinter(PROFILES["generic-80"])
        self.start()

    def start(self) -> None:
        self.display, self.panel, self.sound = VirtualDisplay(Size(1024, 600)), VirtualPanel(), VirtualSound()
        opened: queue.SimpleQueue[Counter] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._live, args=(opened,), daemon=True)
        self._thread.start()
        self._counter = opened.get(timeout=PATIENCE_S)
        assert self.display.wait_for_frame(0, PATIENCE_S) > 0

    def _live(self, opened: "queue.SimpleQueue[Counter]") -> None:
        """A counter belongs to the thread that made it, as its journal does."""
        counter = Counter(self._settings, Hands(self.display, self.printer, self.panel, self.sound), self._clock)
        opened.put(counter)
        counter.run()

    def stop(self) -> None:
        self._counter.stop()
        self._thread.join(timeout=PATIENCE_S)
        assert not self._thread.is_alive()

    def fit(self, printer: PrinterSettings) -> None:
        """Change its settings, as a technician would: while it is off."""
        self.stop()
        self._settings = self._settings.model_copy(update={"printer": printer})
        self.start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def slips(self) -> int:
        return len(self.printer.slips)

    def shines(self, light: Light) -> bool:
        return self.panel.light is light

    def codes(self) -> list[str]:
        """What a phone reads from the pixels that stand on the glass."""
        return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(self.display.png())))]

    def tap(self, name: str) -> None:
        """A finger on a target of the screen that stands there, once it stands there."""
        self.wait_until(lambda: any(target.name == name for target in self.display.history[-1].targets))
        target = next(target for target in self.display.history[-1].targets if target.name == name)
        time.sleep(FINGER_S)  # the way of a finger: what it finds sooner, it did not mean
        self.display.touch(*target.rect.centre)

    def wish(self, wish: Wish) -> None:
        """As if a technician had touched it behind the gate; front and its page have tests of their own."""
        self._counter._inputs.put(lambda: self._counter._grant(wish))

    @property
    def journal(self) -> Path:
        return self._settings.state_dir / "journal.sqlite"

    def words(self) -> str:
        """Everything that is written on the glass."""
        return " ".join(text.text for text in self.display.history[-1].texts())

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Look at every frame until something holds."""
        frame = self.display.frame
        while not holds():
            younger = self.display.wait_for_frame(frame, PATIENCE_S)
            assert younger > frame, "the glass stands still"
            frame = younger


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    made = EmbeddedBroker(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def clock() -> Clock:
    return SystemClock()


@pytest.fixture
def office(broker: EmbeddedBroker, clock: Clock) -> Iterator[Office]:
    made = Office(broker.port, clock)
    yield made
    made.stop()


@pytest.fixture
def booth(tmp_path: Path, broker: EmbeddedBroker, clock: Clock) -> Iterator[Booth]:
    made = Booth(tmp_path, broker.port, clock)
    yield made
    made.stop()


def test_a_payment_goes_all_its_way_through_a_counter(booth: Booth, office: Office, broker: EmbeddedBroker) -> None:
    info, status = office.next(CounterInfo), office.next(CounterStatus)
    assert (info.display, info.printer) == ("1024x600", "generic-80")
    assert status.is_online

    first = soon(1)
    office.post(first)
    displayed = office.next(Displayed)
    assert (displayed.payment, displayed.amount, displayed.payload) == (first.payment, first.amount, first.payload)
    assert booth.codes() == [first.payload]
    assert booth.shines(Light.WAITING)
    assert office.status(lambda status: status.seen is not None and status.seen.payment == first.payment)

    broker.kill()
    broker.start()
    assert booth.codes() == [first.payload], "the citizen notices nothing"

    office.post(result(1))
    report = office.next(ReceiptReport)
    assert report == ReceiptReport(payment=first.payment, outcome=SlipOutcome.PRINTED)
    assert booth.slips() == 1
    assert booth.codes() == []
    assert booth.shines(Light.PAID)

    office.post(reprint(1))
    copy = office.next(ReceiptReport)
    assert copy == ReceiptReport(payment=first.payment, outcome=SlipOutcome.PRINTED, is_copy=True)
    assert booth.slips() == 2
    assert office.troubles == []


def test_what_cannot_be_believed_never_reaches_the_glass_and_the_next_one_does(booth: Booth, office: Office) -> None:
    office.post(soon(1), STRANGERS_KEY)
    trouble = office.next(Trouble)
    assert trouble.kind == "signature"
    office.post(soon(2, beneficiary=THEIRS))
    assert office.next(PaymentRefused) == PaymentRefused(payment=payment(2), field="beneficiary")
    assert booth.codes() == []
    assert booth.shines(Light.TROUBLE)
    office.post(PaymentCancellation(payment=payment(2)))
    office.post(result(3))
    assert isinstance(office.next(ReceiptReport), ReceiptReport)


def test_a_counter_that_was_restarted_shows_the_same_code_and_prints_once(booth: Booth, office: Office) -> None:
    office.post(soon(1))
    office.next(Displayed)
    booth.stop()
    farewell = office.status(lambda status: not status.is_online)
    booth.start()
    booth.wait_until(lambda: booth.codes() == [soon(1).payload])
    assert office.status(lambda status: status.is_online).born_at > farewell.born_at
    office.post(result(1))
    assert office.next(ReceiptReport) == ReceiptReport(payment=payment(1), outcome=SlipOutcome.PRINTED)
    booth.stop()
    booth.start()
    assert booth.slips() == 1


def test_the_clerk_hears_that_the_paper_is_out(booth: Booth, office: Office) -> None:
    booth.printer.run_out_of_paper()
    office.post(result(1))
    report = office.next(ReceiptReport)
    assert report == ReceiptReport(payment=payment(1), outcome=SlipOutcome.NOT_PRINTED, reason="Máy in hết giấy")
    assert office.status(lambda status: status.printer is PrinterStatus.PAPER_OUT)
    assert booth.shines(Light.TROUBLE), "the glass promises that somebody comes"


def test_with_new_paper_the_last_slip_comes_by_itself_and_the_others_wait_for_the_desk(
    booth: Booth, office: Office
) -> None:
    booth.printer.run_out_of_paper()
    for number in (1, 2):
        office.post(result(number))
        assert office.next(ReceiptReport).outcome is SlipOutcome.NOT_PRINTED
    office.status(lambda status: status.waiting_slips == 2)
    booth.printer.load_paper()
    assert office.next(ReceiptReport) == ReceiptReport(payment=payment(2), outcome=SlipOutcome.PRINTED)
    office.status(lambda status: status.waiting_slips == 1)
    office.post(SlipWanted(payment=payment(1), slip=slip(1), asked_by="Nguyễn Thị Bình"))
    assert office.next(ReceiptReport) == ReceiptReport(payment=payment(1), outcome=SlipOutcome.PRINTED)
    office.post(SlipRelease(payment=payment(1)))
    assert office.next(SlipReleased) == SlipReleased(payment=payment(1), is_released=False)
    assert booth.slips() == 2


def test_the_desk_gets_a_test_slip_and_hears_how_it_went(booth: Booth, office: Office) -> None:
    office.next(CounterInfo)
    office.say(TrialWanted(asked_by="Nguyễn Thị Bình"))
    assert office.next(TrialReport) == TrialReport(outcome=SlipOutcome.PRINTED)
    assert booth.slips() == 1


def test_where_every_slip_is_to_be_in_both_languages_it_is(booth: Booth, office: Office) -> None:
    office.post(result(1))
    office.next(ReceiptReport)
    office.post(reprint(1))
    office.next(ReceiptReport)
    booth.fit(PrinterSettings(is_bilingual=True))
    office.post(reprint(1))
    office.next(ReceiptReport)
    _, usual, both = booth.printer.slips
    assert both.height_dots > usual.height_dots


def test_the_desk_gets_the_slip_of_the_day_with_what_was_paid_and_hears_how_it_went(
    booth: Booth, office: Office
) -> None:
    office.post(result(1))
    assert office.next(ReceiptReport).outcome is SlipOutcome.PRINTED
    office.say(DayEndWanted(asked_by="Nguyễn Thị Bình"))
    assert office.next(TrialReport) == TrialReport(outcome=SlipOutcome.PRINTED, page="day_end")
    assert booth.slips() == 2


def test_a_slip_that_is_at_hand_when_the_counter_stops_comes_out_and_nobody_is_asked(
    booth: Booth, office: Office
) -> None:
    office.status(lambda status: status.is_online)
    office.post(result(1))
    booth.wait_until(lambda: "Đã nhận tiền" in booth.words())
    booth.stop()
    assert booth.slips() == 1
    booth.start()
    assert office.next(ReceiptReport) == ReceiptReport(payment=payment(1), outcome=SlipOutcome.PRINTED)


def test_a_broker_that_hands_out_the_neighbours_job_is_not_believed(tmp_path: Path) -> None:
    played = PlayedBroker()
    booth = Booth(tmp_path, played.port)
    played.accept()
    played.welcome()
    while b"time_asked" not in (asked := played.ping()[1]):
        """It will come."""
    nonce = re.search(rb'nonce\\":\\"([0-9a-f]{32})', asked)
    assert nonce is not None
    told = TimeTold(nonce=nonce[1].decode(), at=SystemClock().now())
    parcel = Sender("office", SITE, OFFICE_KEY).seal(told, COUNTER, 0, SystemClock().now())
    played.publish(parcel.topic.encode(), parcel.raw, 9)
    for number, counter in ((1, "quay-2"), (2, COUNTER)):
        parcel = Sender("office", SITE, OFFICE_KEY).seal(soon(number), counter, 1, SystemClock().now())
        played.publish(parcel.topic.encode(), parcel.raw, number)
    heard = [played.ping()[1]]
    while b"displayed" not in heard[-1]:
        heard.append(played.ping()[1])
    codes = booth.codes()
    played.close()
    booth.stop()
    assert codes == [soon(2).payload]
    assert any(b"nobody here knows the key" in packet for packet in heard)


@pytest.fixture
def no_own_tidying() -> Iterator[None]:
    """Python does not look for garbage by itself."""
    gc.disable()
    yield
    gc.enable()


class Knot:
    """Nobody but itself holds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("no_own_tidying")
def test_what_nobody_needs_is_let_go_while_nobody_waits(booth: Booth, office: Office) -> None:
    office.status(lambda status: status.seen is not None and status.seen.screen is ScreenName.IDLE)
    gone = threading.Event()
    weakref.finalize(Knot(), gone.set)
    kept: list[list[int]] = [[] for _ in range(GARBAGE)]
    assert gone.wait(PATIENCE_S), f"though there are {len(kept)} new things to look through"


class TestOnAClockThatStandsStill:
    """Nothing is repeated and nobody says that he is alive unless time is told to pass."""

    @pytest.fixture
    def clock(self) -> VirtualClock:
        return VirtualClock(MORNING)

    @pytest.fixture
    def booth(self, tmp_path: Path, broker: EmbeddedBroker, clock: VirtualClock, office: Office) -> Iterator[Booth]:
        """It asks for the time once, and on such a clock never again: somebody has to listen by then."""
        office.wait_until_it_listens()
        made = Booth(tmp_path, broker.port, clock)
        yield made
        made.stop()

    def test_a_code_leaves_the_glass_when_its_time_is_over_and_then_nothing_is_left(
        self, booth: Booth, office: Office, clock: VirtualClock
    ) -> None:
        office.status(lambda status: status.is_online)
        idle = booth.display.history[-1]
        office.post(request(1, expires_s=300))
        office.next(Displayed)
        frame = booth.display.frame
        clock.go_on(299)
        assert booth.display.wait_for_frame(frame, PATIENCE_S) > frame
        assert booth.codes() == [request(1).payload]
        clock.go_on(1)
        booth.wait_until(lambda: booth.codes() == [])
        clock.go_on(12)
        booth.wait_until(lambda: _kinds(booth.display.history[-1]) == _kinds(idle))

    def test_a_counter_that_rests_sees_that_time_went_on(
        self, booth: Booth, office: Office, clock: VirtualClock
    ) -> None:
        office.status(lambda status: status.seen is not None and status.seen.screen is ScreenName.IDLE)
        clock.go_on(901)
        office.status(lambda status: status.seen is not None and status.seen.screen is ScreenName.ASLEEP)


def _kinds(scene: Scene) -> list[type]:
    """What a scene is made of; the clock in its corner tells another time by now."""
    return [type(element) for element in scene.elements]


def test_a_glass_that_breaks_does_not_stop_the_slips(booth: Booth, office: Office) -> None:
    booth.display.break_down()
    office.post(result(1))
    assert office.next(ReceiptReport) == ReceiptReport(payment=payment(1), outcome=SlipOutcome.PRINTED)
    booth.display.mend()
    office.post(soon(2))
    booth.display.wait_for_frame(booth.display.frame, PATIENCE_S)
    assert booth.is_running


def test_a_counter_without_a_broker_shows_its_face_and_ends_when_its_window_is_closed(tmp_path: Path) -> None:
    booth = Booth(tmp_path, free_port())
    booth.display.close_window()
    booth.stop()
    assert booth.shines(Light.OFF)


def test_a_finger_calls_the_clerk_and_the_glass_says_so(booth: Booth, office: Office) -> None:
    asked = soon(1)
    office.post(asked)
    office.next(Displayed)
    booth.tap("language")
    booth.tap("menu")
    booth.tap("no_phone")
    assert office.next(HelpAsked) == HelpAsked(kind=HelpKind.NO_PHONE, payment=asked.payment, language="en")
    assert booth.shines(Light.TROUBLE)
    assert booth.codes() == [asked.payload], "the code stays while somebody comes"


def test_added_time_reaches_the_glass_and_is_painted_anew(booth: Booth, office: Office) -> None:
    asked = soon(1)
    office.post(asked)
    office.next(Displayed)
    office.post(asked.model_copy(update={"expires_at": asked.expires_at + timedelta(seconds=300)}))
    assert office.next(Displayed).payment == asked.payment
    assert booth.codes() == [asked.payload]
    office.post(asked.model_copy(update={"is_on_behalf": True, "expires_at": asked.expires_at}))
    office.post(PaymentCancellation(payment=asked.payment))
    booth.wait_until(lambda: booth.codes() == [])


def test_no_code_can_be_scanned_while_the_clerk_asks_the_bank(booth: Booth, office: Office) -> None:
    office.post(soon(1))
    office.next(Displayed)
    office.post(PaymentChecking(payment=payment(1)))
    seen = office.status(lambda status: status.seen is not None and status.seen.screen is ScreenName.CHECKING).seen
    assert seen is not None
    assert (seen.payment, seen.amount) == (payment(1), 35_000)
    assert booth.codes() == []


def test_the_glass_says_what_the_clerk_is_about_and_what_was_waived(booth: Booth, office: Office) -> None:
    office.post(PaymentPreparing())
    office.status(lambda status: status.seen is not None and status.seen.screen is ScreenName.PREPARING)
    office.post(PaymentWaived(payment=payment(1)))
    office.status(lambda status: status.seen is not None and status.seen.screen is ScreenName.WAIVED)


def test_the_clerks_key_clears_the_result_and_the_listening_key_speaks_the_glass(booth: Booth, office: Office) -> None:
    office.post(result(1))
    office.next(ReceiptReport)
    booth.wait_until(lambda: len(booth.sound.history) == 1)
    booth.panel.press(Key.LISTEN)
    office.post(reprint(1))
    office.next(ReceiptReport)
    assert len(booth.sound.history) == 2
    booth.panel.press(Key.CLERK)
    office.status(lambda status: status.seen is not None and status.seen.screen is ScreenName.IDLE)


def test_what_the_citizen_sees_is_proved_by_its_pixels(booth: Booth, office: Office) -> None:
    office.post(soon(1))
    displayed = office.next(Displayed)
    seen = office.status(lambda status: status.seen is not None and status.seen.payment == payment(1)).seen
    assert seen is not None
    assert displayed.pixels == seen.pixels
    assert len(displayed.pixels or "") == 64


def test_a_technician_prints_the_days_sums_and_the_head_of_the_chain(booth: Booth, office: Office) -> None:
    office.post(soon(1))
    office.next(Displayed)
    office.post(result(1))
    office.next(ReceiptReport)
    booth.wish("day_end")
    assert booth.printer.wait_for_slips(2, PATIENCE_S)
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(booth.printer.png())))
    word, counter, _day, row, head = found.text.split(":")
    assert (word, counter) == ("QT1", COUNTER.upper())
    assert int(row) >= 4
    booth.stop()
    assert audit.verify_counter(booth.journal, [head]).is_whole
    booth.start()


def test_a_counter_whose_link_nobody_turns_falls_silent_so_that_systemd_restarts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(tmp_path / "notify").items():
        monkeypatch.setenv(name, value)
    seed = settings(tmp_path, free_port())
    line = lay_line(seed, SystemClock().now)
    hands = Hands(VirtualDisplay(Size(1024, 600)), None, VirtualPanel(), VirtualSound())
    counter = Counter(seed, hands, line=line)
    counter._desk.start()
    line.link.start()
    with closing(Manager(str(tmp_path / "notify"))) as manager:
        counter._live()
        assert manager.heard() == ["WATCHDOG=1"], "that no broker is there is no reason"
        line.link._loop.stop()  # its thread ends, as one that broke would
        counter._live()
        assert manager.heard() == []
        counter._close()
        assert manager.heard() == ["STOPPING=1"]
