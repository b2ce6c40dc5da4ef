"""The link, against the embedded broker and against one that is played byte by byte; and its fake beside it."""

import os
import queue
import socket
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.courier import Delivery
from appliance.link import QOS, SETTLED_WITHIN_S, Link, Listener, Receipts
from appliance.settings import Broker
from appliance.virtual_link import Sent, VirtualLink
from mqtt_schema import topics
from tests.support.broker import PATIENCE_S, EmbeddedBroker, PlayedBroker, free_port

pytestmark = pytest.mark.journey

HEARS = "quaythu/v1/hoan-kiem/quay-1/job"
SAYS = "quaythu/v1/hoan-kiem/quay-1/event"
STATUS = "quaythu/v1/hoan-kiem/quay-1/status"


class Ear:
    """A listener that keeps what it hears, each kind in its own queue; `next_…` waits for it."""

    def __init__(self) -> None:
        self.deliveries: queue.Queue[Delivery] = queue.Queue()
        self.changes: queue.Queue[bool] = queue.Queue()
        self.taken: queue.Queue[str] = queue.Queue()
        self.listener = Listener(self.deliveries.put, self.changes.put, self.taken.put)

    def next_delivery(self) -> Delivery:
        return self.deliveries.get(timeout=PATIENCE_S)

    def next_change(self) -> bool:
        return self.changes.get(timeout=PATIENCE_S)

    def next_taken(self) -> str:
        return self.taken.get(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    started = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    started.start()
    yield started
    started.kill()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """A broker that a test starts and kills as it likes."""
    made = EmbeddedBroker(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def connect() -> Iterator[Callable[..., Link]]:
    """Make a link to a port of loopback and start it; every link is stopped in the end."""
    links: list[Link] = []

    def make(
        port: int,
        listener: Listener | None,
        topics: tuple[str, ...] = (HEARS,),
        name: str = "quay-1",
        will: Callable[[], tuple[str, bytes]] | None = None,
    ) -> Link:
        link = Link(Broker(port=port), name, list(topics), listener, will)
        links.append(link)
        link.start()
        return link

    yield make
    for link in links:
        link.stop()


# One contract for the link and its fake


class Line(ABC):
    """A link and the network behind it, for the contract that both links keep."""

    def __init__(self) -> None:
        self.ear = Ear()

    link: Link | VirtualLink

    def is_up(self) -> bool:
        return self.link.is_up

    @abstractmethod
    def come_back(self) -> None: ...

    @abstractmethod
    def go_down(self) -> None: ...

    @abstractmethod
    def deliver(self, raw: bytes) -> None: ...

    @abstractmethod
    def next_sent(self) -> Sent: ...

    @abstractmethod
    def close(self) -> None: ...


class RealLine(Line):
    """A link to a broker of its own; a second link plays the other side."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._broker = EmbeddedBroker(directory)
        self._other = Ear()
        self.link = Link(Broker(port=self._broker.port), "quay-1", [HEARS], self.ear.listener)
        self._peer = Link(Broker(port=self._broker.port), "office", [SAYS], self._other.listener)
        self.link.start()
        self._peer.start()

    def come_back(self) -> None:
        self._broker.start()
        assert self._other.next_change()

    def go_down(self) -> None:
        self._broker.kill()
        assert not self._other.next_change()

    def deliver(self, raw: bytes) -> None:
        assert self._peer.publish(HEARS, raw)

    def next_sent(self) -> Sent:
        delivery = self._other.next_delivery()
        delivery.settle()
        return Sent(delivery.topic, delivery.raw)

    def close(self) -> None:
        self.link.stop()
        self._peer.stop()
        self._broker.kill()


class VirtualLine(Line):
    """The fake; its levers are the network."""

    def __init__(self) -> None:
        super().__init__()
        self.link = self._virtual = VirtualLink(self.ear.listener)
        self.link.start()

    def come_back(self) -> None:
        self._virtual.come_back()

    def go_down(self) -> None:
        self._virtual.go_down()

    def deliver(self, raw: bytes) -> None:
        self._virtual.deliver(HEARS, raw)

    def next_sent(self) -> Sent:
        sent = self._virtual.sent.popleft()
        return Sent(sent.topic, sent.raw)

    def close(self) -> None:
        self.link.stop()


@pytest.fixture(params=["real", "virtual"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    made: Line = RealLine(tmp_path) if request.param == "real" else VirtualLine()
    yield made
    made.close()


def test_a_link_comes_up_speaks_hears_goes_down_and_comes_back(line: Line) -> None:
    assert not line.is_up()
    assert not line.link.publish(SAYS, b"nobody is there")
    line.come_back()
    assert line.ear.next_change()
    assert line.is_up()

    assert line.link.publish(SAYS, b"painted", message="m1")
    assert line.ear.next_taken() == "m1"
    assert line.link.publish(SAYS, b"printed")
    assert [line.next_sent() for _ in range(2)] == [Sent(SAYS, b"painted"), Sent(SAYS, b"printed")]

    line.deliver(b"show this")
    delivery = line.ear.next_delivery()
    assert (delivery.topic, delivery.raw) == (HEARS, b"show this")
    delivery.settle()

    line.deliver(b"never settled")
    line.ear.next_delivery()
    line.go_down()
    assert not line.ear.next_change()
    assert not line.is_up()
    assert not line.link.publish(SAYS, b"into the void")
    delivery.settle()  # too late, and no harm

    line.come_back()
    assert line.ear.next_change()
    line.deliver(b"show that")
    assert line.ear.next_delivery().raw == b"show that", "what was not settled is the sender's outbox to repeat"
    assert line.ear.taken.empty(), "who gave no id gets no word back"


def test_nothing_arrives_over_a_virtual_link_that_is_down() -> None:
    link = VirtualLink(Ear().listener)
    with pytest.raises(ConnectionError, match=r"Call come_back\(\)"):
        link.deliver(HEARS, b"x")


# Against the embedded broker


def test_a_link_that_starts_before_its_broker_comes_up_with_it(
    connect: Callable[..., Link], own_broker: EmbeddedBroker
) -> None:
    ear = Ear()
    link = connect(own_broker.port, ear.listener)
    assert not link.is_up
    own_broker.start()
    assert ear.next_change()


def test_a_stopped_link_is_down_and_takes_nothing(connect: Callable[..., Link], broker: EmbeddedBroker) -> None:
    ear = Ear()
    link = connect(broker.port, ear.listener)
    assert ear.next_change()
    link.stop()
    assert not link.is_up
    assert not link.publish(SAYS, b"too late")


def test_a_retained_word_reaches_who_comes_later(connect: Callable[..., Link], broker: EmbeddedBroker) -> None:
    here, later = Ear(), Ear()
    link = connect(broker.port, here.listener)
    assert here.next_change()
    assert link.publish(STATUS, b"online", is_retained=True, message="s1")
    assert here.next_taken() == "s1"
    connect(broker.port, later.listener, (STATUS,), "late-office")
    assert later.next_delivery().raw == b"online"
    link.publish(STATUS, b"", is_retained=True)


_DIES = """
import os, signal, sys, threading
from appliance.link import QOS, SETTLED_WITHIN_S, Link, Listener, Receipts
from appliance.settings import Broker
up = threading.Event()
link = Link(Broker(port=int(sys.argv[1])), "quay-9", [sys.argv[2]],
            Listener(lambda _: None, lambda _: up.set()), lambda: (sys.argv[3], b"I died"))
link.start()
up.wait(20)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_broker_says_the_will_of_a_counter_that_was_killed(
    connect: Callable[..., Link], broker: EmbeddedBroker
) -> None:
    ear = Ear()
    will_topic = "quaythu/v1/hoan-kiem/quay-9/status"
    connect(broker.port, ear.listener, (will_topic,), "office")
    assert ear.next_change()
    command = [sys.executable, "-c", _DIES, str(broker.port), "quaythu/v1/hoan-kiem/quay-9/job", will_topic]
    assert subprocess.run(command, check=False, timeout=60).returncode == -9
    assert ear.next_delivery().raw == b"I died"


def test_every_connection_gets_a_will_of_its_own(connect: Callable[..., Link], own_broker: EmbeddedBroker) -> None:
    own_broker.start()
    wills: list[bytes] = []

    def will() -> tuple[str, bytes]:
        wills.append(b"life %d" % len(wills))
        return STATUS, wills[-1]

    ear = Ear()
    connect(own_broker.port, ear.listener, will=will)
    assert ear.next_change()
    own_broker.kill()
    assert not ear.next_change()
    own_broker.start()
    assert ear.next_change()
    assert wills == [b"life 0", b"life 1"]


def test_small_messages_do_not_wait_for_the_one_before(connect: Callable[..., Link], broker: EmbeddedBroker) -> None:
    ear = Ear()
    connect(broker.port, ear.listener)
    assert ear.next_change()
    [found] = _sockets_to(broker.port)
    assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    found.close()


def test_publishing_while_acknowledgements_pour_in_never_stands_still(
    connect: Callable[..., Link], broker: EmbeddedBroker
) -> None:
    ear = Ear()
    link = connect(broker.port, ear.listener, name="quay-in-a-hurry")
    assert ear.next_change()
    wanted = {str(number) for number in range(3000)}

    def publish() -> None:
        for number in sorted(wanted, key=int):
            assert link.publish(SAYS, b"x", message=number)

    # On a thread of its own: two locks that wait for each other would hold up the test for ever.
    hurried = threading.Thread(target=publish, daemon=True)
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads that change places all the time meet in every combination
    try:
        hurried.start()
        hurried.join(timeout=PATIENCE_S)
    finally:
        sys.setswitchinterval(usual_s)

    assert not hurried.is_alive()
    assert {ear.next_taken() for _ in wanted} == wanted


def _sockets_to(port: int) -> list[socket.socket]:
    """Duplicates of the connections that this process has to a port."""
    found = []
    for name in [path.name for path in Path("/proc/self/fd").iterdir()]:
        try:
            candidate = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        try:
            is_it = candidate.getpeername()[1] == port
        except (OSError, IndexError):
            is_it = False
        found.append(candidate) if is_it else candidate.close()
    return found


def test_a_listener_that_raises_does_not_end_the_network_thread(
    connect: Callable[..., Link], broker: EmbeddedBroker
) -> None:
    ear = Ear()

    def deliver(delivery: Delivery) -> None:
        ear.deliveries.put(delivery)
        raise RuntimeError("what one message did wrong")

    def change(is_up: bool) -> None:
        ear.changes.put(is_up)
        raise ValueError("and this too")

    def take(message: str) -> None:
        ear.taken.put(message)
        raise KeyError(message)

    link = connect(broker.port, Listener(deliver, change, take))
    assert ear.next_change()
    for number in range(3):
        assert link.publish(HEARS, b"%d" % number, message=f"m{number}")
        assert ear.next_taken() == f"m{number}"
        delivery = ear.next_delivery()
        assert delivery.raw == b"%d" % number
        delivery.settle()
    assert link.is_up


# Against a broker that is played, packet by packet (MQTT 5, OASIS Standard)


@pytest.fixture
def played() -> Iterator[PlayedBroker]:
    made = PlayedBroker()
    yield made
    made.close()


PUBACK, PUBLISH = 0x40, 0x32


def test_the_broker_hears_that_we_have_a_message_only_when_it_is_settled_and_in_its_order(
    connect: Callable[..., Link], played: PlayedBroker
) -> None:
    ear = Ear()
    link = connect(played.port, ear.listener)
    played.accept()
    played.welcome()
    assert ear.next_change()
    played.publish(HEARS.encode(), b"first", 7)
    played.publish(HEARS.encode(), b"second", 8)
    first, second = ear.next_delivery(), ear.next_delivery()
    assert link.publish(SAYS, b"x")
    assert played.ping()[0] == PUBLISH, "our own word passes; no PUBACK stood before it"
    second.settle()
    assert link.publish(SAYS, b"y")
    assert played.ping()[0] == PUBLISH, "the first has still to be settled"
    first.settle()
    assert [played.ping() for _ in range(2)] == [(PUBACK, b"\x00\x07"), (PUBACK, b"\x00\x08")]


def test_what_is_never_settled_holds_up_the_others_for_a_while_only() -> None:
    acknowledged: list[int] = []
    receipts = Receipts(acknowledged.append)
    receipts.owe(7, 0.0)
    receipts.owe(8, 1.0)()
    late = receipts.owe(9, 1.0)
    receipts.send(SETTLED_WITHIN_S)
    assert acknowledged == []
    receipts.send(SETTLED_WITHIN_S + 0.5)
    assert acknowledged == [8]
    late()
    late()
    receipts.send(SETTLED_WITHIN_S + 0.6)
    assert acknowledged == [8, 9]


def test_a_broker_does_not_hang_up_when_the_first_message_takes_longest(
    connect: Callable[..., Link], broker: EmbeddedBroker
) -> None:
    ear = Ear()
    link = connect(broker.port, ear.listener)
    assert ear.next_change()
    for _ in range(3):
        for number in range(3):
            assert link.publish(HEARS, b"%d" % number)
        deliveries = [ear.next_delivery() for _ in range(3)]
        assert [delivery.raw for delivery in deliveries] == [b"0", b"1", b"2"], "nothing came twice"
        for delivery in reversed(deliveries):
            delivery.settle()
    assert ear.changes.empty()
    assert link.is_up


def test_a_message_of_an_earlier_connection_is_not_settled_on_the_next(
    connect: Callable[..., Link], played: PlayedBroker
) -> None:
    ear = Ear()
    link = connect(played.port, ear.listener)
    played.accept()
    played.welcome()
    assert ear.next_change()
    played.publish(HEARS.encode(), b"first", 7)
    old = ear.next_delivery()
    played.accept()
    assert not ear.next_change()
    played.welcome()
    assert ear.next_change()
    old.settle()
    assert link.publish(SAYS, b"x")
    assert played.ping()[0] == PUBLISH, "number 7 may be another message by now"


def test_a_broker_that_refuses_us_is_asked_again(connect: Callable[..., Link], played: PlayedBroker) -> None:
    ear = Ear()
    link = connect(played.port, ear.listener)
    played.accept()
    played.say(b"\x20\x03\x00\x87\x00")  # not authorised
    played.accept()
    assert not link.is_up
    played.welcome()
    while not ear.next_change():
        """Each refusal counts as a link that went down."""
    assert link.is_up


def test_without_its_subscriptions_a_link_is_not_up(connect: Callable[..., Link], played: PlayedBroker) -> None:
    ear = Ear()
    link = connect(played.port, ear.listener)
    played.accept()
    played.say(b"\x20\x03\x00\x00\x00")
    _, body = played.hear()
    played.say(b"\x90\x04" + body[:2] + b"\x00\x87")
    played.accept()
    assert not link.is_up
    played.welcome()
    while not ear.next_change():
        """It came back to ask again."""


def test_a_topic_that_is_no_text_costs_nothing_but_itself(connect: Callable[..., Link], played: PlayedBroker) -> None:
    ear = Ear()
    connect(played.port, ear.listener)
    played.accept()
    played.welcome()
    assert ear.next_change()
    played.publish(b"\xff\xfe", b"x", 7)
    played.publish(HEARS.encode(), b"good", 8)
    assert ear.next_delivery().raw == b"good"


def test_a_broker_that_talks_nonsense_is_left_and_tried_again(
    connect: Callable[..., Link], played: PlayedBroker
) -> None:
    ear = Ear()
    connect(played.port, ear.listener)
    played.accept()
    played.welcome()
    assert ear.next_change()
    played.say(b"\x00" * 20)
    played.accept()
    played.welcome()
    assert not ear.next_change()
    assert ear.next_change()


def test_a_word_that_the_broker_would_not_take_is_not_reported_as_taken(
    connect: Callable[..., Link], played: PlayedBroker
) -> None:
    ear = Ear()
    link = connect(played.port, ear.listener)
    played.accept()
    played.welcome()
    assert ear.next_change()
    for message, reason in (("refused", b"\x87"), ("taken", b"\x00")):
        assert link.publish(SAYS, b"x", message=message)
        _, body = played.ping()
        number = body[2 + len(SAYS) : 4 + len(SAYS)]
        played.say(b"\x40\x04" + number + reason + b"\x00")
    assert ear.next_taken() == "taken"


def test_a_will_that_cannot_be_made_does_not_keep_a_counter_from_coming_back(
    connect: Callable[..., Link], played: PlayedBroker
) -> None:
    ear = Ear()
    wills: list[int] = []

    def will() -> tuple[str, bytes]:
        wills.append(1)
        if len(wills) > 1:
            raise RuntimeError("no key, no will")
        return STATUS, b"gone"

    connect(played.port, ear.listener, will=will)
    played.accept()
    played.welcome()
    assert ear.next_change()
    played.accept()
    played.welcome()
    assert ear.next_change() in {True, False}


def test_nobody_listens_at_first(connect: Callable[..., Link]) -> None:
    assert not connect(free_port(), Ear().listener).is_up


def test_a_broker_in_the_network_is_spoken_to_under_tls_or_not_at_all(tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    told = Broker(host="broker.example", ca=missing, certificate=missing, key=missing)
    with pytest.raises(OSError, match="No such file"):
        Link(told, "quay-1", [HEARS], Ear().listener)


def test_what_is_heard_before_anybody_listens_waits_in_order(
    connect: Callable[..., Link], played: PlayedBroker
) -> None:
    ear = Ear()
    link = connect(played.port, None)
    played.accept()
    played.welcome()
    played.publish(HEARS.encode(), b"first", 1)
    played.publish(HEARS.encode(), b"second", 2)
    link.listen(ear.listener)
    played.publish(HEARS.encode(), b"third", 3)

    assert ear.next_change()
    assert [ear.next_delivery().raw for _ in range(3)] == [b"first", b"second", b"third"]


def test_the_link_and_the_contract_mean_the_same_quality_of_service() -> None:
    assert QOS == topics.QOS
