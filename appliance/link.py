"""The MQTT client, and the only module that knows the MQTT library. Decodes nothing and decides nothing.

Every callback is caught: one exception would end the library's network thread while it still says it is connected.
Acknowledges to the broker only when told to, which is after the receiver has committed.
"""

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from appliance.delivery import Delivery
from appliance.logs import Log

log = Log()


QOS = 1
"""At least once, in both directions: `mqtt_schema.topics.QOS`, which a test compares."""


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


class Link:
    """One connection to the broker, kept up for ever. Connects in the background; `is_up` once it is subscribed."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        topics: list[str],
        listener: Listener | None = None,
        will: Callable[[], tuple[str, bytes]] | None = None,
    ) -> None:
        """`will` makes the topic and the signed bytes that the broker publishes when this connection dies.

        A link may be opened before there is anybody to listen: what it hears until `listen` waits.
        """
        self._broker = broker
        self._topics = topics
        self._listener = listener
        self._unheard: list[Callable[[Listener], None]] = []
        self._listening = threading.Lock()
        self._make_will = will
        self._is_started = False
        self._connection = 0
        self._subscribed = threading.Event()
        self._in_flight: dict[int, str] = {}
        self._taken: set[int] = set()
        self._lock = threading.Lock()
        self._client = self._new_client(client_id)

    @property
    def is_up(self) -> bool:
        """Whether the broker has taken our subscriptions."""
        return self._subscribed.is_set()

    def start(self) -> None:
        """Begin to connect; never raises for a broker that is not there yet. A second time changes nothing."""
        if self._is_started:
            return
        self._is_started = True
        self._renew_will()
        self._client.connect_async(
            self._broker.host, self._broker.port, keepalive=self._broker.keepalive_s, clean_start=True
        )
        self._client.loop_start()

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
        """Say goodbye and end the network thread."""
        self._client.disconnect()
        self._client.loop_stop()
        self._subscribed.clear()

    def publish(self, topic: str, raw: bytes, *, is_retained: bool = False, message: str = "") -> bool:
        """Hand bytes to the broker at least once; False when it is not there.

        `message` is given back to `Listener.published` once the broker has taken it.
        """
        if not self.is_up:
            return False
        # Never under our lock: the library takes locks of its own here, and its network thread takes them the other
        # way round when it calls us.
        sent = self._client.publish(topic, raw, qos=QOS, retain=is_retained)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        with self._lock:
            was_faster = sent.mid in self._taken
            self._taken.discard(sent.mid)
            if not was_faster:
                self._in_flight[sent.mid] = message
        if was_faster and message:
            self._tell(lambda listener: listener.published(message))
        return True

    def _new_client(self, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        client.reconnect_delay_set(min_delay=1, max_delay=4)
        if self._broker.ca is not None:
            client.tls_set(
                ca_certs=str(self._broker.ca),
                certfile=str(self._broker.certificate),
                keyfile=str(self._broker.key),
                tls_version=ssl.PROTOCOL_TLS_CLIENT,
            )
        client.on_socket_open = _caught(_send_at_once)
        client.on_connect = _caught(self._connected)
        client.on_subscribe = _caught(self._was_subscribed)
        client.on_disconnect = _caught(self._disconnected)
        client.on_message = _caught(self._message)
        client.on_publish = _caught(self._was_published)
        return client

    def _renew_will(self) -> None:
        if self._make_will is not None:
            topic, raw = self._make_will()
            self._client.will_set(topic, raw, qos=QOS, retain=True)

    def _connected(self, client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.error("connect_refused", reason=str(reason))
            return
        self._connection += 1
        client.subscribe([(topic, QOS) for topic in self._topics])

    def _was_subscribed(self, _client: Client, _userdata: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            log.error("subscription_refused", reasons=refused)
            return
        self._subscribed.set()
        log.info("link_up", broker=f"{self._broker.host}:{self._broker.port}")
        self._tell(lambda listener: listener.changed(True))

    def _disconnected(self, _client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._subscribed.clear()
        with self._lock:
            self._in_flight.clear()
            self._taken.clear()
        self._renew_will()
        log.warning("link_down", reason=str(reason))
        self._tell(lambda listener: listener.changed(False))

    def _message(self, client: Client, _userdata: Any, message: MQTTMessage) -> None:
        connection = self._connection

        def settle() -> None:
            # A message of an earlier connection means nothing to this one; the broker sends it again.
            if connection == self._connection and self.is_up:
                client.ack(message.mid, message.qos)

        delivery = Delivery(message.topic, bytes(message.payload), settle)
        self._tell(lambda listener: listener.delivered(delivery))

    def _was_published(self, _client: Client, _userdata: Any, mid: int, reason: Any, _properties: Any) -> None:
        with self._lock:
            message = self._in_flight.pop(mid, None)
            if message is None and not reason.is_failure:
                # The broker was faster than `publish` could write the number down.
                self._taken.add(mid)
        if reason.is_failure:
            log.error("publish_refused", reason=str(reason), message=message)
        elif message:
            self._tell(lambda listener: listener.published(message))


def _send_at_once(_client: Client, _userdata: Any, opened: Any) -> None:
    """Small messages must not wait for the one before to be acknowledged (Nagle): that costs 40 ms each."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _caught(callback: Callable[..., None]) -> Callable[..., None]:
    def call(*arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception:
            # Anything at all: the network thread must survive what we do in it.
            log.exception("callback", callback=callback.__name__)

    return call
