"""The site's broker configuration, loaded by the real mosquitto: who gets in, who hears, who is heard."""

import queue
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from appliance.courier import IN_FLIGHT
from provisioning.certificates import Folder
from tests.support.broker import MOSQUITTO, SiteBroker

PATIENCE_S = 10.0

pytestmark = pytest.mark.skipif(
    MOSQUITTO is None, reason="mosquitto is not installed here: apt-get install mosquitto makes this test run"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteBroker]:
    broker = SiteBroker(tmp_path_factory.mktemp("site"), ["quay-01", "quay-02"])
    broker.start()
    yield broker
    broker.kill()


@dataclass
class Person:
    """A client that remembers what it heard and what the broker answered."""

    client: mqtt.Client
    heard: "queue.Queue[tuple[str, bytes]]" = field(default_factory=queue.Queue)
    answers: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def subscribe(self, topic: str) -> None:
        self.client.subscribe(topic, qos=1)
        self.answers.get(timeout=PATIENCE_S)

    def publish(self, topic: str, payload: bytes = b"x") -> str:
        """Publish and return the broker's answer in its own words."""
        self.client.publish(topic, payload, qos=1)
        return self.answers.get(timeout=PATIENCE_S)

    def die(self) -> None:
        """Go without a word."""
        opened = self.client.socket()
        assert opened is not None
        self.client.loop_stop()
        opened.close()

    def next(self) -> tuple[str, bytes]:
        return self.heard.get(timeout=PATIENCE_S)


Knock = Callable[..., Person]


@pytest.fixture
def knock(site: SiteBroker) -> Iterator[Knock]:
    """Let somebody in by the certificate in a folder of the site."""
    people: list[Person] = []

    def knocking(folder: str, client_id: str = "", will: str = "", *, is_silent: bool = False) -> Person:
        context = ssl.create_default_context(cafile=str(site.certificates / "authority" / "ca.crt"))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        own = site.certificates / folder
        context.load_cert_chain(own / "client.crt", own / "client.key")
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, manual_ack=is_silent
        )
        person = Person(client)
        client.tls_set_context(context)
        client.on_connect = lambda _c, _u, _f, reason, _p: person.answers.put(str(reason))
        client.on_subscribe = lambda _c, _u, _m, reasons, _p: person.answers.put(str(reasons[0]))
        client.on_publish = lambda _c, _u, _m, reason, _p: person.answers.put(str(reason))
        client.on_message = lambda _c, _u, message: person.heard.put((message.topic, bytes(message.payload)))
        if will:
            client.will_set(will, b"dead", qos=1)
        client.connect("127.0.0.1", site.port)
        people.append(person)
        client.loop_start()
        assert person.answers.get(timeout=PATIENCE_S) == "Success"
        return person

    yield knocking
    for person in people:
        person.client.disconnect()
        person.client.loop_stop()


def topic(counter: str, leaf: str) -> str:
    return f"quaythu/v1/hoan-kiem/{counter}/{leaf}"


@pytest.mark.parametrize("leaf", ["job", "result", "cmd"])
def test_the_office_speaks_and_its_counter_hears(knock: Knock, leaf: str) -> None:
    office, counter = knock("office"), knock("counters/quay-01")
    counter.subscribe(topic("quay-01", leaf))
    assert office.publish(topic("quay-01", leaf)) == "Success"
    assert counter.next() == (topic("quay-01", leaf), b"x")


@pytest.mark.parametrize("leaf", ["ack", "event", "receipt", "status", "info"])
def test_a_counter_speaks_and_the_office_hears(knock: Knock, leaf: str) -> None:
    office, counter = knock("office"), knock("counters/quay-01")
    office.subscribe(topic("+", leaf))
    assert counter.publish(topic("quay-01", leaf)) == "Success"
    assert office.next() == (topic("quay-01", leaf), b"x")


@pytest.mark.parametrize("leaf", ["job", "result", "cmd", "ack", "event", "receipt", "status", "info"])
def test_a_counter_cannot_speak_as_another(knock: Knock, leaf: str) -> None:
    assert knock("counters/quay-02").publish(topic("quay-01", leaf)) == "Not authorized"


@pytest.mark.parametrize("leaf", ["job", "result", "cmd"])
def test_a_counter_cannot_give_itself_orders(knock: Knock, leaf: str) -> None:
    assert knock("counters/quay-01").publish(topic("quay-01", leaf)) == "Not authorized"


@pytest.mark.parametrize("curious", ["quaythu/v1/hoan-kiem/quay-01/job", "quaythu/v1/+/+/job", "quaythu/#", "#"])
def test_a_counter_cannot_listen_to_another(knock: Knock, curious: str) -> None:
    office, other = knock("office"), knock("counters/quay-02")
    other.subscribe(curious)
    office.publish(topic("quay-01", "job"), b"not for you")
    # Its own job comes behind the other's: when it is there, the other one did not come.
    office.publish(topic("quay-02", "job"), b"for you")
    if curious.endswith(("#", "+/job")):
        assert other.next() == (topic("quay-02", "job"), b"for you")
    else:
        other.subscribe(topic("quay-02", "cmd"))
        office.publish(topic("quay-02", "cmd"), b"last")
        assert other.next() == (topic("quay-02", "cmd"), b"last")
    assert other.heard.empty()


@pytest.mark.parametrize("leaf", ["ack", "event", "receipt", "status", "info"])
def test_a_stolen_counter_hears_nothing_of_what_another_one_says(knock: Knock, leaf: str) -> None:
    """Not even what the broker keeps: status and info are retained."""
    neighbour, thief = knock("counters/quay-01"), knock("counters/quay-02")
    neighbour.client.publish(topic("quay-01", leaf), b"not for you", qos=1, retain=True)
    neighbour.answers.get(timeout=PATIENCE_S)
    for curious in (topic("quay-01", leaf), topic("+", leaf), "quaythu/#"):
        thief.subscribe(curious)
    thief.subscribe(topic("quay-02", "cmd"))
    knock("office").publish(topic("quay-02", "cmd"), b"last")
    assert thief.next() == (topic("quay-02", "cmd"), b"last")
    neighbour.client.publish(topic("quay-01", leaf), b"", qos=1, retain=True)


def test_a_stolen_counter_cannot_take_a_kept_status_of_another_away(knock: Knock) -> None:
    neighbour, thief, office = knock("counters/quay-01"), knock("counters/quay-02"), knock("office")
    neighbour.client.publish(topic("quay-01", "status"), b"here", qos=1, retain=True)
    neighbour.answers.get(timeout=PATIENCE_S)
    thief.client.publish(topic("quay-01", "status"), b"", qos=1, retain=True)
    assert thief.answers.get(timeout=PATIENCE_S) == "Not authorized"
    office.subscribe(topic("quay-01", "status"))
    assert office.next() == (topic("quay-01", "status"), b"here")
    neighbour.client.publish(topic("quay-01", "status"), b"", qos=1, retain=True)


def test_a_stolen_counter_cannot_leave_a_will_in_another_ones_name(site: SiteBroker, knock: Knock) -> None:
    """The broker publishes a will itself; it does so with no more rights than its client had."""
    office = knock("office")
    office.subscribe(topic("+", "status"))
    dying = knock("counters/quay-02", will=topic("quay-01", "status"))
    dying.die()
    assert knock("counters/quay-02").publish(topic("quay-02", "status"), b"alive") == "Success"
    assert office.next() == (topic("quay-02", "status"), b"alive")


def test_a_will_in_its_own_name_is_published(knock: Knock) -> None:
    """Else the test before this one would prove nothing."""
    office = knock("office")
    office.subscribe(topic("quay-02", "status"))
    knock("counters/quay-02", will=topic("quay-02", "status")).die()
    assert office.next() == (topic("quay-02", "status"), b"dead")


@pytest.mark.parametrize("strange", ["quaythu/v1/hoan-kiem/quay-01/fleet", "quaythu/v2/hoan-kiem/quay-01/event", "x"])
def test_nobody_speaks_where_nobody_listens(knock: Knock, strange: str) -> None:
    assert knock("counters/quay-01").publish(strange) == "Not authorized"
    assert knock("office").publish(strange) == "Not authorized"


@pytest.mark.parametrize("leaf", ["ack", "event", "receipt", "status", "info"])
def test_an_office_cannot_speak_as_a_counter(knock: Knock, leaf: str) -> None:
    assert knock("office").publish(topic("quay-01", leaf)) == "Not authorized"


def test_a_counter_with_the_offices_client_id_is_still_itself(knock: Knock) -> None:
    thief = knock("counters/quay-02", client_id="office")
    assert thief.publish(topic("quay-02", "job")) == "Not authorized"
    assert thief.publish(topic("quay-02", "event")) in {"Success", "No matching subscribers"}


def test_the_office_of_one_site_cannot_speak_to_another(knock: Knock) -> None:
    assert knock("office").publish("quaythu/v1/cua-nam/quay-09/job") == "Not authorized"


def refusal(site: SiteBroker, own: Path | None) -> str:
    """Try the door with a certificate, or with none, and return TLS's own word for the refusal."""
    context = ssl.create_default_context(cafile=str(site.certificates / "authority" / "ca.crt"))
    if own is not None:
        context.load_cert_chain(own / "client.crt", own / "client.key")
    # In TLS 1.3 the client learns of its refusal only when it first listens.
    with (
        pytest.raises(ssl.SSLError) as refused,
        socket.create_connection(("127.0.0.1", site.port), PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as door,
    ):
        door.recv(1)
    return str(refused.value.reason)


def test_nobody_comes_in_without_a_certificate(site: SiteBroker) -> None:
    assert refusal(site, None) == "TLSV13_ALERT_CERTIFICATE_REQUIRED"


def test_nobody_comes_in_with_a_certificate_of_a_foreign_authority(site: SiteBroker, tmp_path: Path) -> None:
    Folder(tmp_path, datetime.now(UTC)).fill("hoan-kiem", ["127.0.0.1"], ["quay-01"])
    assert refusal(site, tmp_path / "counters" / "quay-01") == "TLSV1_ALERT_UNKNOWN_CA"


def test_taking_another_client_id_throws_nobody_out(knock: Knock) -> None:
    first = knock("counters/quay-01", client_id="quay-01")
    first.client.on_disconnect = lambda _c, _u, _f, reason, _p: first.answers.put(f"out: {reason}")
    knock("counters/quay-02", client_id="quay-01")
    assert first.publish(topic("quay-01", "ack")) in {"Success", "No matching subscribers"}


def test_an_oversized_message_is_not_carried(knock: Knock) -> None:
    counter = knock("counters/quay-01")
    assert counter.publish(topic("quay-01", "event"), b"x" * 16_384) in {"Success", "No matching subscribers"}
    counter.client.on_disconnect = lambda _c, _u, _f, reason, _p: counter.answers.put(f"out: {reason}")
    counter.client.publish(topic("quay-01", "event"), b"x" * 30_000, qos=1)
    assert counter.answers.get(timeout=PATIENCE_S) == "out: Packet too large"


def test_a_counter_that_acknowledges_nothing_yet_hears_what_comes_behind_a_full_courier(knock: Knock) -> None:
    counter, office = knock("counters/quay-01", is_silent=True), knock("office")
    counter.subscribe("quaythu/v1/hoan-kiem/quay-01/job")
    for number in range(IN_FLIGHT):
        office.publish("quaythu/v1/hoan-kiem/quay-01/job", b"%d" % number)
    office.publish("quaythu/v1/hoan-kiem/quay-01/job", b"the time")
    assert [counter.next()[1] for _ in range(IN_FLIGHT + 1)][-1] == b"the time"
