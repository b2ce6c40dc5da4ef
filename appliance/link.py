"""The MQTT client, and the only module that knows the MQTT library. Decodes nothing and decides nothing.

Every connection is a client of its own, turned by a `LinkLoop`: the library's own thread dies of one exception while it
still says that it is connected, and takes old messages into the next connection. Every callback is caught.
Acknowledges to the broker only when told to, which is after the receiver has committed, and in the order of arrival.
"""

import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from appliance import refusals
from appliance.delivery import Delivery
from appliance.link_loop import LinkLoop
from appliance.logs import Log

log = Log()


QOS = 1
"""At least once, in both directions: `mqtt_schema.topics.QOS`, which a test compares."""

FIRST_WAIT_S = 0.25
LAST_WAIT_S = 4.0
"""How long to wait before the next attempt to connect: twice as long after each one."""

LAST_REFUSED_S = 30.0
"""As long at most when the broker is there, but does not want us."""

STEADY_S = 10.0
"""A connection that lasted so long was a good one: the next attempt begins with patience anew."""

ANSWERS_WITHIN_S = 10.0
"""From the first packet until our subscriptions stand."""

SETTLED_WITHIN_S = 30.0
"""So long a message that is not settled holds up the acknowledgement of those that came after it."""

FLUSHED_WITHIN_S = 1.0
"""How long a goodbye may take."""

MOST_QUEUED = 20_000
"""So many messages wait for the broker's word at most; then it takes no more."""


class Broker(Protocol):
    """Where to connect: `appliance.settings.Broker`, or what was read of it before it was checked in full."""

    @property
    def host(self) -> str:
        """Name or address."""

    @property
    def port(self) -> int:
        """Its TCP port."""

    @property
    def ca(self) -> Path | None:
        """Whose certificates are believed; None connects without TLS."""

    @property
    def certificate(self) -> Path | None:
        """Ours."""

    @property
    def key(self) -> Path | None:
        """Its private half."""

    @property
    def keepalive_s(self) -> int:
        """How long the broker waits for a word."""


@dataclass(frozen=True)
class Listener:
    """Who hears of the link. All three are called on the network thread: queue, and return at once."""

    delivered: Callable[[Delivery], None]
    changed: Callable[[bool], None]
    published: Callable[[str], None] = lambda _message: None


@dataclass(frozen=True)
class _Said:
    message: str
    topic: str


@dataclass(eq=False)
class _Receipt:
    mid: int
    since_s: float
    is_settled: bool = False


class Receipts:
    """What the broker has still to be told that we have it: in the order of arrival (MQTT 5.0, 4.6), or some hang up.

    What is not settled for `SETTLED_WITHIN_S` holds up nothing any more: its sender will repeat it.
    """

    def __init__(self, acknowledge: Callable[[int], object]) -> None:
        """`acknowledge` tells the broker, by the message's number on this connection."""
        self._acknowledge = acknowledge
        self._due: deque[_Receipt] = deque()
        self._lock = threading.Lock()

    def owe(self, mid: int, at_s: float) -> Callable[[], None]:
        """A message has come. Returns what notes that it is settled."""
        receipt = _Receipt(mid, at_s)
        self._due.append(receipt)

        def settled() -> None:
            receipt.is_settled = True

        return settled

    def send(self, at_s: float) -> None:
        """Acknowledge all that is settled and stands first; from any thread."""
        with self._lock:
            while self._due and (self._due[0].is_settled or at_s - self._due[0].since_s > SETTLED_WITHIN_S):
                receipt = self._due.popleft()
                if receipt.is_settled:
                    self._acknowledge(receipt.mid)


@dataclass
class _Wire:
    """One connection, from its first attempt to its end: the library's client, and what travels on it."""

    client: Client
    is_open: bool = False
    is_up: bool = False
    has_spoken: bool = False
    since_s: float = 0.0
    fate: str | None = None
    is_refused: bool = False
    in_flight: dict[int, _Said] = field(default_factory=dict)
    answered: dict[int, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.receipts = Receipts(lambda mid: self.client.ack(mid, QOS))

    def condemn(self, why: str, *, is_refused: bool = False) -> None:
        """It has to end, for this reason; the first one counts."""
        if self.fate is None:
            self.fate, self.is_refused = why, is_refused


class Link:
    """One connection to the broker, kept up for ever. Connects in the background; `is_up` once it is subscribed."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        topics: list[str],
        listener: Listener | None = None,
        will: Callable[[], tuple[str, bytes]] | None = None,
        loop: LinkLoop | None = None,
    ) -> None:
        """`will` makes the topic and the signed bytes that the broker publishes when this connection dies.

        A link may be opened before there is anybody to listen: what it hears until `listen` waits. With a `loop` many
        links share one thread; without, this link has one of its own.
        """
        self._broker = broker
        self._client_id = client_id
        self._topics = topics
        self._listener = listener
        self._unheard: list[Callable[[Listener], None]] = []
        self._listening = threading.Lock()
        self._make_will = will
        self._will: tuple[str, bytes] | None = None
        self._loop = loop or LinkLoop()
        self._has_own_loop = loop is None
        self._is_started = False
        self._is_stopped = False
        self._lock = threading.Lock()
        self._wait_s = FIRST_WAIT_S
        self._due_s = float("-inf")
        self._trouble = ""
        self._wire = self._new_wire()

    @property
    def is_up(self) -> bool:
        """Whether the broker has taken our subscriptions, and somebody listens to it."""
        return self._wire.is_up and self._loop.is_turning

    @property
    def is_lost(self) -> bool:
        """Whether nobody turns this link any more, be it up or down: it never comes back. End the program."""
        return self._loop.is_lost

    @property
    def trouble(self) -> str:
        """What stands in the way, in words with a next step; empty when all is well. From any thread."""
        with self._lock:
            refused = next(iter(self._wire.refused.values()), "")
        if self._wire.is_up and not self._loop.is_turning:
            return "the network thread stands still. Restart the program"
        return refused or self._trouble

    def start(self) -> None:
        """Begin to connect; never raises for a broker that is not there yet. A second time changes nothing."""
        if self._is_started:
            return
        self._is_started = True
        self._renew_will()
        self._loop.add(self)
        if self._has_own_loop:
            self._loop.start()

    def listen(self, listener: Listener) -> None:
        """Tell everything to `listener` from now on, beginning with what was heard before."""
        with self._listening:
            for heard in self._unheard:
                heard(listener)
            self._unheard.clear()
            self._listener = listener

    def _tell(self, heard: Callable[[Listener], None]) -> None:
        listener = self._listener
        if listener is None:
            with self._listening:
                listener = self._listener
                if listener is None:
                    self._unheard.append(heard)
                    return
        heard(listener)

    def stop(self) -> None:
        """Say goodbye, without a word to the listener, and end the network thread if it is ours."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._loop.leave(self, self._say_goodbye)
        if self._has_own_loop:
            self._loop.stop()

    def publish(self, topic: str, raw: bytes, *, is_retained: bool = False, message: str = "") -> bool:
        """Hand bytes to the broker at least once; False when it is not there, or takes no more.

        `message` is given back to `Listener.published` once the broker has taken it.
        """
        wire = self._wire
        if not self.is_up:
            return False
        # Never under our lock: the library has locks of its own here, and its callbacks take them the other way round.
        sent = wire.client.publish(topic, raw, qos=QOS, retain=is_retained)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        self._loop.wake(self)
        said = _Said(message, topic)
        with self._lock:
            answer = wire.answered.pop(sent.mid, None)
            if answer is None:
                wire.in_flight[sent.mid] = said
        if answer is not None:
            self._answered(wire, said, answer)
        return True

    # What the loop asks

    @property
    def wants_write(self) -> bool:
        """Whether something waits to be written."""
        return self._wire.is_open and bool(self._wire.client.want_write())

    def read(self) -> None:
        """Read what is there; what TLS has unwrapped already shows on no socket."""
        client = self._wire.client
        client.loop_read()
        while (opened := client.socket()) is not None and hasattr(opened, "pending") and opened.pending():
            client.loop_read()
        self._end_if_condemned()

    def write(self) -> None:
        """Write what waits."""
        if self._wire.is_open:
            self._wire.client.loop_write()
        self._end_if_condemned()

    def tick(self, at_s: float) -> None:
        """Connect when it is due; keep alive; give up on a broker that does not answer."""
        if self._is_stopped:
            return
        wire = self._wire
        if wire.is_open:
            wire.client.loop_misc()
            if not wire.is_up and at_s - wire.since_s > ANSWERS_WITHIN_S:
                wire.condemn(f"{self._where} does not answer. Look at the broker's own log")
        elif at_s >= self._due_s:
            self._connect(at_s)
        self._end_if_condemned()

    def drop(self, why: str) -> None:
        """Let go of this connection."""
        self._wire.condemn(why)
        self._end_if_condemned()

    # A connection's life

    @property
    def _where(self) -> str:
        return f"{self._broker.host}:{self._broker.port}"

    def _new_wire(self) -> _Wire:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=self._client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        wire = _Wire(client)
        client.user_data_set(wire)
        client.max_queued_messages_set(MOST_QUEUED)
        if self._broker.ca is not None:
            client.tls_set(
                ca_certs=str(self._broker.ca),
                certfile=str(self._broker.certificate),
                keyfile=str(self._broker.key),
                tls_version=ssl.PROTOCOL_TLS_CLIENT,
            )
        client.on_socket_open = _caught(self._socket_opened)
        client.on_socket_close = _caught(self._socket_closed)
        # Or the library would write to the socket in whichever thread has something to say.
        client.on_socket_register_write = _nothing
        client.on_connect = _caught(self._connected)
        client.on_subscribe = _caught(self._was_subscribed)
        client.on_disconnect = _caught(self._disconnected)
        client.on_message = _caught(self._message)
        client.on_publish = _caught(self._was_published)
        return wire

    def _renew_will(self) -> None:
        if self._make_will is None:
            return
        try:
            self._will = self._make_will()
        except Exception:
            # Better connected with an old will than not at all: whoever hears it knows a younger birth.
            log.exception("will")

    def _connect(self, at_s: float) -> None:
        try:
            if self._wire.fate is not None:
                self._wire = self._new_wire()
            wire = self._wire
            wire.is_open, wire.since_s = True, at_s
            if self._will is not None:
                topic, raw = self._will
                wire.client.will_set(topic, raw, qos=QOS, retain=True)
            host, port = self._broker.host, self._broker.port
            wire.client.connect(host, port, keepalive=self._broker.keepalive_s, clean_start=True)
        except Exception as error:
            # A name that is unknown, a port that is closed, a certificate nobody believes: all the same to a link.
            self._end(self._wire, refusals.unreachable(self._where, error))

    def _end_if_condemned(self) -> None:
        """The only place where a connection that was opened ends; never inside the library's own calls."""
        wire = self._wire
        if wire.is_open and wire.fate is not None:
            self._end(wire, wire.fate)

    def _end(self, wire: _Wire, why: str) -> None:
        was_up = wire.is_up
        wire.condemn(why)
        self._close(wire)
        self._be_patient(wire, was_up=was_up)
        self._complain(why, was_up=was_up, is_refused=wire.is_refused)
        if wire.has_spoken:
            # The broker may say its will now: the next connection is another birth.
            self._renew_will()
        if was_up:
            _caught(self._tell_down)()

    def _close(self, wire: _Wire) -> None:
        wire.is_up = wire.is_open = False
        wire.client.on_socket_close = None
        opened: Any = wire.client.socket()
        if opened is not None:
            self._loop.unwatch(opened)
            opened.close()

    def _be_patient(self, wire: _Wire, *, was_up: bool) -> None:
        at_s = time.monotonic()
        if was_up and at_s - wire.since_s >= STEADY_S:
            self._wait_s = FIRST_WAIT_S
        self._due_s = at_s + self._wait_s
        self._wait_s = min(self._wait_s * 2, LAST_REFUSED_S if wire.is_refused else LAST_WAIT_S)

    def _complain(self, why: str, *, was_up: bool, is_refused: bool) -> None:
        is_news = why != self._trouble
        with self._lock:
            self._trouble = why
        if is_refused:
            log.error("link_refused", client=self._client_id, reason=why)
        elif was_up or is_news:
            log.warning("link_down", client=self._client_id, reason=why)

    def _tell_down(self) -> None:
        self._tell(lambda listener: listener.changed(False))

    def _say_goodbye(self) -> None:
        """Write what waits and a goodbye behind it, so that the broker does not say our will."""
        wire = self._wire
        opened = wire.client.socket()
        if wire.is_up and opened is not None:
            wire.client.disconnect()
            give_up_s = time.monotonic() + FLUSHED_WITHIN_S
            while wire.client.want_write() and wire.client.socket() is opened and time.monotonic() < give_up_s:
                select.select([], [opened], [], FLUSHED_WITHIN_S)
                wire.client.loop_write()
        wire.condemn("stopped")
        self._close(wire)

    # What the library calls, on the loop's thread

    def _socket_opened(self, _client: Client, wire: _Wire, opened: Any) -> None:
        wire.has_spoken = True
        # Small messages must not wait for the one before to be acknowledged (Nagle): that costs 40 ms each.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A cable that was pulled answers nothing: what it does not take for so long ends the connection.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, self._broker.keepalive_s * 1000)
        self._loop.watch(self, opened)

    def _socket_closed(self, _client: Client, _wire: _Wire, opened: Any) -> None:
        self._loop.unwatch(opened)

    def _connected(self, client: Client, wire: _Wire, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            wire.condemn(refusals.in_words("the broker does not let us in", reason.value, str(reason)), is_refused=True)
            return
        client.subscribe([(topic, QOS) for topic in self._topics])

    def _was_subscribed(self, _client: Client, wire: _Wire, _mid: int, reasons: list[Any], _properties: Any) -> None:
        refused = [
            refusals.in_words(f"we may not hear {topic}", reason.value, str(reason))
            for topic, reason in zip(self._topics, reasons, strict=False)
            if reason.is_failure
        ]
        if refused:
            wire.condemn(refused[0], is_refused=True)
            return
        with self._lock:
            self._trouble = ""
        wire.is_up = True
        log.info("link_up", client=self._client_id, broker=self._where)
        self._tell(lambda listener: listener.changed(True))

    def _disconnected(self, _client: Client, wire: _Wire, flags: Any, reason: Any, _properties: Any) -> None:
        if flags.is_disconnect_packet_from_server and reason.is_failure:
            wire.condemn(refusals.in_words("the broker hung up", reason.value, str(reason)), is_refused=True)
        else:
            wire.condemn(f"the connection to {self._where} ended: {reason}. If this stays, look at the broker's log")

    def _message(self, _client: Client, wire: _Wire, message: MQTTMessage) -> None:
        settled = wire.receipts.owe(message.mid, time.monotonic()) if message.qos == QOS else _settled

        def settle() -> None:
            settled()
            # A message of an earlier connection means nothing to this one; its sender says it again.
            if wire is self._wire and self.is_up:
                wire.receipts.send(time.monotonic())
                self._loop.wake(self)

        delivery = Delivery(message.topic, bytes(message.payload), settle, message.retain)
        self._tell(lambda listener: listener.delivered(delivery))

    def _was_published(self, _client: Client, wire: _Wire, mid: int, reason: Any, _properties: Any) -> None:
        refusal = (
            refusals.in_words("the broker did not take it", reason.value, str(reason)) if reason.is_failure else ""
        )
        with self._lock:
            said = wire.in_flight.pop(mid, None)
            if said is None:
                # The broker was faster than `publish` could write the number down.
                wire.answered[mid] = refusal
        if said is not None:
            self._answered(wire, said, refusal)

    def _answered(self, wire: _Wire, said: _Said, refusal: str) -> None:
        with self._lock:
            wire.refused.pop(said.topic, None)
            if refusal:
                wire.refused[said.topic] = f"{said.topic}: {refusal}"
        if refusal:
            log.error("publish_refused", topic=said.topic, reason=refusal, message=said.message)
        elif said.message:
            self._tell(lambda listener: listener.published(said.message))


def _settled() -> None:
    """Of what the broker does not want to hear about."""


def _nothing(_client: Client, _wire: Any, _socket: Any) -> None:
    """The loop asks by itself what has to be written."""


def _caught(callback: Callable[..., None]) -> Callable[..., None]:
    def call(*arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception:
            # Anything at all: the network thread must survive what we do in it.
            log.exception("callback", callback=callback.__name__)

    return call
