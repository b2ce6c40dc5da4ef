"""Plays the office: keys, settings, a broker, and signed messages at moments that it notes. Judges nothing.

Both programs hear the same bytes from the same broker, each on its own topics.
"""

import queue
import random
import socket
import subprocess
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import tomli_w
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from appliance.courier import Sender
from mqtt_schema import emv_qr, reference, signing, topics
from mqtt_schema.errors import MessageError
from mqtt_schema.messages import (
    Ack,
    Beneficiary,
    Channel,
    FeeKind,
    Frozen,
    Line,
    OfficeBody,
    PaymentParking,
    PaymentRequest,
    PaymentResult,
    TimeTold,
)
from mqtt_schema.types import Vnd

from .errors import BenchError
from .glass import HEIGHT, WIDTH

SITE = "h26-hoan-kiem"
COUNTER = "quay-01"
KIOSK = "quay-02"
"""Chromium's page stands at a counter of its own."""

BENEFICIARY = Beneficiary(
    bin="970436", account="0123499999", account_name="UBND phường Hoàn Kiếm", bank_name="Ngân hàng Vietcombank"
)
FEES = (
    ("CT-BS", "Chứng thực bản sao từ bản chính", FeeKind.PHI),
    ("CT-HD", "Chứng thực hợp đồng, giao dịch", FeeKind.PHI),
    ("HT-HN", "Xác nhận tình trạng hôn nhân", FeeKind.LE_PHI),
    ("DK-HKD", "Đăng ký hộ kinh doanh", FeeKind.LE_PHI),
)
VALID_S = 300
_KEEPALIVE_S = 3600
"""The voice is turned only after a payment; nobody hangs up on it meanwhile."""

_BROKER = """listener {tcp} 127.0.0.1
listener {websockets} 127.0.0.1
protocol websockets
allow_anonymous true
persistence false
set_tcp_nodelay true
log_dest stderr
log_type subscribe
log_type error
"""


class Broker:
    """One mosquitto on loopback, with a listener for MQTT and one for websockets, and an ear for who subscribes."""

    def __init__(self, mosquitto: str, directory: Path) -> None:
        """Start it. Raises `BenchError` when it does not come up."""
        self.tcp, self.websockets = _free_ports(2)
        config = directory / "mosquitto.conf"
        config.write_text(_BROKER.format(tcp=self.tcp, websockets=self.websockets), "utf-8")
        self._subscribed: dict[str, list[float]] = defaultdict(list)
        self._heard = threading.Condition()
        self._server = subprocess.Popen(
            [mosquitto, "-c", str(config)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        threading.Thread(target=self._listen, name="broker's log", daemon=True).start()
        _wait_for_port(self.tcp)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.terminate()
        self._server.wait(timeout=10)

    def wait_for_subscription(self, client_id: str, since_s: float, timeout_s: float = 60) -> float:
        """The monotonic second at which the broker took this client's first subscription after `since_s`.

        Raises `BenchError` when it never does.
        """
        deadline = time.monotonic() + timeout_s
        with self._heard:
            while not (later := [at_s for at_s in self._subscribed[client_id] if at_s > since_s]):
                if not self._heard.wait(deadline - time.monotonic()):
                    raise BenchError(f"{client_id} did not subscribe within {timeout_s:g} s")
            return later[0]

    def _listen(self) -> None:
        """A line of mosquitto's is "time: client QoS topic"."""
        for line in self._server.stderr or ():
            at_s = time.monotonic()
            words = line.decode(errors="replace").split()
            if len(words) >= 4 and words[3].startswith(topics.ROOT):
                with self._heard:
                    self._subscribed[words[1]].append(at_s)
                    self._heard.notify_all()


class Office:
    """The office's end of the line. What arrives is dealt with only when `settle` is called: never during a watch."""

    def __init__(self, directory: Path, broker: Broker, printer: tuple[str, int]) -> None:
        """Make keys, write the counter's settings into `directory`, connect. `printer` listens at host and port."""
        self._key = signing.new_key("office-1")
        self._sender = Sender("office", SITE, self._key)
        self._sequence = 0
        self._random = random.Random(20261122)
        self._arrived: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
        _write_settings(directory, self._key, broker, printer)
        self._client = self._connect(broker)
        self._voice = _connected("office's voice", broker)
        self._voice.loop(timeout=1)  # the broker's word that we may

    @property
    def public_key(self) -> str:
        """The x of its public key (RFC 8037), unpadded base64url."""
        return signing.public_jwk(self._key)["x"]

    def close(self) -> None:
        """Leave the broker."""
        self._voice.disconnect()
        self._client.disconnect()
        self._client.loop_stop()

    @staticmethod
    def new_id() -> str:
        """The id of a payment nobody has seen yet."""
        return uuid4().hex

    def new_request(self) -> PaymentRequest:
        """A payment nobody has seen yet: another reference and amount, so another code."""
        code, name, kind = self._random.choice(FEES)
        amount = Vnd(self._random.randrange(2_000, 900_000, 1_000))
        memo = reference.make("HK", [self._random.randrange(31) for _ in range(8)])
        dossier = f"H26.1-261122-{self._random.randrange(10_000):04}"
        return PaymentRequest(
            payment=self.new_id(),
            reference=memo,
            lines=(Line(dossier=dossier, fee_code=code, fee_name=name, amount=amount, kind=kind),),
            channel=Channel.COUNTER,
            amount=amount,
            beneficiary=BENEFICIARY,
            payload=emv_qr.encode(bin=BENEFICIARY.bin, account=BENEFICIARY.account, amount=amount, memo=memo),
            expires_at=datetime.now(UTC) + timedelta(seconds=VALID_S),
        )

    def send(self, body: PaymentRequest | PaymentParking | PaymentResult, counter: str) -> float:
        """Seal, then publish; returns the monotonic second between the two.

        The bytes leave from here: a thread that would have to be woken for them is no program's that is measured.
        """
        self._sequence += 1
        parcel = self._sender.seal(body, counter, self._sequence, datetime.now(UTC))
        sent_s = time.monotonic()
        self._voice.publish(parcel.topic, parcel.raw, qos=topics.QOS)
        return sent_s

    def settle(self) -> list[Frozen]:
        """Acknowledge what arrived, as an office does, and tell what it was."""
        bodies: list[Frozen] = []
        self._voice.loop(timeout=0)
        while not self._arrived.empty():
            message = self._arrived.get()
            address = topics.parse(message.topic)
            envelope = _read(message)
            bodies.append(envelope.body)
            if topics.route(envelope.body, "counter").awaits_ack:
                self._say(Ack(message=envelope.id), address.counter)
        return bodies

    def _say(self, body: OfficeBody, counter: str) -> None:
        parcel = self._sender.seal(body, counter, 0, datetime.now(UTC))
        self._client.publish(parcel.topic, parcel.raw, qos=topics.QOS)

    def _hear(self, message: MQTTMessage) -> None:
        """All but a question for the time waits for `settle`."""
        if b"time_asked" not in message.payload:
            self._arrived.put(message)
            return
        envelope = _read(message)
        self._say(TimeTold(nonce=envelope.body.nonce, at=datetime.now(UTC)), envelope.counter)

    def _connect(self, broker: Broker) -> Client:
        client = _connected("office", broker)
        client.on_message = lambda _client, _userdata, message: self._hear(message)
        client.subscribe([(topic, topics.QOS) for topic in topics.subscriptions("office", SITE)])
        client.loop_start()
        return client


def _connected(name: str, broker: Broker) -> Client:
    """A client that nobody turns yet."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_socket_open = _send_at_once
    client.connect("127.0.0.1", broker.tcp, keepalive=_KEEPALIVE_S)
    return client


def _read(message: MQTTMessage) -> Any:
    """The counter's signature is its own affair here; only the form is read."""
    import json

    from mqtt_schema import messages

    try:
        return messages.load(json.loads(message.payload)["payload"].encode())
    except (ValueError, KeyError, MessageError) as error:
        raise BenchError(f"the counter said something unreadable on {message.topic}") from error


def _write_settings(directory: Path, office_key: signing.SigningKey, broker: Broker, printer: tuple[str, int]) -> None:
    key_file = directory / "counter.jwk"
    key_file.touch(mode=0o600)
    key_file.write_text(signing.private_jwk(signing.new_key(COUNTER)), "utf-8")
    settings = {
        "site": SITE,
        "counter": COUNTER,
        "state_dir": str(directory / "counter"),
        "key_file": str(key_file),
        "office_keys": [signing.public_jwk(office_key)],
        "beneficiaries": [BENEFICIARY.model_dump()],
        "broker": {"host": "127.0.0.1", "port": broker.tcp},
        "display": {"driver": "window", "width": WIDTH, "height": HEIGHT},
        "printer": {"driver": "tcp", "host": printer[0], "port": printer[1], "profile": "generic-80"},
    }
    (directory / "counter.toml").write_text(tomli_w.dumps(settings), "utf-8")


def kiosk_asks(office: Office, broker: Broker, mask: str, *, is_checking: bool) -> list[tuple[str, str]]:
    """What the page is told in its address."""
    heard = [("topic", topic) for topic in topics.subscriptions("counter", SITE, KIOSK)]
    key = [("key", office.public_key)] if is_checking else []
    return [("broker", f"ws://127.0.0.1:{broker.websockets}"), ("mask", mask), *key, *heard]


def _send_at_once(_client: Client, _userdata: Any, opened: Any) -> None:
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


def _wait_for_port(port: int, timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise BenchError("mosquitto did not come up; try `mosquitto -v` by hand") from error
            time.sleep(0.02)
        else:
            return
