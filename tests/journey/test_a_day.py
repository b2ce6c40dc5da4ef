"""A day of a counter: hundreds of citizens, one after the other, and a memory that does not grow with them.

Everything is real but broker, clock and devices: signed messages, courier, journal on a disk, glass with pixels, and
the printer's thread. QUAYTHU_PAYMENTS says how many come (200 unless told, 1000 are a day).
"""

import gc
import os
import queue
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, get_args

import pytest

from appliance import catalogue, logs
from appliance.clock import VirtualClock
from appliance.counter.events import LinkChanged, Painted, PrintEnded, SlipJob, Tick, Unusable
from appliance.counter.front import Manners
from appliance.counter.look import Look
from appliance.counter.session import due_at
from appliance.counter.shown import Health
from appliance.counter.state import Idle, Notice, NoticeKind, Paying, Session
from appliance.courier import Courier, Delivery, Sender
from appliance.glass import FINGER_S, Glass
from appliance.journal import Journal
from appliance.link import Listener
from appliance.printing import PrintDesk
from appliance.runner import Runner
from appliance.virtual_link import VirtualLink
from drivers.profiles import PROFILES
from drivers.scene import Code, Scene, Size
from drivers.virtual.display import VirtualDisplay
from drivers.virtual.printer import VirtualPrinter
from mqtt_schema import signing, topics
from mqtt_schema.messages import (
    Ack,
    Body,
    CounterBody,
    Displayed,
    Envelope,
    HelpAsked,
    Line,
    Outcome,
    PaymentCancellation,
    PaymentChecking,
    PaymentPreparing,
    PaymentRequest,
    PaymentResult,
    PaymentWaived,
    ReceiptReport,
    Seen,
    Slip,
    Trouble,
)
from tests.support.spoken import COUNTER, MORNING, RULES, SITE, memo, payment, request, result

pytestmark = pytest.mark.journey

PAYMENTS = int(os.environ.get("QUAYTHU_PAYMENTS", "200"))
WARM = 100
"""After so many payments everything that holds a few of them is full."""
SETTLED = 600
"""After so many, every cache of drawn words is full, and the last payments heard of."""
GROWTH_BYTES = 256
"""So much more a payment is noise; a reference and an amount with their names are more."""

PRINTING_S = 10.0
"""Longer than any slip takes on a slow machine."""
COUNTER_KEY, OFFICE_KEY = signing.new_key(COUNTER), signing.new_key("office-2026")
COUNTERS_WORD = signing.read_public([signing.public_jwk(COUNTER_KEY)])
OFFICES_WORD = signing.read_public([signing.public_jwk(OFFICE_KEY)])


class TidyPrinter(VirtualPrinter):
    """Its slips are taken away; hundreds of pictures of paper would be the test's memory, not the counter's."""

    def take_slips_away(self) -> None:
        self._head.printouts.clear()
        self._received.clear()


class Booth:
    """One counter, put together as the program does it, on a line that the test is the other end of."""

    def __init__(self, directory: Path, log: list[dict[str, Any]]) -> None:
        self.log = log
        self.clock = VirtualClock(MORNING)
        self.heard: list[CounterBody] = []
        self.display = VirtualDisplay(Size(800, 480))
        self.printer = TidyPrinter(PROFILES["generic-80"])
        self.link = VirtualLink(Listener(self._delivered, lambda _is_up: None))
        self._ended: queue.SimpleQueue[PrintEnded] = queue.SimpleQueue()
        self._sequence = count(1)
        self._office = Sender("office", SITE, OFFICE_KEY)
        counter = Sender("counter", SITE, COUNTER_KEY)
        self.journal = Journal(
            directory / "journal.sqlite",
            lambda body, sequence: counter.seal(body, COUNTER, sequence, self.clock.now()),
        )
        self.desk = PrintDesk(self.printer, "Quầy số 1", self.clock, self._ended.put)
        self.runner = Runner(self.journal, RULES, self.desk.print, self._show_code)
        look = Look.of(self.display.size, "Quầy số 1", catalogue.read())
        self.glass = Glass(self.display, look, Manners(), Health)
        self.courier = Courier(
            counter,
            lambda _counter: OFFICES_WORD,
            self.link,
            self.journal,
            lambda envelope: self.runner.take(envelope, self.clock.now()),
            self._refuse,
            self.clock.now,
        )
        self.runner.recover(self.clock.now())
        self.desk.start()
        self.link.come_back()
        self.runner.step(LinkChanged(self.clock.now(), True))
        self.turn()

    def close(self) -> None:
        self.desk.stop()
        self.display.close()
        self.journal.close()

    def _delivered(self, delivery: Delivery) -> None:
        self.courier.receive(delivery)

    def _refuse(self, _counter: str, trouble: Trouble) -> None:
        self.runner.step(Unusable(self.clock.now(), trouble))

    def _show_code(self, session: Session) -> Painted | None:
        self.glass.show(session, self.clock.now())
        glass, seen = session.glass, self.glass.seen
        if not isinstance(glass, Paying) or seen is None or seen.payment != glass.request.payment:
            return None
        return Painted(self.clock.now(), glass.request.payment, seen.pixels)

    def turn(self) -> None:
        """As the program's loop: fingers, time, glass, mail; and the office takes the mail and says so."""
        now = self.clock.now()
        for answer in self.glass.touches(now):
            for event in answer.events:
                self.runner.step(event)
        due = due_at(self.runner.session)
        if due is not None and now >= due:
            self.runner.step(Tick(now))
        self.glass.show(self.runner.session, now)
        glass, seen = self.runner.session.glass, self.glass.seen
        if isinstance(glass, Paying) and not glass.is_reported and seen and seen.payment == glass.request.payment:
            self.runner.step(Painted(now, glass.request.payment, seen.pixels))
        self.courier.pump(self.clock.monotonic_s())
        self._office_reads()

    def _office_reads(self) -> None:
        while self.link.sent:
            sent = self.link.sent.popleft()
            said = signing.verify(sent.raw, COUNTERS_WORD, topics.parse(sent.topic))
            assert isinstance(said.body, get_args(CounterBody))
            if not isinstance(said.body, Ack):
                self.heard.append(said.body)
                self.hears(Ack(message=said.id))

    def hears(self, body: Body) -> None:
        """The office says something, and the counter does what it has to."""
        parcel = self._office.seal(body, COUNTER, next(self._sequence), self.clock.now())
        self.link.deliver(parcel.topic, parcel.raw)

    def later(self, seconds: float) -> None:
        self.clock.go_on(seconds)
        self.turn()

    def prints(self) -> None:
        """Wait until the printer's thread has put the slip on paper."""
        self.runner.step(self._ended.get(timeout=PRINTING_S))
        self.turn()

    def taps(self, name: str) -> None:
        target = next(target for target in self.display.history[-1].targets if target.name == name)
        self.clock.go_on(FINGER_S)
        self.display.touch(*target.rect.centre)
        self.turn()

    @property
    def notice(self) -> NoticeKind | None:
        glass = self.runner.session.glass
        return glass.notice if isinstance(glass, Notice) else None

    def words(self) -> str:
        return " ".join(text.text for text in self.display.history[-1].texts())


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    with logs.kept() as said:
        made = Booth(tmp_path, said)
        yield made
        made.close()


def amount_of(number: int) -> int:
    return 8_000 + 1_000 * (number % 977)


def asks(booth: Booth, number: int) -> None:
    """A dossier is prepared, and its code comes to the glass."""
    booth.hears(PaymentPreparing())
    booth.later(5)
    expires_s = (booth.clock.now() - MORNING).total_seconds() + 300
    booth.hears(request(number, amount=amount_of(number), expires_s=expires_s))
    booth.turn()
    [code] = booth.display.history[-1].codes()
    assert code is not None
    booth.later(20)


def is_paid(booth: Booth, number: int) -> None:
    booth.hears(result(number, amount=amount_of(number)))
    booth.turn()
    assert booth.notice == "paid"
    booth.prints()


def is_paid_and_wants_another_slip(booth: Booth, number: int) -> None:
    is_paid(booth, number)
    booth.taps("copy")
    booth.prints()


def is_paid_after_a_question(booth: Booth, number: int) -> None:
    booth.hears(PaymentChecking(payment=payment(number)))
    booth.later(2)
    assert not list(booth.display.history[-1].codes())
    is_paid(booth, number)


def needs_help(booth: Booth, number: int) -> None:
    booth.taps("language")
    booth.taps("menu")
    booth.taps("help")
    is_paid(booth, number)


def pays_too_little(booth: Booth, number: int) -> None:
    booth.hears(result(number, Outcome.UNDERPAID, amount_of(number)))
    booth.turn()
    assert booth.notice == "underpaid"


def goes_away(booth: Booth, number: int) -> None:
    booth.later(300)
    assert booth.notice == "expired"


def is_sent_away(booth: Booth, number: int) -> None:
    booth.hears(PaymentCancellation(payment=payment(number)))
    booth.turn()
    assert booth.notice == "cancelled"


def owes_nothing(booth: Booth, number: int) -> None:
    booth.hears(PaymentWaived(payment=payment(number)))
    booth.turn()
    assert booth.notice == "waived"


LIVES: tuple[Callable[[Booth, int], None], ...] = (
    *(is_paid,) * 8,
    is_paid_and_wants_another_slip,
    is_paid_after_a_question,
    needs_help,
    pays_too_little,
    goes_away,
    is_sent_away,
    owes_nothing,
)


def serves(booth: Booth, number: int) -> None:
    """One citizen from the first word to the empty glass."""
    asks(booth, number)
    LIVES[number % len(LIVES)](booth, number)
    for _ in range(4):
        booth.later(30)
    assert isinstance(booth.runner.session.glass, Idle)
    assert booth.runner.session.is_at_rest
    assert booth.glass.front.language == "vi"
    assert memo(number) not in booth.words()
    assert booth.journal.posted() == []


OF_A_CITIZEN = (Envelope, PaymentRequest, PaymentResult, Line, Slip, SlipJob, Paying, Notice, Scene, Code, Seen)


@dataclass(frozen=True)
class Weight:
    """What the process holds: Python's own objects, and the pages of everything else. Bytes.

    `held`: how many values about citizens live somewhere, by type.
    """

    traced: int
    resident: int
    held: dict[str, int]


def weigh(booth: Booth) -> Weight:
    """After the test has let go of what it keeps itself."""
    booth.display.history.clear()
    booth.heard.clear()
    booth.log.clear()
    booth.printer.take_slips_away()
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    held = Counter(type(value).__name__ for value in gc.get_objects() if isinstance(value, OF_A_CITIZEN))
    return Weight(tracemalloc.get_traced_memory()[0], pages * os.sysconf("SC_PAGE_SIZE"), dict(held))


@pytest.fixture
def tracing() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("tracing")
def test_a_day_of_payments_leaves_nothing_in_the_memory(booth: Booth) -> None:
    weights: dict[int, Weight] = {}
    for number in range(1, PAYMENTS + 1):
        serves(booth, number)
        if number % 50 == 0:
            booth.journal.forget_before(booth.clock.now())
            weights[number] = weigh(booth)
    for number, one in weights.items():
        print(f"{number} payments: {one.traced / 1e6:.2f} MB traced, {one.resident / 1e6:.1f} MB resident, {one.held}")
    early, late = weights[WARM].held, weights[PAYMENTS].held
    assert {name: count for name, count in late.items() if count > early.get(name, 0) + 4} == {}
    if PAYMENTS > SETTLED:
        grown = weights[PAYMENTS].traced - weights[SETTLED].traced
        assert grown / (PAYMENTS - SETTLED) < GROWTH_BYTES


def test_what_the_office_hears_of_a_citizen_is_what_happened(booth: Booth) -> None:
    for number, life in enumerate(dict.fromkeys(LIVES), 1):
        booth.heard.clear()
        asks(booth, number)
        life(booth, number)
        for _ in range(4):
            booth.later(30)
        kinds = [type(body) for body in booth.heard]
        assert kinds.count(Displayed) == 1
        assert kinds.count(HelpAsked) == (life is needs_help)
        is_paid_for = life in {is_paid, is_paid_after_a_question, needs_help}
        assert kinds.count(ReceiptReport) == (2 if life is is_paid_and_wants_another_slip else is_paid_for)
        assert Trouble not in kinds
