"""A town for attackers: mosquitto with certificates where it is installed, office, two counters; all real processes.

An attacker here may have everything but what the design says he has not: he owns the broker and the network, he has a
counter's certificate, he has stolen the office's signing key. Each time a good payment must go through right after.
"""

import itertools
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from appliance.demo import phone
from appliance.demo.stage import SITE
from mqtt_schema import signing
from mqtt_schema.messages import Body, Envelope
from mqtt_schema.types import Instant
from tests.chaos.ground import OWNER, BrokerKind, Conquered, Ground
from tests.chaos.people import Bank

PATIENCE_S = 60.0
HAS_MOSQUITTO = bool(shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin"))


@dataclass
class Town:
    """The ground, and what can be seen and done from outside."""

    ground: Ground
    http: httpx.Client
    bank: Bank
    counter: str = "quay-01"
    neighbour: str = "quay-02"
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    # What people do.

    def create(self, amount: int = 35_000) -> dict[str, Any]:
        """Order a payment at the counter, and wait until its code stands there."""
        line = {"dossier": f"H26.1-261122-{next(self._numbers):06}", "fee_code": "KHAC", "amount": amount}
        order = {"counter": self.counter, "lines": [line]}
        answer = self.http.post("/api/v1/payments", json=order, headers={"Idempotency-Key": uuid4().hex})
        assert answer.status_code == 201, answer.text
        payment: dict[str, Any] = answer.json()
        self.wait(lambda: self.payment(payment["id"])["place"] == "shown", "the code to be shown")
        return payment

    def pay(self, payment: dict[str, Any]) -> dict[str, Any]:
        """Pay it, wait for the slip, clear the glass; returns what the bank said."""
        body = self.bank.word(payment["reference"], payment["amount"])
        self.bank.say(self.http, body)
        self.wait(lambda: self.payment(payment["id"])["slip"] == "printed", "the slip to be printed")
        assert self.payment(payment["id"])["state"] == "paid"
        self.clear()
        return body

    def a_good_payment(self) -> dict[str, Any]:
        """The service goes on: one payment from the order to the slip."""
        payment = self.create()
        assert phone.read(self.scan()).memo == payment["reference"]
        self.pay(payment)
        return payment

    def clear(self) -> None:
        """The clerk has seen the result."""
        httpx.post(f"{self.ground.workbench_url}/panel/clerk").raise_for_status()

    # What can be seen.

    def payment(self, payment: str) -> dict[str, Any]:
        """What the office says of it."""
        found: dict[str, Any] = self.http.get(f"/api/v1/payments/{payment}").raise_for_status().json()
        return found

    def trouble(self) -> str:
        """What the office last heard to be wrong at the counter."""
        counters = self.http.get("/api/v1/counters").raise_for_status().json()
        return str(next(counter["trouble"] for counter in counters if counter["id"] == self.counter))

    def has_set_aside(self, kind: str, *, at_office: bool = False) -> bool:
        """Whether something of this kind lies aside, with its bytes and its reason; one of a kind does, each minute."""
        kept = self.ground.directory / ("ledger.sqlite" if at_office else f"{self.counter}/journal.sqlite")
        with closing(sqlite3.connect(kept)) as db:
            return bool(db.execute("SELECT count(*) FROM set_aside WHERE reason LIKE ?", (f"{kind}%",)).fetchone()[0])

    def is_told(self, kind: str) -> bool:
        """Whether the last thing that the office heard to be wrong at the counter is of this kind."""
        return self.trouble().startswith(kind)

    def scan(self) -> str:
        """The code on the glass. Raises `NothingToScanError`."""
        return phone.scan(httpx.get(f"{self.ground.workbench_url}/screen.png", timeout=15).raise_for_status().content)

    def slips(self) -> int:
        """How many slips came out at the counter."""
        return int(httpx.get(f"{self.ground.workbench_url}/state", timeout=15).raise_for_status().json()["slips"])

    def booked(self) -> int:
        """How many credits are booked."""
        return self._count("SELECT count(*) FROM credit")

    def quarantined(self) -> int:
        """How many notifications were refused."""
        return self._count("SELECT count(*) FROM quarantine")

    def closed(self, number: str) -> str:
        """How a kept notification with this text in it was closed, or an empty text."""
        with closing(sqlite3.connect(self.ground.directory / "ledger.sqlite")) as db:
            asked = "SELECT detail FROM notification WHERE instr(raw, CAST(? AS BLOB)) AND is_booked"
            row = db.execute(asked, (number,)).fetchone()
            return str(row[0]) if row else ""

    def said(self, payment: str, kind: str) -> tuple[str, bytes]:
        """Topic and bytes of what the office said of a payment."""
        with closing(sqlite3.connect(self.ground.directory / "ledger.sqlite")) as db:
            asked = "SELECT topic, raw FROM outbox WHERE payment = ? AND type = ? ORDER BY sequence"
            topic, raw = db.execute(asked, (payment, kind)).fetchone()
            return str(topic), bytes(raw)

    def log(self, process: str) -> str:
        """All that a process has logged."""
        return (self.ground.directory / f"{process}.log").read_text("utf-8", errors="replace")

    def _count(self, asked: str) -> int:
        with closing(sqlite3.connect(self.ground.directory / "ledger.sqlite")) as db:
            return int(db.execute(asked).fetchone()[0])

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until it is so, or say what was waited for."""
        self.ground.wait_for(condition, what, PATIENCE_S)

    # What an attacker has.

    def key(self, name: str) -> signing.SigningKey:
        """A stolen signing key: of the office, or of a counter."""
        return signing.read_private((self.ground.directory / f"{name}.jwk").read_text("utf-8"))

    def next_sequence(self) -> int:
        """The number that the office's next message to the counter will have."""
        return 1 + self._count(f"SELECT last_sequence FROM counter WHERE id = '{self.counter}'")

    def envelope(self, body: Body, at: Instant, counter: str = "") -> Envelope:
        """A message as the office or a counter would word it, or as neither would: nothing is checked."""
        return Envelope.model_construct(
            version=1,
            id=uuid4().hex,
            site=SITE,
            counter=counter or self.counter,
            sequence=self.next_sequence(),
            issued_at=at,
            body=body,
        )


class Intruder:
    """An MQTT client with somebody's certificate, and the broker's answers in its own words."""

    def __init__(self, town: Town, who: str) -> None:
        self.answers: list[str] = []
        self.heard: list[tuple[str, bytes]] = []
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"intruder-{uuid4().hex[:8]}", protocol=mqtt.MQTTv5
        )
        own = town.ground.directory / "certificates" / who
        if town.ground.kind == "mosquitto":
            self._client.tls_set(str(own / "ca.crt"), str(own / "client.crt"), str(own / "client.key"))
        self._client.on_publish = lambda _c, _u, _m, reason, _p: self.answers.append(str(reason))
        self._client.on_subscribe = lambda _c, _u, _m, reasons, _p: self.answers.append(str(reasons[0]))
        self._client.on_message = lambda _c, _u, message: self.heard.append((message.topic, bytes(message.payload)))
        self._client.on_disconnect = lambda _c, _u, _f, reason, _p: self.answers.append(f"out: {reason}")
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self.answers.append(f"in: {reason}")
        self._client.connect("127.0.0.1", town.ground.ports.broker)
        self._client.loop_start()
        assert self.answer() == "in: Success"

    def publish(self, topic: str, raw: bytes) -> str:
        """Publish; returns the broker's answer."""
        self._client.publish(topic, raw, qos=1)
        return self.answer()

    def subscribe(self, topic: str) -> str:
        """Subscribe; returns the broker's answer."""
        self._client.subscribe(topic, qos=1)
        return self.answer()

    def answer(self) -> str:
        """The broker's next answer."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.answers:
            assert time.monotonic() < deadline, "the broker does not answer"
            time.sleep(0.01)
        return self.answers.pop(0)

    def leave(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town for all attacks: what one of them breaks, the next one meets."""
    kind: BrokerKind = "mosquitto" if HAS_MOSQUITTO else "embedded"
    folder: Path = tmp_path_factory.mktemp("town") / "ground"
    with (
        Conquered(folder, kind, 2, paper_bytes_per_s=0, is_keyed=False, has_workbench=True) as ground,
        httpx.Client(base_url=ground.office_url, timeout=10) as http,
    ):
        yield Town(ground, http, Bank(ground))


@pytest.fixture
def as_broker(town: Town) -> Iterator[Intruder]:
    """Somebody who says and hears everything: the owner of the broker."""
    intruder = Intruder(town, f"counters/{OWNER}")
    yield intruder
    intruder.leave()


@pytest.fixture
def as_neighbour(town: Town) -> Iterator[Intruder]:
    """Somebody with the certificate of the other counter."""
    intruder = Intruder(town, f"counters/{town.neighbour}")
    yield intruder
    intruder.leave()


def quoted(raw: bytes, **parts: object) -> bytes:
    """A signed message with other parts in it."""
    return json.dumps({**json.loads(raw), **parts}).encode()
