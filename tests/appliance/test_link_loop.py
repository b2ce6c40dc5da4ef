"""One loop for many links, against real brokers; and links whose network thread breaks."""

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from appliance.courier import Sender
from appliance.delivery import Delivery
from appliance.line import Birth, Seed
from appliance.link import Link, Listener
from appliance.link_loop import LinkLoop
from appliance.logs import kept
from appliance.office.ledger import Ledger
from appliance.settings import Broker
from mqtt_schema import jws, messages, signing
from mqtt_schema.messages import CounterStatus
from tests.support.broker import MOSQUITTO, PATIENCE_S, EmbeddedBroker, Mosquitto, PlayedBroker, RealBroker

pytestmark = pytest.mark.journey

MANY = 200
HEARS = "quaythu/v1/hoan-kiem/quay-1/job"
STATUS = "quaythu/v1/hoan-kiem/quay-1/status"


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealBroker]:
    if request.param == "mosquitto" and MOSQUITTO is None:
        pytest.skip("mosquitto is not installed here: apt-get install mosquitto makes this test run")
    made: RealBroker = EmbeddedBroker(tmp_path) if request.param == "embedded" else Mosquitto(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def loop() -> Iterator[LinkLoop]:
    made = LinkLoop()
    yield made
    made.stop()


class Ear:
    """Keeps what a link hears; `link.stop` at the end is the test's."""

    def __init__(self) -> None:
        self.changes: queue.Queue[bool] = queue.Queue()
        self.deliveries: queue.Queue[Delivery] = queue.Queue()
        self.listener = Listener(self.deliveries.put, self.changes.put)


def turn_until(loop: LinkLoop, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        loop.turn(0.05)


def test_one_process_holds_many_counters_in_its_own_loop(broker: RealBroker, loop: LinkLoop) -> None:
    before = threading.active_count()
    ears = [Ear() for _ in range(MANY)]
    links = [
        Link(Broker(port=broker.port), f"quay-{number}", [_job(number)], ear.listener, loop=loop)
        for number, ear in enumerate(ears)
    ]
    for link in links:
        link.start()
    turn_until(loop, lambda: all(link.is_up for link in links))
    assert threading.active_count() == before, "whoever turns the loop is its thread"

    for number, link in enumerate(links):
        assert link.publish(_job((number + 1) % MANY), b"%d" % number)
    turn_until(loop, lambda: all(ear.deliveries.qsize() for ear in ears))
    for number, ear in enumerate(ears):
        [delivery] = list(ear.deliveries.queue)
        assert delivery.raw == b"%d" % ((number - 1) % MANY)
        delivery.settle()
    for link in links:
        link.stop()
    assert not any(link.is_up for link in links)


def test_many_links_share_a_thread_and_come_back_with_their_broker(broker: RealBroker, loop: LinkLoop) -> None:
    loop.start()
    ears = [Ear() for _ in range(20)]
    links = [
        Link(Broker(port=broker.port), f"quay-{number}", [_job(number)], ear.listener, loop=loop)
        for number, ear in enumerate(ears)
    ]
    for link in links:
        link.start()
    assert all(ear.changes.get(timeout=PATIENCE_S) for ear in ears)
    broker.kill()
    assert not any(ear.changes.get(timeout=PATIENCE_S) for ear in ears)
    broker.start()
    assert all(ear.changes.get(timeout=PATIENCE_S) for ear in ears)
    links[0].stop()
    assert not links[0].is_up
    assert links[1].publish(_job(2), b"the others stay")
    assert ears[2].deliveries.get(timeout=PATIENCE_S).raw == b"the others stay"
    for link in links:
        link.stop()


def test_a_large_message_passes_through_a_full_socket(broker: RealBroker, loop: LinkLoop) -> None:
    loop.start()
    ear = Ear()
    link = Link(Broker(port=broker.port), "quay-1", [HEARS], ear.listener, loop=loop)
    link.start()
    assert ear.changes.get(timeout=PATIENCE_S)
    for number in range(300):
        assert link.publish(HEARS, b"%3d" % number + b"x" * 16_000)
    heard = set()
    for _ in range(300):
        delivery = ear.deliveries.get(timeout=PATIENCE_S)
        heard.add(delivery.raw[:3])
        delivery.settle()
    assert len(heard) == 300
    link.stop()


def test_a_network_thread_that_is_ended_begins_again_and_says_so(broker: RealBroker) -> None:
    """`SystemExit` ends a thread without a word; a link whose thread is gone must not say that it is up."""
    ear = Ear()
    broken = threading.Event()

    def deliver(delivery: Delivery) -> None:
        if not broken.is_set():
            broken.set()
            sys.exit("whatever ends a thread")
        ear.deliveries.put(delivery)

    link = Link(Broker(port=broker.port), "quay-1", [HEARS], Listener(deliver, ear.changes.put))
    with kept() as logged:
        link.start()
        assert ear.changes.get(timeout=PATIENCE_S)
        assert link.publish(HEARS, b"this one breaks it")
        assert not ear.changes.get(timeout=PATIENCE_S)
        assert ear.changes.get(timeout=PATIENCE_S)
        assert link.is_up
        assert link.publish(HEARS, b"and this one arrives")
        assert ear.deliveries.get(timeout=PATIENCE_S).raw == b"and this one arrives"
        link.stop()
    assert "link_loop" in {entry["event"] for entry in logged}


def test_a_loop_that_nobody_turns_is_not_up(broker: RealBroker) -> None:
    loop = LinkLoop()
    ear = Ear()
    link = Link(Broker(port=broker.port), "quay-1", [HEARS], ear.listener, loop=loop)
    link.start()
    turn_until(loop, lambda: link.is_up)
    loop.stop()
    loop.start()
    assert not link.is_up, "its thread has ended at once: it was stopped"
    assert "stands still" in link.trouble
    assert not link.publish(HEARS, b"into the void")
    link.stop()


def test_what_one_listener_breaks_is_its_own_connection(broker: RealBroker, loop: LinkLoop) -> None:
    good, bad = Ear(), Ear()
    links = [
        Link(Broker(port=broker.port), name, [topic], ear.listener, loop=loop)
        for name, topic, ear in (("quay-1", _job(1), good), ("quay-2", _job(2), bad))
    ]
    for link in links:
        link.start()
    turn_until(loop, lambda: all(link.is_up for link in links))
    links[1].drop("something broke")
    turn_until(loop, lambda: bad.changes.qsize() == 3)
    assert list(bad.changes.queue) == [True, False, True]
    assert list(good.changes.queue) == [True]
    for link in links:
        link.stop()


# Refusals


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed here")
def test_what_may_not_be_heard_is_said_with_a_next_step_and_asked_again(tmp_path: Path) -> None:
    """Only some versions refuse what may not be heard; what may not be said all of them refuse."""
    broker = Mosquitto(tmp_path, access="topic read quaythu/v1/hoan-kiem/quay-1/job\n")
    broker.start()
    ear = Ear()
    link = Link(Broker(port=broker.port), "quay-1", [HEARS], ear.listener)
    with kept() as logged:
        link.start()
        assert ear.changes.get(timeout=PATIENCE_S)
        assert link.publish(STATUS, b"x", message="m1")
        _wait(lambda: bool(link.trouble))
        assert "access list" in link.trouble
        assert STATUS in link.trouble
        assert [entry["message"] for entry in logged if entry["event"] == "publish_refused"] == ["m1"]
        link.stop()
    broker.kill()


@pytest.fixture
def played() -> Iterator[PlayedBroker]:
    made = PlayedBroker()
    yield made
    made.close()


def test_a_refused_connection_is_an_error_in_words_until_it_is_let_in(played: PlayedBroker) -> None:
    ear = Ear()
    link = Link(Broker(port=played.port), "quay-1", [HEARS], ear.listener)
    with kept() as logged:
        link.start()
        played.accept()
        played.say(b"\x20\x03\x00\x87\x00")
        played.accept()
        assert "does not let us in: Not authorized (0x87)" in link.trouble
        assert "Compare the broker's access list" in link.trouble
        played.welcome()
        assert ear.changes.get(timeout=PATIENCE_S), "it was never up before, so nothing went down"
        assert link.trouble == ""
        link.stop()
    [refused] = [entry for entry in logged if entry["event"] == "link_refused"]
    assert refused["level"] == "error"


def test_a_refused_subscription_ends_the_connection_and_is_asked_for_again(played: PlayedBroker) -> None:
    ear = Ear()
    link = Link(Broker(port=played.port), "quay-1", [HEARS], ear.listener)
    with kept() as logged:
        link.start()
        played.accept()
        played.say(b"\x20\x03\x00\x00\x00")
        _, body = played.hear()
        played.say(b"\x90\x04" + body[:2] + b"\x00\x87")
        played.accept()
        assert f"we may not hear {HEARS}: Not authorized" in link.trouble
        played.welcome()
        assert ear.changes.get(timeout=PATIENCE_S)
        link.stop()
    assert [entry["level"] for entry in logged if entry["event"] == "link_refused"] == ["error"]


def test_a_session_that_another_device_took_over_is_said_in_words(played: PlayedBroker) -> None:
    ear = Ear()
    link = Link(Broker(port=played.port), "quay-1", [HEARS], ear.listener)
    link.start()
    played.accept()
    played.welcome()
    assert ear.changes.get(timeout=PATIENCE_S)
    played.say(b"\xe0\x02\x8e\x00")
    assert not ear.changes.get(timeout=PATIENCE_S)
    assert "Was this card copied?" in link.trouble
    link.stop()


def test_a_broker_that_hangs_up_without_a_word_is_said_with_what_to_look_at(played: PlayedBroker) -> None:
    """As a client without certificates meets a broker that wants some."""
    ear = Ear()
    link = Link(Broker(port=played.port), "quay-1", [HEARS], ear.listener)
    link.start()
    played.accept()
    played.hang_up()
    played.accept()
    assert f"the connection to 127.0.0.1:{played.port} ended" in link.trouble
    assert "look at the broker's log" in link.trouble
    link.stop()


def test_a_broker_that_never_answers_is_given_up(played: PlayedBroker) -> None:
    """Half-open: the other end is gone, and nothing says so. The ping that is not answered does."""
    ear = Ear()
    link = Link(Broker(port=played.port, keepalive_s=2), "quay-1", [HEARS], ear.listener)
    link.start()
    played.accept()
    played.welcome()
    assert ear.changes.get(timeout=PATIENCE_S)
    assert not ear.changes.get(timeout=PATIENCE_S)
    played.accept()
    link.stop()


# Births and deaths


def test_what_a_broker_kept_is_told_from_what_is_said_now(broker: RealBroker) -> None:
    ear, later = Ear(), Ear()
    said = Link(Broker(port=broker.port), "quay-1", [STATUS], ear.listener)
    said.start()
    assert ear.changes.get(timeout=PATIENCE_S)
    assert said.publish(STATUS, b"online", is_retained=True)
    assert not ear.deliveries.get(timeout=PATIENCE_S).is_retained, "heard while it was said"
    heard = Link(Broker(port=broker.port), "office", [STATUS], later.listener)
    heard.start()
    assert later.deliveries.get(timeout=PATIENCE_S).is_retained
    heard.stop()
    said.stop()


def test_the_death_of_an_old_connection_does_not_bury_the_new_one(broker: RealBroker, tmp_path: Path) -> None:
    """A counter restarts before the broker has noticed: the will of its first life comes when it lives again."""
    if isinstance(broker, EmbeddedBroker):
        pytest.skip("the embedded broker says the will of the new connection instead (iotcore 0.4.0, docs/mqtt.md)")
    office = Ear()
    heard = Link(Broker(port=broker.port), "office", [STATUS], office.listener)
    heard.start()
    assert office.changes.get(timeout=PATIENCE_S)
    key = signing.new_key("quay-1")
    ear, later = Ear(), Ear()
    old = Birth(_seed(tmp_path), key, lambda: datetime.now(UTC))
    first = Link(Broker(port=broker.port), "quay-1", [HEARS], None, old.will)

    def change(is_up: bool) -> None:
        ear.changes.put(is_up)
        if not is_up:
            first.stop()  # it does not come back

    first.listen(Listener(ear.deliveries.put, change))
    first.start()
    assert ear.changes.get(timeout=PATIENCE_S)
    birth = Birth(_seed(tmp_path), key, lambda: datetime.now(UTC))
    second = Link(Broker(port=broker.port), "quay-1", [HEARS], later.listener, birth.will)
    second.start()
    assert later.changes.get(timeout=PATIENCE_S)
    sender = Sender("counter", "hoan-kiem", key)
    online = CounterStatus(is_online=True, born_at=birth.at)
    assert second.publish(STATUS, sender.seal(online, "quay-1", 0, datetime.now(UTC)).raw, is_retained=True)

    told = [_status(office) for _ in range(2)]
    assert sorted(status.is_online for status in told) == [False, True]
    for order in (told, told[::-1]):
        ledger = Ledger(f"sqlite:///{tmp_path / f'{order[0].is_online}.sqlite'}")
        with ledger.write() as books:
            for status in order:
                books.hear_status("quay-1", status, datetime.now(UTC))
            assert books.counters()["quay-1"].is_online, "in whatever order they come"
        ledger.close()
    second.stop()
    heard.stop()


def _seed(state_dir: Path) -> Seed:
    return cast(Seed, SimpleNamespace(site="hoan-kiem", counter="quay-1", state_dir=state_dir))


def _status(ear: Ear) -> CounterStatus:
    delivery = ear.deliveries.get(timeout=PATIENCE_S)
    delivery.settle()
    body = messages.load(jws.peek(delivery.raw).payload).body
    assert isinstance(body, CounterStatus)
    return body


def _job(number: int) -> str:
    return f"quaythu/v1/hoan-kiem/quay-{number}/job"


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.01)
