"""The office as a program, over a real broker, with a counter that is played."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import tomli_w
from sqlalchemy import event

from appliance.clock import VirtualClock
from appliance.courier import Courier, Delivery, Parcel, Sender
from appliance.demo.browser import read_form
from appliance.link import Link, Listener
from appliance.office.app import PORTAL_ANSWERS_WITHIN_S, PORTAL_RETRY_S, Office, PortalPost
from appliance.office.ledger import Ledger
from appliance.office.payment import Payment
from appliance.settings import Broker, CounterEntry, OfficeSettings, Portal
from mqtt_schema import signing, topics
from mqtt_schema.messages import (
    Body,
    Cards,
    CounterStatus,
    Displayed,
    Envelope,
    Frozen,
    HelpAsked,
    HelpKind,
    PaymentChecking,
    PaymentPreparing,
    PaymentRequest,
    PaymentWaived,
    ScreenName,
    Seen,
)
from tests.support.broker import EmbeddedBroker, free_port
from tests.support.systemd import Manager, environment

pytestmark = pytest.mark.journey

COUNTER = "quay-1"
PATIENCE_S = 20.0
B = TypeVar("B", bound=Frozen)
T = TypeVar("T")


@dataclass
class Memory:
    """A counter's journal, without a disk."""

    waiting: list[Parcel] = field(default_factory=list)
    received: set[str] = field(default_factory=set)

    def posted(self) -> list[Parcel]:
        return list(self.waiting)

    def has_received(self, message: str) -> bool:
        return message in self.received

    def acknowledge(self, message: str, counter: str) -> None:
        self.waiting = [parcel for parcel in self.waiting if parcel.message != message]


class PlayedCounter:
    """A counter on its own connection: hears the office, and says what it is told to."""

    def __init__(self, settings: OfficeSettings, key: signing.SigningKey) -> None:
        office = signing.read_private(settings.signing_key_file.read_text("utf-8"))
        keys = signing.read_public([signing.public_jwk(office)])
        self._deliveries: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._heard: list[Body] = []
        self._memory = Memory()
        self._sender = Sender("counter", settings.site, key)
        self._sequence = 0
        self.born_at = datetime.now(UTC)
        listener = Listener(self._deliveries.put, lambda is_up: None)
        subscriptions = topics.subscriptions("counter", settings.site, COUNTER)
        self._link = Link(settings.broker, COUNTER, subscriptions, listener)
        self._courier = Courier(
            self._sender,
            lambda counter: keys,
            self._link,
            self._memory,
            self._take,
            lambda counter, trouble: None,
            lambda: datetime.now(UTC),
        )
        self._link.start()
        _wait(lambda: self._link.is_up)

    def _take(self, envelope: Envelope) -> None:
        self._memory.received.add(envelope.id)
        self._heard.append(envelope.body)

    def stop(self) -> None:
        self._link.stop()

    def be(self, seen: Seen | None = None) -> None:
        """Send a heartbeat."""
        self._courier.say(CounterStatus(is_online=True, born_at=self.born_at, seen=seen), COUNTER)

    def say(self, body: Body) -> None:
        """Say something that the office has to acknowledge."""
        self._sequence += 1
        self._memory.waiting.append(self._sender.seal(body, COUNTER, self._sequence, datetime.now(UTC)))
        self._courier.pump(time.monotonic())
        _wait(lambda: self._turn() and not self._memory.waiting)

    def hear(self, kind: type[B]) -> B:
        """Wait for the next message of this kind."""

        def heard() -> B | None:
            self._turn()
            found = next((body for body in self._heard if isinstance(body, kind)), None)
            if found is not None:
                self._heard.remove(found)
            return found

        return _wait(heard)

    def _turn(self) -> bool:
        try:
            self._courier.receive(self._deliveries.get(timeout=0.1))
        except queue.Empty:
            return True
        return True


def _wait(condition: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail("waited in vain")
    return found


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


@dataclass
class Running:
    """An office that runs, and its counter."""

    url: str
    counter: PlayedCounter
    restart: Callable[[], None]


@pytest.fixture
def running(office_settings: OfficeSettings, tmp_path: Path) -> Iterator[Running]:
    key = signing.new_key(COUNTER)
    broker = EmbeddedBroker(tmp_path)
    entry = CounterEntry(id=COUNTER, name="Quầy 1", key=signing.public_jwk(key))
    settings = office_settings.model_copy(
        update={"broker": Broker(port=broker.port), "port": free_port(), "counters": [entry], "portal": None}
    )
    written = tmp_path / "office.toml"
    written.write_text(tomli_w.dumps(settings.model_dump(mode="json", exclude_none=True)), "utf-8")
    url = f"http://127.0.0.1:{settings.port}"
    command = [sys.executable, "-m", "appliance", "office", "--settings", str(written)]
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        with (tmp_path / "office.log").open("ab") as log:
            processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        _wait(lambda: _answers(f"{url}/desk"))

    def restart() -> None:
        processes[-1].kill()
        processes[-1].wait(timeout=10)
        start()

    broker.start()
    start()
    counter = PlayedCounter(settings, key)
    yield Running(url, counter, restart)
    counter.stop()
    processes[-1].terminate()
    processes[-1].wait(timeout=15)
    broker.kill()


def _typed(page: str, amount: int, **otherwise: str) -> dict[str, str]:
    return read_form(page).fields | {
        "clerk": "Bình",
        "lines.0.dossier": "H26.1-261122-0007",
        "lines.0.fee_code": "HT-XN",
        "lines.0.amount": str(amount),
        **otherwise,
    }


def test_a_counter_hears_of_each_step_of_the_desk(running: Running) -> None:
    counter = running.counter
    with httpx.Client(base_url=running.url, follow_redirects=True, timeout=15) as desk:
        counter.be()
        review = desk.post("/desk/check", data=_typed(desk.get("/desk").text, 3000))
        counter.hear(PaymentPreparing)
        made = desk.post("/desk/payments", data=read_form(review.text).fields)
        request = counter.hear(PaymentRequest)
        counter.say(
            Displayed(
                payment=request.payment, amount=request.amount, payload=request.payload, painted_at=datetime.now(UTC)
            )
        )
        seen = Seen(
            screen=ScreenName.CODE, payment=request.payment, amount=request.amount, painted_at=datetime.now(UTC)
        )
        counter.be(seen)
        _wait(lambda: "Người dân đang thấy 3.000" in desk.get("/desk/parts/strip").text)
        desk.post(f"{made.url}/check")
        assert counter.hear(PaymentChecking).payment == request.payment

        counter.say(HelpAsked(kind=HelpKind.MORE_TIME, payment=request.payment))
        longer = counter.hear(PaymentRequest)
        assert longer.expires_at > request.expires_at
        assert longer == request.model_copy(update={"expires_at": longer.expires_at})

        free = _typed(desk.get("/desk").text, 0, waiver_reason="Hộ nghèo")
        desk.post("/desk/payments", data=free)
        counter.hear(PaymentWaived)


def test_calls_and_cards_outlive_the_office(running: Running) -> None:
    counter = running.counter
    counter.be()
    counter.say(HelpAsked(kind=HelpKind.HELP))
    running.restart()
    with httpx.Client(base_url=running.url, follow_redirects=True, timeout=15) as desk:
        assert "Quầy 1: có người cần giúp" in desk.get("/desk").text
        desk.post(f"/desk/calls/{COUNTER}/help/answer")
        assert "có người cần giúp" not in desk.get("/desk").text

        card = read_form(desk.get("/desk/cards/new").text).fields | {"vi.0": "Có cháy", "vi.1": "Đi lối thoát."}
        desk.post("/desk/cards", data=card | {"kind": "fire", "first_day": date(2026, 11, 22).isoformat()})
        (sent,) = counter.hear(Cards).cards
        assert sent.vi.heading == "Có cháy"
        _wait(lambda: "Đã tới Quầy 1" in desk.get("/desk/parts/cards").text)
        counter.born_at = datetime.now(UTC)
        counter.be()
        assert counter.hear(Cards).cards == (sent,), "a counter that came back gets them again"


class Drip(BaseHTTPRequestHandler):
    """How a `DrippingPortal` answers one post."""

    server: "DrippingPortal"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.put(None)
        with suppress(OSError):  # whoever asked has gone
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Drops: ")
            while not self.server.is_well.wait(timeout=0.02):
                self.wfile.write(b"x")
            self.wfile.write(b"\r\n\r\n")


class DrippingPortal(ThreadingHTTPServer):
    """A portal that answers a letter at a time and never comes to an end, until it `is_well`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Drip)
        self.url = f"http://127.0.0.1:{self.server_port}/paid"
        self.asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.is_well = threading.Event()


@pytest.fixture
def dripping() -> Iterator[DrippingPortal]:
    with DrippingPortal() as portal:
        thread = threading.Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield portal
        portal.is_well.set()
        portal.shutdown()
        thread.join(PATIENCE_S)


def _portal_settings(settings: OfficeSettings, portal: DrippingPortal) -> Portal:
    assert settings.portal is not None
    return settings.portal.model_copy(update={"url": portal.url})


def test_a_portal_that_never_finishes_its_answer_holds_up_neither_counters_nor_the_end(
    office_settings: OfficeSettings, create: Callable[..., Payment], dripping: DrippingPortal
) -> None:
    changed = {"broker": Broker(port=free_port()), "portal": _portal_settings(office_settings, dripping)}
    office = Office(office_settings.model_copy(update=changed))
    payment = create()
    with office._ledger.write() as books:
        books.call_back(payment.id, {"payment": payment.id, "state": "paid"})
    office._post_room.start()
    dripping.asked.get(timeout=PATIENCE_S)
    has_worked = threading.Event()
    office._post_room.post(has_worked.set)
    assert has_worked.wait(PORTAL_ANSWERS_WITHIN_S / 2), "a counter's word waits for the portal"
    (post,) = [thread for thread in threading.enumerate() if thread.name == "portal"]
    office._post_room.stop()
    assert not office._post_room._thread.is_alive()
    assert post.is_alive()
    office._ledger.close()

    used: list[object] = []
    event.listen(office._ledger.engine, "begin", used.append)
    dripping.is_well.set()
    post.join(PATIENCE_S)
    assert not post.is_alive()
    assert used == [], "the ledger was closed"


def test_a_portal_that_drips_is_given_up_left_in_peace_and_asked_again(
    ledger: Ledger,
    office_settings: OfficeSettings,
    create: Callable[..., Payment],
    clock: VirtualClock,
    dripping: DrippingPortal,
) -> None:
    payment = create()
    with ledger.write() as books:
        books.call_back(payment.id, {"payment": payment.id, "state": "paid"})
    work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    portal = _portal_settings(office_settings, dripping)
    post = PortalPost(ledger, portal, clock, work.put, answers_within_s=0.2)
    post.pump()
    post.pump()
    work.get(timeout=PATIENCE_S)()
    post.pump()
    clock.go_on(PORTAL_RETRY_S)
    dripping.is_well.set()
    post.pump()
    work.get(timeout=PATIENCE_S)()
    assert dripping.asked.qsize() == 2
    with ledger.read() as books:
        assert books.callbacks() == []


class Choice(BaseHTTPRequestHandler):
    """How a `ChoosyPortal` answers one post."""

    server: "ChoosyPortal"

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((said["payment"], said["state"]))
        self.send_response(404 if said["payment"] in self.server.unknown else 204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Keep quiet."""


class ChoosyPortal(ThreadingHTTPServer):
    """A portal that does not know the `unknown` payments."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Choice)
        self.url = f"http://127.0.0.1:{self.server_port}/paid"
        self.unknown: set[str] = set()
        self.heard: list[tuple[str, str]] = []


@pytest.fixture
def choosy() -> Iterator[ChoosyPortal]:
    with ChoosyPortal() as portal:
        thread = threading.Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield portal
        portal.shutdown()
        thread.join(PATIENCE_S)


def test_what_the_portal_refuses_holds_up_no_other_payment_and_is_said_again_in_its_order(
    ledger: Ledger,
    office_settings: OfficeSettings,
    create: Callable[..., Payment],
    clock: VirtualClock,
    choosy: ChoosyPortal,
) -> None:
    refused, other = create().id, create().id
    with ledger.write() as books:
        for payment, state in ((refused, "paid"), (refused, "overpaid"), (other, "paid")):
            books.call_back(payment, {"payment": payment, "state": state})
    choosy.unknown = {refused}
    work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    assert office_settings.portal is not None
    post = PortalPost(ledger, office_settings.portal.model_copy(update={"url": choosy.url}), clock, work.put)

    def said() -> tuple[str, str]:
        clock.go_on(PORTAL_RETRY_S)
        post.pump()
        work.get(timeout=PATIENCE_S)()
        return choosy.heard[-1]

    assert [said(), said(), said()] == [(refused, "paid"), (other, "paid"), (refused, "paid")]
    choosy.unknown = set()
    assert [said(), said()] == [(refused, "paid"), (refused, "overpaid")]
    with ledger.read() as books:
        assert books.callbacks() == []


def test_an_office_whose_link_nobody_turns_falls_silent_so_that_systemd_restarts_it(
    office_settings: OfficeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(tmp_path / "notify").items():
        monkeypatch.setenv(name, value)
    office = Office(office_settings.model_copy(update={"broker": Broker(port=free_port())}))
    office._link.start()
    with closing(Manager(str(tmp_path / "notify"))) as manager:
        office._turn()
        assert manager.heard() == ["WATCHDOG=1"], "that no broker is there is no reason"
        office._link._loop.stop()  # its thread ends, as one that broke would
        office._turn()
        assert manager.heard() == []
    office._ledger.close()
